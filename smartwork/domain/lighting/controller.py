"""The light controller of one zone: the level it should have, from presence, daylight, opening hours and overrides.

`step` is the whole controller: a pure function from a state and an event to the next state and the commands to the lamps. The
gateway runs it on live readings, and `what_if` runs it on the spans of a past month.

Three rules stand above all settings: an occupied zone is never dark; an unknown sensor counts as occupied in opening hours;
an override by a person wins until it ends. Several sensors of one place are combined by the rule of `presence.combination`: a
silent sensor leaves the place to the living ones, and a stuck one does not outvote a good one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from smartwork.contracts.policy import ZoneSettings
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.live_sensor import SensorState, after_reading
from smartwork.domain.presence.sensor_limits import STUCK_AFTER, silence_timeout
from smartwork.domain.time import Interval

DAYLIGHT_BAND = 0.1
"""While the measured lux is within this share of the target, the level stays as it is, so that it does not oscillate."""
MAX_STEP_UP, MAX_STEP_DOWN = 0.2, 0.05
"""The most by which one lux report raises or lowers the level. Up is faster: a cloud must not leave desks dark."""
NOMINAL_LAMP_LUX = 600.0
"""What full light adds on a desk, roughly. A zone with up to three times as much still settles, in more steps."""
DARK_SHARE = 0.5
"""Below this share of the target the level goes to full at once."""
MAX_LUX_INTERVAL_S = 300
"""A lux sensor that reports less often cannot follow clouds and is ignored; the level is fixed then."""
_LEVEL_STEPS = 100
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_ALWAYS = Interval(_EARLIEST, datetime(9999, 1, 1, tzinfo=UTC))

Reason = Literal["occupied", "unknown", "hold", "background", "closed", "override", "daylight"]


@dataclass(frozen=True, slots=True)
class ZonePolicy:
    """A zone's settings, the reporting intervals of its sensors in seconds, by device, and the centre's opening hours.

    Without opening hours the centre counts as always open. `shared` names the other sensors of a sensor's place, if any.
    """

    light: ZoneSettings
    presence: Mapping[str, int]
    lux: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    hours: OpeningHours | None = None
    shared: Mapping[str, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PresenceReading:
    """A reading of a presence sensor."""

    device: str
    present: bool


@dataclass(frozen=True, slots=True)
class LuxReading:
    """A reading of a lux sensor: the illuminance where people work."""

    device: str
    lux: float


@dataclass(frozen=True, slots=True)
class Override:
    """A person sets a level (0 is off) until an instant, else for the zone's override time; None ends the override."""

    level: float | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TimePassed:
    """No reading and no override: only time has passed."""


Event = PresenceReading | LuxReading | Override | TimePassed


@dataclass(frozen=True, slots=True)
class ZoneState:
    """The state of a zone. `level` is the last commanded level, None before the first command.

    `lux` holds the last value and time by lux sensor, `daylight_level` the level that daylight control has reached, and
    `override` a level with its end.
    """

    since: datetime
    level: float | None = None
    sensors: Mapping[str, SensorState] = field(default_factory=lambda: MappingProxyType({}))
    lux: Mapping[str, tuple[float, datetime]] = field(default_factory=lambda: MappingProxyType({}))
    daylight_level: float | None = None
    override: tuple[float, datetime] | None = None


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A command to the zone's lamps: a level from 0 (off) to 1, how long the change takes in seconds, and why."""

    level: float
    ramp_s: float
    reason: Reason


def initial_state(now: datetime, override: tuple[float, datetime] | None = None) -> ZoneState:
    """The state of a zone at the start; its sensors are unknown until their first report."""
    return ZoneState(since=now, override=override)


