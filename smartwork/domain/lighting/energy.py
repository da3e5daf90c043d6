"""Lighting energy: what a meter counted, and how much of it while the zone was vacant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from smartwork.domain.time import Interval

MeterReading = tuple[datetime, float]
"""An instant, and the cumulative value in Wh that the meter shows then."""


@dataclass(frozen=True, slots=True)
class LightingEnergy:
    """Energy in Wh over a period: in all, while vacant, and while occupancy was unknown. The rest was used while occupied."""

    used_wh: float
    empty_wh: float
    unknown_wh: float

    @property
    def empty_share(self) -> float:
        """The share of `empty_wh` in the energy with known occupancy; 0 if there is none."""
        known = self.used_wh - self.unknown_wh
        return self.empty_wh / known if known else 0.0


def energy_steps(readings: Sequence[MeterReading]) -> list[tuple[Interval, float]]:
    """Energy in Wh of each interval between neighbouring meter readings in time order.

    If a counter falls, it was reset: its value is the energy since the reset. Of several readings at one instant the first
    counts, as the end of one interval and the start of the next, so no energy is lost.
    """
    first = [reading for i, reading in enumerate(readings) if not i or readings[i - 1][0] < reading[0]]
    return [
        (Interval(start, end), after - before if after >= before else after)
        for (start, before), (end, after) in pairwise(first)
    ]


def split_by_occupancy(
    readings: Sequence[MeterReading], occupied: Sequence[Interval], vacant: Sequence[Interval]
) -> LightingEnergy:
    """The energy of a meter by occupancy; `occupied` and `vacant` are each in order and without overlaps.

    Energy between two readings is spread evenly over that time, because a counter says nothing finer. Time that is neither
    occupied nor vacant is unknown.
    """
    steps = energy_steps(readings)
    used = sum(wh for _, wh in steps)
    occupied_wh = _overlap(steps, occupied)
    vacant_wh = _overlap(steps, vacant)
    return LightingEnergy(used, vacant_wh, max(used - occupied_wh - vacant_wh, 0.0))


def _overlap(steps: Sequence[tuple[Interval, float]], within: Sequence[Interval]) -> float:
    """Energy in Wh of `steps` that falls within `within`; one pass over both."""
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
    """Energy in Wh of lights at rated power through the opening hours of a day: the baseline of IPMVP option A."""
    return rated_w * opened.seconds / 3600 if opened else 0.0
