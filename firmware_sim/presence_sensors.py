"""A month of readings of presence sensors: each change, a report once an interval, and faults."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from firmware_sim.member_habits import TruePresence
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network_setup import Network
from smartwork.domain.time import days_of_month

IntervalMs = tuple[int, int]  # [start, end) in ms since 1970 UTC
SensorPlace = tuple[str, str]  # slugs of a centre and of a resource in it

HOUR_MS = 3_600_000
SILENT_SENSORS = 6
STUCK_FOR_MS = 48 * HOUR_MS
FLAPPING_FOR_MS = 10 * HOUR_MS


@dataclass(frozen=True, slots=True)
class SensorFaults:
    """Faults of sensors in a month: silent, stuck at occupied, flapping; each with its interval."""

    silent: dict[SensorPlace, IntervalMs]
    stuck: dict[SensorPlace, IntervalMs]
    flapping: dict[SensorPlace, IntervalMs]


def draw_sensor_faults(network: Network, month: date, seed: int) -> SensorFaults:
    """The faults of a month in the network: six desk sensors silent for 3 to 72 hours, one stuck, one flapping.

    All begin in opening hours and before the last three days of the month.
    """
    random = Random(f"{seed}/faults/{month.replace(day=1)}")
    desks = [(centre, r.slug) for centre in network.centres for r in centre.resources if r.kind == "desk"]

    def draw_start(centre: Centre) -> int:
        hours = [hours for day in days_of_month(month)[:-3] if (hours := centre.hours.of(day))]
        return round(random.choice(hours).start.timestamp() * 1000 + random.uniform(0.5, 6) * HOUR_MS)

    def draw_intervals(chosen: list[tuple[Centre, str]], least: float, most: float) -> dict[SensorPlace, IntervalMs]:
        intervals = {}
        for centre, resource in chosen:
            start = draw_start(centre)
            intervals[centre.slug, resource] = (start, start + round(random.uniform(least, most)))
        return intervals

    *silent, stuck, flapping = random.sample(desks, SILENT_SENSORS + 2)
    return SensorFaults(
        draw_intervals(silent, 3 * HOUR_MS, 72 * HOUR_MS),
        draw_intervals([stuck], STUCK_FOR_MS, STUCK_FOR_MS),
        draw_intervals([flapping], FLAPPING_FOR_MS, FLAPPING_FOR_MS),
    )


def union_ms(intervals: Iterable[IntervalMs]) -> list[IntervalMs]:
    """The union of `intervals`, which are in order of their start."""
    union: list[IntervalMs] = []
    for start, end in intervals:
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def presence_readings(
    device: Device, present: Sequence[TruePresence], *, place: SensorPlace, window: IntervalMs, faults: SensorFaults, key: str
) -> list[Reading]:
    """The readings of one presence sensor over `window`, in time order; `key` seeds its phase and its flapping."""
    random = Random(key)
    occupied: list[IntervalMs] = [(p.start_ms, p.end_ms) for p in present]
    if place in faults.stuck:
        occupied = union_ms(sorted([*occupied, faults.stuck[place]]))
    if place in faults.flapping:
        occupied = _flap(random, occupied, faults.flapping[place])
    readings = _report(device, occupied, window, random)
    if place in faults.silent:
        start, end = faults.silent[place]
        readings = [reading for reading in readings if not start <= reading.at_ms < end]
    return readings


def _flap(random: Random, occupied: list[IntervalMs], during: IntervalMs) -> list[IntervalMs]:
    """A loose contact: presence outside `during` as it is, and a change every 20 to 90 seconds within."""
    start, end = during
    kept = [(max(a, end) if a >= start else a, b if b > end else min(b, start)) for a, b in occupied]
    kept = [(a, b) for a, b in kept if a < b and not (a < start and b > end)]
    at = start
    while at + 180_000 < end:
        until = at + random.randint(20_000, 90_000)
        kept.append((at, until))
        at = until + random.randint(20_000, 90_000)
    return union_ms(sorted(kept))


def _report(device: Device, occupied: list[IntervalMs], window: IntervalMs, random: Random) -> list[Reading]:
    start, end = window
    step = device.interval_s * 1000 - random.randint(0, 4_000)  # device timers run a little fast
    presence, value = Metric.PRESENCE, 0.0
    at = start + random.randrange(step)
    readings: list[Reading] = []
    changes = [(edge, state) for a, b in occupied for edge, state in ((a, 1.0), (b, 0.0)) if edge < end]
    for change, state in [*changes, (end, value)]:
        readings += [Reading(tick, device.slug, presence, value) for tick in range(at, change, step)]
        if change < end:
            readings.append(Reading(change, device.slug, presence, state))
        at, value = change + step, state
    return readings
