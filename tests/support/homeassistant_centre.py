"""A centre with a real Home Assistant: its registry, its gateway, and a client that publishes as its devices."""

import json
from dataclasses import dataclass

from smartwork.contracts.policy import DeviceEntry, Policy, Profile, ZoneSettings
from smartwork.transport.mqtt import MqttClient
from tests.support.homeassistant import HomeAssistant
from tests.support.program import Program, eventually

POLICY = "sw/v1/mons/policy"


def entry(device: str, address: str, profile: Profile = Profile.ZIGBEE2MQTT, **more: object) -> DeviceEntry:
    """A device in the hall that reports every hour."""
    values = {"device": device, "profile": profile, "address": address, "interval_s": 3_600, "zone": "hall", **more}
    return DeviceEntry.model_validate(values)


REGISTRY = (
    entry("s-1", "zigbee2mqtt/mons/desk 1", resource="desk-1"),
    entry("s-2", "zigbee2mqtt/mons/desk 2", resource="desk-2"),
    entry("s-3", "binary_sensor/meeting_room_presence", Profile.HOMEASSISTANT, resource="meeting-room", zone="meeting"),
    entry("l-1", "zigbee2mqtt/mons/ceiling", role="light"),
    entry("l-2", "light/knx_ceiling", Profile.HOMEASSISTANT, role="light", zone="meeting"),
)


def policy(version: int, devices: tuple[DeviceEntry, ...] = REGISTRY) -> Policy:
    """The policy of this registry: light stays on for an hour after presence, in the hall at 80 percent."""
    lights = [ZoneSettings(zone="hall", hold_s=3_600, level=0.8, ramp_s=0), ZoneSettings(zone="meeting", hold_s=3_600)]
    return Policy(version=version, timezone="Europe/Brussels", devices=list(devices), lights=lights)


@dataclass
class HomeAssistantCentre:
    """One centre: its broker, its gateway, its Home Assistant, and a client that publishes as its devices."""

    home_assistant: HomeAssistant
    gateway: Program
    devices: MqttClient
    broker_url: str
    version: int = 1

    def publish_policy(self, devices: tuple[DeviceEntry, ...] = REGISTRY) -> None:
        """Put a new registry in force."""
        self.version += 1
        self.devices.publish(POLICY, policy(self.version, devices).model_dump_json().encode(), retain=True)
        self.gateway.wait_for_log(f"policy {self.version} is in force")

    def publish(self, topic: str, **payload: object) -> None:
        """Publish this as a device."""
        self.devices.publish(topic, json.dumps(payload).encode()).wait_for_publish(10)

    def wait_for_state(self, entity_id: str, state: str | None, timeout_s: float = 30) -> None:
        """Wait until an entity of Home Assistant has this state, or is gone (None)."""
        home_assistant = self.home_assistant
        eventually(
            lambda: home_assistant.state(entity_id) == state,
            lambda: (
                f"{entity_id} is {home_assistant.state(entity_id)!r}, not {state!r}\n"
                f"{self.gateway.log_text}\n{home_assistant.log_text}"
            ),
            timeout_s,
        )

    def light_commands(self, topic: str, timeout_s: float = 15) -> list[dict[str, object]]:
        """The commands that the gateway published to a light since the last call; waits for the first."""
        found = self.devices.receive(100, timeout_s)
        self.devices.acknowledge(found)
        return [json.loads(delivery.payload) for delivery in found if delivery.topic == topic and not delivery.retained]
