"""Occupancy: the laws that spans keep whatever the sensors say."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.occupancy import (
    LONGEST_STAY,
    Piece,
    Sample,
    bridge,
    changes,
    clip,
    hold,
    is_suspect,
    opened,
    outside,
    patience,
    peak,
    pieces,
    seconds_by_state,
)
from smartwork.domain.presence.spans import Span, State
from smartwork.domain.time import Interval, local_day

PATIENCE = 150.0
samples = st.lists(st.tuples(st.integers(0, 3_000).map(float), st.booleans()), max_size=30).map(
    lambda found: sorted(found, key=lambda sample: sample[0])
)
found_pieces = samples.map(lambda told: pieces(told, PATIENCE))
DAY = datetime(2026, 3, 10, tzinfo=UTC)


def at(minute: float) -> datetime:
    return DAY + timedelta(minutes=minute)


def state_at(found: list[Piece], instant: float) -> str | None:
    return next((state for start, end, state in found if start <= instant < end), None)


def truth(told: list[Sample], instant: float) -> str | None:
    """The definition, word for word: what the last sample up to now said, unless it is too old."""
    before = [sample for sample in told if sample[0] <= instant]
    if not before:
        return None
    last_heard = before[-1][0]
    if instant >= last_heard + PATIENCE:
        return "unknown" if told[-1][0] > last_heard else None
    return "occupied" if before[-1][1] else "vacant"


def in_order(found: list[Piece]) -> bool:
    whole = all(start < end for start, end, _ in found)
    return whole and all(a[1] == b[0] and a[2] != b[2] for a, b in pairwise(found))


def test_silence_beyond_two_and_a_half_intervals_is_unknown_not_vacant() -> None:
    told = [(0.0, False), (60.0, True), (600.0, True)]
    assert pieces(told, patience(60)) == [
        (0.0, 60.0, "vacant"),
        (60.0, 210.0, "occupied"),
        (210.0, 600.0, "unknown"),
        (600.0, 750.0, "occupied"),
    ]


def test_a_sensor_heard_exactly_at_the_end_of_patience_was_not_silent() -> None:
    assert pieces([(0.0, True), (150.0, True)], PATIENCE) == [(0.0, 300.0, "occupied")]


def test_no_readings_tell_nothing() -> None:
    assert pieces([], PATIENCE) == []


def test_of_two_readings_at_one_instant_the_last_counts() -> None:
    assert pieces([(0.0, False), (10.0, True), (10.0, False)], PATIENCE) == [(0.0, 160.0, "vacant")]


@given(samples, st.integers(-10, 3_500))
def test_every_instant_has_the_state_that_the_definition_gives_it(told: list[Sample], instant: int) -> None:
    assert state_at(pieces(told, PATIENCE), instant) == truth(told, instant)


@given(samples)
def test_pieces_cover_first_sample_to_end_of_patience_without_gap_and_alternate(told: list[Sample]) -> None:
    found = pieces(told, PATIENCE)
    assert in_order(found)
    if told:
        assert (found[0][0], found[-1][1]) == (told[0][0], told[-1][0] + PATIENCE)


@given(found_pieces, st.integers(0, 400))
def test_hold_and_bridge_keep_the_cover_and_never_take_presence_away(found: list[Piece], seconds: int) -> None:
    for after in (hold(found, seconds), bridge(found, seconds)):
        assert in_order(after)
        assert [(after[0][0], after[-1][1])] == [(found[0][0], found[-1][1])] if found else not after
        for start, end, state in found:
            if state == "occupied":
                assert any(a <= start and end <= b and kept == "occupied" for a, b, kept in after)


@given(found_pieces, st.integers(0, 400), st.integers(0, 3_500))
def test_hold_makes_occupied_exactly_what_lies_so_soon_after_presence(found: list[Piece], seconds: int, instant: int) -> None:
    before, after = state_at(found, instant), state_at(hold(found, seconds), instant)
    soon = any(state == "occupied" and start <= instant < end + seconds for start, end, state in found)
    assert after == ("occupied" if before is not None and soon else before)


@given(found_pieces, st.integers(0, 400))
def test_bridging_never_touches_unknown_time_nor_the_end_of_a_stay(found: list[Piece], gap: int) -> None:
    after = bridge(found, gap)
    assert [p for p in after if p[2] == "unknown"] == [p for p in found if p[2] == "unknown"]
    for before, (start, end, state) in pairwise(found):
        if state == "vacant" and before[2] == "occupied":
            following = state_at(found, end)
            assert state_at(after, start) == ("occupied" if following == "occupied" and end - start <= gap else "vacant")


@given(found_pieces)
def test_no_hold_and_no_gap_change_nothing(found: list[Piece]) -> None:
    assert hold(found, 0) == found
    assert bridge(found, 0) == found


def test_hold_charges_the_minutes_after_the_last_detection_and_bridge_does_not() -> None:
    seen: list[Piece] = [(0, 60, "occupied"), (60, 120, "vacant"), (120, 180, "occupied"), (180, 900, "vacant")]
    assert hold(seen, 100) == [(0, 280, "occupied"), (280, 900, "vacant")]
    assert bridge(seen, 100) == [(0, 180, "occupied"), (180, 900, "vacant")]


def test_a_stay_longer_than_anybody_sits_is_suspect_and_long_absence_is_not() -> None:
    longest = LONGEST_STAY.total_seconds()
    assert is_suspect((0, longest + 1, "occupied"))
    assert not is_suspect((0, longest, "occupied"))
    assert not is_suspect((0, 10 * longest, "vacant"))


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
    wanted = [(s, cut) for s in spans if (cut := window.cut(Interval(s.start, s.end)))]
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
    seen: list[Piece] = [(0, 1, "occupied"), (1, 2, "unknown"), (2, 3, "occupied"), (3, 4, "vacant"), (4, 5, "unknown")]
    assert changes(seen) == 1


stays = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 50)).map(lambda s: (float(s[0]), float(s[0] + s[1]))))


@given(stays)
def test_the_peak_is_the_maximum_over_time_of_the_sum_and_says_when_it_was_first(
    stays: list[tuple[float, float]],
) -> None:
    counts = {t: sum(start <= t < end for start, end in stays) for t in map(float, range(151))}
    most = max(counts.values())
    assert peak(stays) == (most, min(t for t, n in counts.items() if n == most) if most else None)


def test_a_desk_that_changes_hands_at_an_instant_is_not_counted_twice() -> None:
    assert peak([(0.0, 10.0), (10.0, 20.0)]) == (1, 0.0)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_an_unmeasured_day_has_as_many_unknown_hours_as_it_lasted(day: date, hours: int) -> None:
    assert seconds_by_state([], local_day(day, "Europe/Brussels"))["unknown"] == hours * 3600


HOURS = OpeningHours("Europe/Brussels", time(8), time(18), frozenset({1, 2, 3, 4, 5}), frozenset({date(2026, 3, 11)}))


@pytest.mark.parametrize(
    ("start", "end", "is_outside"),
    [
        ("2026-03-10T05:00Z", "2026-03-10T06:59Z", True),  # before eight in Brussels
        ("2026-03-10T05:00Z", "2026-03-10T07:01Z", False),  # reaches into the opening
        ("2026-03-10T17:00Z", "2026-03-10T20:00Z", True),  # from closing time on
        ("2026-03-11T09:00Z", "2026-03-11T10:00Z", True),  # on a closure
        ("2026-03-07T09:00Z", "2026-03-08T10:00Z", True),  # over the weekend
        ("2026-03-06T20:00Z", "2026-03-09T08:00Z", False),  # over the weekend and into Monday
    ],
)
def test_presence_is_outside_hours_only_where_no_minute_of_it_was_open(start: str, end: str, is_outside: bool) -> None:
    span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end), "occupied")
    assert outside(span, opened(HOURS, Interval(span.start, span.end))) is is_outside
