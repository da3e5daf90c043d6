"""Lighting energy: what a meter's counter says was used, and how much of it while nobody was there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from smartwork.domain.time import Interval

Counter = tuple[datetime, float]
"""An instant, and the meter's cumulative reading in Wh."""


@dataclass(frozen=True, slots=True)
class Use:
    """Energy in Wh over a period, by whether somebody was there; the parts add up to `used_wh`."""

    used_wh: float
    empty_wh: float
    unknown_wh: float

    @property
    def empty_share(self) -> float:
        """Share of the energy used while nobody was there, of all whose occupancy is known; 0 where none is."""
        known = self.used_wh - self.unknown_wh
        return self.empty_wh / known if known else 0.0


def intervals(counter: Sequence[Counter]) -> list[tuple[Interval, float]]:
    """Energy in Wh of each [start, end) between neighbouring counter readings in time order.

    A counter that falls was reset: what it shows then was used since the reset. Of readings at one instant the first
    ends the stretch before it and begins the next, so that nothing which was counted is left out.
    """
    first = [reading for i, reading in enumerate(counter) if not i or counter[i - 1][0] < reading[0]]
    return [
        (Interval(start, end), after - before if after >= before else after)
        for (start, before), (end, after) in pairwise(first)
    ]


def split(counter: Sequence[Counter], occupied: Sequence[Interval], vacant: Sequence[Interval]) -> Use:
    """The energy of `counter` by occupancy; `occupied` and `vacant` are in order and each without overlaps.

    Energy is spread evenly over the time between two counter readings; the even spread is the finest that a counter
    can tell. What is neither occupied nor vacant is unknown.
    """
    steps = intervals(counter)
    used = sum(wh for _, wh in steps)
    with_people = _overlap(steps, occupied)
    empty = _overlap(steps, vacant)
    return Use(used, empty, max(used - with_people - empty, 0.0))


def _overlap(steps: Sequence[tuple[Interval, float]], within: Sequence[Interval]) -> float:
    """Energy in Wh of `steps` that falls into `within`; one pass over both."""
    total, j = 0.0, 0
    for step, wh in steps:
        while j < len(within) and within[j].end <= step.start:
            j += 1
        k = j
        while wh and k < len(within) and (shared := step.intersect(within[k])):
            total += wh * shared.seconds / step.seconds
            k += 1
    return total


def baseline_wh(rated_w: float, opened: Interval | None) -> float:
    """Energy in Wh had the light burned at rated power through the opening hours of a day (IPMVP option A)."""
    return rated_w * opened.seconds / 3600 if opened else 0.0
