"""ChirpStack v4: uplink events of `application/<application id>/device/<DevEUI>`.

The raw bytes are decoded here if the maker is known. `object` is present only if the server has a codec for the device; it
is used if the bytes give no reading.
"""

import re

from edge.adapters.event_time import parse_time
from edge.adapters.lorawan import add_uplink, base64_bytes, maker_of
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.values import child, json_object, number
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?P<address>application/[^/]+/device/[0-9a-fA-F]+)/event/(?P<event>[a-z]+)")


def subscriptions(address: str) -> list[str]:
    """The uplink and status topics of a device."""
    return [f"{address}/event/up", f"{address}/event/status"]


def address_of(topic: str) -> str | None:
    """The device's address, or None if the topic is not ChirpStack's."""
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one event; raises ValueError, naming the field, if it cannot be parsed."""
    event = json_object(message.payload)
    readings = MessageReadings.at(message, parse_time(event.get("time"), "time"))
    if message.topic.endswith("/event/status"):
        readings.add_field(event, "batteryLevel", Metric.BATTERY_PCT, number)
        return readings.readings()
    if not message.topic.endswith("/event/up"):
        return []
    info = child(event, "deviceInfo")
    model = message.model or str(child(info, "tags").get("model", ""))
    maker = maker_of(model, str(info.get("devEui") or message.address.rpartition("/")[2]), event.get("fPort"))
    add_uplink(readings, maker, base64_bytes(event.get("data"), "data"), event, "object")
    return readings.readings()
