"""Spans derived from presence readings, for many sensors at once, on columns of integers.

A reading holds until the next one, but no longer than the sensor's silence timeout; from then on the state is unknown.
`states` applies this rule. `fill_gaps` then gives the billing view and `extend_presence` the lighting view. `combine` makes
the spans of a place from those of several sensors, by the rule of `combination`.
`tests/support/scalar_occupancy.py` states the same rules for one place; property tests compare the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from smartwork.domain.presence.sensor_limits import CONTRADICTION_AFTER, STUCK_AFTER, silence_timeout
from smartwork.domain.presence.spans import Span, State

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STATES: tuple[State, ...] = ("vacant", "occupied", "unknown")
"""States by their number in the column `state`."""
_VACANT, _OCCUPIED, _UNKNOWN = range(len(STATES))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SpanColumns:
    """Spans as columns, ordered by sensor and time. Times are microseconds since 1970 UTC; `state` is an index of STATES."""

    sensor: Integers
    start: Integers
    end: Integers
    state: Integers

    def where(self, mask: Flags) -> "SpanColumns":
        """The spans whose flag in `mask` is true."""
        return SpanColumns(self.sensor[mask], self.start[mask], self.end[mask], self.state[mask])

    def is_suspect(self) -> Flags:
        """Flags the spans of stuck sensors: occupied without a break for longer than STUCK_AFTER."""
        stuck: Flags = (self.state == _OCCUPIED) & (self.end - self.start > microseconds(STUCK_AFTER))
        return stuck

    def joined(self) -> "SpanColumns":
        """Adjacent spans of one sensor and one state joined into one span."""
        first = np.append(True, (np.diff(self.sensor) != 0) | (np.diff(self.state) != 0))[: len(self.sensor)]
        last = np.append(first[1:], True)[: len(self.sensor)]
        return SpanColumns(self.sensor[first], self.start[first], self.end[last], self.state[first])


@dataclass(frozen=True, slots=True)
class PlaceSpans:
    """Spans of places: `spans.sensor` is the index of the place. Neighbours differ in state or in a flag."""

    spans: SpanColumns
    suspect: Flags
    contradicted: Flags


def microseconds(duration: timedelta) -> int:
    """A duration as the columns count it."""
    return duration // _MICROSECOND


def concatenated(parts: Sequence[SpanColumns]) -> SpanColumns:
    """The spans of several groups of sensors in one value; the groups are in order of their sensors."""
    return SpanColumns(
        *(
            np.concatenate([np.empty(0, dtype=np.int64), *(getattr(part, name) for part in parts)])
            for name in ("sensor", "start", "end", "state")
        )
    )


def states(sensor: Integers, at: Integers, present: Flags, silence_timeout_us: Integers) -> SpanColumns:
    """The states of each sensor from its first reading to a silence timeout after its last, without gaps.

    Readings are ordered by sensor and time. If a sensor has several readings at one instant, the last one counts.
    `silence_timeout_us` is indexed by sensor, in microseconds. Adjacent spans of a sensor differ in state.
    """
    follows = np.diff(sensor) == 0
    last_of_instant = np.append(~follows | (np.diff(at) != 0), True)[: len(at)]
    sensor, at, present = sensor[last_of_instant], at[last_of_instant], present[last_of_instant]
    holds_until = at + silence_timeout_us[sensor]
    following = holds_until.copy()
    same = np.flatnonzero(np.diff(sensor) == 0)
    following[same] = at[same + 1]
    # Each reading gives two spans: its state, and the silence after it, which is usually empty.
    start = np.column_stack([at, np.minimum(holds_until, following)]).ravel()
    end = np.column_stack([np.minimum(holds_until, following), following]).ravel()
    state = np.column_stack([np.where(present, _OCCUPIED, _VACANT), np.full(len(at), _UNKNOWN)]).ravel()
    return SpanColumns(np.repeat(sensor, 2), start, end, state).where(end > start).joined()


def fill_gaps(spans: SpanColumns, max_gap: timedelta) -> SpanColumns:
    """The billing view: vacant gaps of at most `max_gap` between two detections become occupied.

    A person who sits still is not detected for a while; filling the gap joins the stay. Time after the last detection
    stays vacant, so that nobody pays for it. Unknown time stays unknown.
    """
    if len(spans.sensor) < 3:
        return spans
    occupied = spans.state == _OCCUPIED
    between = occupied[:-2] & occupied[2:] & (spans.sensor[:-2] == spans.sensor[2:])
    short = (spans.state == _VACANT) & (spans.end - spans.start <= microseconds(max_gap))
    state = np.where(short & np.concatenate([[False], between, [False]]), _OCCUPIED, spans.state)
    return SpanColumns(spans.sensor, spans.start, spans.end, state).joined()


def extend_presence(spans: SpanColumns, hold: timedelta) -> SpanColumns:
    """The lighting view: presence lasts for `hold` after each detection, at most to the sensor's last span.

    Vacant and unknown time within `hold` after a detection becomes occupied.
    """
    occupied = spans.state == _OCCUPIED
    latest = np.maximum.accumulate(np.where(occupied, np.arange(len(occupied)), -1)) if len(occupied) else np.arange(0)
    detected = (latest >= 0) & (spans.sensor[latest] == spans.sensor)
    held_until = np.where(detected, spans.end[latest] + microseconds(hold), spans.start)
    middle = np.clip(held_until, spans.start, spans.end)
    start = np.column_stack([spans.start, middle]).ravel()
    end = np.column_stack([middle, spans.end]).ravel()
    state = np.column_stack([np.full(len(occupied), _OCCUPIED), spans.state]).ravel()
    return SpanColumns(np.repeat(spans.sensor, 2), start, end, state).where(end > start).joined()


def within_watch(found: SpanColumns, until: Integers) -> SpanColumns:
    """The spans cut at the end of each sensor's watch: `until`, indexed by sensor, in microseconds since 1970 UTC."""
    end = np.minimum(found.end, until[found.sensor])
    return SpanColumns(found.sensor, found.start, end, found.state).where(end > found.start)


