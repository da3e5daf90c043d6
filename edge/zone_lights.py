"""The lights of a centre: each zone's controller, its lamps, and what of it wants a person. Does no I/O."""

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from itertools import groupby

from edge.light_devices import Lamp, Message, hear, tell
from smartwork.contracts.edge_reports import Alarm, LightCommand
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Hours, Policy
from smartwork.contracts.reading import Reading
from smartwork.domain.lighting import controller
from smartwork.domain.lighting.controller import Lux, Override, Presence, State, Tick, Watched, ZonePolicy
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.sensor_limits import STUCK_AFTER, silence_timeout

FLAPS, FLAPPING = 20, timedelta(minutes=10)
"""So many changes within so long are no person: a loose contact, or a sensor that looks at a fan."""


@dataclass(slots=True)
class _Zone:
    """A zone that the policy lights: its controller's policy and state, and its lamps."""

    policy: ZonePolicy
    state: State
    lamps: dict[str, Lamp]


@dataclass(slots=True)
class Lights:
    """All zones of a centre under one policy."""

    zones: dict[str, _Zone] = field(default_factory=dict)
    present_since: dict[str, datetime] = field(default_factory=dict)
    turns: dict[str, deque[datetime]] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy, now: datetime, before: "Lights | None" = None, kept: str | None = None) -> "Lights":
        """The lights under a policy that comes into force; what was known before, or was kept on disk, is known on."""
        hours = _hours(policy.hours, policy.timezone) if policy.hours else None
        memory = before.remembered() if before else _read(kept)
        zones = {}
        for light in policy.lights:
            of_zone = [entry for entry in policy.devices if entry.zone == light.zone]
            lamps = [entry for entry in of_zone if entry.role == "light"]
            if not lamps:
                continue
            settings = ZonePolicy(
                light,
                {entry.device: entry.interval_s for entry in of_zone if entry.role == "presence"},
                {entry.device: entry.interval_s for entry in of_zone if entry.role == "ambient"},
                hours,
            )
            known = before.zones.get(light.zone) if before else None
            zones[light.zone] = _Zone(
                settings,
                _state(settings, memory.get(light.zone, {}), now),
                {entry.device: _lamp(entry, known) for entry in lamps},
            )
        return cls(zones, dict(before.present_since) if before else {}, dict(before.turns) if before else {})

    def heard(self, readings: Sequence[Reading], now: datetime) -> list[Message]:
        """What the lamps are told after devices said `readings`, which came at `now`."""
        messages: list[Message] = []
        for device, same in groupby(readings, key=lambda reading: reading.device):
            said = list(same)
            for zone in self.zones.values():
                if device in zone.lamps:
                    zone.lamps[device], by_hand = hear(zone.lamps[device], said, now)
                    if by_hand is not None:
                        messages += self._step(zone, Override(by_hand), now, but=device)
                elif device in zone.policy.presence or device in zone.policy.lux:
                    for reading in said:
                        if (event := _event(reading)) is not None:
                            messages += self._step(zone, event, now)
            self._note_presence(device, said, now)
        return messages

    def lights(self, light: str) -> bool:
        """Whether a zone under a policy has this lamp."""
        return any(light in zone.lamps for zone in self.zones.values())

    def level(self, light: str) -> float:
        """What "on" means for this lamp: its zone's level, full light where no zone has it."""
        return next((zone.policy.light.level for zone in self.zones.values() if light in zone.lamps), 1.0)

    def ordered(self, light: str, order: LightCommand, now: datetime) -> list[Message]:
        """What the lamps are told after a person asked from afar; nothing where no zone has such a light."""
        until = None if order.until_ms is None else datetime.fromtimestamp(order.until_ms / 1000, UTC)
        for name, zone in self.zones.items():
            if light in zone.lamps or light == name:
                return self._step(zone, Override(order.level, until), now)
        return []

    def tick(self, now: datetime) -> list[Message]:
        """What the lamps are told because time has passed: holds that ended, silences, and lamps that did not obey."""
        messages: list[Message] = []
        for zone in self.zones.values():
            messages += self._step(zone, Tick(), now)
            for device, lamp in zone.lamps.items():
                if lamp.level is not None and lamp.retry_at is not None and now >= lamp.retry_at:
                    zone.lamps[device], again = tell(lamp, lamp.level, lamp.ramp_s, now)
                    messages += again
        return messages

    def alarms(self, now: datetime) -> list[Alarm]:
        """What wants a person now: lamps that do not obey, sensors that are silent or stuck."""
        found: list[Alarm] = []
        for zone in self.zones.values():
            for device, lamp in zone.lamps.items():
                if lamp.disobeys and lamp.level is not None and lamp.told_at is not None:
                    says = f"{device} was told {lamp.level:.0%} and says {_said(lamp)}"
                    found.append(Alarm(kind="lamp_disobeys", device=device, since_ms=_ms(lamp.told_at), says=says))
            for device, interval_s in zone.policy.presence.items():
                sensor = zone.state.sensors.get(device)
                timeout = silence_timeout(interval_s)
                since = (sensor.heard_at if sensor else zone.state.since) + timeout
                if now >= since:
                    says = f"{device} has not been heard for longer than {timedelta(seconds=round(timeout.total_seconds()))}"
                    found.append(Alarm(kind="sensor_silent", device=device, since_ms=_ms(since), says=says))
                turns = self.turns.get(device, deque())
                if len(turns) == FLAPS and turns[-1] - turns[0] <= FLAPPING and now - turns[-1] <= FLAPPING:
                    says = f"{device} changed its mind {FLAPS} times within {FLAPPING / timedelta(minutes=1):.0f} minutes"
                    found.append(Alarm(kind="sensor_flaps", device=device, since_ms=_ms(turns[0]), says=says))
                begun = self.present_since.get(device)
                if begun is not None and now - begun > STUCK_AFTER:
                    hours = (now - begun) / timedelta(hours=1)
                    says = f"{device} has said for {hours:.0f} hours without a break that somebody is there"
                    found.append(Alarm(kind="sensor_stuck", device=device, since_ms=_ms(begun + STUCK_AFTER), says=says))
        return found

    def remembered(self) -> dict[str, dict[str, object]]:
        """What outlives a restart: by zone, when each sensor said what, and the override with its end."""
        return {
            name: {
                "sensors": {
                    device: [sensor.present, _ms(sensor.heard_at), None if sensor.seen_at is None else _ms(sensor.seen_at)]
                    for device, sensor in zone.state.sensors.items()
                },
                "override": None if zone.state.override is None else [zone.state.override[0], _ms(zone.state.override[1])],
            }
            for name, zone in self.zones.items()
        }

    def _step(self, zone: _Zone, event: controller.Event, now: datetime, but: str | None = None) -> list[Message]:
        zone.state, commands = controller.step(zone.policy, zone.state, event, now)
        messages: list[Message] = []
        for command in commands:
            for device, lamp in zone.lamps.items():
                if device == but:  # it is there already, by hand
                    zone.lamps[device] = _as_it_is(lamp, command.level, now)
                    continue
                zone.lamps[device], told = tell(lamp, command.level, command.ramp_s, now)
                messages += told
        return messages

    def _note_presence(self, device: str, said: Iterable[Reading], now: datetime) -> None:
        for reading in said:
            if reading.metric is Metric.PRESENCE:
                if bool(reading.value) != (device in self.present_since):
                    self.turns.setdefault(device, deque(maxlen=FLAPS)).append(now)
                if reading.value:
                    self.present_since.setdefault(device, now)
                else:
                    self.present_since.pop(device, None)


