"""ESPHome: one topic for each component below the device's prefix, with plain values; lights as JSON. No times.

What a sensor measures is what the device declared at its discovery (device class and unit), else what the words of the
component's name say; the owner of the device chose the name. An energy without a declared unit is in Wh, as ESPHome's meters
are. A radar's moving and still targets are only parts of its presence and are ignored: a person who sits still has no moving
target. If a device has several presence components, such as a PIR and a radar, the registry's model names the one to use.
Of its switches and lights only those are lamps that the model names or whose name says so: most switches are settings.
"""

import re

from edge.adapters.light_commands import json_light
from edge.adapters.message import DeviceMessage, MessageReadings, no_readings, word_reading
from edge.adapters.quantity import METRIC_OF_CLASS, PRESENCE_CLASSES, class_of_name, in_own_unit, unit_of_name
from edge.adapters.values import json_object, level_of, number_or_text, on_off, text_of
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

BRIGHTEST = 255
PANEL = "panel"
"""Name of a device's light component if the registry's model names no other."""
_TOPIC = re.compile(r"(?P<address>.+)/(?P<kind>binary_sensor|sensor|light|switch)/(?P<name>[^/]+)/state")
_PRESENCE_WORDS = ("presence", "occupancy", "motion", "pir", "has_target", "occupied")
_PART_OF_PRESENCE = re.compile(r"moving|still|static|move|gate|g\d+|enable|enabled|led|tamper|zone|delay|timeout")
_LAMP_WORDS = re.compile(
    r"relay|relay\d+|light|lamp|lights|lamps|panel|ceiling|plug|outlet|socket|dimmer|luminaire|spot|spots|strip"
)
_SETTING_WORDS = re.compile(
    r"led|status|indicator|restart|reboot|safe|mode|sensor|radar|mmwave|bluetooth|engineering|backlight|night|child|lock|enable|"
    r"enabled|factory|reset|auto|pir|motion|button|sync|beep|buzzer"
)
_PEOPLE = re.compile(r"(?:^|_)(?:people|persons?_count|occupants?_count|presence_target_count)(?:_|$)")
_OF_DEVICE = re.compile(r"chip|internal|cpu|esp\d*|mcu|board|move|moving|still|static|g\d+|gate\d*|threshold|target|setpoint")
"""Words of a quantity of the chip, of a radar or of a setting."""
_NO_VALUE = ("nan", "unknown", "unavailable", "none", "")


def subscriptions(address: str) -> list[str]:
    """The topics of the device with this prefix."""
    return [f"{address}/+/+/state", f"{address}/status"]


def address_of(topic: str) -> str | None:
    """The device's prefix, or None if the topic is not ESPHome's."""
    if topic.endswith("/status"):
        return topic.removesuffix("/status")
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one message; raises ValueError if the payload of a light is no JSON object."""
    if message.topic == f"{message.address}/status":
        return word_reading(message, Metric.ONLINE, {"online": 1.0, "offline": 0.0}, "status")
    topic = _TOPIC.fullmatch(message.topic)
    if topic is None:
        return no_readings(message, message.topic, "is not read")
    kind, name, word = topic["kind"], topic["name"], text_of(message.payload)
    readings = MessageReadings.at_arrival(message)
    if word.lower() in _NO_VALUE:
        readings.ignore(name, word, "has no value", is_fault=False)
    elif kind == "binary_sensor":
        _add_presence(readings, name, word)
    elif kind == "sensor":
        _add_sensor(readings, name, word)
    elif not _is_lamp(message, kind, name):
        readings.ignore(name, word, "is not known as a lamp: if it is one, register its name as the model", is_fault=False)
    elif kind == "switch":
        readings.add(Metric.LIGHT_ON, on_off(word), name, word)
    else:
        state = json_object(message.payload)
        readings.add_field(state, "state", Metric.LIGHT_ON, on_off)
        readings.add_field(state, "brightness", Metric.LIGHT_LEVEL, level_of(BRIGHTEST))
    return readings


def _add_presence(readings: MessageReadings, name: str, word: str) -> None:
    message = readings.message
    if message.model is not None and not _names_lamp(message.model):
        is_presence = name == message.model
    elif message.device_class is not None:
        is_presence = message.device_class in PRESENCE_CLASSES and not _has(name, _PART_OF_PRESENCE)
    else:
        is_presence = any(part in name for part in _PRESENCE_WORDS) and not _has(name, _PART_OF_PRESENCE)
    if is_presence:
        readings.add(Metric.PRESENCE, on_off(word), name, word)
    else:
        readings.ignore(name, word, "is not the presence of the device", is_fault=False)


def _add_sensor(readings: MessageReadings, name: str, word: str) -> None:
    message = readings.message
    if (
        message.device_class is None
        and _PEOPLE.search(name)
        and class_of_name(name) is None
        and not _has(name, _PART_OF_PRESENCE)
    ):
        readings.add(Metric.OCCUPANT_COUNT, number_or_text(word), name, word)
        return
    # A declared class does not say whose quantity it is: a chip has a temperature, too.
    device_class = class_of_name(name) if message.device_class is None or _has(name, _OF_DEVICE) else message.device_class
    metric = METRIC_OF_CLASS.get(device_class or "")
    if metric is None:
        readings.ignore(name, word, "is none of the metrics", is_fault=False)
        return
    unit = message.unit or unit_of_name(name)
    if number_or_text(word) is not None and in_own_unit(metric, word, unit) is None:
        readings.ignore(name, word, f"is in {unit}, which is no unit of {metric.label}", is_fault=False)
    else:
        readings.add(metric, in_own_unit(metric, word, unit), name, word)


def _is_lamp(message: DeviceMessage, kind: str, name: str) -> bool:
    if message.model is not None and (_names_lamp(message.model) or name == message.model):
        return name == message.model
    return (_has(name, _LAMP_WORDS) or kind == "light") and not _has(name, _SETTING_WORDS)


def _names_lamp(model: str) -> bool:
    return _has(model, _LAMP_WORDS)


def _has(name: str, words: re.Pattern[str]) -> bool:
    return any(words.fullmatch(word) for word in re.split(r"[_\-\s.]+", name.lower()))


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds."""
    return [(f"{entry.address}/light/{entry.model or PANEL}/command", json_light(level, ramp_s, BRIGHTEST))]
