"""Time zones of calendars, in the forms in which other systems write them."""

import pytest

from tests.support.calendars import Calendars, Done, calendar, event

BRUSSELS = [
    "Europe/Brussels",
    "europe/brussels",
    '"Europe/Brussels"',
    "/mozilla.org/20050126_1/Europe/Brussels",
    "/mozilla.org/20070129_1/Europe/Brussels",
    "/freeassociation.sourceforge.net/Tzfile/Europe/Brussels",
    "/freeassociation.sourceforge.net/Europe/Brussels",
    "/citadel.org/20211207_1/Europe/Brussels",
    "/softwarestudio.org/Olson_20011030_5/Europe/Brussels",
    "Romance Standard Time",
    "W. Europe Standard Time",
    "Central European Standard Time",
    '"(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"',
    '"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"',
    '"(GMT+01:00) Brussels"',
]
OUTLOOK = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""
"""As [MS-OXCICAL], 2.1.3.1.1.19, describes it."""


def imported(zone: str, *heads: str) -> tuple[list[str], Done]:
    calendars = Calendars()
    lines = (f"DTSTART;TZID={zone}:20261019T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")
    done = calendars.take(calendar(event(*lines), head="\n".join(heads)))
    return calendars.booked(), done


@pytest.mark.parametrize("zone", BRUSSELS)
def test_a_zone_is_known_by_the_names_that_other_systems_give_it(zone: str) -> None:
    booked, done = imported(zone)
    assert done.reasons == []
    assert booked == ["desk-1 2026-10-19 09:00-10:00", "desk-1 2026-10-26 09:00-10:00"]


@pytest.mark.parametrize("name", ["Customized Time Zone", "Our office", "(UTC+01:00) Nowhere", "Custom/Zone"])
def test_a_zone_of_the_file_is_taken_from_its_definition_and_keeps_its_changes_of_the_clocks(name: str) -> None:
    booked, done = imported(f'"{name}"', OUTLOOK.format(name=name))
    assert done.reasons == []
    assert booked == ["desk-1 2026-10-19 09:00-10:00", "desk-1 2026-10-26 09:00-10:00"]


def test_a_definition_may_list_its_changes_and_end_with_until() -> None:
    rules = OUTLOOK.format(name="Ours").replace("16010101", "19700101")
    listed = rules.replace("RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "RDATE:20251026T030000,20261025T030000")
    assert imported("Ours", listed)[0] == ["desk-1 2026-10-19 09:00-10:00", "desk-1 2026-10-26 09:00-10:00"]
    ended = rules.replace("BYMONTH=10", "BYMONTH=10;UNTIL=20251026T010000Z")
    assert imported("Ours", ended)[0][1] == "desk-1 2026-10-26 08:00-09:00"  # the file's zone stays in summer time


def test_the_location_of_a_definition_names_its_zone() -> None:
    definition = OUTLOOK.format(name="x").replace("TZID:x", "TZID:x\nX-LIC-LOCATION:Europe/London")
    assert imported("x", definition)[0] == ["desk-1 2026-10-19 10:00-11:00", "desk-1 2026-10-26 10:00-11:00"]


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe/Bruxelles", '"(UTC+05:00) Brussels"', "CET-1CEST"])
def test_an_unknown_zone_without_a_definition_is_refused_by_name(zone: str) -> None:
    booked, done = imported(zone)
    assert booked == []
    assert [fault.field for fault in done.refused] == ["DTSTART"]
    assert f"TZID={zone.strip(chr(34))} is not a known time zone" in done.reasons[0]


def test_a_definition_that_is_not_usable_is_refused_with_its_line() -> None:
    for bad in ("TZOFFSETTO:+01", "TZOFFSETTO:"):
        _, done = imported("Ours", OUTLOOK.format(name="Ours").replace("TZOFFSETTO:+0100", bad))
        assert "VTIMEZONE in line 3 is not usable" in done.reasons[0]
    _, done = imported("Ours", "BEGIN:VTIMEZONE\nTZID:Ours\nEND:VTIMEZONE")
    assert "has no STANDARD" in done.reasons[0]


@pytest.mark.parametrize(
    ("head", "expected"),
    [("", "09:00-10:00"), ("X-WR-TIMEZONE:Europe/London", "10:00-11:00"), ("X-WR-TIMEZONE:UTC", "11:00-12:00")],
)
def test_a_time_without_zone_is_that_of_the_calendar_or_of_the_centre(head: str, expected: str) -> None:
    calendars = Calendars()
    calendars.take(calendar(event("DTSTART:20261019T090000", "DTEND:20261019T100000"), head=head))
    assert calendars.booked() == [f"desk-1 2026-10-19 {expected}"]


def test_an_unknown_zone_of_the_calendar_refuses_only_times_that_need_it() -> None:
    calendars = Calendars()
    events = [event("DTSTART:20261019T090000", "DURATION:PT1H"), event("DTSTART:20261019T090000Z", "DURATION:PT1H", uid="t")]
    done = calendars.take(calendar(*events, head="X-WR-TIMEZONE:Mars/Base"))
    assert [(fault.line, fault.field) for fault in done.refused] == [(4, "X-WR-TIMEZONE")]
    assert calendars.booked() == ["desk-1 2026-10-19 11:00-12:00"]


def test_a_series_in_utc_stays_at_its_hour_of_utc() -> None:
    calendars = Calendars()
    calendars.take(calendar(event("DTSTART:20261019T070000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=2")))
    assert calendars.booked() == ["desk-1 2026-10-19 09:00-10:00", "desk-1 2026-10-26 08:00-09:00"]
