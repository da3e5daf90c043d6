"""What presence sensors report of a month: each change, a keep-alive every ten minutes, and now and then a fault."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from firmware_sim.people import Presence
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.devices import Device
from smartwork.domain.network_setup import Network
from smartwork.domain.time import days_of_month

Stretch = tuple[int, int]  # [start, end) in ms of UTC
Place = tuple[str, str]  # slugs of a centre and of a resource in it

HOUR_MS = 3_600_000
SILENT_SENSORS = 6
STUCK_FOR_MS = 48 * HOUR_MS
FLAPPING_FOR_MS = 10 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a month's sensors: silence, one stuck at occupied, one that flaps."""

    silent: dict[Place, Stretch]
    stuck: dict[Place, Stretch]
    flapping: dict[Place, Stretch]


def faults_of(network: Network, month: date, seed: int) -> Faults:
    """The faults of a month in the whole network: six desk sensors silent for 3 to 72 hours, one stuck, one flapping.

    All begin during opening hours and before the month's last three days.
    """
    random = Random(f"{seed}/faults/{month.replace(day=1)}")
    desks = [(centre, r.slug) for centre in network.centres for r in centre.resources if r.kind == "desk"]

    def begins(centre: Centre) -> int:
        hours = [hours for day in days_of_month(month)[:-3] if (hours := centre.hours.of(day))]
        return round(random.choice(hours).start.timestamp() * 1000 + random.uniform(0.5, 6) * HOUR_MS)

    def lasting(chosen: list[tuple[Centre, str]], least: float, most: float) -> dict[Place, Stretch]:
        found = {}
        for centre, resource in chosen:
            start = begins(centre)
            found[centre.slug, resource] = (start, start + round(random.uniform(least, most)))
        return found

    *silent, stuck, flapping = random.sample(desks, SILENT_SENSORS + 2)
    return Faults(
        lasting(silent, 3 * HOUR_MS, 72 * HOUR_MS),
        lasting([stuck], STUCK_FOR_MS, STUCK_FOR_MS),
        lasting([flapping], FLAPPING_FOR_MS, FLAPPING_FOR_MS),
    )


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The union of `stretches`, which come in order of their start."""
    union: list[Stretch] = []
    for start, end in stretches:
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return union


def presence_readings(
    device: Device, seen: Sequence[Presence], *, place: Place, during: Stretch, faults: Faults, key: str
) -> list[Reading]:
    """The readings of one presence sensor over `during`, in time order; `key` seeds its phase and its moods."""
    random = Random(key)
    stretches: list[Stretch] = [(p.start_ms, p.end_ms) for p in seen]
    if place in faults.stuck:
        stretches = merged(sorted([*stretches, faults.stuck[place]]))
    if place in faults.flapping:
        stretches = _flap(random, stretches, faults.flapping[place])
    readings = _report(device, stretches, during, random)
    if place in faults.silent:
        start, end = faults.silent[place]
        readings = [reading for reading in readings if not start <= reading.at_ms < end]
    return readings


def _flap(random: Random, stretches: list[Stretch], during: Stretch) -> list[Stretch]:
    """A loose contact: what was seen outside `during`, and a change every 20 to 90 seconds within."""
    start, end = during
    kept = [(max(a, end) if a >= start else a, b if b > end else min(b, start)) for a, b in stretches]
    kept = [(a, b) for a, b in kept if a < b and not (a < start and b > end)]
    at = start
    while at + 180_000 < end:
        until = at + random.randint(20_000, 90_000)
        kept.append((at, until))
        at = until + random.randint(20_000, 90_000)
    return merged(sorted(kept))


def _report(device: Device, stretches: list[Stretch], during: Stretch, random: Random) -> list[Reading]:
    start, end = during
    step = device.interval_s * 1000 - random.randint(0, 4_000)  # a real timer runs a little fast rather than late
    presence, value = Metric.PRESENCE, 0.0
    at = start + random.randrange(step)
    readings: list[Reading] = []
    changes = [(edge, state) for a, b in stretches for edge, state in ((a, 1.0), (b, 0.0)) if edge < end]
    for change, state in [*changes, (end, value)]:
        readings += [Reading(tick, device.slug, presence, value) for tick in range(at, change, step)]
        if change < end:
            readings.append(Reading(change, device.slug, presence, state))
        at, value = change + step, state
    return readings
