"""Elsys sensors behind a bridge that forwards nothing but their bytes, in hex, in base64 or raw, on a topic of its own."""

from edge.adapters.lorawan import bare_bytes, take_bytes
from edge.adapters.message import DeviceMessage, Taken, arrival
from smartwork.contracts.reading import Reading


def subscriptions(address: str) -> list[str]:
    """The one topic that the device has."""
    return [address]


def address_of(topic: str) -> str | None:
    """The topic itself: any may be its owner's choice."""
    return topic


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one uplink; empty where it holds none that we know. ValueError where it is cut short."""
    taken = Taken(heard, arrival(heard))
    take_bytes("elsys", bare_bytes(heard.payload), taken)
    return taken.readings()
