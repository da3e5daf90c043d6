"""Spans derived from readings: properties that hold for any readings, of one sensor and of many at once."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.presence.derivation import (
    STATES,
    SpanColumns,
    concatenated,
    extend_presence,
    fill_gaps,
    microseconds,
    sensor_states,
    states,
    to_spans,
)
from smartwork.domain.presence.sensor_limits import STUCK_AFTER, silence_timeout
from tests.support import scalar_occupancy as scalar
from tests.support.scalar_occupancy import Sample, Stretch

INTERVAL_S = 60
TIMEOUT_S = 150.0
SECOND = 1_000_000
samples = st.lists(st.tuples(st.integers(0, 3_000).map(float), st.booleans()), max_size=30).map(
    lambda found: sorted(found, key=lambda sample: sample[0])
)
durations = st.integers(0, 400).map(lambda seconds: timedelta(seconds=seconds))


def columns(readings: list[Sample]) -> SpanColumns:
    return sensor_states([(datetime.fromtimestamp(at, UTC), present) for at, present in readings], INTERVAL_S)


found_states = samples.map(columns)


def stretches(found: SpanColumns) -> list[Stretch]:
    return [(span.start.timestamp(), span.end.timestamp(), span.state) for span in to_spans(found)]


def from_stretches(found: list[Stretch]) -> SpanColumns:
    start = np.array([round(each[0] * SECOND) for each in found], dtype=np.int64)
    end = np.array([round(each[1] * SECOND) for each in found], dtype=np.int64)
    state = np.array([STATES.index(each[2]) for each in found], dtype=np.int64)
    return SpanColumns(np.zeros(len(found), dtype=np.int64), start, end, state)


def state_at(found: list[Stretch], instant: float) -> str | None:
    return next((state for start, end, state in found if start <= instant < end), None)


def truth(readings: list[Sample], instant: float) -> str | None:
    """The definition, word for word: the state of the last reading up to now, unless it is too old."""
    before = [sample for sample in readings if sample[0] <= instant]
    if not before:
        return None
    last_at = before[-1][0]
    if instant >= last_at + TIMEOUT_S:
        return "unknown" if readings[-1][0] > last_at else None
    return "occupied" if before[-1][1] else "vacant"


def in_order(found: list[Stretch]) -> bool:
    whole = all(start < end for start, end, _ in found)
    return whole and all(a[1] == b[0] and a[2] != b[2] for a, b in pairwise(found))


def test_silence_beyond_two_and_a_half_intervals_is_unknown_not_vacant() -> None:
    assert stretches(columns([(0.0, False), (60.0, True), (600.0, True)])) == [
        (0.0, 60.0, "vacant"),
        (60.0, 210.0, "occupied"),
        (210.0, 600.0, "unknown"),
        (600.0, 750.0, "occupied"),
    ]


def test_a_reading_exactly_at_the_silence_timeout_is_in_time() -> None:
    assert stretches(columns([(0.0, True), (150.0, True)])) == [(0.0, 300.0, "occupied")]


def test_no_readings_give_no_spans() -> None:
    assert to_spans(columns([])) == []
    assert to_spans(extend_presence(columns([]), timedelta(minutes=1))) == []


def test_of_two_readings_at_one_instant_the_last_counts() -> None:
    assert stretches(columns([(0.0, False), (10.0, True), (10.0, False)])) == [(0.0, 160.0, "vacant")]


@given(samples, st.integers(-10, 3_500))
def test_every_instant_has_the_state_that_the_definition_gives_it(readings: list[Sample], instant: int) -> None:
    assert state_at(stretches(columns(readings)), instant) == truth(readings, instant)


@given(samples)
def test_states_cover_first_reading_to_last_silence_timeout_without_gap_and_alternate(readings: list[Sample]) -> None:
    found = stretches(columns(readings))
    assert in_order(found)
    if readings:
        assert (found[0][0], found[-1][1]) == (readings[0][0], readings[-1][0] + TIMEOUT_S)


@given(found_states, durations)
def test_extending_and_filling_keep_the_cover_and_never_take_presence_away(found: SpanColumns, length: timedelta) -> None:
    before = stretches(found)
    for after in (stretches(extend_presence(found, length)), stretches(fill_gaps(found, length))):
        assert in_order(after)
        assert [(after[0][0], after[-1][1])] == [(before[0][0], before[-1][1])] if before else not after
        for start, end, state in before:
            if state == "occupied":
                assert any(a <= start and end <= b and kept == "occupied" for a, b, kept in after)


@given(found_states, durations, st.integers(0, 3_500))
def test_extended_presence_is_exactly_what_lies_within_the_hold_after_presence(
    found: SpanColumns, hold: timedelta, instant: int
) -> None:
    unheld = stretches(found)
    before, after = state_at(unheld, instant), state_at(stretches(extend_presence(found, hold)), instant)
    held = any(state == "occupied" and start <= instant < end + hold.total_seconds() for start, end, state in unheld)
    assert after == ("occupied" if before is not None and held else before)


@given(found_states, durations)
def test_filling_gaps_never_touches_unknown_time_nor_the_end_of_a_stay(found: SpanColumns, max_gap: timedelta) -> None:
    unfilled, after = stretches(found), stretches(fill_gaps(found, max_gap))
    assert [p for p in after if p[2] == "unknown"] == [p for p in unfilled if p[2] == "unknown"]
    for before, (start, end, state) in pairwise(unfilled):
        if state == "vacant" and before[2] == "occupied":
            filled = state_at(unfilled, end) == "occupied" and end - start <= max_gap.total_seconds()
            assert state_at(after, start) == ("occupied" if filled else "vacant")


@given(found_states)
def test_no_hold_and_no_gap_change_nothing(found: SpanColumns) -> None:
    nothing = timedelta(0)
    assert to_spans(extend_presence(found, nothing)) == to_spans(found)
    assert to_spans(fill_gaps(found, nothing)) == to_spans(found)


def test_extending_adds_the_minutes_after_the_last_detection_and_filling_gaps_does_not() -> None:
    found = from_stretches([(0, 60, "occupied"), (60, 120, "vacant"), (120, 180, "occupied"), (180, 900, "vacant")])
    length = timedelta(seconds=100)
    assert stretches(extend_presence(found, length)) == [(0, 280, "occupied"), (280, 900, "vacant")]
    assert stretches(fill_gaps(found, length)) == [(0, 180, "occupied"), (180, 900, "vacant")]


def test_a_stay_longer_than_anybody_sits_is_suspect_and_long_absence_is_not() -> None:
    longest = STUCK_AFTER.total_seconds()
    for stretch, suspect in [
        ((0, longest + 1, "occupied"), True),
        ((0, longest, "occupied"), False),
        ((0, 10 * longest, "vacant"), False),
    ]:
        assert from_stretches([stretch]).is_suspect().tolist() == [suspect]  # type: ignore[list-item]


steps = st.sampled_from([0, 1, 20, 60, 149, 150, 151, 290, 300, 301, 1_500, 40_000, 50_000])
one_sensor = st.lists(st.tuples(steps, st.booleans()), max_size=30).map(
    lambda found: list(zip(map(float, accumulate(step for step, _ in found)), [flag for _, flag in found], strict=True))
)
sensors = st.lists(st.tuples(one_sensor, st.sampled_from([1, 60, 61, 600])), max_size=6)


def at_once(all_readings: list[tuple[list[Sample], int]]) -> SpanColumns:
    sensor = [i for i, (readings, _) in enumerate(all_readings) for _ in readings]
    at = [round(at * SECOND) for readings, _ in all_readings for at, _ in readings]
    present = [flag for readings, _ in all_readings for _, flag in readings]
    timeout = [microseconds(silence_timeout(interval_s)) for _, interval_s in all_readings]
    return states(
        np.array(sensor, dtype=np.int64),
        np.array(at, dtype=np.int64),
        np.array(present, dtype=np.bool_),
        np.array(timeout, dtype=np.int64),
    )


def rows(found: SpanColumns) -> list[tuple[int, Stretch, bool]]:
    return list(zip(found.sensor.tolist(), stretches(found), found.is_suspect().tolist(), strict=True))


@given(sensors, st.sampled_from([0, 60, 300]))
def test_many_sensors_at_once_have_the_spans_that_each_has_alone(
    all_readings: list[tuple[list[Sample], int]], seconds: int
) -> None:
    found, length = at_once(all_readings), timedelta(seconds=seconds)
    filled: list[tuple[int, Stretch, bool]] = []
    extended: list[tuple[int, Stretch, bool]] = []
    for i, (readings, interval_s) in enumerate(all_readings):
        alone = scalar.states(readings, silence_timeout(interval_s).total_seconds())
        filled += [(i, each, scalar.is_suspect(each)) for each in scalar.fill_gaps(alone, seconds)]
        extended += [(i, each, scalar.is_suspect(each)) for each in scalar.extend_presence(alone, seconds)]
    assert rows(fill_gaps(found, length)) == filled
    assert rows(extend_presence(found, length)) == extended


@given(sensors)
def test_groups_of_sensors_put_together_are_the_whole(all_readings: list[tuple[list[Sample], int]]) -> None:
    found = at_once(all_readings)
    groups = [found.where(found.sensor == i) for i in range(len(all_readings))]
    assert rows(concatenated(groups)) == rows(found)
