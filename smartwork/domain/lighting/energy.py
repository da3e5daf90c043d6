"""Lighting energy: what a meter's counter says was used, and how much of it while nobody was there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from smartwork.domain.time import Interval

Counter = tuple[float, float]
"""Instant in seconds since 1970 UTC, and the meter's cumulative reading in Wh."""
Stretch = tuple[float, float]
"""[start, end) in seconds since 1970 UTC."""


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


def intervals(counter: Sequence[Counter]) -> list[tuple[float, float, float]]:
    """Energy in Wh of each [start, end) between neighbouring counter readings in time order.

    A counter that falls was reset: what it shows then was used since the reset. Of readings at one instant the first
    ends the stretch before it and begins the next, so that nothing which was counted is left out.
    """
    first = [reading for i, reading in enumerate(counter) if not i or counter[i - 1][0] < reading[0]]
    return [(start, end, after - before if after >= before else after) for (start, before), (end, after) in pairwise(first)]


def split(counter: Sequence[Counter], occupied: Sequence[Stretch], vacant: Sequence[Stretch]) -> Use:
    """The energy of `counter` by occupancy; `occupied` and `vacant` are in order and each without overlaps.

    Energy is spread evenly over the time between two counter readings; the even spread is the finest that a counter
    can tell. What is neither occupied nor vacant is unknown.
    """
    steps = intervals(counter)
    used = sum(wh for _, _, wh in steps)
    with_people = _overlap(steps, occupied)
    empty = _overlap(steps, vacant)
    return Use(used, empty, max(used - with_people - empty, 0.0))


def _overlap(steps: Sequence[tuple[float, float, float]], stretches: Sequence[Stretch]) -> float:
    """Energy in Wh of `steps` that falls into `stretches`; one pass over both."""
    total, j = 0.0, 0
    for start, end, wh in steps:
        while j < len(stretches) and stretches[j][1] <= start:
            j += 1
        k = j
        while wh and k < len(stretches) and stretches[k][0] < end:
            total += wh * (min(end, stretches[k][1]) - max(start, stretches[k][0])) / (end - start)
            k += 1
    return total


def merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """The union of stretches, in order and without overlaps: a zone is occupied while any of its desks is."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def complement(stretches: Sequence[Stretch], window: Stretch) -> list[Stretch]:
    """The parts of `window` that lie in none of `stretches` (in order, without overlaps)."""
    found: list[Stretch] = []
    at = window[0]
    for start, end in stretches:
        if start > at:
            found.append((at, min(start, window[1])))
        at = max(at, end)
        if at >= window[1]:
            break
    if at < window[1]:
        found.append((at, window[1]))
    return [(a, b) for a, b in found if b > a]


def baseline_wh(rated_w: float, opened: Interval | None) -> float:
    """Energy in Wh had the light burned at rated power through the opening hours of a day (IPMVP option A)."""
    return rated_w * opened.seconds / 3600 if opened else 0.0


def seconds(at: datetime) -> float:
    """Seconds since 1970 UTC, the scale of this module."""
    return at.timestamp()
