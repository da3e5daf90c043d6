"""Zigbee2MQTT: `zigbee2mqtt/<friendly name>` (which may hold slashes) and its `availability`.

Properties as in the project's public documentation (Exposes): `occupancy`, `presence`, `illuminance` (lux), `co2`
(ppm), `temperature` (degrees Celsius), `humidity` (%), `state` and `brightness` (0 to 254) of lights, `power` (W),
`energy` (kWh, cumulative), `battery` (%), `linkquality` (0 to 255), `people`, and `last_seen` (ISO 8601, or ms since
1970) as event time.
"""

from edge.adapters.event_time import parse_time
from edge.adapters.light_commands import json_light
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.values import (
    Convert,
    boolean,
    json_object,
    level_of,
    number,
    on_off,
    scaled,
    text_of,
)
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

BRIGHTEST = 254
_BASE = "zigbee2mqtt/"
_BRIDGE = ("bridge/", "bridge")
_PROPERTIES: dict[str, tuple[Metric, Convert]] = {
    "occupancy": (Metric.PRESENCE, boolean),
    "presence": (Metric.PRESENCE, boolean),
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
    """The device's base topic, or None if the topic is not a device's."""
    if not topic.startswith(_BASE) or topic.removeprefix(_BASE).startswith(_BRIDGE) or topic.endswith(("/set", "/get")):
        return None
    return topic.removesuffix("/availability")


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one message, in the order of `_PROPERTIES`; their time is `last_seen` where it is plausible.

    Raises ValueError, naming the property, if the payload cannot be parsed.
    """
    if message.topic == f"{message.address}/availability":
        return _availability(message)
    properties = json_object(message.payload)
    last_seen = properties.get("last_seen")
    epoch_ms = number(last_seen)
    readings = MessageReadings.at(message, parse_time(last_seen if epoch_ms is None else epoch_ms / 1000, "last_seen"))
    for name, (metric, convert) in _PROPERTIES.items():
        readings.add_field(properties, name, metric, convert)
    return readings.readings()


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds."""
    return [(f"{entry.address}/set", json_light(level, ramp_s, BRIGHTEST))]


def _availability(message: DeviceMessage) -> list[Reading]:
    """Whether the device is online: a plain word, or an object with `state`, depending on the version."""
    text = text_of(message.payload)
    state: object = json_object(message.payload).get("state") if text.startswith("{") else text
    readings = MessageReadings.at_arrival(message)
    online = {"online": 1.0, "offline": 0.0}.get(state) if isinstance(state, str) else None
    readings.add(Metric.ONLINE, online, "availability", state)
    return readings.readings()
