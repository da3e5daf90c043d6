"""Elsys sensors behind a bridge that forwards only their bytes, as hex or base64 text, on one topic for each sensor."""

from edge.adapters.lorawan import add_bytes, bytes_from_text
from edge.adapters.message import DeviceMessage, MessageReadings


def subscriptions(address: str) -> list[str]:
    """The device's only topic."""
    return [address]


def address_of(topic: str) -> str | None:
    """The topic itself: the operator of the bridge may choose any."""
    return topic


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one uplink; raises ValueError if the payload is neither hex nor base64."""
    readings = MessageReadings.at_arrival(message)
    add_bytes(readings, "elsys", message.model, bytes_from_text(message.payload))
    return readings
