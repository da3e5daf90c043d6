"""Series of calendars: exceptions, cancellations and newer versions, as the set of bookings that remains."""

from datetime import UTC, datetime, timedelta

import pytest

from smartwork.domain.bookings.occurrences import HORIZON, MAX_OCCURRENCES
from tests.support.calendars import NOW, Calendars, calendar, event

WEEKLY = (
    "DTSTART;TZID=Europe/Brussels:20261019T090000",
    "DTEND;TZID=Europe/Brussels:20261019T120000",
    "RRULE:FREQ=WEEKLY;COUNT=2",
)
AFTERNOON = ("DTSTART;TZID=Europe/Brussels:20261019T140000", "DTEND;TZID=Europe/Brussels:20261019T170000")
BOTH = ["desk-1 2026-10-19 09:00-12:00", "desk-1 2026-10-26 09:00-12:00"]


@pytest.mark.parametrize(
    "recurrence_id",
    [
        "RECURRENCE-ID:20261019T070000Z",
        "RECURRENCE-ID;TZID=Europe/London:20261019T080000",
        "RECURRENCE-ID;TZID=Europe/Brussels:20261019T090000",
        "RECURRENCE-ID:20261019T090000",
        "RECURRENCE-ID;VALUE=DATE:20261019",
        'RECURRENCE-ID;TZID="Romance Standard Time":20261019T090000',
    ],
)
@pytest.mark.parametrize("moved_first", [False, True])
def test_i01_an_occurrence_is_replaced_whatever_the_zone_of_its_recurrence_id(recurrence_id: str, moved_first: bool) -> None:
    events = [event(*WEEKLY), event(recurrence_id, *AFTERNOON)]
    calendars = Calendars()
    done = calendars.take(calendar(*(reversed(events) if moved_first else events)))
    assert done.reasons == []
    assert calendars.booked() == ["desk-1 2026-10-19 14:00-17:00", "desk-1 2026-10-26 09:00-12:00"]


@pytest.mark.parametrize(
    "exdate",
    [
        "EXDATE;VALUE=DATE:20261019",
        "EXDATE:20261019T070000Z",
        "EXDATE;TZID=Europe/London:20261019T080000",
        "EXDATE:20261019T090000",
        "EXDATE;TZID=Europe/Brussels:20261019T090000,20261102T090000",
        "EXDATE;VALUE=DATE:20261102\nEXDATE;VALUE=DATE:20261019",
        "EXDATE:20261012T070000Z,20261019T070000Z",
    ],
)
def test_i02_an_excluded_occurrence_is_not_booked_in_whatever_form_it_is_written(exdate: str) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY, exdate)))
    assert calendars.booked() == BOTH[1:]


def test_an_exdate_that_is_no_time_of_the_series_is_said() -> None:
    done = Calendars().take(calendar(event(*WEEKLY, "EXDATE:20261019T080000Z")))
    assert done.said == ["EXDATE 2026-10-19T08:00:00 is not a time of the series"]


@pytest.mark.parametrize("lines", [(), ("DTSTART:20261019T070000Z",), ("SEQUENCE:1", "DTSTAMP:20261005T080000Z")])
def test_i04_cancelling_a_series_by_its_uid_cancels_every_occurrence(lines: tuple[str, ...]) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY, "SEQUENCE:0"), event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON)))
    done = calendars.take(calendar(event(*lines, place=None, member=None), head="METHOD:CANCEL"), "cancel.ics")
    assert (done.counts, done.reasons) == ((0, 0, 2, 0), [])
    assert calendars.booked() == []


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("130000", "160000", ["desk-1 2026-10-19 13:00-16:00", "desk-1 2026-10-26 13:00-16:00"]),
        ("100000", "130000", ["desk-1 2026-10-19 10:00-13:00", "desk-1 2026-10-26 10:00-13:00"]),
        ("080000", "120000", ["desk-1 2026-10-19 08:00-12:00", "desk-1 2026-10-26 08:00-12:00"]),
    ],
)
def test_i05_a_series_that_moves_keeps_its_bookings_and_leaves_the_old_times(
    start: str, end: str, expected: list[str]
) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY)))
    moved = event(
        f"DTSTART;TZID=Europe/Brussels:20261019T{start}",
        f"DTEND;TZID=Europe/Brussels:20261019T{end}",
        "RRULE:FREQ=WEEKLY;COUNT=2",
        "SEQUENCE:1",
    )
    done = calendars.take(calendar(moved))
    assert (done.counts, done.reasons) == ((0, 2, 0, 0), [])
    assert calendars.booked() == expected
    assert calendars.take(calendar(moved)).counts == (0, 0, 0, 2)


