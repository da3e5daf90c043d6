"""The network server in a Milesight gateway (UG65, UG67, UG56): JSON with base64 `data`, on a topic that its owner chose.

The JSON has the fields of ChirpStack v3 (`devEUI`, `fPort`, `data`, `time`). With a codec on the gateway, it is the codec's
output. A payload of hex or base64 alone is also understood, for a bridge that forwards only the bytes.
"""

from edge.adapters.lorawan import add_bytes, add_decoded, add_uplink, bytes_from_text, decoded_object, maker_of, uplink_bytes
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.values import json_object


def subscriptions(address: str) -> list[str]:
    """The device's only topic."""
    return [address]


def address_of(topic: str) -> str | None:
    """The topic itself: the owner of the gateway may choose any."""
    return topic


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one uplink; raises ValueError if the payload is neither JSON nor hex nor base64."""
    if not message.payload.lstrip().startswith(b"{"):
        readings = MessageReadings.at_arrival(message)
        add_bytes(readings, maker_of(message.model, "", None) or "milesight", message.model, bytes_from_text(message.payload))
        return readings
    uplink = json_object(message.payload)
    readings = MessageReadings.at(message, uplink.get("time"), "time")
    maker = maker_of(message.model, str(uplink.get("devEUI") or ""), uplink.get("fPort")) or "milesight"
    data = uplink_bytes(readings, uplink.get("data"), "data")
    add_uplink(readings, maker, message.model, data, decoded_object(readings, uplink))
    add_decoded(readings, uplink, maker, message.model)
    return readings