def _event(reading: Reading) -> controller.Event | None:
    if reading.metric is Metric.PRESENCE:
        return Presence(reading.device, bool(reading.value))
    if reading.metric is Metric.OCCUPANT_COUNT:
        return Presence(reading.device, reading.value > 0)
    if reading.metric is Metric.ILLUMINANCE_LUX:
        return Lux(reading.device, reading.value)
    return None


def _hours(hours: Hours, timezone: str) -> OpeningHours:
    return OpeningHours(
        timezone,
        time.fromisoformat(hours.opens),
        time.fromisoformat(hours.closes),
        frozenset(hours.open_days),
        frozenset(datetime.fromisoformat(day).date() for day in hours.closures),
    )


def _lamp(entry: DeviceEntry, known: _Zone | None) -> Lamp:
    before = known.lamps.get(entry.device) if known else None
    return before if before is not None and before.entry == entry else Lamp(entry)


def _as_it_is(lamp: Lamp, level: float, now: datetime) -> Lamp:
    return Lamp(lamp.entry, level, told_at=now, on=lamp.on, dimmed=lamp.dimmed, obeyed=True)


def _state(policy: ZonePolicy, memory: Mapping[str, object], now: datetime) -> State:
    """A zone's state as it was remembered; what cannot be read is not known."""
    state = controller.begin(now)
    try:
        sensors = memory.get("sensors", {})
        override = memory.get("override")
        known = {
            device: Watched(bool(present), _at(heard_ms), None if seen_ms is None else _at(seen_ms))
            for device, (present, heard_ms, seen_ms) in dict(sensors).items()  # type: ignore[call-overload]
            if device in policy.presence
        }
        wish = None if override is None else (float(override[0]), _at(override[1]))  # type: ignore[index]
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, OSError):
        return state
    return State(since=now, sensors=known, override=wish)


def _read(kept: str | None) -> dict[str, dict[str, object]]:
    try:
        found = json.loads(kept) if kept else {}
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: zone for name, zone in found.items() if isinstance(zone, dict)}


def _said(lamp: Lamp) -> str:
    if lamp.on is None:
        return "nothing"
    return "off" if not lamp.on else "on" if lamp.dimmed is None else f"{lamp.dimmed:.0%}"


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
