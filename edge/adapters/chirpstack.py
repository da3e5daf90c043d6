"""ChirpStack v4: uplink events of `application/<application id>/device/<DevEUI>`.

The bytes are decoded here where their maker is known; `object` is there only where the server has a codec, and is taken
where the bytes tell nothing.
"""

import re

from edge.adapters.lorawan import base64_bytes, maker_of, take_bytes, take_decoded
from edge.adapters.message import DeviceMessage, Taken, child, instant, json_object, number, observed
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?P<address>application/[^/]+/device/[0-9a-fA-F]+)/event/(?P<event>[a-z]+)")


def subscriptions(address: str) -> list[str]:
    """The topics of the device at `application/<id>/device/<DevEUI>`."""
    return [f"{address}/event/up", f"{address}/event/status"]


def address_of(topic: str) -> str | None:
    """Which device a topic belongs to, None where it is none of this family's."""
    found = _TOPIC.fullmatch(topic)
    return found["address"] if found else None


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one event; empty where it holds none that we know. Raises ValueError, naming the field."""
    said = json_object(heard.payload)
    taken = Taken(heard, observed(heard, instant(said.get("time"), "time")))
    if heard.topic.endswith("/event/status"):
        taken.take(said, "batteryLevel", Metric.BATTERY_PCT, number)
        return taken.readings()
    if not heard.topic.endswith("/event/up"):
        return []
    info = child(said, "deviceInfo")
    model = heard.model or str(child(info, "tags").get("model", ""))
    maker = maker_of(model, str(info.get("devEui") or heard.address.rpartition("/")[2]), said.get("fPort"))
    data = base64_bytes(said.get("data"), "data")
    if maker is not None and data:
        take_bytes(maker, data, taken)
    if not taken.found:
        take_decoded(child(said, "object"), maker, taken)
    return taken.readings()
