"""The bad habits of real devices, by seed: repeats, silence, a battery that dies, a wrong clock, flapping, old memories.

A habit changes what is said and when, never what is true; so a test can hold what came out against what was.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from firmware_sim.dialects.said import Said
from smartwork.contracts.metrics import Metric

REPEATED = 0.05
"""Share of messages that come twice, as QoS 1 allows."""
SILENT_H = (0.5, 3.0)
SKEWED_S = (-90.0, 90.0)
FLAPS_EVERY_S = (15, 60)
FLAPPING = timedelta(minutes=20)
LAST_HOURS = timedelta(hours=8)


class Event(NamedTuple):
    """What a device measures at an instant."""

    at: datetime
    values: dict[Metric, float]


@dataclass(frozen=True, slots=True)
class Habits:
    """What is wrong with one device on one day; `clock_s` is how far its own clock is ahead."""

    silent_from: datetime | None = None
    silent_until: datetime | None = None
    dies_at: datetime | None = None
    flaps_from: datetime | None = None
    clock_s: float = 0.0
    repeats: float = REPEATED


def habits_of(devices: Iterable[str], opens: datetime, closes: datetime, seed: int) -> dict[str, Habits]:
    """The habits of presence sensors over one day of opening hours: of ten one falls silent, one dies, one flaps.

    Every third has a wrong clock; all repeat themselves now and then. Old memories are the broker's own: what a dialect
    retains is handed out again to a gateway that comes back.
    """
    random = Random(f"{seed}/habits/{opens.date()}")
    names = sorted(devices)
    random.shuffle(names)
    length = (closes - opens).total_seconds()
    found: dict[str, Habits] = {}
    for place, name in enumerate(names):
        at = opens + timedelta(seconds=random.uniform(0.2, 0.7) * length)
        clock = random.uniform(*SKEWED_S) if place % 3 == 0 else 0.0
        silence = timedelta(hours=random.uniform(*SILENT_H))
        kind = place % 10
        found[name] = Habits(
            silent_from=at if kind == 1 else None,
            silent_until=at + silence if kind == 1 else None,
            dies_at=at if kind == 2 else None,
            flaps_from=at if kind == 3 else None,
            clock_s=clock,
        )
    return found


def speechless(habits: Habits, at: datetime) -> bool:
    """Whether the device can say nothing at `at`: its battery is dead, or it is silent."""
    dead = habits.dies_at is not None and at >= habits.dies_at
    return dead or _within(at, habits.silent_from, habits.silent_until)


def measured(events: Iterable[Event], habits: Habits, random: Random) -> Iterator[Event]:
    """What the device itself would say of `events` (in time order): flapping, a dying battery, silence."""
    for event in events:
        if habits.dies_at is not None and event.at >= habits.dies_at:
            return
        if _within(event.at, habits.silent_from, habits.silent_until):
            continue
        yield event if habits.dies_at is None else _drained(event, habits.dies_at)
        if Metric.PRESENCE in event.values and habits.flaps_from is not None:
            yield from _flap(event, habits.flaps_from, random)


def _drained(event: Event, dies_at: datetime) -> Event:
    """The battery's last hours."""
    if Metric.BATTERY_PCT not in event.values:
        return event
    left = (dies_at - event.at) / LAST_HOURS
    return Event(event.at, {**event.values, Metric.BATTERY_PCT: float(round(min(100.0, 100 * left)))})


def _flap(event: Event, begins: datetime, random: Random) -> Iterator[Event]:
    """A loose contact: after somebody came, a false change and back every so often; only then, nobody is invented."""
    if not event.values[Metric.PRESENCE] or not _within(event.at, begins, begins + FLAPPING):
        return
    at = event.at + timedelta(seconds=random.randint(*FLAPS_EVERY_S))
    yield Event(at, {Metric.PRESENCE: 0.0})
    yield Event(at + timedelta(seconds=1), {Metric.PRESENCE: 1.0})


def repeated(said: Iterable[Said], habits: Habits, random: Random) -> Iterator[Said]:
    """The messages, some of them twice."""
    for message in said:
        yield message
        if random.random() < habits.repeats:
            yield message


def _within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return start is not None and end is not None and start <= at < end
