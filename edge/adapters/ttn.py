"""The Things Stack v3: uplinks of `v3/<application>@<tenant>/devices/<device id>` (no tenant in the open source edition).

The stack leaves out fields whose value is 0, false or empty, also a decoded occupancy of 0. Therefore the raw bytes are
decoded here if the maker is known, and `decoded_payload` is used only if they give no reading.
"""

import re

from edge.adapters.event_time import parse_time
from edge.adapters.lorawan import add_uplink, base64_bytes, maker_of
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.values import child, json_object
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?P<address>v3/[^/]+/devices/[^/]+)/(?P<event>[a-z]+(?:/[a-z]+)?)")


def subscriptions(address: str) -> list[str]:
    """The topic of the device's uplinks."""
    return [f"{address}/up"]


def address_of(topic: str) -> str | None:
    """The device's address, or None if the topic is not The Things Stack's."""
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one uplink; raises ValueError, naming the field, if it cannot be parsed."""
    if not message.topic.endswith("/up"):
        return []
    event = json_object(message.payload)
    uplink, ids = child(event, "uplink_message"), child(event, "end_device_ids")
    received_at = uplink.get("received_at") or event.get("received_at")
    readings = MessageReadings.at(message, parse_time(received_at, "received_at"))
    version = child(uplink, "version_ids")
    model = message.model or str(version.get("model_id") or "")
    maker = maker_of(model, str(ids.get("dev_eui") or ""), uplink.get("f_port"))
    add_uplink(readings, maker, base64_bytes(uplink.get("frm_payload"), "frm_payload"), uplink, "decoded_payload")
    return readings.readings()
