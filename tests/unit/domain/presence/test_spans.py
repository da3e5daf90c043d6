"""Spans: figures computed from them add up for any spans."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.presence.spans import Span, State, clip, count_changes, in_state, peak_occupancy, seconds_by_state
from smartwork.domain.time import Interval, local_day

DAY = datetime(2026, 3, 10, tzinfo=UTC)


def at(minute: float) -> datetime:
    return DAY + timedelta(minutes=minute)


def spans_of(lengths: list[tuple[int, int, State, bool]]) -> list[Span]:
    """Spans one after another; each is (gap before it, length, state, suspect) in seconds."""
    found, now = [], DAY
    for gap, length, state, suspect in lengths:
        start = now + timedelta(seconds=gap)
        now = start + timedelta(seconds=length)
        found.append(Span(start, now, state, suspect and state == "occupied"))
    return found


states: st.SearchStrategy[State] = st.sampled_from(["occupied", "vacant", "unknown"])
some_spans = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 2_000), states, st.booleans()), max_size=12).map(spans_of)
windows = st.tuples(st.integers(-1_000, 10_000), st.integers(1, 10_000)).map(
    lambda w: Interval(DAY + timedelta(seconds=w[0]), DAY + timedelta(seconds=w[0] + w[1]))
)


@given(some_spans, windows)
def test_clipping_keeps_exactly_what_lies_in_the_window(spans: list[Span], window: Interval) -> None:
    found = clip(spans, window)
    wanted = [(s, cut) for s in spans if (cut := window.intersect(Interval(s.start, s.end)))]
    assert [(s.start, s.end, s.state, s.suspect) for s in found] == [
        (cut.start, cut.end, s.state, s.suspect) for s, cut in wanted
    ]


@given(some_spans, windows)
def test_seconds_by_state_add_up_to_the_window(spans: list[Span], window: Interval) -> None:
    total = seconds_by_state(spans, window)
    assert sum(total.values()) == pytest.approx(window.seconds)
    assert min(total.values()) >= 0


def test_suspect_time_is_not_occupied_and_uncovered_time_is_unknown() -> None:
    spans = [Span(at(0), at(10), "occupied", suspect=True), Span(at(10), at(15), "occupied"), Span(at(15), at(20), "vacant")]
    assert seconds_by_state(spans, Interval(at(5), at(30))) == {
        "occupied": 300,
        "vacant": 300,
        "unknown": 600,
        "suspect": 300,
    }


def test_changes_leave_unknown_time_out() -> None:
    states: list[State] = ["occupied", "unknown", "occupied", "vacant", "unknown"]
    assert count_changes([Span(at(i), at(i + 1), state) for i, state in enumerate(states)]) == 1


def test_suspect_time_is_in_no_state() -> None:
    spans = [Span(at(0), at(10), "occupied", suspect=True), Span(at(10), at(15), "occupied"), Span(at(15), at(20), "vacant")]
    assert in_state(spans, "occupied") == [Interval(at(10), at(15))]


stays = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 50)).map(lambda s: Interval(at(s[0]), at(s[0] + s[1]))))


@given(stays)
def test_the_peak_is_the_maximum_over_time_of_the_sum_and_says_when_it_was_first(stays: list[Interval]) -> None:
    counts = {at(t): sum(stay.start <= at(t) < stay.end for stay in stays) for t in range(151)}
    most = max(counts.values())
    assert peak_occupancy(stays) == (most, min(t for t, n in counts.items() if n == most) if most else None)


def test_a_desk_that_changes_hands_at_an_instant_is_not_counted_twice() -> None:
    assert peak_occupancy([Interval(at(0), at(10)), Interval(at(10), at(20))]) == (1, at(0))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_an_unmeasured_day_has_as_many_unknown_hours_as_it_lasted(day: date, hours: int) -> None:
    assert seconds_by_state([], local_day(day, "Europe/Brussels"))["unknown"] == hours * 3600
