"""The network server in a Milesight gateway (UG65, UG67, UG56): JSON with base64 `data`, on a topic that its owner chose.

The JSON has the fields of ChirpStack v3 (`devEUI`, `fPort`, `data`, `time`). A payload of hex or base64 alone is also
understood, for a bridge that forwards only the bytes.
"""

from edge.adapters.event_time import parse_time
from edge.adapters.lorawan import add_bytes, add_uplink, base64_bytes, bytes_from_text, maker_of
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.values import json_object
from smartwork.contracts.reading import Reading


def subscriptions(address: str) -> list[str]:
    """The device's only topic."""
    return [address]


def address_of(topic: str) -> str | None:
    """The topic itself: the owner of the gateway may choose any."""
    return topic


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one uplink; raises ValueError, naming the field, if it cannot be parsed."""
    if not message.payload.lstrip().startswith(b"{"):
        readings = MessageReadings.at_arrival(message)
        add_bytes(readings, "milesight", bytes_from_text(message.payload))
        return readings.readings()
    uplink = json_object(message.payload)
    readings = MessageReadings.at(message, parse_time(uplink.get("time"), "time"))
    data = base64_bytes(uplink.get("data"), "data")
    maker = maker_of(message.model, str(uplink.get("devEUI") or ""), uplink.get("fPort")) or "milesight"
    add_uplink(readings, maker, data, uplink, "object")
    return readings.readings()