def test_i05_a_series_that_moves_to_another_day_leaves_the_old_days() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY)))
    lines = ("DTSTART;TZID=Europe/Brussels:20261020T090000", "DURATION:PT3H", "RRULE:FREQ=WEEKLY;COUNT=2", "SEQUENCE:1")
    calendars.take(calendar(event(*lines)))
    assert calendars.booked() == ["desk-1 2026-10-20 09:00-12:00", "desk-1 2026-10-27 09:00-12:00"]


def test_i05_what_is_billed_stays_and_is_said() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY)))
    calendars.billed = {"s/2026-10-19T09:00"}
    done = calendars.take(calendar(event(*AFTERNOON, "RRULE:FREQ=WEEKLY;COUNT=2", "SEQUENCE:1")))
    assert calendars.booked() == ["desk-1 2026-10-19 09:00-12:00", "desk-1 2026-10-26 14:00-17:00"]
    assert done.reasons == []
    assert len(done.said) == 1
    assert "s/2026-10-19T09:00 (mons/desk-1) is on an issued invoice and stays" in done.said[0]


def test_a_shorter_series_cancels_what_it_no_longer_has() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY)))
    done = calendars.take(calendar(event(*WEEKLY[:2], "RRULE:FREQ=WEEKLY;UNTIL=20261020T000000Z", "SEQUENCE:3")))
    assert done.counts == (0, 0, 1, 1)
    assert calendars.booked() == BOTH[:1]


def test_a_series_that_becomes_a_single_event_keeps_one_booking() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY)))
    done = calendars.take(calendar(event(*WEEKLY[:2], "SEQUENCE:1")))
    assert done.counts == (0, 0, 1, 1)
    assert calendars.booked() == BOTH[:1]


def test_an_exception_that_a_newer_file_no_longer_has_is_undone() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY), event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON)))
    calendars.take(calendar(event(*WEEKLY)))
    assert calendars.booked() == BOTH


def test_a_message_about_one_occurrence_changes_only_that() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY)))
    request = event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON, "SEQUENCE:1")
    calendars.take(calendar(request, head="METHOD:REQUEST"), "invite.ics")
    assert calendars.booked() == ["desk-1 2026-10-19 14:00-17:00", BOTH[1]]
    cancel = event("RECURRENCE-ID:20261026T080000Z", "SEQUENCE:1", place=None, member=None)
    done = calendars.take(calendar(cancel, head="METHOD:CANCEL"), "invite-2.ics")
    assert (done.counts[2], done.reasons) == (1, [])
    assert calendars.booked() == ["desk-1 2026-10-19 14:00-17:00"]
    calendars.take(calendar(event(*WEEKLY, "SEQUENCE:1"), head="METHOD:REQUEST"))
    assert calendars.booked() == ["desk-1 2026-10-19 14:00-17:00"]  # the message does not say that they are undone


@pytest.mark.parametrize(
    "override",
    [
        event("RECURRENCE-ID:20261019T070000Z", "STATUS:CANCELLED", place=None, member=None),
        event("RECURRENCE-ID:20261019T070000Z", "DTSTART:20261019T070000Z", "STATUS:CANCELLED", place=None),
        event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON, "STATUS:CANCELLED", place="nowhere"),
        event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON, "TRANSP:TRANSPARENT"),
        event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON, "X-MICROSOFT-CDO-BUSYSTATUS:FREE"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_i11_an_occurrence_that_is_cancelled_or_free_is_not_booked(override: str, at_once: bool) -> None:
    calendars = Calendars()
    if not at_once:
        calendars.take(calendar(event(*WEEKLY)))
    done = calendars.take(calendar(event(*WEEKLY), override))
    assert done.reasons == []
    assert calendars.booked() == BOTH[1:]


@pytest.mark.parametrize("lines", [(), ("DTSTART:20261019T070000Z",)])
def test_i11_a_cancellation_with_uid_alone_cancels_a_single_event(lines: tuple[str, ...]) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY[:2], "SEQUENCE:2")))
    done = calendars.take(calendar(event(*lines, place=None, member=None), head="METHOD:CANCEL"), "cancel.ics")
    assert (done.counts, done.reasons) == ((0, 0, 1, 0), [])
    assert calendars.booked() == []


