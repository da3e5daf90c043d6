"""Faults of simulated presence sensors on one day: repeats, silence, an empty battery, a wrong clock, flapping.

A fault changes which messages are published and when, never the true presence, so a test can compare results with the truth.
All faults are drawn by seed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from firmware_sim.dialects.simulated_message import SimulatedMessage
from smartwork.contracts.metrics import Metric

REPEATED_SHARE = 0.05
"""Share of messages that are published twice, as QoS 1 allows."""
SILENT_H = (0.5, 3.0)
CLOCK_AHEAD_S = (-90.0, 90.0)
FLAP_AFTER_S = (15, 60)
FLAPPING = timedelta(minutes=20)
BATTERY_DRAINS_IN = timedelta(hours=8)


class Measurement(NamedTuple):
    """What a device measures at an instant."""

    at: datetime
    values: dict[Metric, float]


@dataclass(frozen=True, slots=True)
class DeviceFaults:
    """The faults of one device on one day; `clock_ahead_s` is how far its own clock is ahead."""

    silent_from: datetime | None = None
    silent_until: datetime | None = None
    dies_at: datetime | None = None
    flaps_from: datetime | None = None
    clock_ahead_s: float = 0.0
    repeated_share: float = REPEATED_SHARE


def draw_faults(devices: Iterable[str], opens: datetime, closes: datetime, seed: int) -> dict[str, DeviceFaults]:
    """Faults of presence sensors over a day of opening hours: of ten, one falls silent, one dies and one flaps.

    Every third has a wrong clock; all publish some messages twice. Retained messages need no fault of their own: the broker
    sends them again to a gateway that reconnects.
    """
    random = Random(f"{seed}/habits/{opens.date()}")
    names = sorted(devices)
    random.shuffle(names)
    open_s = (closes - opens).total_seconds()
    faults: dict[str, DeviceFaults] = {}
    for i, name in enumerate(names):
        at = opens + timedelta(seconds=random.uniform(0.2, 0.7) * open_s)
        clock_ahead_s = random.uniform(*CLOCK_AHEAD_S) if i % 3 == 0 else 0.0
        silence = timedelta(hours=random.uniform(*SILENT_H))
        kind = i % 10
        faults[name] = DeviceFaults(
            silent_from=at if kind == 1 else None,
            silent_until=at + silence if kind == 1 else None,
            dies_at=at if kind == 2 else None,
            flaps_from=at if kind == 3 else None,
            clock_ahead_s=clock_ahead_s,
        )
    return faults


def is_silent(faults: DeviceFaults, at: datetime) -> bool:
    """Whether the device publishes nothing at `at`: its battery is empty, or it is silent."""
    dead = faults.dies_at is not None and at >= faults.dies_at
    return dead or _within(at, faults.silent_from, faults.silent_until)


def apply_faults(measurements: Iterable[Measurement], faults: DeviceFaults, random: Random) -> Iterator[Measurement]:
    """`measurements` (in time order) as the faulty device reports them: with flapping, a dying battery and silence."""
    for measurement in measurements:
        if faults.dies_at is not None and measurement.at >= faults.dies_at:
            return
        if _within(measurement.at, faults.silent_from, faults.silent_until):
            continue
        yield measurement if faults.dies_at is None else _drained(measurement, faults.dies_at)
        if Metric.PRESENCE in measurement.values and faults.flaps_from is not None:
            yield from _flap(measurement, faults.flaps_from, random)


def _drained(measurement: Measurement, dies_at: datetime) -> Measurement:
    """The measurement with the battery level that falls to 0 at `dies_at`."""
    if Metric.BATTERY_PCT not in measurement.values:
        return measurement
    left = (dies_at - measurement.at) / BATTERY_DRAINS_IN
    return Measurement(measurement.at, {**measurement.values, Metric.BATTERY_PCT: float(round(min(100.0, 100 * left)))})


def _flap(measurement: Measurement, begins: datetime, random: Random) -> Iterator[Measurement]:
    """A false change and back a second later. Only while the place is occupied: flapping never adds false presence."""
    if not measurement.values[Metric.PRESENCE] or not _within(measurement.at, begins, begins + FLAPPING):
        return
    at = measurement.at + timedelta(seconds=random.randint(*FLAP_AFTER_S))
    yield Measurement(at, {Metric.PRESENCE: 0.0})
    yield Measurement(at + timedelta(seconds=1), {Metric.PRESENCE: 1.0})


def repeat_some(messages: Iterable[SimulatedMessage], faults: DeviceFaults, random: Random) -> Iterator[SimulatedMessage]:
    """The messages, a share of them twice."""
    for message in messages:
        yield message
        if random.random() < faults.repeated_share:
            yield message


def _within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and start <= at < end
