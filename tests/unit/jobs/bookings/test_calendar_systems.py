"""Calendars in the manner of the systems that centres use."""

import time
from datetime import timedelta

from tests.support.calendar_samples import EXCHANGE, GOOGLE, ICLOUD, NEXTCLOUD, ZIMBRA
from tests.support.calendars import NOW, Calendars, calendar, event


def booked(text: str) -> list[str]:
    calendars = Calendars()
    done = calendars.take(text.replace("\n", "\r\n"))
    assert done.reasons == []
    again = calendars.take(text.replace("\n", "\r\n"))
    assert again.counts[:3] == (0, 0, 0)
    return calendars.booked()


def test_google_writes_series_with_until_exdate_and_replacements() -> None:
    days = ["21 14:00-15:00", "26 09:00-12:00"]
    found = booked(GOOGLE)
    assert found[:3] == ["desk-1 2026-10-19 09:00-12:00", *(f"desk-1 2026-10-{day}" for day in days)]
    assert (len(found), found[-1]) == (11, "desk-1 2026-11-25 09:00-12:00")


def test_exchange_requests_two_rooms_in_its_own_time_zone() -> None:
    assert booked(EXCHANGE) == [
        f"{desk} 2026-{day} 09:00-10:30" for day in ("10-13", "11-10", "12-08") for desk in ("desk-1", "desk-2")
    ]


def test_apple_writes_whole_days_and_moves_one_of_them() -> None:
    assert booked(ICLOUD) == ["desk-1 2026-10-20 08:00-18:00", "desk-1 2026-11-04 08:00-18:00"]


def test_nextcloud_exports_events_and_tasks_together() -> None:
    assert booked(NEXTCLOUD) == ["bureau-3 2026-10-19 13:00-14:00", "bureau-3 2026-10-21 13:00-14:00"]
    assert [notice.field for notice in Calendars().take(NEXTCLOUD).notices] == ["VTODO"]


def test_zimbra_cancels_occurrences_by_exdate_and_by_status() -> None:
    assert booked(ZIMBRA) == ["desk-1 2026-10-19 15:00-16:00"]


def test_the_calendars_of_all_systems_may_stand_in_one_file() -> None:
    calendars = Calendars()
    text = GOOGLE + EXCHANGE + ICLOUD + NEXTCLOUD + ZIMBRA
    assert [reason for reason in calendars.take(text).reasons if "is booked at that time" not in reason] == []
    assert len(calendars.events) == 5


def test_nothing_about_persons_is_stored_with_an_event() -> None:
    calendars = Calendars()
    calendars.take(GOOGLE + EXCHANGE)
    kept = "".join(stored.source for stored in calendars.events.values())
    for text in ("Peeters", "mailto", "example", "Réunion", "Busy"):
        assert text not in kept
    assert calendars.extend(NOW + timedelta(days=400)).reasons == []


def test_a_hostile_file_takes_a_bounded_time() -> None:
    start = ("DTSTART:20261019T070000Z", "DURATION:PT1H")
    rules = (
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9",
        "FREQ=DAILY;INTERVAL=1;COUNT=999999999",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
    )
    events = [event(*start, f"RRULE:{rules[n % 3]}", uid=str(n), place=f"mons/desk-{n % 3 + 1}") for n in range(30)]
    excluded = ",".join(["20261019T070000Z"] * 9_000)
    begun = time.process_time()
    Calendars().take(
        calendar(
            *events, event(*start, f"EXDATE:{excluded}", uid="many"), "BEGIN:VEVENT\n" + "X:" + "y" * 10**6 + "\nEND:VEVENT"
        )
    )
    assert time.process_time() - begun < 20