def step(policy: ZonePolicy, state: ZoneState, event: Event, now: datetime) -> tuple[ZoneState, list[LevelChange]]:
    """The state after `event` at `now`, and the commands: none if the level stays the same.

    `now` is an aware instant, never before that of an earlier step.
    """
    updated = _apply_event(policy, state, event, now)
    level, reason = target_level(policy, updated, now)
    if updated.override is not None and now >= updated.override[1]:
        updated = replace(updated, override=None)
    if level == updated.level:
        return updated, []
    return replace(updated, level=level), [LevelChange(level, policy.light.ramp_s, reason)]


def target_level(policy: ZonePolicy, state: ZoneState, now: datetime) -> tuple[float, Reason]:
    """The level that the zone should have now (0 to 1, in hundredths), and why."""
    if state.override is not None and now < state.override[1]:
        return _rounded(state.override[0]), "override"
    reason = _occupancy(policy, state, now)
    if reason is not None:
        if (
            policy.light.daylight_lux is not None
            and state.daylight_level is not None
            and _darkest_lux(policy, state, now) is not None
        ):
            return _rounded(min(state.daylight_level, policy.light.level)), "daylight"
        return _rounded(policy.light.level), reason
    if _open_interval(policy, now) is not None:
        return _rounded(policy.light.background), "background"
    return 0.0, "closed"


def next_change(policy: ZonePolicy, state: ZoneState, now: datetime) -> datetime | None:
    """The next instant after `now` at which the level may change without a reading, or None; step with TimePassed then."""
    return min((at for at in _possible_changes(policy, state, now) if at > now), default=None)


def _apply_event(policy: ZonePolicy, state: ZoneState, event: Event, now: datetime) -> ZoneState:
    match event:
        case PresenceReading(device, present) if device in policy.presence:
            sensor = after_reading(state.sensors.get(device), present, now, silence_timeout(policy.presence[device]))
            return replace(state, sensors={**state.sensors, device: sensor})
        case LuxReading(device, lux) if policy.lux.get(device, MAX_LUX_INTERVAL_S + 1) <= MAX_LUX_INTERVAL_S:
            measured = replace(state, lux={**state.lux, device: (lux, now)})
            return replace(measured, daylight_level=_daylight_level(policy, measured, now))
        case Override(None, _):
            return replace(state, override=None)
        case Override(level, until) if level is not None:
            ends = until if until is not None else now + timedelta(seconds=policy.light.override_s)
            return replace(state, override=(level, ends), daylight_level=None)
        case _:
            return state


def _daylight_level(policy: ZonePolicy, state: ZoneState, now: datetime) -> float | None:
    """The level that follows from the measured lux, which includes the light of the lamps; None without daylight control.

    In an occupied zone it is one bounded step from the present level. In a vacant zone it is the level for the next person:
    the present one if there is enough daylight, else None, which means full light.
    """
    target, lux, full = policy.light.daylight_lux, _darkest_lux(policy, state, now), policy.light.level
    if target is None or lux is None or state.level is None or (state.override is not None and now < state.override[1]):
        return None
    missing = target - lux
    if _occupancy(policy, state, now) is None:
        return state.level if missing <= target * DAYLIGHT_BAND else None
    if lux < target * DARK_SHARE:
        return full
    if abs(missing) <= target * DAYLIGHT_BAND:
        return state.level
    return min(full, max(0.0, state.level + min(MAX_STEP_UP, max(-MAX_STEP_DOWN, missing / NOMINAL_LAMP_LUX))))


def _darkest_lux(policy: ZonePolicy, state: ZoneState, now: datetime) -> float | None:
    """The lowest value of the zone's lux sensors that are not silent, or None: the darkest desk counts."""
    values = [
        lux
        for device, (lux, at) in state.lux.items()
        if device in policy.lux and now < at + silence_timeout(policy.lux[device])
    ]
    return min(values, default=None)


