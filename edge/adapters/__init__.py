"""One module per device family: device messages to readings, light commands to device messages."""

from collections.abc import Callable, Mapping
from typing import Protocol

from edge.adapters import chirpstack, elsys, esphome, homeassistant, milesight, shelly, tasmota, ttn, zigbee2mqtt
from edge.adapters.message import DeviceMessage
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading


class Adapter(Protocol):
    """What the file of a family offers."""

    def subscriptions(self, address: str) -> list[str]: ...
    def address_of(self, topic: str) -> str | None: ...
    def translate(self, heard: DeviceMessage) -> list[Reading]: ...


Command = Callable[[DeviceEntry, float, float], list[tuple[str, bytes]]]

ADAPTERS: Mapping[Profile, Adapter] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt,
    Profile.TASMOTA: tasmota,
    Profile.SHELLY: shelly,
    Profile.ESPHOME: esphome,
    Profile.CHIRPSTACK: chirpstack,
    Profile.TTN: ttn,
    Profile.MILESIGHT: milesight,
    Profile.ELSYS: elsys,
    Profile.HOMEASSISTANT: homeassistant,
}
COMMANDS: Mapping[Profile, Command] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.command,
    Profile.TASMOTA: tasmota.command,
    Profile.SHELLY: shelly.command,
    Profile.ESPHOME: esphome.command,
    Profile.HOMEASSISTANT: homeassistant.command,
}
"""The families whose lights can be told what to do; LoRaWAN switches are only heard."""

ADDRESSES: Mapping[Profile, str] = {
    Profile.ZIGBEE2MQTT: "zigbee2mqtt/<friendly name>",
    Profile.TASMOTA: "<topic>",
    Profile.SHELLY: "<device id>",
    Profile.ESPHOME: "<topic prefix>",
    Profile.CHIRPSTACK: "application/<application id>/device/<DevEUI>",
    Profile.TTN: "v3/<application>@<tenant>/devices/<device id>",
    Profile.MILESIGHT: "<topic>",
    Profile.ELSYS: "<topic>",
    Profile.HOMEASSISTANT: "<domain>/<object id>",
}
"""What the registry calls a device's address, by family."""
