"""The interval algebra: each operation is what it says at every instant."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.time import Interval, overlap_seconds, overlapping, subtract, union

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
