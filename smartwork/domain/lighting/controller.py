"""The light of one zone: what it should be now, from who is there, the sun, the hours, and what a person asked for.

`step` is the whole controller: a pure function from a state and an event to the next state and what the lamps are told. The
edge drives lamps with it, the simulator its rooms, and a what-if can run it over a month of spans.

Three rules stand above all settings: it is never dark over somebody; a sensor that cannot tell counts as somebody in opening
hours; and a person's hand wins, until its end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from smartwork.contracts.policy import ZoneLight
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.sensor_limits import silence_timeout
from smartwork.domain.time import Interval

BAND = 0.1
"""Daylight within this share of the target is good enough: inside it nothing moves, so that nothing oscillates."""
UP, DOWN = 0.2, 0.05
"""The most that one report of the lux sensor raises or lowers the level by: a cloud is answered faster than the sun."""
NOMINAL_LUX = 600.0
"""What full light adds on a desk, roughly; a zone with up to three times of it still settles, only in more steps."""
GLOOM = 0.5
"""Below this share of the target the answer is full light at once."""
SLOWEST_LUX_S = 300
"""A lux sensor that reports less often cannot follow clouds: the level is fixed then, as without one."""
_STEPS = 100
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_ALWAYS = Interval(_EARLIEST, datetime(9999, 1, 1, tzinfo=UTC))

Reason = Literal["occupied", "unknown", "hold", "background", "closed", "override", "daylight"]


@dataclass(frozen=True, slots=True)
class ZonePolicy:
    """How one zone is lit: its settings, the reporting intervals (s) of its sensors, and when the centre is open.

    Without hours it counts as open at all times.
    """

    light: ZoneLight
    presence: Mapping[str, int]
    lux: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    hours: OpeningHours | None = None


@dataclass(frozen=True, slots=True)
class Presence:
    """A presence sensor said something."""

    device: str
    present: bool


@dataclass(frozen=True, slots=True)
class Lux:
    """A lux sensor said how bright it is where people work."""

    device: str
    lux: float


@dataclass(frozen=True, slots=True)
class Override:
    """A person wants this level (0 is off) until then; None gives the zone back to its policy."""

    level: float | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


Event = Presence | Lux | Override | Tick


@dataclass(frozen=True, slots=True)
class Watched:
    """What a presence sensor said last, when, and when it last saw somebody."""

    present: bool
    heard_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class State:
    """All that a zone remembers. `level` is what the lamps were last told, None before the first time."""

    since: datetime
    level: float | None = None
    sensors: Mapping[str, Watched] = field(default_factory=lambda: MappingProxyType({}))
    lux: Mapping[str, tuple[float, datetime]] = field(default_factory=lambda: MappingProxyType({}))
    dimmed: float | None = None
    override: tuple[float, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """What the zone's lamps are told: a level from 0 (off) to 1, and how long the change takes, in seconds."""

    level: float
    ramp_s: float
    reason: Reason


def begin(now: datetime, override: tuple[float, datetime] | None = None) -> State:
    """A zone of which nothing is known yet; its sensors count as unknown until they speak."""
    return State(since=now, override=override)


def step(policy: ZonePolicy, state: State, event: Event, now: datetime) -> tuple[State, list[Command]]:
    """The zone after `event` at `now` (aware, never before earlier ones), and the commands: none where nothing changes."""
    heard = _heard(policy, state, event, now)
    level, reason = wanted(policy, heard, now)
    if heard.override is not None and now >= heard.override[1]:
        heard = replace(heard, override=None)
    if level == heard.level:
        return heard, []
    return replace(heard, level=level), [Command(level, policy.light.ramp_s, reason)]


def wanted(policy: ZonePolicy, state: State, now: datetime) -> tuple[float, Reason]:
    """The level (0 to 1, in hundredths) that the zone should have now, and why."""
    if state.override is not None and now < state.override[1]:
        return _rounded(state.override[0]), "override"
    why = _somebody(policy, state, now)
    if why is not None:
        if policy.light.daylight_lux is not None and state.dimmed is not None and _newest_lux(policy, state, now) is not None:
            return _rounded(min(state.dimmed, policy.light.level)), "daylight"
        return _rounded(policy.light.level), why
    if _open(policy, now) is not None:
        return _rounded(policy.light.background), "background"
    return 0.0, "closed"


def due(policy: ZonePolicy, state: State, now: datetime) -> datetime | None:
    """The next instant after `now` at which time alone may change the light, or None; a Tick belongs there."""
    return min((at for at in _turns(policy, state, now) if at > now), default=None)


