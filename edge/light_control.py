"""Runs the lights: passes readings and commands to the zones, sends messages to lights, and saves the zones' state."""

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from edge import saved_lights
from edge.adapters.families import COMMANDS
from edge.homeassistant.commands import LightEntityCommand
from edge.homeassistant.connection import HomeAssistantConnection
from edge.light_device import LightMessage
from edge.outbox import Outbox
from edge.zone_lights import LitZone, ZoneLights
from smartwork.contracts.edge_reports import LightCommand
from smartwork.contracts.policy import DeviceEntry, Policy, Profile
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import MqttClient

log = logging.getLogger("edge")

SAVE_EVERY = timedelta(seconds=30)
_SAVED_AS = "lights"


class LightControl:
    """The lights of one centre. Messages go over the centre's broker, or through Home Assistant for its own entities."""

    def __init__(
        self, client: MqttClient, home_assistant: HomeAssistantConnection | None, outbox: Outbox, now: datetime
    ) -> None:
        self._client = client
        self._home_assistant = home_assistant
        self._outbox = outbox
        self._zone_lights = ZoneLights()
        self._lights: Mapping[str, DeviceEntry] = {}
        self._saved_at = now

    @property
    def zones(self) -> Mapping[str, LitZone]:
        """The zones that the policy lights, by slug."""
        return self._zone_lights.zones

    def use(self, outbox: Outbox, now: datetime) -> None:
        """Save the zones' state in this outbox from now on."""
        self._outbox = outbox
        self.save(now)

    def apply(self, policy: Policy, now: datetime) -> None:
        """Light the zones by this policy from now on."""
        saved = {}
        with suppress(sqlite3.DatabaseError):
            saved = saved_lights.from_json(self._outbox.load(_SAVED_AS))
        self._zone_lights = ZoneLights.of(policy, now, self._zone_lights, saved)
        self._lights = {entry.device: entry for entry in policy.devices if entry.role == "light"}

    def handle_readings(self, readings: Sequence[Reading], now: datetime) -> None:
        """Switch lights as these readings require."""
        self._send(self._zone_lights.handle_readings(readings, now))

    def handle_command(self, target: str, command: LightCommand, now: datetime) -> None:
        """Override the zone `target`, or the zone of the light `target`, by a command from the network."""
        self._send(self._zone_lights.handle_command(target, command, now))
        self.save(now)

    def handle_entity_command(self, command: LightEntityCommand, now: datetime) -> None:
        """Carry out a command from Home Assistant: an override of the light's zone, or the light alone if it is in none."""
        light = self._lights.get(command.device)
        if light is None:
            log.warning("Home Assistant commands %s, which is not a registered light", command.device[:48])
            return
        level = self._zone_lights.default_level(light.device) if command.level is None else command.level
        if self._zone_lights.has_light(light.device):
            self.handle_command(light.device, LightCommand(level=level), now)
        elif (encode := COMMANDS.get(light.profile)) is not None:
            self._send([LightMessage(topic, payload, light.profile) for topic, payload in encode(light, level, 0.0)])
        else:
            log.warning("%s was not switched: lights of profile %s cannot be commanded", light.device, light.profile)

    def tick(self, now: datetime) -> None:
        """Send what is due because time has passed, and save the zones' state every SAVE_EVERY."""
        self._send(self._zone_lights.tick(now))
        if now - self._saved_at >= SAVE_EVERY:
            self.save(now)

    def save(self, now: datetime) -> None:
        """Save what must outlive a restart. An outbox that has failed does not stop the lights."""
        self._saved_at = now
        if self._zone_lights.zones:
            with suppress(sqlite3.DatabaseError):
                self._outbox.save(_SAVED_AS, saved_lights.to_json(self._zone_lights.to_save()))

    def _send(self, messages: Sequence[LightMessage]) -> None:
        for message in messages:
            if message.profile is not Profile.HOMEASSISTANT:
                self._client.publish(message.topic, message.payload)
            elif self._home_assistant:
                self._home_assistant.call(message.topic, message.payload)
            else:
                log.warning("a light was not switched: it needs Home Assistant, and SMARTWORK_HOMEASSISTANT_URL is not set")