def combine(found: SpanColumns, place: Integers, max_gap: timedelta) -> PlaceSpans:
    """The spans of places from the spans of their sensors, whose gaps are filled: the rule of `combination`.

    `place` is the index of each sensor's place. Vacant gaps of at most `max_gap` between two detections become occupied, as
    in `fill_gaps`; suspect presence fills none. The spans of one sensor come out as they are.
    """
    segments, votes = _segments(found, place)
    detected, stuck, vacant = (votes[:, kind] > 0 for kind in range(3))
    suspect: Flags = stuck & ~detected & ~vacant
    state = np.where(detected | suspect, _OCCUPIED, np.where(vacant, _VACANT, _UNKNOWN))
    run = _Runs(segments, state, suspect)
    present, length = run.of_first(detected), run.length
    between = np.zeros(len(length), dtype=np.bool_)
    between[1:-1] = present[:-2] & present[2:] & run.follows[1:-1] & run.follows[2:]
    short = run.of_first(state == _VACANT) & (length <= microseconds(max_gap))
    state = np.where((short & between)[run.index], _OCCUPIED, state)
    run = _Runs(segments, state, suspect)
    suspect = suspect | ((state == _OCCUPIED) & (run.length > microseconds(STUCK_AFTER))[run.index])
    disagree: Flags = vacant & (detected | stuck)
    run = _Runs(segments, disagree)
    contradicted: Flags = disagree & (run.length > microseconds(CONTRADICTION_AFTER))[run.index]
    run = _Runs(segments, state, suspect, contradicted)
    spans = SpanColumns(segments.sensor[run.first], segments.start[run.first], segments.end[run.last], state[run.first])
    return PlaceSpans(spans, suspect[run.first], contradicted[run.first])


def _segments(found: SpanColumns, place: Integers) -> tuple[SpanColumns, Integers]:
    """The time from a place's first span to its last, cut wherever one of the place's sensors changes, without a state.

    The second value counts the votes of each segment: sensors that detect presence, that are stuck, that report absence.
    """
    occupied, stuck = found.state == _OCCUPIED, found.is_suspect()
    votes = np.column_stack([occupied & ~stuck, stuck, found.state == _VACANT])
    change = np.concatenate([votes, -votes.astype(np.int64)])
    at, owner = np.concatenate([found.start, found.end]), np.tile(place[found.sensor], 2)
    order = np.lexsort((at, owner))
    at, owner, count = at[order], owner[order], np.cumsum(change[order], axis=0)
    last = np.append((np.diff(owner) != 0) | (np.diff(at) != 0), True)[: len(at)]
    at, owner, count = at[last], owner[last], count[last]
    covered = np.flatnonzero(np.diff(owner) == 0)  # between two spans of a place no sensor may have a state: it is unknown
    state = np.full(len(covered), _UNKNOWN, dtype=np.int64)
    return SpanColumns(owner[covered], at[covered], at[covered + 1], state), count[covered]


class _Runs:
    """Runs of segments of one place that touch and agree in all `values`: `index` is the run of each segment."""

    def __init__(self, segments: SpanColumns, *values: npt.NDArray[np.generic]) -> None:
        touch = (np.diff(segments.sensor) == 0) & (segments.start[1:] == segments.end[:-1])
        same = touch.copy()
        for value in values:
            same &= value[1:] == value[:-1]
        begins = np.append(True, ~same)[: len(segments.sensor)]
        self.index: Integers = np.cumsum(begins) - 1
        self.first = np.flatnonzero(begins)
        self.last = np.append(self.first[1:], len(begins))[: len(self.first)] - 1
        self.length: Integers = segments.end[self.last] - segments.start[self.first]
        self.follows: Flags = np.append(False, touch)[: len(begins)][self.first]
        """Whether a run begins where the one before it ends, at the same place."""

    def of_first(self, value: Flags) -> Flags:
        """The value of each run's first segment."""
        first: Flags = value[self.first]
        return first


def sensor_states(samples: Sequence[tuple[datetime, bool]], interval_s: float) -> SpanColumns:
    """`states` of one sensor that reports every `interval_s` seconds; `samples` are (instant, present) in order of time."""
    at = np.array([microseconds(instant - _EPOCH) for instant, _ in samples], dtype=np.int64)
    present = np.array([flag for _, flag in samples], dtype=np.bool_)
    timeout = np.array([microseconds(silence_timeout(interval_s))], dtype=np.int64)
    return states(np.zeros(len(at), dtype=np.int64), at, present, timeout)


def to_spans(spans: SpanColumns) -> list[Span]:
    """The spans as values, in the order of the columns. None is marked suspect: see `SpanColumns.is_suspect`."""
    return [
        Span(_EPOCH + start * _MICROSECOND, _EPOCH + end * _MICROSECOND, STATES[state])
        for start, end, state in zip(spans.start.tolist(), spans.end.tolist(), spans.state.tolist(), strict=True)
    ]
