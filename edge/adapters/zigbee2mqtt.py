"""Zigbee2MQTT: `zigbee2mqtt/<friendly name>` (which may hold slashes) and its `availability`.

Properties as in the project's public documentation (Exposes): `occupancy`, `presence`, `illuminance` (lux), `co2`
(ppm), `temperature` (degrees Celsius), `humidity` (%), `state` and `brightness` (0 to 254) of lights, `power` (W),
`energy` (kWh, cumulative), `battery` (%), `linkquality` (0 to 255), `people`, and `last_seen` (ISO 8601, or ms since
1970) as event time.
"""

from edge.adapters.light_commands import json_light
from edge.adapters.message import (
    Convert,
    DeviceMessage,
    Taken,
    arrival,
    instant,
    json_object,
    level_of,
    number,
    observed,
    on_off,
    scaled,
    text_of,
    truth,
)
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

BRIGHTEST = 254
_BASE = "zigbee2mqtt/"
_OWN = ("bridge/", "bridge")
_PROPERTIES: dict[str, tuple[Metric, Convert]] = {
    "occupancy": (Metric.PRESENCE, truth),
    "presence": (Metric.PRESENCE, truth),
    "people": (Metric.OCCUPANT_COUNT, number),
    "illuminance": (Metric.ILLUMINANCE_LUX, number),
    "co2": (Metric.CO2_PPM, number),
    "temperature": (Metric.TEMPERATURE_C, number),
    "humidity": (Metric.HUMIDITY_PCT, number),
    "state": (Metric.LIGHT_ON, on_off),
    "brightness": (Metric.LIGHT_LEVEL, level_of(BRIGHTEST)),
    "power": (Metric.POWER_W, number),
    "energy": (Metric.ENERGY_WH, scaled(1000)),
    "battery": (Metric.BATTERY_PCT, number),
    "linkquality": (Metric.LINK_QUALITY, number),
}


def subscriptions(address: str) -> list[str]:
    """The topics of the device at base topic `address`."""
    return [address, f"{address}/availability"]


def address_of(topic: str) -> str | None:
    """Which device a topic belongs to, None where it is none of this family's."""
    if not topic.startswith(_BASE) or topic.removeprefix(_BASE).startswith(_OWN) or topic.endswith(("/set", "/get")):
        return None
    return topic.removesuffix("/availability")


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one message, in the order of the table above; empty where it holds none that we know.

    Event time is the device's `last_seen` where it says a believable one. Raises ValueError, naming the property, where
    the payload is not what the family speaks.
    """
    if heard.topic == f"{heard.address}/availability":
        return _availability(heard)
    said = json_object(heard.payload)
    last_seen = said.get("last_seen")
    epoch = number(last_seen)
    claimed = instant(last_seen if epoch is None else epoch / 1000, "last_seen")
    taken = Taken(heard, observed(heard, claimed))
    for name, (metric, convert) in _PROPERTIES.items():
        taken.take(said, name, metric, convert)
    return taken.readings()


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds."""
    return [(f"{entry.address}/set", json_light(level, ramp_s, BRIGHTEST))]


def _availability(heard: DeviceMessage) -> list[Reading]:
    """Both the plain and the JSON form exist."""
    text = text_of(heard.payload)
    state: object = json_object(heard.payload).get("state") if text.startswith("{") else text
    taken = Taken(heard, arrival(heard))
    online = {"online": 1.0, "offline": 0.0}.get(state) if isinstance(state, str) else None
    taken.put(Metric.ONLINE, online, "availability", state)
    return taken.readings()
