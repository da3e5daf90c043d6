"""The light of a centre's zones: a controller for each zone, and the lights that it commands. Does no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from itertools import groupby

from edge.light_device import LightDevice, LightMessage, command_light, report_state, set_by_hand
from edge.saved_lights import SavedZone
from smartwork.contracts.edge_reports import LightCommand
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Hours, Policy
from smartwork.contracts.reading import Reading
from smartwork.domain.lighting import controller
from smartwork.domain.lighting.controller import LuxReading, Override, PresenceReading, TimePassed, ZonePolicy, ZoneState
from smartwork.domain.network.opening_hours import OpeningHours


@dataclass(slots=True)
class LitZone:
    """A zone that the policy lights: the policy and state of its controller, and its lights by device."""

    policy: ZonePolicy
    state: ZoneState
    lights: dict[str, LightDevice]


@dataclass(slots=True)
class ZoneLights:
    """All zones of a centre that one policy lights, by slug."""

    zones: dict[str, LitZone] = field(default_factory=dict)

    @classmethod
    def of(
        cls, policy: Policy, now: datetime, before: "ZoneLights | None" = None, saved: Mapping[str, SavedZone] | None = None
    ) -> "ZoneLights":
        """The zones under a policy that comes into force. A zone goes on with its state in `before`, else in `saved`."""
        hours = _opening_hours(policy.hours, policy.timezone) if policy.hours else None
        known = {**(saved or {}), **(before.to_save() if before else {})}
        zones = {}
        for settings in policy.lights:
            in_zone = [entry for entry in policy.devices if entry.zone == settings.zone]
            lights = [entry for entry in in_zone if entry.role == "light"]
            if not lights:
                continue
            zone_policy = ZonePolicy(
                settings,
                {entry.device: entry.interval_s for entry in in_zone if entry.role == "presence"},
                {entry.device: entry.interval_s for entry in in_zone if entry.role == "ambient"},
                hours,
                _shared_places(in_zone),
            )
            zone_before = before.zones.get(settings.zone) if before else None
            zones[settings.zone] = LitZone(
                zone_policy,
                _restored_state(zone_policy, known.get(settings.zone), now),
                {entry.device: _restored_light(entry, zone_before) for entry in lights},
            )
        return cls(zones)

    def handle_readings(self, readings: Sequence[Reading], now: datetime) -> list[LightMessage]:
        """The messages to lights that follow from readings that arrived at `now`."""
        messages: list[LightMessage] = []
        for device, group in groupby(readings, key=lambda reading: reading.device):
            of_device = list(group)
            for zone in self.zones.values():
                if device in zone.lights:
                    zone.lights[device], by_hand = report_state(zone.lights[device], of_device, now)
                    if by_hand is not None:
                        messages += self._step(zone, Override(by_hand), now, changed_by_hand=device)
                elif device in zone.policy.presence or device in zone.policy.lux:
                    for reading in of_device:
                        if (event := _event(reading)) is not None:
                            messages += self._step(zone, event, now)
        return messages

    def has_light(self, device: str) -> bool:
        """Whether one of the zones has this light."""
        return any(device in zone.lights for zone in self.zones.values())

    def default_level(self, device: str) -> float:
        """The level for "on" without a brightness: that of the light's zone, full light if it is in none."""
        return next((zone.policy.light.level for zone in self.zones.values() if device in zone.lights), 1.0)

    def handle_command(self, target: str, command: LightCommand, now: datetime) -> list[LightMessage]:
        """The messages to lights after a person set a level for the zone `target`, or for the zone of the light `target`.

        Empty if there is no such light or zone.
        """
        until = None if command.until_ms is None else datetime.fromtimestamp(command.until_ms / 1000, UTC)
        for slug, zone in self.zones.items():
            if target in zone.lights or target == slug:
                return self._step(zone, Override(command.level, until), now)
        return []

    def tick(self, now: datetime) -> list[LightMessage]:
        """The messages to lights that are due because time has passed: holds and overrides that ended, and retries."""
        messages: list[LightMessage] = []
        for zone in self.zones.values():
            messages += self._step(zone, TimePassed(), now)
            for device, light in zone.lights.items():
                if light.commanded is not None and light.retry_at is not None and now >= light.retry_at:
                    zone.lights[device], retry = command_light(light, light.commanded, light.ramp_s, now)
                    messages += retry
        return messages

    def to_save(self) -> dict[str, SavedZone]:
        """What outlives a restart, by zone."""
        return {slug: SavedZone(zone.state.sensors, zone.state.override) for slug, zone in self.zones.items()}

    def _step(
        self, zone: LitZone, event: controller.Event, now: datetime, changed_by_hand: str | None = None
    ) -> list[LightMessage]:
        """Run the zone's controller; command all its lights except the one that a person has just changed."""
        zone.state, commands = controller.step(zone.policy, zone.state, event, now)
        messages: list[LightMessage] = []
        for command in commands:
            for device, light in zone.lights.items():
                if device == changed_by_hand:
                    zone.lights[device] = set_by_hand(light, command.level, now)
                    continue
                zone.lights[device], more = command_light(light, command.level, command.ramp_s, now)
                messages += more
        return messages


def _event(reading: Reading) -> controller.Event | None:
    if reading.metric is Metric.PRESENCE:
        return PresenceReading(reading.device, bool(reading.value))
    if reading.metric is Metric.OCCUPANT_COUNT:
        return PresenceReading(reading.device, reading.value > 0)
    if reading.metric is Metric.ILLUMINANCE_LUX:
        return LuxReading(reading.device, reading.value)
    return None


def _shared_places(devices: Sequence[DeviceEntry]) -> dict[str, tuple[str, ...]]:
    """For each presence sensor at a desk or in a room that has several: the others."""
    at_place: dict[str, list[str]] = {}
    for entry in devices:
        if entry.role == "presence" and entry.resource:
            at_place.setdefault(entry.resource, []).append(entry.device)
    return {
        device: tuple(other for other in sensors if other != device)
        for sensors in at_place.values()
        if len(sensors) > 1
        for device in sensors
    }


def _opening_hours(hours: Hours, timezone: str) -> OpeningHours:
    return OpeningHours(
        timezone,
        time.fromisoformat(hours.opens),
        time.fromisoformat(hours.closes),
        frozenset(hours.open_days),
        frozenset(datetime.fromisoformat(day).date() for day in hours.closures),
    )


def _restored_light(entry: DeviceEntry, zone_before: LitZone | None) -> LightDevice:
    before = zone_before.lights.get(entry.device) if zone_before else None
    return before if before is not None and before.entry == entry else LightDevice(entry)


def _restored_state(policy: ZonePolicy, saved: SavedZone | None, now: datetime) -> ZoneState:
    if saved is None:
        return controller.initial_state(now)
    sensors = {device: sensor for device, sensor in saved.sensors.items() if device in policy.presence}
    return ZoneState(since=now, sensors=sensors, override=saved.override)
