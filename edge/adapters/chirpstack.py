"""ChirpStack v4: uplink events of `application/<application id>/device/<DevEUI>`.

The raw bytes are decoded here if the maker is known. `object` is present only if the server has a codec for the device; what
only the codec says is used, too. ChirpStack 3 has the codec's output as text (`objectJSON`) and tags at the top. Milesight's
wall switches and sockets of class C are switched by a downlink.
"""

import base64
import json
import re

from edge.adapters.lorawan import MILESIGHT_PORT, TEST_PORT, add_uplink, decoded_object, maker_of, uplink_bytes
from edge.adapters.message import DeviceMessage, MessageReadings, no_readings
from edge.adapters.milesight_payload import switch_command
from edge.adapters.values import json_object, number
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

_TOPIC = re.compile(r"(?P<address>application/[^/]+/device/[0-9a-fA-F]+)/event/(?P<event>[a-z]+)")


def subscriptions(address: str) -> list[str]:
    """The uplink and status topics of a device."""
    return [f"{address}/event/up", f"{address}/event/status"]


def address_of(topic: str) -> str | None:
    """The device's address, or None if the topic is not ChirpStack's."""
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one event; raises ValueError if the payload is no JSON object."""
    event = json_object(message.payload)
    readings = MessageReadings.at(message, event.get("time"), "time")
    if message.topic.endswith("/event/status"):
        if event.get("batteryLevelUnavailable") is True or event.get("externalPowerSource") is True:
            readings.ignore("batteryLevel", event.get("batteryLevel"), "is not available", is_fault=False)
        else:
            readings.add_field(event, "batteryLevel", Metric.BATTERY_PCT, number)
        return readings
    if not message.topic.endswith("/event/up"):
        return no_readings(message, message.topic.rpartition("/")[2], "is not read")
    if event.get("fPort") == TEST_PORT:
        return no_readings(message, "fPort", "is the port of LoRaWAN's tests")
    info = readings.object_in(event, "deviceInfo")
    tags = readings.object_in(info if "tags" in info else event, "tags")
    model = message.model or str(tags.get("model") or "")
    maker = maker_of(model, str(info.get("devEui") or message.address.rpartition("/")[2]), event.get("fPort"))
    add_uplink(readings, maker, model, uplink_bytes(readings, event.get("data"), "data"), decoded_object(readings, event))
    return readings


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:  # noqa: ARG001 - a switch has no ramp
    """The downlink that switches a light; none if the registry's model cannot be switched."""
    data = switch_command(entry.model, on=level > 0)
    if data is None:
        return []
    eui = entry.address.rpartition("/")[2]
    downlink = {"devEui": eui, "confirmed": True, "fPort": MILESIGHT_PORT, "data": base64.b64encode(data).decode()}
    return [(f"{entry.address}/command/down", json.dumps(downlink).encode())]