def _occupancy(policy: ZonePolicy, state: ZoneState, now: datetime) -> Literal["occupied", "unknown", "hold"] | None:
    """Why the zone counts as occupied, or None if it is vacant."""
    hold = timedelta(seconds=policy.light.hold_s)
    reasons: set[Literal["occupied", "unknown", "hold"]] = set()
    for device in policy.presence:
        sensor = state.sensors.get(device)
        others = policy.shared.get(device, ())
        is_silent = now >= _silent_from(policy, device, sensor)
        if is_silent and _open_interval(policy, now) is not None and all(_is_silent(policy, state, o, now) for o in others):
            reasons.add("unknown")
        if sensor is None or (_is_stuck(policy, state, device, now) and any(_is_good(policy, state, o, now) for o in others)):
            continue
        if sensor.present and not is_silent:
            reasons.add("occupied")
        until = sensor.present_until(silence_timeout(policy.presence[device]), now)
        if sensor.present_at is not None and now < until + hold:
            reasons.add("hold")
    for reason in ("occupied", "unknown", "hold"):
        if reason in reasons:
            return reason
    return None


def _is_silent(policy: ZonePolicy, state: ZoneState, device: str, now: datetime) -> bool:
    return now >= _silent_from(policy, device, state.sensors.get(device))


def _is_stuck(policy: ZonePolicy, state: ZoneState, device: str, now: datetime) -> bool:
    sensor = state.sensors.get(device)
    return sensor is not None and sensor.is_stuck(silence_timeout(policy.presence[device]), now)


def _is_good(policy: ZonePolicy, state: ZoneState, device: str, now: datetime) -> bool:
    """Whether the sensor is living, and reports absence or presence that is not stuck."""
    sensor = state.sensors.get(device)
    if sensor is None or _is_silent(policy, state, device, now):
        return False
    return not (sensor.present and _is_stuck(policy, state, device, now))


def _silent_from(policy: ZonePolicy, device: str, sensor: SensorState | None) -> datetime:
    """When the sensor becomes silent and its state unknown; the beginning of time if it never reported."""
    if sensor is None:
        return _EARLIEST
    return sensor.reported_at + silence_timeout(policy.presence[device])


def _open_interval(policy: ZonePolicy, now: datetime) -> Interval | None:
    """The opening hours that contain `now`, or None if the centre is closed; all of time without opening hours."""
    if policy.hours is None:
        return _ALWAYS
    today = policy.hours.of(now.astimezone(policy.hours.zone_info).date())
    return today if today is not None and today.start <= now < today.end else None


def _opening_intervals(hours: OpeningHours, now: datetime) -> Iterator[Interval]:
    """The opening hours of today and of the next open day, if there is one within a month."""
    today = now.astimezone(hours.zone_info).date()
    for offset in range(32):
        if (opened := hours.of(today + timedelta(days=offset))) is not None:
            yield opened
            if opened.start > now:
                return


def _possible_changes(policy: ZonePolicy, state: ZoneState, now: datetime) -> Iterator[datetime]:
    """Instants at which a hold time, a silence timeout, an override or the opening hours begin or end."""
    for device in state.sensors.keys() & policy.presence.keys():
        yield from _sensor_changes(policy, device, state.sensors[device])
    for device, (_, at) in state.lux.items():
        if device in policy.lux:
            yield at + silence_timeout(policy.lux[device])
    if state.override is not None:
        yield state.override[1]
    if policy.hours is not None:
        for opened in _opening_intervals(policy.hours, now):
            yield opened.start
            yield opened.end


def _sensor_changes(policy: ZonePolicy, device: str, sensor: SensorState) -> Iterator[datetime]:
    """Instants at which the sensor becomes silent, counts as stuck, or its hold time ends."""
    hold = timedelta(seconds=policy.light.hold_s)
    silent = _silent_from(policy, device, sensor)
    yield silent
    if sensor.present_since is not None and device in policy.shared:
        yield sensor.present_since + STUCK_AFTER
    if sensor.present:
        yield silent + hold
    elif sensor.present_at is not None:
        yield sensor.present_at + hold


def _rounded(level: float) -> float:
    return round(level * _LEVEL_STEPS) / _LEVEL_STEPS
