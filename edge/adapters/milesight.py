"""A Milesight gateway's embedded network server (UG65, UG67, UG56): a topic that its owner chose, JSON with `data` in base64.

Its shape is that of ChirpStack v3 (`devEUI`, `fPort`, `data`, `time`). A bare payload in hex or base64 is understood too,
for a bridge that forwards nothing but the bytes.
"""

from edge.adapters.lorawan import bare_bytes, base64_bytes, maker_of, take_bytes, take_decoded
from edge.adapters.message import DeviceMessage, Taken, arrival, child, instant, json_object, observed
from smartwork.contracts.reading import Reading


def subscriptions(address: str) -> list[str]:
    """The one topic that the device has."""
    return [address]


def address_of(topic: str) -> str | None:
    """The topic itself: any may be its owner's choice."""
    return topic


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one uplink; empty where it holds none that we know. Raises ValueError, naming the field."""
    if not heard.payload.lstrip().startswith(b"{"):
        taken = Taken(heard, arrival(heard))
        take_bytes("milesight", bare_bytes(heard.payload), taken)
        return taken.readings()
    said = json_object(heard.payload)
    taken = Taken(heard, observed(heard, instant(said.get("time"), "time")))
    data = base64_bytes(said.get("data"), "data")
    maker = maker_of(heard.model, str(said.get("devEUI") or ""), said.get("fPort")) or "milesight"
    if data:
        take_bytes(maker, data, taken)
    if not taken.found:
        take_decoded(child(said, "object"), maker, taken)
    return taken.readings()
