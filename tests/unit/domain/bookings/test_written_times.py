"""Dates, times and durations as files write them: each is the instant that was meant, or refused."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.bookings.importing import NoSuchTimeError
from smartwork.domain.bookings.written_times import (
    DateOrder,
    DateOrderError,
    Written,
    find_date_order,
    read_day,
    read_duration,
    read_moment,
    read_time_of_day,
)

DMY, MDY, ISO = Written("dmy"), Written("mdy"), Written()
NINE = datetime(2026, 4, 3, 9, 0)  # noqa: DTZ001 - local time


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-04-03T09:00", ISO),
        ("2026-04-03 09:00:00", ISO),
        ("2026-04-03T09:00:00.0000000", ISO),
        ("2026/04/03 09:00", ISO),
        ("20260403T0900", ISO),
        ("2026-W14-5T09:00", ISO),
        ("ven. 3 avr. 2026 9 h 00", ISO),
        ("2026-04-03, 09:00", ISO),
        ("03/04/2026 09:00", DMY),
        ("03/04/2026 9:00:00", DMY),
        ("3/4/26 9:00", DMY),
        ("3-4-2026 09:00", DMY),
        ("03.04.2026 09:00", DMY),
        ("03/04/2026, 9:00\u202fAM", DMY),
        ("\u200e03/04/2026\u00a0 09h00", DMY),
        ("'03/04/2026 09:00", DMY),
        ("4/3/26 9:00 AM", MDY),
        ("4/3/2026 9 am", MDY),
        ("04/03/2026 09:00:00 a.m.", MDY),
        ("3 April 2026 09:00", ISO),
        ("3 avr. 2026 à 09:00", ISO),
        ("3-apr-26 9:00", ISO),
        ("vendredi 3 avril 2026 09:00", ISO),
        ("Fri, 3 Apr 2026 09:00", ISO),
        ("April 3, 2026 at 9:00 AM", ISO),
        ("46115.375", ISO),
        ("46115,375", ISO),
        ("44653.375", Written(serial_base=1904)),
        ("26-04-03 09:00", Written("ymd")),
        ("03-04-26 9u00", DMY),
        ("3/04/2026 9 uur", DMY),
        ("03.04.2026 09:00 Uhr", DMY),
    ],
)
def test_a_written_time_is_the_local_time_that_was_meant(text: str, written: Written) -> None:
    assert read_moment(text, written) == NINE


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("2026-04-03T09:00Z", 0),
        ("2026-04-03 09:00 UTC", 0),
        ("2026-04-03T09:00:00+02:00", 120),
        ("2026/04/03 09:00:00 +0200", 120),
        ("2026-04-03 09:00:00+02", 120),
        ("2026-04-03T09:00\u221202:00", -120),
        ("03/04/2026 09:00 -03:30", -210),
    ],
)
def test_an_offset_in_the_text_counts(text: str, offset: int) -> None:
    moment = read_moment(text, DMY)
    assert moment == NINE.replace(tzinfo=timezone(timedelta(minutes=offset)))


@pytest.mark.parametrize(
    ("text", "written", "reason"),
    [
        ("soon", ISO, "is not a time"),
        ("", ISO, "is not a time"),
        ("03/04/2026 09:00", ISO, "may be 2026-03-04 or 2026-04-03"),
        ("25-10-26 09:00", ISO, "may be 2025-10-26 or 2026-10-25"),
        ("31/04/2026 09:00", DMY, "not a date in the order dmy"),
        ("29/02/2026 09:00", DMY, "not a date in the order dmy"),
        ("13/14/2026 09:00", ISO, "is not a date"),
        ("04/13/2026 09:00", DMY, "not a date in the order dmy"),
        ("2026-13-05 09:00", ISO, "month must be in 1..12"),
        ("46115", ISO, "no time of day"),
        ("########", ISO, "too narrow"),
        ("03/04/2026", DMY, "no time of day"),
        ("2026-04-03", ISO, "no time of day"),
        ("03/04/2026 24:30", DMY, "is not a time"),
        ("03/04/2026 13:00 PM", DMY, "is not a time"),
        ("03/04/2026 0:30 AM", DMY, "is not a time"),
        ("03/04/2026 09:60", DMY, "is not a time"),
        ("3/4/96 9:00", DMY, "not a date"),
        ("3 apr 96 9:00", DMY, "four digits"),
        ("46115.38", ISO, "is rounded"),
        ("46115.4", ISO, "is rounded"),
        ("12345.5", ISO, "is not a time"),
        ("03/04/2026 9:00", Written("ymd"), "not a date in the order ymd"),
        ("Mon, 3 Apr 2026 09:00", ISO, "another day of the week"),
        ("1.2E+11", ISO, "is not a time"),
        ("2026-04-03T09:00+25:00", ISO, "is not a time"),
    ],
)
def test_what_is_no_time_or_may_be_several_is_refused(text: str, written: Written, reason: str) -> None:
    with pytest.raises(NoSuchTimeError, match=reason):
        read_moment(text, written)


def test_a_word_that_is_a_day_of_the_week_and_a_month_is_told_by_what_follows() -> None:
    assert read_day("mar. 6 oct. 2026", ISO) == date(2026, 10, 6)
    assert read_day("Mar 6, 2026", ISO) == date(2026, 3, 6)
    with pytest.raises(NoSuchTimeError, match="another day of the week"):
        read_day("mar. 5 oct. 2026", ISO)


def test_the_whole_file_decides_which_number_is_the_day() -> None:
    assert find_date_order(["03/04/2026 09:00", "25/04/2026"]) == "dmy"
    assert find_date_order(["3/4/26 9:00 AM", "4/25/26 9:00 AM"]) == "mdy"
    assert find_date_order(["26-04-03 9:00", "5-4-26 9:00", "26-04-26"]) == "dmy"
    assert find_date_order(["2026-04-03T09:00", "45567.375", ""]) is None
    assert find_date_order(["05/05/2026"]) == "dmy", "the same day in every order"
    assert find_date_order(["03/04/2026", "31/13/2026"], "mdy") == "mdy", "a row that is no date at all decides nothing"


@pytest.mark.parametrize(
    ("texts", "told", "reason"),
    [
        (
            ["05/05/2026 09:00", "03/04/2026 09:00"],
            None,
            "'03/04/2026 09:00' may be 2026-04-03 or 2026-03-04.*--date-order dmy",
        ),
        (["25/04/2026", "03/04/2026", "04/25/2026"], None, "in different orders"),
        (["26-10-05 09:00", "26-10-06 09:00"], None, "may be 2005-10-26 or 2026-10-05"),
        (["2026-04-05", "2026-13-05"], None, "'2026-13-05' has the day before the month"),
        (["03/04/2026", "04/25/2026"], "dmy", "'04/25/2026' has another order than dmy"),
        (["03/04/2026"], "ymd", "another order than ymd"),
    ],
)
def test_a_file_that_does_not_decide_or_contradicts_is_refused_as_a_whole(
    texts: list[str], told: DateOrder | None, reason: str
) -> None:
    with pytest.raises(DateOrderError, match=reason):
        find_date_order(texts, told)


def test_a_date_and_a_time_in_columns_of_their_own() -> None:
    assert read_day("03/04/2026", DMY) == read_day("46115", ISO) == read_day("2026-04-03 00:00:00", ISO) == date(2026, 4, 3)
    assert read_time_of_day("9:00") == read_time_of_day("0.375") == read_time_of_day("9h00") == timedelta(hours=9)
    assert read_time_of_day("24:00") == timedelta(hours=24)
    assert read_time_of_day("1899-12-30 09:00:00") == timedelta(hours=9)
    for text in ("9.30", "9,5", "9", "25:00", "0.38"):
        with pytest.raises(NoSuchTimeError):
            read_time_of_day(text)
    with pytest.raises(NoSuchTimeError, match="has a time of day"):
        read_day("03/04/2026 09:00", DMY)


@pytest.mark.parametrize(
    ("text", "unit", "minutes"),
    [
        ("1:30", "hours", 90),
        ("01:30:00", "hours", 90),
        ("1,5", "hours", 90),
        ("1.25", "hours", 75),
        ("90", "minutes", 90),
        ("90 min", "hours", 90),
        ("1,5 h", "minutes", 90),
        ("1 h 30", "hours", 90),
        ("1h30", "hours", 90),
        ("2 hours", "minutes", 120),
        ("2 hours 30 minutes", "hours", 150),
        ("0.0625", "days", 90),
        ("1", "days", 1440),
        ("PT1H30M", "hours", 90),
    ],
)
def test_a_duration_is_read_with_its_unit(text: str, unit: Literal["hours", "minutes", "days"], minutes: int) -> None:
    assert read_duration(text, unit, ISO) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "long", "1,500", "1.33", "-1", "1:75"])
def test_a_duration_that_may_mean_several_is_refused(text: str) -> None:
    with pytest.raises(NoSuchTimeError):
        read_duration(text, "hours", ISO)


def test_a_decimal_mark_that_the_map_excludes_is_refused() -> None:
    assert read_duration("1,500", "hours", Written(decimal=",")) == timedelta(minutes=90)
    with pytest.raises(NoSuchTimeError, match="decimals follow ','"):
        read_duration("1.5", "hours", Written(decimal=","))


FORMS = (
    "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%dT%H%M%S", "%d/%m/%Y %H:%M", "%d-%m-%Y %H:%M:%S",
    "%d.%m.%y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%y %I:%M:%S%p", "%d %B %Y %H:%M", "%d %b %Y, %I:%M %p", "%A %d %B %Y %Hh%M",
    "%B %d, %Y %H:%M", "%d-%b-%y %H:%M",
)  # fmt: skip
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2069, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))  # noqa: DTZ001


@given(MOMENTS, st.sampled_from(FORMS), st.sampled_from([DMY, MDY, ISO, Written("ymd")]))
def test_every_written_form_of_an_instant_reads_back_or_is_refused(at: datetime, form: str, written: Written) -> None:
    needed = "dmy" if form.startswith(("%d/", "%d-%m", "%d.")) else "mdy" if form.startswith("%m/") else None
    if needed and written.date_order not in (needed, None):
        return  # told the wrong order: what the operator says counts
    try:
        read = read_moment(at.strftime(form), written)
    except NoSuchTimeError:
        assert needed
        assert written.date_order is None
        return
    assert read == at


@given(st.lists(MOMENTS, min_size=1, max_size=12), st.sampled_from(["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d-%m-%y %H:%M"]))
def test_a_file_in_one_order_reads_back_or_is_refused_as_a_whole(moments: list[datetime], form: str) -> None:
    texts = [at.strftime(form) for at in moments]
    try:
        written = Written(find_date_order(texts))
    except DateOrderError:
        assert all(at.day <= 12 for at in moments) or form.startswith("%d-%m-%y")
        return
    assert [read_moment(text, written) for text in texts] == moments


@given(MOMENTS.filter(lambda at: at.year < 2100), st.sampled_from([1900, 1904]), st.integers(1, 12))
def test_a_serial_date_reads_back_or_is_refused_however_many_decimals_a_cell_shows(
    at: datetime, base: Literal[1900, 1904], decimals: int
) -> None:
    start = datetime(1899, 12, 30) if base == 1900 else datetime(1904, 1, 1)  # noqa: DTZ001
    text = f"{(at - start) / timedelta(days=1):.{decimals}f}"
    try:
        read = read_moment(text, Written(serial_base=base))
    except NoSuchTimeError:
        assert decimals < 5 or "." not in text
        return
    if decimals >= 5:
        assert read == at


@given(MOMENTS, st.integers(-14 * 4, 14 * 4))
def test_an_instant_with_an_offset_reads_back(at: datetime, quarters: int) -> None:
    aware = at.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=15 * quarters)))
    assert read_moment(aware.isoformat(), ISO) == aware
    assert read_moment(aware.strftime("%d/%m/%Y %H:%M %z"), DMY) == aware