def test_a_cancellation_of_an_unknown_event_is_said() -> None:
    done = Calendars().take(calendar(event(place=None, member=None), head="METHOD:CANCEL"))
    assert (done.counts, done.reasons) == ((0, 0, 0, 0), [])
    assert done.said == ["UID is cancelled, and no booking of it is stored"]


def test_i13_an_endless_series_is_booked_to_the_horizon_and_again_later() -> None:
    calendars = Calendars()
    done = calendars.take(calendar(event(*WEEKLY[:2], "RRULE:FREQ=WEEKLY")))
    assert done.reasons == []
    last = (NOW + HORIZON).date()
    booked = calendars.booked()
    assert booked[:2] == BOTH
    assert last - timedelta(days=7) < datetime.fromisoformat(booked[-1].split()[1]).date() <= last
    later = calendars.extend(NOW + timedelta(days=28))
    assert later.counts == (4, 0, 0, 0)
    assert len(calendars.booked()) == len(booked) + 4
    assert calendars.extend(NOW + timedelta(days=28)).counts == (0, 0, 0, 0)
    assert calendars.take(calendar(event(*WEEKLY[:2], "RRULE:FREQ=WEEKLY"))).counts[:3] == (0, 0, 4)


def test_an_extension_does_not_change_what_is_booked_already() -> None:
    calendars = Calendars()
    moved = event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON)
    calendars.take(calendar(event(*WEEKLY[:2], "RRULE:FREQ=WEEKLY", "EXDATE:20261026T080000Z"), moved))
    before = calendars.booked()
    calendars.extend(NOW + timedelta(days=30))
    assert calendars.booked()[: len(before)] == before
    assert before[0] == "desk-1 2026-10-19 14:00-17:00"


def test_i13_a_whole_day_is_the_opening_hours_and_a_closed_day_is_said() -> None:
    calendars = Calendars()
    done = calendars.take(calendar(event("DTSTART;VALUE=DATE:20261023", "DTEND;VALUE=DATE:20261028")))
    assert calendars.booked() == [f"desk-1 2026-10-{day} 08:00-18:00" for day in (23, 26, 27)]
    assert done.said == ["mons is closed on 2026-10-24, 2026-10-25: nothing is booked then"]
    assert calendars.take(calendar(event("DTSTART;VALUE=DATE:20261023"))).counts == (0, 0, 2, 1)


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (("DTSTART;VALUE=DATE:20261019",), ["19"]),
        (("DTSTART;VALUE=DATE:20261019", "DURATION:P2D"), ["19", "20"]),
        (("DTSTART;VALUE=DATE:20261019", "RRULE:FREQ=DAILY;UNTIL=20261020"), ["19", "20"]),
        (("DTSTART;VALUE=DATE:20261019", "RRULE:FREQ=DAILY;UNTIL=20261020T235959Z"), ["19", "20", "21"]),
        (("DTSTART;VALUE=DATE:20261019", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20261020"), ["19", "21"]),
        (("DTSTART;VALUE=DATE:20261019", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261019T220000Z"), ["19", "21"]),
        (
            (
                "DTSTART;TZID=Europe/Brussels:20261019T000000",
                "DTEND;TZID=Europe/Brussels:20261020T000000",
                "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            ),
            ["19"],
        ),
    ],
)
def test_whole_days_repeat_and_are_excluded_by_their_local_date(lines: tuple[str, ...], days: list[str]) -> None:
    calendars = Calendars()
    assert calendars.take(calendar(event(*lines))).reasons == []
    assert calendars.booked() == [f"desk-1 2026-10-{day} 08:00-18:00" for day in days]


@pytest.mark.parametrize(
    ("until", "count"),
    [
        ("20261102T080000Z", 3),  # 09:00 in Brussels: inclusive
        ("20261102T075959Z", 2),
        ("20261102T090000", 3),
        ("20261102T085959", 2),
        ("20261102", 3),
        ("20261101", 2),
    ],
)
def test_until_is_inclusive_as_instant_local_time_and_date(until: str, count: int) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY[:2], f"RRULE:FREQ=WEEKLY;UNTIL={until}")))
    assert len(calendars.booked()) == count


def test_added_dates_and_periods_are_booked() -> None:
    calendars = Calendars()
    dates = "RDATE;TZID=Europe/Brussels:20261021T090000,20261023T140000"
    periods = "RDATE;VALUE=PERIOD:20261028T080000Z/PT1H,20261030T080000Z/20261030T100000Z"
    calendars.take(calendar(event(*WEEKLY, dates, periods, "EXDATE:20261021T070000Z")))
    assert calendars.booked() == [
        BOTH[0],
        "desk-1 2026-10-23 14:00-17:00",
        BOTH[1],
        "desk-1 2026-10-28 09:00-10:00",
        "desk-1 2026-10-30 09:00-11:00",
    ]


