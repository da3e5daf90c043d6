"""Which family an unregistered device probably belongs to, by its topic; for the one who registers it."""

from dataclasses import dataclass

from edge.adapters.families import ADAPTERS
from smartwork.contracts.policy import Profile

LISTEN = (
    "zigbee2mqtt/#",
    "tele/+/+",
    "stat/+/+",
    "+/events/rpc",
    "+/status/+",
    "+/online",
    "+/status",
    "+/+/+/state",
    "application/+/device/+/event/+",
    "v3/+/devices/+/up",
    "homeassistant/+/+/state",
)
"""Topic filters under which devices of all families that can be told by their topics are heard."""
_TOLD_BY_TOPIC = (
    Profile.ZIGBEE2MQTT,
    Profile.CHIRPSTACK,
    Profile.TTN,
    Profile.HOMEASSISTANT,
    Profile.TASMOTA,
    Profile.SHELLY,
    Profile.ESPHOME,
)
"""In this order, because the later ones have looser topics."""
_OF_A_PROGRAM = {"homeassistant/status"}
"""Said by programs of themselves, on a topic that a device might have."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A family and the address under which a device would be registered."""

    profile: Profile
    address: str


def guess(topic: str) -> Guess | None:
    """The family that speaks on such a topic, and the device's address; None where none does."""
    if topic in _OF_A_PROGRAM:
        return None
    for profile in _TOLD_BY_TOPIC:
        address = ADAPTERS[profile].address_of(topic)
        if address:
            return Guess(profile, address)
    return None
