"""The interval algebra at every instant, and local days and months when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.time import (
    Interval,
    days_of_month,
    local_day,
    local_month,
    overlap_seconds,
    overlapping,
    subtract,
    union,
)

START = datetime(2026, 3, 10, tzinfo=UTC)
MINUTES = range(-10, 250)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def covers(intervals: list[Interval], instant: datetime) -> bool:
    return any(each.start <= instant < each.end for each in intervals)


interval = st.tuples(st.integers(0, 200), st.integers(1, 40)).map(lambda s: Interval(at(s[0]), at(s[0] + s[1])))
intervals = st.lists(interval, max_size=12)
in_order = intervals.map(union)
moments = st.sampled_from(MINUTES).map(at)


@given(interval, interval, moments)
def test_an_intersection_is_what_lies_in_both(one: Interval, other: Interval, moment: datetime) -> None:
    shared = one.intersect(other)
    assert shared == other.intersect(one)
    assert covers([shared] if shared else [], moment) == (covers([one], moment) and covers([other], moment))


def test_intervals_that_touch_share_nothing() -> None:
    assert Interval(at(0), at(10)).intersect(Interval(at(10), at(20))) is None


@given(intervals, moments)
def test_a_union_is_what_lies_in_any_in_order_and_without_overlaps(found: list[Interval], moment: datetime) -> None:
    joined = union(found)
    assert all(earlier.end < later.start for earlier, later in pairwise(joined))
    assert covers(joined, moment) == covers(found, moment)
    assert union(joined) == joined


@given(interval, in_order, moments)
def test_a_difference_is_what_lies_in_none_of_the_taken(whole: Interval, taken: list[Interval], moment: datetime) -> None:
    rest = subtract(whole, taken)
    assert covers(rest, moment) == (covers([whole], moment) and not covers(taken, moment))
    assert rest == union(rest)


@given(interval, in_order)
def test_what_is_shared_and_what_is_left_add_up_to_the_whole(whole: Interval, taken: list[Interval]) -> None:
    rest = sum(each.seconds for each in subtract(whole, taken))
    assert overlap_seconds([whole], taken) + rest == pytest.approx(whole.seconds)


@given(in_order, in_order)
def test_overlap_is_measured_in_both_directions_alike(one: list[Interval], other: list[Interval]) -> None:
    minutes = sum(covers(one, at(minute)) and covers(other, at(minute)) for minute in MINUTES)
    assert overlap_seconds(one, other) == overlap_seconds(other, one) == minutes * 60


@given(in_order, interval)
def test_overlapping_are_all_that_share_time_with_the_window(found: list[Interval], window: Interval) -> None:
    assert list(overlapping(found, window)) == [each for each in found if each.intersect(window)]


@given(in_order, interval)
def test_nothing_shares_time_with_an_empty_window(found: list[Interval], window: Interval) -> None:
    assert not overlapping(found, Interval(window.start, window.start))
    assert not overlapping(found, Interval(window.end, window.end))


TIMEZONE = "Europe/Brussels"
days = st.dates(date(2015, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 10), 24)])
def test_a_local_day_is_23_or_25_hours_long_when_the_clocks_change(day: date, hours: int) -> None:
    assert local_day(day, TIMEZONE).seconds == hours * 3600


@given(days)
def test_local_days_follow_each_other_without_gap(day: date) -> None:
    assert local_day(day, TIMEZONE).end == local_day(day + timedelta(days=1), TIMEZONE).start


@given(days)
def test_a_month_is_all_its_days_and_nothing_else(day: date) -> None:
    found = days_of_month(day)
    assert day in found
    assert {(d.year, d.month) for d in found} == {(day.year, day.month)}
    assert all(b - a == timedelta(days=1) for a, b in pairwise(found))
    assert sum(local_day(d, TIMEZONE).seconds for d in found) == local_month(day, TIMEZONE).seconds
    assert (found[-1] + timedelta(days=1)).month != day.month


def test_what_two_intervals_share_is_half_open() -> None:
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert Interval(noon, noon + hour).intersect(Interval(noon + hour, noon + 2 * hour)) is None
    assert Interval(noon, noon + 2 * hour).intersect(Interval(noon + hour, noon + 3 * hour)) == Interval(
        noon + hour, noon + 2 * hour
    )
