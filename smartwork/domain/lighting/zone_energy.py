"""Lighting energy of a zone on one day: how much of the day was metered, the energy of that time, and its baseline."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter

from smartwork.domain.lighting.energy import LightingEnergy, MeterReading, baseline_wh, split_by_occupancy
from smartwork.domain.presence.spans import Span, clip, in_state
from smartwork.domain.time import Interval, subtract, union

LONGEST_SILENCE = timedelta(days=1)
"""A longer time between two readings is not metered, because the energy of its days is not known."""
LONGEST_RESET = timedelta(hours=1)
"""If a counter falls over a longer time than this, the energy before its reset is lost, and the time is not metered."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter of the zone: its first reading ever, its cumulative readings around the period in time order, and when it was
    retired, if it was.
    """

    since: datetime
    readings: Sequence[MeterReading]
    retired_at: datetime | None = None

    def up_to(self, now: datetime) -> "Meter":
        """The meter with its readings up to `now`."""
        return replace(self, readings=self.readings[: bisect_right(self.readings, now, key=itemgetter(0))])


@dataclass(frozen=True, slots=True)
class ZoneEnergy:
    """Energy and baseline (Wh) of the time that was metered, in seconds, of the `elapsed_s` seconds of a day."""

    use: LightingEnergy
    baseline_wh: float
    metered_s: int
    elapsed_s: int


def zone_metered(meters: Sequence[Meter], window: Interval) -> list[Interval]:
    """The time of `window` in which the energy of the zone is known, in order.

    A meter covers the time between its readings, up to LONGEST_SILENCE, because its counter goes on. Time that a meter does
    not cover between its first reading and its retirement is not metered, because the zone's energy would be incomplete.
    """
    covered = [_covered(meter.readings) for meter in meters]
    lacking = [
        interval
        for meter, intervals in zip(meters, covered, strict=True)
        if (expected := window.intersect(Interval(meter.since, meter.retired_at or window.end)))
        for interval in subtract(expected, intervals)
    ]
    gaps = union(lacking)
    known = (interval.intersect(window) for interval in union(each for intervals in covered for each in intervals))
    return [part for interval in known if interval for part in subtract(interval, gaps)]


def zone_energy(
    meters: Sequence[Meter],
    watched: Sequence[Sequence[Span]],
    day: Interval,
    metered: Sequence[Interval],
    rated: tuple[float, Interval | None],
) -> ZoneEnergy:
    """The energy of a zone on `day`, or on the part of it that has passed, in the time that was `metered`.

    `watched` has the spans of each place of the zone. The zone is occupied while any of them is, and vacant while all of
    them are; otherwise its state is unknown. `rated` is the zone's rated power in W and the opening hours of the day.
    """
    rated_w, opening = rated
    clipped = [clip(spans, day) for spans in watched]
    occupied = union(interval for spans in clipped for interval in in_state(spans, "occupied"))
    not_vacant = [interval for spans in clipped for interval in subtract(day, in_state(spans, "vacant"))]
    vacant = subtract(day, union([*occupied, *not_vacant]))
    known = [shared for interval in metered if (shared := interval.intersect(day))]
    parts = [
        split_by_occupancy(_within(meter.readings, interval), occupied, vacant) for meter in meters for interval in known
    ]
    opened = [shared for interval in known if opening and (shared := interval.intersect(opening))]
    return ZoneEnergy(
        use=LightingEnergy(
            sum(part.used_wh for part in parts), sum(part.empty_wh for part in parts), sum(part.unknown_wh for part in parts)
        ),
        baseline_wh=sum(baseline_wh(rated_w, interval) for interval in opened),
        metered_s=round(sum(interval.seconds for interval in known)),
        elapsed_s=round(day.seconds),
    )


def _covered(readings: Sequence[MeterReading]) -> list[Interval]:
    """The time between the readings of a meter, without long silences and long times over which its counter was reset."""
    return union(
        Interval(start, end)
        for (start, before), (end, after) in pairwise(readings)
        if start < end and end - start <= (LONGEST_SILENCE if after >= before else LONGEST_RESET)
    )


def _within(counter: Sequence[MeterReading], window: Interval) -> list[MeterReading]:
    """The counter's readings in `window`, with values at its start and end interpolated between the readings around them."""
    cut: list[MeterReading] = []
    first = max(bisect_left(counter, window.start, key=itemgetter(0)) - 1, 0)
    last = bisect_right(counter, window.end, lo=first, key=itemgetter(0)) + 1
    for (start, before), (end, after) in pairwise(counter[first:last]):
        shared = Interval(start, end).intersect(window)
        if shared is None:
            continue
        # A counter that falls was reset: what it shows was used since the reset.
        base, used = (before, after - before) if after >= before else (0.0, after)
        per_second = used / (end - start).total_seconds()
        if not cut:
            cut.append((shared.start, base + per_second * (shared.start - start).total_seconds()))
        cut.append((shared.end, base + per_second * (shared.end - start).total_seconds()))
    return cut
