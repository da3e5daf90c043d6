"""The Things Stack v3: uplinks of `v3/<application>@<tenant>/devices/<device id>` (no tenant in the open source edition).

The stack leaves out fields whose value is 0, false or empty, also a decoded occupancy of 0. Therefore the raw bytes are
decoded here if the maker is known; what only `decoded_payload` or `normalized_payload` says is used, too. A simulated uplink,
which the console can send, gives no reading. Milesight's wall switches and sockets of class C are switched by a downlink.
"""

import base64
import json
import re

from edge.adapters.lorawan import MILESIGHT_PORT, TEST_PORT, add_uplink, maker_of, uplink_bytes
from edge.adapters.message import DeviceMessage, MessageReadings, no_readings
from edge.adapters.milesight_payload import switch_command
from edge.adapters.normalized_payload import add_normalized
from edge.adapters.values import json_object, truth
from smartwork.contracts.policy import DeviceEntry

_TOPIC = re.compile(r"(?P<address>v3/[^/]+/devices/[^/]+)/(?P<event>[a-z]+(?:/[a-z]+)?)")


def subscriptions(address: str) -> list[str]:
    """The topic of the device's uplinks."""
    return [f"{address}/up"]


def address_of(topic: str) -> str | None:
    """The device's address, or None if the topic is not The Things Stack's."""
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one uplink; raises ValueError if the payload is no JSON object."""
    if not message.topic.endswith("/up"):
        return no_readings(message, message.topic.rpartition("/")[2], "is not read")
    event = json_object(message.payload)
    found = MessageReadings.at_arrival(message)
    uplink, ids = found.object_in(event, "uplink_message"), found.object_in(event, "end_device_ids")
    if truth(event.get("simulated")) or truth(uplink.get("simulated")):
        return no_readings(message, "simulated", "is a simulated uplink, not a measurement")
    if uplink.get("f_port") == TEST_PORT:
        return no_readings(message, "f_port", "is the port of LoRaWAN's tests")
    source = uplink if uplink.get("received_at") else event
    readings = MessageReadings.at(message, source.get("received_at"), "received_at")
    readings.ignored += found.ignored
    model = message.model or str(readings.object_in(uplink, "version_ids").get("model_id") or "")
    maker = maker_of(model, str(ids.get("dev_eui") or ""), uplink.get("f_port"))
    data = uplink_bytes(readings, uplink.get("frm_payload"), "frm_payload")
    add_uplink(readings, maker, model, data, readings.object_in(uplink, "decoded_payload"))
    add_normalized(readings, uplink.get("normalized_payload"))
    return readings


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:  # noqa: ARG001 - a switch has no ramp
    """The downlink that switches a light; none if the registry's model cannot be switched."""
    data = switch_command(entry.model, on=level > 0)
    if data is None:
        return []
    downlink = {
        "f_port": MILESIGHT_PORT,
        "frm_payload": base64.b64encode(data).decode(),
        "priority": "HIGH",
        "confirmed": True,
    }
    return [(f"{entry.address}/down/push", json.dumps({"downlinks": [downlink]}).encode())]