def test_a_local_time_that_the_clocks_skip_or_repeat_is_read_as_the_standard_says() -> None:
    calendars = Calendars()
    night = (
        "DTSTART;TZID=Europe/Brussels:20260328T023000",
        "DTEND;TZID=Europe/Brussels:20260328T033000",
        "RRULE:FREQ=DAILY;COUNT=3",
    )
    calendars.take(calendar(event(*night)))
    assert calendars.booked() == [
        "desk-1 2026-03-28 02:30-03:30",
        "desk-1 2026-03-29 03:30-04:30",  # 02:30 does not exist
        "desk-1 2026-03-30 02:30-03:30",
    ]
    again = Calendars()
    again.take(calendar(event("DTSTART;TZID=Europe/Brussels:20261025T023000", "DTEND;TZID=Europe/Brussels:20261025T033000")))
    (stored,) = again.bookings.values()
    assert stored.booking.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first of the two
    assert stored.booking.ends_at == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "field", "reason"),
    [
        ((*WEEKLY[:2], "RRULE:FREQ=HOURLY;COUNT=3"), "RRULE", "FREQ=HOURLY"),
        ((*WEEKLY[:2], "RRULE:FREQ=DAILY;COUNT=2", "RRULE:FREQ=WEEKLY;COUNT=2"), "RRULE", "more than once"),
        ((*WEEKLY, "EXRULE:FREQ=WEEKLY;COUNT=1"), "EXRULE", "not supported"),
        ((*WEEKLY, "RECURRENCE-ID:20261019T070000Z"), "RECURRENCE-ID", "exclude each other"),
        (("RECURRENCE-ID;RANGE=THISANDFUTURE:20261019T070000Z", *AFTERNOON), "RECURRENCE-ID", "RANGE=THISANDFUTURE"),
        ((*WEEKLY, "RDATE;VALUE=DATE:20261101"), "RDATE", "both be dates"),
        ((WEEKLY[0], "DURATION:PT3H", WEEKLY[1]), "DURATION", "exclude each other"),
        ((WEEKLY[0], "DURATION:-PT3H"), "DURATION", "not a length"),
        ((WEEKLY[0], "DURATION:PT0S"), "DTEND", "not after the start"),
        ((WEEKLY[0],), "DTEND", "missing"),
        ((WEEKLY[1],), "DTSTART", "missing"),
        (("DTSTART:nonsense", WEEKLY[1]), "DTSTART", "'NONSENSE' is not a time"),
        (("DTSTART;VALUE=DATE:20261019", WEEKLY[1]), "DTEND", "must be a date"),
        (("DTSTART:20261019T090000", WEEKLY[1]), "DTEND", "both have a zone"),
        ((*WEEKLY, "STATUS:TENTATIVE"), "STATUS", "TENTATIVE"),
        ((*WEEKLY, "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"), "X-MICROSOFT-CDO-BUSYSTATUS", "TENTATIVE"),
        ((*WEEKLY, "SEQUENCE:two"), "SEQUENCE", "'two' is not a number"),
        (("DTSTART;TZID=Mars/Base:20261019T090000", "DURATION:PT1H"), "DTSTART", "TZID=Mars/Base"),
        (("DTSTART:18991230T090000Z", "DURATION:PT1H"), "DTSTART", "year 1899"),
        (("DTSTART:20261019T070000Z", "DTEND:20270101T070000Z"), "DTEND", "longer than 31 days"),
        (("DTSTART:20261019T070000Z", "DTEND:99991231T235959Z"), "DTEND", "year 9999"),
        ((*WEEKLY, "EXDATE:00010101T000000Z"), "EXDATE", "year 1"),
        ((*WEEKLY, "RDATE:99991231T235959Z"), "RDATE", "year 9999"),
        ((*WEEKLY, "a line that is no property"), "line 10", "not a property"),
    ],
)
def test_what_is_not_supported_is_refused_by_name_and_nothing_of_it_is_booked(
    lines: tuple[str, ...], field: str, reason: str
) -> None:
    calendars = Calendars()
    good = event("DTSTART:20261207T080000Z", "DURATION:PT1H", uid="good")
    done = calendars.take(calendar(event(*lines), good))
    assert [fault.field for fault in done.refused] == [field]
    assert reason in done.refused[0].reason
    assert done.refused[0].line == 3
    assert calendars.booked() == ["desk-1 2026-12-07 09:00-10:00"]


