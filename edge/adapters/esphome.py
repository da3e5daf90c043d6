"""ESPHome: one topic a component below the device's prefix, bare values; lights as JSON. Nothing carries a time.

What a sensor measures is told by the name that its owner gave it, so the names that count are those below, anywhere in the
object's name. A radar's moving and still target are parts of its presence and do not count: who sits still does not move.
Where a device has several that count, such as a PIR beside a radar, the registry's model names the one that does.
"""

import re

from edge.adapters.light_commands import json_light
from edge.adapters.message import (
    Convert,
    DeviceMessage,
    Taken,
    arrival,
    json_object,
    level_of,
    numeral,
    on_off,
    switch_reading,
    text_of,
)
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

BRIGHTEST = 255
PANEL = "panel"
"""The object name of the light where the registry's model names no other."""
_TOPIC = re.compile(r"(?P<address>.+)/(?P<kind>binary_sensor|sensor|light|switch)/(?P<name>[^/]+)/state")
_PRESENCE = ("presence", "occupancy", "motion", "pir", "has_target")
_NAN = ("nan", "unknown", "unavailable")


def _kwh(value: object) -> float | None:
    found = numeral(value)
    return None if found is None else round(found * 1000, 6)


_SENSORS: tuple[tuple[str, Metric, Convert], ...] = (
    ("illuminance", Metric.ILLUMINANCE_LUX, numeral),
    ("co2", Metric.CO2_PPM, numeral),
    ("temperature", Metric.TEMPERATURE_C, numeral),
    ("humidity", Metric.HUMIDITY_PCT, numeral),
    ("power", Metric.POWER_W, numeral),
    ("energy", Metric.ENERGY_WH, _kwh),
    ("battery", Metric.BATTERY_PCT, numeral),
    ("people", Metric.OCCUPANT_COUNT, numeral),
)


def subscriptions(address: str) -> list[str]:
    """The topics of the device with this prefix."""
    return [f"{address}/+/+/state", f"{address}/status"]


def address_of(topic: str) -> str | None:
    """Which device a topic belongs to, None where it is none of this family's."""
    if topic.endswith("/status"):
        return topic.removesuffix("/status")
    found = _TOPIC.fullmatch(topic)
    return found["address"] if found else None


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one message; empty where it holds none that we know. Raises ValueError, naming the field."""
    if heard.topic == f"{heard.address}/status":
        return switch_reading(heard, Metric.ONLINE, {"online": 1.0, "offline": 0.0}, "status")
    found = _TOPIC.fullmatch(heard.topic)
    if found is None:
        return []
    kind, name, word = found["kind"], found["name"], text_of(heard.payload)
    taken = Taken(heard, arrival(heard))
    if kind == "binary_sensor":
        if name == heard.model or (heard.model is None and any(each in name for each in _PRESENCE)):
            taken.put(Metric.PRESENCE, on_off(word), name, word)
    elif kind == "switch":
        taken.put(Metric.LIGHT_ON, on_off(word), name, word)
    elif kind == "light":
        said = json_object(heard.payload)
        taken.take(said, "state", Metric.LIGHT_ON, on_off)
        taken.take(said, "brightness", Metric.LIGHT_LEVEL, level_of(BRIGHTEST))
    elif word.lower() not in _NAN:
        for part, metric, convert in _SENSORS:
            if part in name:
                taken.put(metric, convert(word), name, word)
                break
    return taken.readings()


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds."""
    return [(f"{entry.address}/light/{entry.model or PANEL}/command", json_light(level, ramp_s, BRIGHTEST))]