def _heard(policy: ZonePolicy, state: State, event: Event, now: datetime) -> State:
    match event:
        case Presence(device, present) if device in policy.presence:
            before = state.sensors.get(device)
            was_there = before is not None and before.present and now < _silent_at(policy, device, before.heard_at)
            seen_at = now if present or was_there else before.seen_at if before is not None else None
            return replace(state, sensors={**state.sensors, device: Watched(present, now, seen_at)})
        case Lux(device, lux) if policy.lux.get(device, SLOWEST_LUX_S + 1) <= SLOWEST_LUX_S:
            bright = replace(state, lux={**state.lux, device: (lux, now)})
            return replace(bright, dimmed=_dimmed(policy, bright, now))
        case Override(None, _):
            return replace(state, override=None)
        case Override(level, until) if level is not None:
            ends = until if until is not None else now + timedelta(seconds=policy.light.override_s)
            return replace(state, override=(level, ends), dimmed=None)
        case _:
            return state


def _dimmed(policy: ZonePolicy, state: State, now: datetime) -> float | None:
    """The level that the newest lux asks for, measured under the level that the lamps have now.

    For somebody who is there it is one bounded step from it. While nobody is there it is what whoever comes will find: the
    lamps as they are where the sun is enough, else full light.
    """
    target, lux, full = policy.light.daylight_lux, _newest_lux(policy, state, now), policy.light.level
    if target is None or lux is None or state.level is None or (state.override is not None and now < state.override[1]):
        return None
    missing = target - lux
    if _somebody(policy, state, now) is None:
        return state.level if missing <= target * BAND else None
    if lux < target * GLOOM:
        return full
    if abs(missing) <= target * BAND:
        return state.level
    return min(full, max(0.0, state.level + min(UP, max(-DOWN, missing / NOMINAL_LUX))))


def _newest_lux(policy: ZonePolicy, state: State, now: datetime) -> float | None:
    """The darkest of the zone's lux sensors that are not silent, or None: nobody's desk is to be too dark."""
    fresh = [
        lux
        for device, (lux, at) in state.lux.items()
        if device in policy.lux and now < at + silence_timeout(policy.lux[device])
    ]
    return min(fresh, default=None)


def _somebody(policy: ZonePolicy, state: State, now: datetime) -> Literal["occupied", "unknown", "hold"] | None:
    """Why the zone must be lit, or None where nobody is there."""
    hold = timedelta(seconds=policy.light.hold_s)
    found: set[Literal["occupied", "unknown", "hold"]] = set()
    for device in policy.presence:
        sensor = state.sensors.get(device)
        if now >= _silent_at(policy, device, sensor.heard_at if sensor else None):
            if _open(policy, now) is not None:
                found.add("unknown")
            if sensor is None:
                continue
        elif sensor is not None and sensor.present:
            found.add("occupied")
        if sensor is not None and sensor.seen_at is not None and now < _last_seen(policy, device, sensor, now) + hold:
            found.add("hold")
    for why in ("occupied", "unknown", "hold"):
        if why in found:
            return why
    return None


def _last_seen(policy: ZonePolicy, device: str, sensor: Watched, now: datetime) -> datetime:
    """When the sensor last vouched for somebody: while it says so, until it is silent for too long."""
    if sensor.present:
        return min(now, _silent_at(policy, device, sensor.heard_at))
    return sensor.seen_at if sensor.seen_at is not None else sensor.heard_at


def _silent_at(policy: ZonePolicy, device: str, heard_at: datetime | None) -> datetime:
    """From when on the sensor cannot tell; always, where it never spoke."""
    if heard_at is None:
        return _EARLIEST
    return heard_at + silence_timeout(policy.presence[device])


def _open(policy: ZonePolicy, now: datetime) -> Interval | None:
    """The stretch of opening hours that `now` lies in, or None; without hours all of time."""
    if policy.hours is None:
        return _ALWAYS
    today = policy.hours.of(now.astimezone(policy.hours.zone).date())
    return today if today is not None and today.start <= now < today.end else None


def _openings(hours: OpeningHours, now: datetime) -> Iterator[Interval]:
    """The opening hours of today and of the next day that has some, within a month."""
    today = now.astimezone(hours.zone).date()
    for offset in range(32):
        if (stretch := hours.of(today + timedelta(days=offset))) is not None:
            yield stretch
            if stretch.start > now:
                return


def _turns(policy: ZonePolicy, state: State, now: datetime) -> Iterator[datetime]:
    """Instants at which a hold, a silence, an override or the opening hours end or begin."""
    hold = timedelta(seconds=policy.light.hold_s)
    for device, sensor in state.sensors.items():
        if device in policy.presence:
            silent = _silent_at(policy, device, sensor.heard_at)
            yield silent
            if sensor.present:
                yield silent + hold
            elif sensor.seen_at is not None:
                yield sensor.seen_at + hold
    for device, (_, at) in state.lux.items():
        if device in policy.lux:
            yield at + silence_timeout(policy.lux[device])
    if state.override is not None:
        yield state.override[1]
    if policy.hours is not None:
        for stretch in _openings(policy.hours, now):
            yield stretch.start
            yield stretch.end


def _rounded(level: float) -> float:
    return round(level * _STEPS) / _STEPS
