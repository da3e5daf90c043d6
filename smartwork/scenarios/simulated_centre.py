"""The simulated part of a simulated day: lamps that follow commands, and people who may be in the dark."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from firmware_sim.device_faults import is_silent
from firmware_sim.dialects import COMMAND_HANDLERS, COMMAND_TOPICS, ENCODERS
from firmware_sim.light_meters import STANDBY_SHARE
from firmware_sim.mixed_centre import MixedDay
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Resource, Zone
from smartwork.transport.mqtt import MqttClient

REACTION = timedelta(seconds=40)
"""How long the light may take after somebody sits down: two steps of the day. In real time the gateway takes milliseconds."""
SWITCH_AFTER = timedelta(seconds=60)
"""After this time in the dark, people whose sensor is silent use the switch. Other darkness counts against the gateway."""
_QUIET_S = 0.02
"""Real time without a command after which the lamps have received all of a step's commands."""


@dataclass(slots=True)
class SimulatedLamp:
    """The lamp of a zone: its level, and its meter in Wh."""

    device: Device
    zone: Zone
    level: float = 0.0
    energy_wh: float = 0.0

    @property
    def profile(self) -> Profile:
        """The device family."""
        return Profile(self.device.profile)

    @property
    def power_w(self) -> float:
        """The power at the present level; drivers use standby power when the lamp is off."""
        return round(self.zone.light_power_w * max(self.level, STANDBY_SHARE), 1)


def simulated_lamps(day: MixedDay) -> dict[str, SimulatedLamp]:
    """The lamps of the day's centre, by zone."""
    zones = {zone.slug: zone for zone in day.centre.zones}
    return {
        str(device.zone): SimulatedLamp(device, zones[str(device.zone)])
        for device in day.centre.devices
        if device.role == "light"
    }


def lamp_command_topics(lamps: dict[str, SimulatedLamp]) -> list[str]:
    """The topics on which the lamps receive commands, sorted."""
    return sorted({topic for lamp in lamps.values() for topic in COMMAND_TOPICS[lamp.profile](lamp.device.address)})


@dataclass(slots=True)
class SimulatedCentre:
    """A centre during a day: its lamps, since when people have been in the dark, and the totals in seconds.

    `by_hand` counts people who used the switch because their sensor was silent; `by_hand_s` is their time in the dark.
    """

    day: MixedDay
    client: MqttClient
    lamps: dict[str, SimulatedLamp]
    dark_since: dict[str, datetime] = field(default_factory=dict)
    dark_s: float = 0.0
    by_hand: int = 0
    by_hand_s: float = 0.0
    present_s: float = 0.0
    open_s: float = 0.0

    def follow_commands(self, at: datetime) -> None:
        """Let lamps follow the commands they receive and publish their state, until no command arrives for a moment."""
        deadline = monotonic() + _QUIET_S
        while (remaining_s := deadline - monotonic()) > 0:
            deliveries = self.client.receive(100, remaining_s)
            for delivery in deliveries:
                for lamp in self.lamps.values():
                    command = COMMAND_HANDLERS[lamp.profile](lamp.device.address, delivery.topic, delivery.payload)
                    if command is not None:
                        lamp.level = command.commanded_level
                        self._publish_state(lamp, at)
                        deadline = monotonic() + _QUIET_S
            self.client.acknowledge(deliveries)

    def measure(self, at: datetime, step: timedelta) -> None:
        """Account for the step that ends at `at`: opening time, lighting energy, presence and darkness."""
        step_s = step.total_seconds()
        opened = self.day.centre.hours.of(self.day.day)
        if opened is not None and opened.start <= at < opened.end:
            self.open_s += step_s
        for lamp in self.lamps.values():
            lamp.energy_wh += lamp.power_w * step_s / 3600
        for resource in self.day.centre.resources:
            self._measure_darkness(resource, at, step)

    def _measure_darkness(self, resource: Resource, at: datetime, step: timedelta) -> None:
        lamp = self.lamps[resource.zone]
        stay = next((stay for stay in self.day.present[resource.slug] if stay.start <= at < stay.end), None)
        if stay is not None:
            self.present_s += step.total_seconds()
        due_level = lamp.zone.light.level if lamp.zone.light else 0.0
        if stay is None or lamp.level >= due_level - 0.01:
            since = self.dark_since.pop(resource.slug, None)
            if since is not None and at - since > REACTION:
                self.dark_s += (at - since - REACTION).total_seconds()
            return
        since = self.dark_since.setdefault(resource.slug, max(stay.start, at - step))
        if at - since >= SWITCH_AFTER and is_silent(self.day.faults[f"{resource.slug}-presence"], since):
            self.by_hand += 1
            self.by_hand_s += (at - since).total_seconds()
            self.dark_since.pop(resource.slug)
            lamp.level = due_level
            self._publish_state(lamp, at)

    def _publish_state(self, lamp: SimulatedLamp, at: datetime) -> None:
        values = {
            Metric.LIGHT_ON: float(lamp.level > 0),
            Metric.LIGHT_LEVEL: lamp.level,
            Metric.POWER_W: lamp.power_w,
            Metric.ENERGY_WH: round(lamp.energy_wh, 3),
        }
        for message in ENCODERS[lamp.profile](lamp.device.address, at, values):
            self.client.publish(message.topic, message.payload, retain=message.retain)
