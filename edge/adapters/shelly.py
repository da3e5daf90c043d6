"""Shelly Gen2 and newer: `<id>/events/rpc` (changes), `<id>/status/<component>` (full status), `<id>/online`.

A NotifyStatus holds only what has changed; a reading is made for each field that is present. `ts` is in seconds since 1970,
energy `aenergy.total` in Wh, `brightness` in percent.
"""

import json
import re

from edge.adapters.event_time import parse_time
from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings, word_reading
from edge.adapters.values import boolean, child, json_object, level_of, number
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?P<address>[^/]+(?:/[^/]+)*?)/(?:events/rpc|status/[a-z_]+\d*:\d+|online)")
_LIGHT_CHANNEL = re.compile(r"(?:switch|light|rgb|rgbw|cct):\d+")
SWITCH = "switch"
"""Model of a Shelly that only switches: a relay, a plug. `switch:1` or `light:1` is the second channel of several."""


def subscriptions(address: str) -> list[str]:
    """The topics of the device with this id (or topic prefix)."""
    return [f"{address}/events/rpc", f"{address}/status/+", f"{address}/online"]


def address_of(topic: str) -> str | None:
    """The device's id, or None if the topic is not Shelly's."""
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one message; raises ValueError, naming the field, if it cannot be parsed."""
    if message.topic == f"{message.address}/online":
        return word_reading(message, Metric.ONLINE, {"true": 1.0, "false": 0.0}, "online")
    body = json_object(message.payload)
    if message.topic == f"{message.address}/events/rpc":
        if body.get("method") not in ("NotifyStatus", "NotifyFullStatus"):
            return []
        params = child(body, "params")
        readings = MessageReadings.at(message, parse_time(number(params.get("ts")), "params.ts"))
        for name, status in params.items():
            if isinstance(status, dict):
                _add_component(readings, name, status)
        return readings.readings()
    readings = MessageReadings.at_arrival(message)
    _add_component(readings, message.topic.rpartition("/")[2], body)
    return readings.readings()


def _add_component(readings: MessageReadings, name: str, status: dict[str, object]) -> None:
    """Add the readings in the status of one component, such as `switch:0`, `light:0` or `temperature:0`."""
    kind, _, channel = name.partition(":")
    if _LIGHT_CHANNEL.fullmatch(name) or kind in ("pm1", "em1"):
        if channel != _channel(readings.message.model):
            return
        readings.add_field(status, "output", Metric.LIGHT_ON, boolean)
        readings.add_field(status, "brightness", Metric.LIGHT_LEVEL, level_of(100))
        readings.add_field(status, "apower", Metric.POWER_W, number)
        readings.add_field(status, "act_power", Metric.POWER_W, number)
        readings.add_field(child(status, "aenergy"), "total", Metric.ENERGY_WH, number)
    elif kind == "temperature":
        readings.add_field(status, "tC", Metric.TEMPERATURE_C, number)
    elif kind == "humidity":
        readings.add_field(status, "rh", Metric.HUMIDITY_PCT, number)
    elif kind == "illuminance":
        readings.add_field(status, "lux", Metric.ILLUMINANCE_LUX, number)
    elif kind == "presence":
        readings.add_field(status, "num_objects", Metric.OCCUPANT_COUNT, number)
        readings.add_field(status, "state", Metric.PRESENCE, boolean)
    elif kind == "devicepower":
        readings.add_field(child(status, "battery"), "percent", Metric.BATTERY_PCT, number)


def _channel(model: str | None) -> str:
    """The channel that the registry's model names: the number in `light:1`, else 0."""
    _, colon, channel = (model or "").rpartition(":")
    return channel if colon and re.fullmatch(r"[0-9]{1,3}", channel) else "0"


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The RPC call that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds; a relay is only switched."""
    params: dict[str, object] = {"id": int(_channel(entry.model)), "on": level > 0}
    method = "Switch.Set"
    if (entry.model or "").lower().partition(":")[0] != SWITCH:
        method = "Light.Set"
        if level > 0:
            params["brightness"] = percent(level)
        if ramp_s:
            params["transition_duration"] = ramp_s
    call = {"id": 1, "src": "smartwork", "method": method, "params": params}
    return [(f"{entry.address}/rpc", json.dumps(call).encode())]
