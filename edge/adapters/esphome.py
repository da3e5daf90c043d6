"""ESPHome: one topic for each component below the device's prefix, with plain values; lights as JSON. No times.

The metric follows from the component's name, which the owner of the device chose: it must contain one of the words below.
A radar's moving and still targets are only parts of its presence and are ignored: a person who sits still has no moving
target. If a device has several presence components, such as a PIR and a radar, the registry's model names the one to use.
"""

import re

from edge.adapters.light_commands import json_light
from edge.adapters.message import DeviceMessage, MessageReadings, word_reading
from edge.adapters.values import Convert, json_object, level_of, number_or_text, on_off, text_of
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

BRIGHTEST = 255
PANEL = "panel"
"""Name of a device's light component if the registry's model names no other."""
_TOPIC = re.compile(r"(?P<address>.+)/(?P<kind>binary_sensor|sensor|light|switch)/(?P<name>[^/]+)/state")
_PRESENCE = ("presence", "occupancy", "motion", "pir", "has_target")
_NO_VALUE = ("nan", "unknown", "unavailable")


def _kwh_to_wh(value: object) -> float | None:
    kwh = number_or_text(value)
    return None if kwh is None else round(kwh * 1000, 6)


_SENSORS: tuple[tuple[str, Metric, Convert], ...] = (
    ("illuminance", Metric.ILLUMINANCE_LUX, number_or_text),
    ("co2", Metric.CO2_PPM, number_or_text),
    ("temperature", Metric.TEMPERATURE_C, number_or_text),
    ("humidity", Metric.HUMIDITY_PCT, number_or_text),
    ("power", Metric.POWER_W, number_or_text),
    ("energy", Metric.ENERGY_WH, _kwh_to_wh),
    ("battery", Metric.BATTERY_PCT, number_or_text),
    ("people", Metric.OCCUPANT_COUNT, number_or_text),
)


def subscriptions(address: str) -> list[str]:
    """The topics of the device with this prefix."""
    return [f"{address}/+/+/state", f"{address}/status"]


def address_of(topic: str) -> str | None:
    """The device's prefix, or None if the topic is not ESPHome's."""
    if topic.endswith("/status"):
        return topic.removesuffix("/status")
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one message; raises ValueError, naming the component, if it cannot be parsed."""
    if message.topic == f"{message.address}/status":
        return word_reading(message, Metric.ONLINE, {"online": 1.0, "offline": 0.0}, "status")
    topic = _TOPIC.fullmatch(message.topic)
    if topic is None:
        return []
    kind, name, word = topic["kind"], topic["name"], text_of(message.payload)
    readings = MessageReadings.at_arrival(message)
    if kind == "binary_sensor":
        if name == message.model or (message.model is None and any(part in name for part in _PRESENCE)):
            readings.add(Metric.PRESENCE, on_off(word), name, word)
    elif kind == "switch":
        readings.add(Metric.LIGHT_ON, on_off(word), name, word)
    elif kind == "light":
        state = json_object(message.payload)
        readings.add_field(state, "state", Metric.LIGHT_ON, on_off)
        readings.add_field(state, "brightness", Metric.LIGHT_LEVEL, level_of(BRIGHTEST))
    elif word.lower() not in _NO_VALUE:
        for part, metric, convert in _SENSORS:
            if part in name:
                readings.add(metric, convert(word), name, word)
                break
    return readings.readings()


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds."""
    return [(f"{entry.address}/light/{entry.model or PANEL}/command", json_light(level, ramp_s, BRIGHTEST))]
