"""Spans: intervals in one state of presence, and what is computed from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from smartwork.domain.time import Interval, overlapping

State = Literal["occupied", "vacant", "unknown"]


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open interval [start, end) in one state; a suspect span comes from a stuck sensor and is never billed.

    In a contradicted span the sensors of the place contradict each other for long; it counts as its state says.
    """

    start: datetime
    end: datetime
    state: State
    suspect: bool = False
    contradicted: bool = False

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.end - self.start).total_seconds()


def clip(spans: Sequence[Span], window: Interval) -> tuple[Span, ...]:
    """The parts of `spans` (in order, without overlaps) that lie in `window`, in order."""
    return tuple(
        span
        if span.start >= window.start and span.end <= window.end
        else Span(max(span.start, window.start), min(span.end, window.end), span.state, span.suspect, span.contradicted)
        for span in overlapping(spans, window)
    )


def clip_at(spans: Iterable[Span], instant: datetime) -> list[Span]:
    """The parts of `spans` before `instant`, in their order."""
    return [
        span if span.end <= instant else Span(span.start, instant, span.state, span.suspect, span.contradicted)
        for span in spans
        if span.start < instant
    ]


def in_state(spans: Iterable[Span], state: State) -> list[Interval]:
    """The intervals of the spans that are in `state` and not suspect."""
    return [Interval(span.start, span.end) for span in spans if span.state == state and not span.suspect]


def seconds_by_state(spans: Sequence[Span], window: Interval) -> dict[str, float]:
    """Seconds of `window` that were occupied, vacant, unknown and suspect; they add up to the length of the window.

    Time without a span is unknown. Suspect time counts as suspect only.
    """
    total = {"occupied": 0.0, "vacant": 0.0, "unknown": 0.0, "suspect": 0.0}
    for span in clip(spans, window):
        total["suspect" if span.suspect else span.state] += span.seconds
    total["unknown"] += window.seconds - sum(total.values())
    return total


def count_changes(spans: Iterable[Span]) -> int:
    """How often the state changed between occupied and vacant; unknown spans are skipped."""
    known = [span.state for span in spans if span.state != "unknown"]
    return sum(before != after for before, after in pairwise(known))


def peak_occupancy(occupied: Iterable[Interval]) -> tuple[int, datetime | None]:
    """The largest number of `occupied` intervals at one instant, and the first such instant; (0, None) if there are none.

    `occupied` holds the intervals of all places. The peak of several places together is not the sum of their peaks.
    """
    steps = sorted((at, step) for interval in occupied for at, step in ((interval.start, 1), (interval.end, -1)))
    peak, first_at, count = 0, None, 0
    for at, step in steps:
        count += step
        if count > peak:
            peak, first_at = count, at
    return peak, first_at
