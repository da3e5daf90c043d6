"""The Things Stack v3: uplinks of `v3/<application>@<tenant>/devices/<device id>` (no tenant in the open source edition).

The stack leaves out fields whose value is 0, false or empty, a decoded occupancy of 0 among them: so the bytes are decoded
here where their maker is known, and `decoded_payload` is taken only where they tell nothing.
"""

import re

from edge.adapters.lorawan import base64_bytes, maker_of, take_bytes, take_decoded
from edge.adapters.message import DeviceMessage, Taken, child, instant, json_object, observed
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?P<address>v3/[^/]+/devices/[^/]+)/(?P<event>[a-z]+(?:/[a-z]+)?)")


def subscriptions(address: str) -> list[str]:
    """The topic of the device's uplinks."""
    return [f"{address}/up"]


def address_of(topic: str) -> str | None:
    """Which device a topic belongs to, None where it is none of this family's."""
    found = _TOPIC.fullmatch(topic)
    return found["address"] if found else None


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one uplink; empty where it holds none that we know. Raises ValueError, naming the field."""
    if not heard.topic.endswith("/up"):
        return []
    said = json_object(heard.payload)
    uplink, ids = child(said, "uplink_message"), child(said, "end_device_ids")
    when = uplink.get("received_at") or said.get("received_at")
    taken = Taken(heard, observed(heard, instant(when, "received_at")))
    version = child(uplink, "version_ids")
    model = heard.model or str(version.get("model_id") or "")
    maker = maker_of(model, str(ids.get("dev_eui") or ""), uplink.get("f_port"))
    data = base64_bytes(uplink.get("frm_payload"), "frm_payload")
    if maker is not None and data:
        take_bytes(maker, data, taken)
    if not taken.found:
        take_decoded(child(uplink, "decoded_payload"), maker, taken)
    return taken.readings()
