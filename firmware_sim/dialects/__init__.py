"""Dialects of device families: `encode` writes values as such a device publishes them; lamps also handle commands."""

from collections.abc import Callable, Mapping
from datetime import datetime

from firmware_sim.dialects import chirpstack, elsys, esphome, homeassistant, milesight, shelly, tasmota, ttn, zigbee2mqtt
from firmware_sim.dialects.simulated_message import LampCommand, SimulatedMessage
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile

Encoder = Callable[[str, datetime, Mapping[Metric, float]], list[SimulatedMessage]]
"""The messages by which the device at an address publishes values measured at an instant (aware)."""

ENCODERS: dict[Profile, Encoder] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.encode,
    Profile.TASMOTA: tasmota.encode,
    Profile.SHELLY: shelly.encode,
    Profile.ESPHOME: esphome.encode,
    Profile.CHIRPSTACK: chirpstack.encode,
    Profile.TTN: ttn.encode,
    Profile.MILESIGHT: milesight.encode,
    Profile.ELSYS: elsys.encode,
    Profile.HOMEASSISTANT: homeassistant.encode,
}
COMMAND_TOPICS: dict[Profile, Callable[[str], list[str]]] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.command_topics,
    Profile.TASMOTA: tasmota.command_topics,
    Profile.SHELLY: shelly.command_topics,
    Profile.ESPHOME: esphome.command_topics,
}
"""The topics that a lamp at an address subscribes to."""
COMMAND_HANDLERS: dict[Profile, Callable[[str, str, bytes], LampCommand | None]] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.handle_command,
    Profile.TASMOTA: tasmota.handle_command,
    Profile.SHELLY: shelly.handle_command,
    Profile.ESPHOME: esphome.handle_command,
}
"""The lamp command in a message (address, topic, payload), or None."""
