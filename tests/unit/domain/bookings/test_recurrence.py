"""Recurrence rules: the dates that RFC 5545 gives, and by name what is not supported."""

import time as stopwatch
from datetime import date, datetime, time, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smartwork.domain.bookings.recurrence import UnsupportedRuleError, parse_rule, recurring_dates

NINE = time(9)


def dates(text: str, start: date, count: int) -> list[str]:
    rule = parse_rule(text, NINE)
    return [day.isoformat() for day in islice(recurring_dates(rule, start, date(2099, 12, 31)), count)]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        # the examples of RFC 5545, 3.8.5.3
        ("FREQ=DAILY;INTERVAL=10", "1997-09-02", ["1997-09-02", "1997-09-12", "1997-09-22"]),
        (
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR",
            "1997-09-01",
            ["1997-09-01", "1997-09-03", "1997-09-05", "1997-09-15"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO",
            "1997-08-05",
            ["1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
            "1997-08-05",
            ["1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"],
        ),
        ("FREQ=MONTHLY;BYDAY=1FR", "1997-09-05", ["1997-09-05", "1997-10-03", "1997-11-07"]),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU", "1997-09-07", ["1997-09-07", "1997-09-28", "1997-11-02", "1997-11-30"]),
        ("FREQ=MONTHLY;BYDAY=-2MO", "1997-09-22", ["1997-09-22", "1997-10-20", "1997-11-17"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", ["1997-09-28", "1997-10-29", "1997-11-28"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1,-1", "1997-09-30", ["1997-09-30", "1997-10-01", "1997-10-31", "1997-11-01"]),
        (
            "FREQ=YEARLY;INTERVAL=3;BYYEARDAY=1,100,200",
            "1997-01-01",
            ["1997-01-01", "1997-04-10", "1997-07-19", "2000-01-01"],
        ),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", ["1997-05-19", "1998-05-18", "1999-05-17"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", ["1997-05-12", "1998-05-11", "1999-05-17"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13", ["1997-03-13", "1997-03-20", "1997-03-27", "1998-03-05"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13", ["1998-02-13", "1998-03-13", "1998-11-13", "1999-08-13"]),
        ("FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", ["1997-09-04", "1997-10-07", "1997-11-06"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29", ["1997-09-29", "1997-10-30", "1997-11-27"]),
        # what calendars write: a month without the day has no occurrence
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29"]),
        ("FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0", "2026-10-19", ["2026-10-19", "2026-10-26"]),
        ("RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=OMIT", "2026-10-19", ["2026-10-19", "2027-10-19"]),
    ],
)
def test_a_rule_gives_the_dates_of_the_standard(rule: str, start: str, expected: list[str]) -> None:
    assert dates(rule, date.fromisoformat(start), len(expected)) == expected


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("FREQ=SECONDLY;COUNT=3", "FREQ=SECONDLY"),
        ("FREQ=MINUTELY;INTERVAL=30", "FREQ=MINUTELY"),
        ("FREQ=HOURLY;COUNT=3", "FREQ=HOURLY"),
        ("COUNT=3", "FREQ"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261101", "COUNT and UNTIL"),
        ("FREQ=DAILY;COUNT=0", "COUNT=0"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1"),
        ("FREQ=DAILY;UNTIL=soon", "UNTIL=soon"),
        ("FREQ=DAILY;UNTIL=20261399", "UNTIL=20261399"),
        ("FREQ=DAILY;BYHOUR=9,14", "BYHOUR=9,14"),
        ("FREQ=DAILY;BYMINUTE=30", "BYMINUTE=30"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY=1MO"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYWEEKNO=3", "BYWEEKNO"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=YEARLY;BYEASTER=0", "BYEASTER"),
        ("RSCALE=HEBREW;FREQ=YEARLY", "RSCALE=HEBREW"),
        ("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD", "SKIP=FORWARD"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ occurs twice"),
        ("FREQ", "FREQ"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(rule: str, named: str) -> None:
    with pytest.raises(UnsupportedRuleError, match=named):
        parse_rule(rule, NINE)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("20261102T080000Z", datetime.fromisoformat("2026-11-02T08:00:00+00:00")),
        ("20261102T090000", datetime(2026, 11, 2, 9)),  # noqa: DTZ001 - local time
        ("20261102", date(2026, 11, 2)),
        ("99991231T235959Z", datetime.fromisoformat("2200-01-01T23:59:59+00:00")),
        ("99991231", date(2200, 1, 1)),
        ("00010101T000000Z", datetime.fromisoformat("1900-01-01T00:00:00+00:00")),
    ],
)
def test_until_is_read_as_utc_local_time_or_date(text: str, until: date | datetime) -> None:
    assert parse_rule(f"FREQ=DAILY;UNTIL={text}", NINE).until == until


def test_a_rule_that_no_date_fulfils_ends_soon() -> None:
    begun = stopwatch.process_time()
    for rule in (
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1",
    ):
        assert dates(rule, date(2026, 1, 1), 1) == []
    assert stopwatch.process_time() - begun < 5


NUMBERS = {"BYMONTH": (1, 12), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366)}


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    weekday = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
    parts.append(f"WKST={draw(weekday)}")
    for name, limits in NUMBERS.items():
        if (name == "BYMONTHDAY" and frequency == "WEEKLY") or (name == "BYYEARDAY" and frequency != "YEARLY"):
            continue
        if draw(st.integers(0, 2)) == 0:
            values = draw(st.lists(st.integers(*limits).filter(bool), min_size=1, max_size=4, unique=True))
            parts.append(f"{name}={','.join(map(str, values))}")
    if draw(st.booleans()):
        ordinal = st.sampled_from(["", "1", "2", "-1", "-2"]) if frequency in {"MONTHLY", "YEARLY"} else st.just("")
        days = draw(st.lists(st.tuples(ordinal, weekday).map("".join), min_size=1, max_size=3, unique=True))
        parts.append(f"BYDAY={','.join(days)}")
    if len(parts) > 3 and draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1', '1,-1', '2']))}")
    return ";".join(parts)


@settings(max_examples=60)
@given(rules(), st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_every_rule_gives_the_dates_that_dateutil_gives(text: str, start: date) -> None:
    last = start + timedelta(days=900)
    # dateutil takes a weekday with an ordinal as an addition to plain weekdays; the standard does not say so
    days = next((part[6:].split(",") for part in text.split(";") if part.startswith("BYDAY=")), [])
    assume(len({any(c.isdigit() for c in day) for day in days}) < 2)
    # dateutil counts the first week from the first occurrence on, not from its first day
    assume("WEEKLY" not in text or "BYSETPOS" not in text)
    begin, end = datetime.combine(start, NINE), datetime.combine(last, NINE)
    expected = [at.date() for at in rrulestr(f"{text};UNTIL={end:%Y%m%dT%H%M%S}", dtstart=begin)]
    assert list(recurring_dates(parse_rule(text, NINE), start, last)) == expected
