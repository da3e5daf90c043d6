"""A month of readings of a zone's light and meter: lit by presence with a hold time, and left on by people."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from firmware_sim.presence_sensors import HOUR_MS, IntervalMs, union_ms
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Zone

HOLD_MS = 20 * 60_000
LIT_AT_OPENING = 0.4  # share of days on which reception switches the zone on at opening
LEFT_ON = 0.15  # share of evenings on which nobody switches the light off
LEFT_ON_OVERNIGHT = 0.15  # share of those on which it stays on until the morning
CLEANED = 0.3  # share of mornings on which cleaners light the zone before opening
STANDBY_SHARE = 0.006  # share of the rated power that drivers and sensors use


def lit_intervals(occupied: Sequence[IntervalMs], open_days: Sequence[IntervalMs], key: str) -> list[IntervalMs]:
    """When the zone's light is on, in order; the intervals do not touch.

    `occupied` is when the zone is truly occupied, in order. The light follows it in opening hours and stays on 20 minutes
    longer; cleaners switch it on some mornings, and some evenings it is left on.
    """
    random = Random(key)
    lit: list[IntervalMs] = []
    next_occupied = 0
    for opens, closes in open_days:
        if random.random() < CLEANED:
            before = opens - round(random.uniform(50, 90) * 60_000)
            lit.append((before, before + round(random.uniform(15, 40) * 60_000)))
        if random.random() < LIT_AT_OPENING:
            lit.append((opens, opens + round(random.uniform(20, 60) * 60_000)))
        last = None
        while next_occupied < len(occupied) and occupied[next_occupied][0] < closes:
            start, end = occupied[next_occupied]
            next_occupied += 1
            last = min(end + HOLD_MS, closes)
            lit.append((start, last))
        if last is not None and random.random() < LEFT_ON:
            hours = random.uniform(10, 12) if random.random() < LEFT_ON_OVERNIGHT else random.uniform(0.5, 4)
            lit.append((last, closes + round(hours * HOUR_MS)))
    return union_ms(sorted(lit))


def light_readings(device: Device, zone: Zone, lit: Sequence[IntervalMs], window: IntervalMs, key: str) -> list[Reading]:
    """The readings of a zone's light and meter over `window`, in time order.

    Power in W and the meter in Wh every `device.interval_s` and at each change; the state at the start and at each change.
    The meter begins the month at 0.
    """
    random = Random(key)
    start, end = window
    step = device.interval_s * 1000
    standby_w = round(zone.light_power_w * STANDBY_SHARE, 1)
    meter = _Meter(device.slug, start, standby_w)
    readings = [Reading(start, device.slug, Metric.LIGHT_ON, 0.0)]
    changes = [(edge, on) for interval in lit for edge, on in zip(interval, (True, False), strict=True) if start < edge < end]
    next_report = start
    for change, on in [*changes, (end, False)]:
        for at in range(next_report, change, step):
            meter.advance(at)
            readings += meter.readings()
        if change < end:
            meter.advance(change)
            meter.power_w = round(zone.light_power_w * random.uniform(0.95, 1.0), 1) if on else standby_w
            readings.append(Reading(change, device.slug, Metric.LIGHT_ON, 1.0 if on else 0.0))
            readings += meter.readings()
        intervals_passed = -(-max(change - next_report, 0) // step)  # rounded up
        next_report += intervals_passed * step
    return readings


@dataclass(slots=True)
class _Meter:
    """A meter at the instant `at` in ms, with the present power and the energy so far in watt milliseconds."""

    device: str
    at: int
    power_w: float
    energy_wms: float = 0.0

    def advance(self, at: int) -> None:
        """Count the energy up to `at` at the present power."""
        self.energy_wms += self.power_w * (at - self.at)
        self.at = at

    def readings(self) -> list[Reading]:
        """The power and the energy in Wh, now."""
        return [
            Reading(self.at, self.device, Metric.POWER_W, self.power_w),
            Reading(self.at, self.device, Metric.ENERGY_WH, round(self.energy_wms / HOUR_MS, 1)),
        ]