def test_this_and_future_refuses_the_whole_series_because_its_occurrences_are_not_known() -> None:
    calendars = Calendars()
    done = calendars.take(calendar(event(*WEEKLY), event("RECURRENCE-ID;RANGE=THISANDFUTURE:20261026T080000Z", *AFTERNOON)))
    assert [fault.field for fault in done.refused] == ["UID", "RECURRENCE-ID"]
    assert calendars.booked() == []


@pytest.mark.parametrize(
    "override",
    [
        event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON, "STATUS:TENTATIVE"),
        event("RECURRENCE-ID:20261019T070000Z", *AFTERNOON, place="mons/desk-9"),
        event("RECURRENCE-ID:20261019T070000Z", "DTSTART:20261019T070000Z", "DTEND:20261019T060000Z"),
    ],
)
def test_a_replacement_that_is_refused_leaves_its_occurrence_as_it_is_stored(override: str) -> None:
    fresh, known = Calendars(), Calendars()
    known.take(calendar(event(*WEEKLY)))
    assert len(fresh.take(calendar(event(*WEEKLY), override)).refused) == 1
    assert fresh.booked() == BOTH[1:]
    assert len(known.take(calendar(event(*WEEKLY), override)).refused) == 1
    assert known.booked() == BOTH


def test_a_series_of_a_million_is_booked_to_the_horizon_or_refused() -> None:
    calendars = Calendars()
    done = calendars.take(calendar(event(*WEEKLY[:2], "RRULE:FREQ=DAILY;COUNT=1000000")))
    assert (done.reasons, len(done.plan.created)) == ([], (NOW + HORIZON - datetime(2026, 10, 18, 8, tzinfo=UTC)).days)
    old = ("DTSTART:19960101T090000Z", "DTEND:19960101T100000Z", "RRULE:FREQ=DAILY")
    (reason,) = Calendars().take(calendar(event(*old))).reasons
    assert str(MAX_OCCURRENCES) in reason


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;BYDAY=TU;COUNT=3", ["19", "20", "27"]),
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20261020T235959Z", ["19", "20"]),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", ["19"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", ["19"]),
    ],
)
def test_a_start_that_the_rule_does_not_give_is_the_first_occurrence_and_said(rule: str, days: list[str]) -> None:
    calendars = Calendars()
    done = calendars.take(calendar(event(*WEEKLY[:2], f"RRULE:{rule}")))
    assert calendars.booked() == [f"desk-1 2026-10-{day} 09:00-12:00" for day in days]
    assert done.said == ["RRULE does not give DTSTART itself, which counts as the first occurrence"]


def test_a_series_with_an_end_beyond_the_horizon_is_booked_whole() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*WEEKLY[:2], "RRULE:FREQ=WEEKLY;COUNT=120")))
    assert len(calendars.booked()) == 120
    assert calendars.extend(NOW + timedelta(days=500)).counts == (0, 0, 0, 0)


def test_an_end_gives_exact_time_and_a_duration_in_days_gives_local_days_over_a_change_of_the_clocks() -> None:
    evening = "DTSTART;TZID=Europe/Brussels:20261023T200000"
    for end, last in (
        ("DTEND;TZID=Europe/Brussels:20261024T080000", "desk-1 2026-10-24 20:00-07:00"),
        ("DURATION:PT12H", "desk-1 2026-10-24 20:00-07:00"),
        ("DURATION:P1D", "desk-1 2026-10-24 20:00-20:00"),
    ):
        calendars = Calendars()
        assert calendars.take(calendar(event(evening, end, "RRULE:FREQ=DAILY;COUNT=2"))).reasons == []
        assert calendars.booked()[1] == last


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["10-30", "11-30"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=FR,SU;COUNT=4", ["10-30", "11-08", "11-13", "11-22"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=MO;BYDAY=FR,SU;COUNT=4", ["10-30", "11-01", "11-13", "11-15"]),
        ("FREQ=YEARLY;BYMONTH=10,11;BYMONTHDAY=-2,-1;COUNT=3", ["10-30", "10-31", "11-29"]),
    ],
)
def test_rules_book_the_days_that_they_give(rule: str, days: list[str]) -> None:
    calendars = Calendars()
    calendars.take(calendar(event("DTSTART;TZID=Europe/Brussels:20261030T090000", "DURATION:PT1H", f"RRULE:{rule}")))
    assert [text[12:17] for text in calendars.booked()] == days
