"""Shelly Gen1: `shellies/<id>/…`, with a plain value on each topic; the motion sensor has JSON on `status`.

`relay/<n>/energy` and `light/<n>/energy` count watt-minutes, `emeter/<n>/total` Wh. A device's own `temperature` is that of
its chip.
"""

import json
import re
from functools import partial

from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings, no_readings, word_reading
from edge.adapters.quantity import in_own_unit
from edge.adapters.values import Convert, json_object, level_of, number, number_or_text, on_off, text_of, truth
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

_ADDRESS = re.compile(r"(shellies/[^/]+)(?:/(.*))?")
_CHANNEL = re.compile(r"(relay|light|white|color|emeter)/(\d{1,2})(?:/([a-z_]+))?")
_SENSORS: dict[str, tuple[Metric, Convert]] = {
    "motion": (Metric.PRESENCE, truth),
    "lux": (Metric.ILLUMINANCE_LUX, number_or_text),
    "temperature": (Metric.TEMPERATURE_C, number_or_text),
    "humidity": (Metric.HUMIDITY_PCT, number_or_text),
    "battery": (Metric.BATTERY_PCT, number_or_text),
}


_MODEL = re.compile(r"(?:[a-z_0-9]*:)?(\d{1,3})")


def registered_channel(model: str | None) -> str:
    """The channel that the registry's model names, of any generation: the number in `light:1`, else 0."""
    match = _MODEL.fullmatch((model or "").lower())
    return str(int(match[1])) if match else "0"


def is_gen1(topic: str) -> bool:
    """Whether a topic or an address is of Gen1."""
    return topic.startswith("shellies/") and _ADDRESS.fullmatch(topic) is not None


def subscriptions(address: str) -> list[str]:
    """The topics of the device `shellies/<id>`."""
    return [f"{address}/#"]


def address_of(topic: str) -> str | None:
    """The device `shellies/<id>`, or None if the topic is a command or is none of a device."""
    match = _ADDRESS.fullmatch(topic)
    return match[1] if match and match[2] and not topic.endswith(("/command", "/set", "/announce")) else None


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one message; raises ValueError if a payload that must be a JSON object is none."""
    name = message.topic.removeprefix(f"{message.address}/")
    if name == "online":
        return word_reading(message, Metric.ONLINE, {"true": 1.0, "false": 0.0}, name)
    if name == "status":
        return _motion(message, json_object(message.payload))
    if match := _CHANNEL.fullmatch(name):
        return _channel(message, match[1], match[2], match[3])
    if name.startswith("sensor/") and (sensor := _SENSORS.get(name.removeprefix("sensor/"))):
        readings, word = MessageReadings.at_arrival(message), text_of(message.payload)
        readings.add(sensor[0], sensor[1](word), name, word)
        return readings
    return no_readings(message, name, "is not read")


def _motion(message: DeviceMessage, status: dict[str, object]) -> MessageReadings:
    readings = MessageReadings.at(message, number(status.get("timestamp")), "timestamp")
    readings.add_field(status, "motion", Metric.PRESENCE, truth)
    readings.add_field(status, "lux", Metric.ILLUMINANCE_LUX, number)
    readings.add_field(status, "bat", Metric.BATTERY_PCT, number)
    temperature = readings.object_in(status, "tmp")
    if temperature.get("is_valid") is not False:
        unit = "°F" if temperature.get("units") == "F" else None
        readings.add_field(temperature, "value", Metric.TEMPERATURE_C, partial(in_own_unit, Metric.TEMPERATURE_C, unit=unit))
    return readings


def _channel(message: DeviceMessage, kind: str, channel: str, field: str | None) -> MessageReadings:
    if channel != registered_channel(message.model):
        return no_readings(message, f"{kind}/{channel}", "is another channel than the registered one")
    readings, word = MessageReadings.at_arrival(message), text_of(message.payload)
    name = "/".join(part for part in (kind, channel, field) if part)
    if field is None and kind != "emeter":
        readings.add(Metric.LIGHT_ON, on_off(word), name, word)
    elif field == "status":
        status = json_object(message.payload)
        readings.add_field(status, "ison", Metric.LIGHT_ON, truth)
        readings.add_field(status, "brightness", Metric.LIGHT_LEVEL, level_of(100))
    elif field == "power":
        readings.add(Metric.POWER_W, number_or_text(word), name, word)
    elif (kind, field) == ("emeter", "total"):
        readings.add(Metric.ENERGY_WH, number_or_text(word), name, word)
    elif field == "energy" and kind != "emeter":
        minutes = number_or_text(word)
        readings.add(Metric.ENERGY_WH, None if minutes is None else round(minutes / 60, 6), name, word)
    else:
        readings.ignore(name, word, "is not read", is_fault=False)
    return readings


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds; a relay is only switched."""
    channel = registered_channel(entry.model)
    if (entry.model or "").lower().partition(":")[0] in ("switch", "relay"):
        return [(f"{entry.address}/relay/{channel}/command", b"on" if level > 0 else b"off")]
    setting: dict[str, object] = {"turn": "on" if level > 0 else "off"}
    if level > 0:
        setting["brightness"] = percent(level)
    if ramp_s:
        setting["transition"] = min(5_000, round(ramp_s * 1000))
    return [(f"{entry.address}/light/{channel}/set", json.dumps(setting).encode())]
