"""The device families: which module translates each, which can be commanded, and how their devices are addressed.

The modules hold pure functions. `subscriptions(address)` returns the topics of a device, `address_of(topic)` the address of
the device that publishes on a topic, and `translate(message)` the canonical readings in a message. A family with lights also
has `command(entry, level, ramp_s)`, which returns the messages that set a light.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from edge.adapters import chirpstack, elsys, esphome, generic, homeassistant, milesight, shelly, tasmota, ttn, zigbee2mqtt
from edge.adapters.message import DeviceMessage, MessageReadings
from smartwork.contracts.policy import DeviceEntry, Profile


class Adapter(Protocol):
    """What the module of a family must define.

    `address_of` returns None for a topic that is not one of the family's. `translate` ignores fields that it does not
    understand, with the reason, and raises ValueError for a message that it cannot parse at all.
    """

    def subscriptions(self, address: str) -> list[str]: ...
    def address_of(self, topic: str) -> str | None: ...
    def translate(self, message: DeviceMessage) -> MessageReadings: ...


Command = Callable[[DeviceEntry, float, float], list[tuple[str, bytes]]]
"""`command(entry, level, ramp_s)` returns topics and payloads; `level` is 0 (off) to 1, the ramp is in seconds."""

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
    Profile.GENERIC: generic,
}
COMMANDS: Mapping[Profile, Command] = {
    Profile.ZIGBEE2MQTT: zigbee2mqtt.command,
    Profile.TASMOTA: tasmota.command,
    Profile.SHELLY: shelly.command,
    Profile.ESPHOME: esphome.command,
    Profile.CHIRPSTACK: chirpstack.command,
    Profile.TTN: ttn.command,
    Profile.HOMEASSISTANT: homeassistant.command,
    Profile.GENERIC: generic.command,
}
"""The families whose lights can be commanded."""

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
    Profile.GENERIC: "<topic>",
}
"""The form of a device's address in the registry, by family."""
