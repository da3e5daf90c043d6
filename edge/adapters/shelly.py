"""Shelly Gen2 and newer: `<id>/events/rpc` (deltas), `<id>/status/<component>` (whole), `<id>/online`.

A NotifyStatus tells only what has changed; as each reading stands for itself, what is absent needs no overlay. `ts` is in
seconds. Energy `aenergy.total` is in Wh, `brightness` in percent.
"""

import json
import re

from edge.adapters.light_commands import percent
from edge.adapters.message import (
    DeviceMessage,
    Taken,
    arrival,
    child,
    instant,
    json_object,
    level_of,
    number,
    observed,
    switch_reading,
    truth,
)
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

_TOPIC = re.compile(r"(?P<address>[^/]+(?:/[^/]+)*?)/(?:events/rpc|status/[a-z_]+\d*:\d+|online)")
_LAMP = re.compile(r"(?:switch|light|rgb|rgbw|cct):\d+")
SWITCH = "switch"
"""Model of a Shelly that only switches: a relay, a plug. `switch:1` or `light:1` is the second channel of several."""


def subscriptions(address: str) -> list[str]:
    """The topics of the device with this id (or topic prefix)."""
    return [f"{address}/events/rpc", f"{address}/status/+", f"{address}/online"]


def address_of(topic: str) -> str | None:
    """Which device a topic belongs to, None where it is none of this family's."""
    found = _TOPIC.fullmatch(topic)
    return found["address"] if found else None


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one message; empty where it holds none that we know. Raises ValueError, naming the field."""
    if heard.topic == f"{heard.address}/online":
        return switch_reading(heard, Metric.ONLINE, {"true": 1.0, "false": 0.0}, "online")
    said = json_object(heard.payload)
    if heard.topic == f"{heard.address}/events/rpc":
        if said.get("method") not in ("NotifyStatus", "NotifyFullStatus"):
            return []
        params = child(said, "params")
        taken = Taken(heard, observed(heard, instant(number(params.get("ts")), "params.ts")))
        for name, value in params.items():
            if isinstance(value, dict):
                _component(name, value, taken)
        return taken.readings()
    taken = Taken(heard, arrival(heard))
    _component(heard.topic.rpartition("/")[2], said, taken)
    return taken.readings()


def _component(name: str, said: dict[str, object], taken: Taken) -> None:
    """What one component tells: `switch:0`, `light:0`, `temperature:0` and so on."""
    kind = name.partition(":")[0]
    number_of = name.partition(":")[2]
    if _LAMP.fullmatch(name) or kind in ("pm1", "em1"):
        if number_of != _channel(taken.heard.model):
            return
        taken.take(said, "output", Metric.LIGHT_ON, truth)
        taken.take(said, "brightness", Metric.LIGHT_LEVEL, level_of(100))
        taken.take(said, "apower", Metric.POWER_W, number)
        taken.take(said, "act_power", Metric.POWER_W, number)
        taken.take(child(said, "aenergy"), "total", Metric.ENERGY_WH, number)
    elif kind == "temperature":
        taken.take(said, "tC", Metric.TEMPERATURE_C, number)
    elif kind == "humidity":
        taken.take(said, "rh", Metric.HUMIDITY_PCT, number)
    elif kind == "illuminance":
        taken.take(said, "lux", Metric.ILLUMINANCE_LUX, number)
    elif kind == "presence":
        taken.take(said, "num_objects", Metric.OCCUPANT_COUNT, number)
        taken.take(said, "state", Metric.PRESENCE, truth)
    elif kind == "devicepower":
        taken.take(child(said, "battery"), "percent", Metric.BATTERY_PCT, number)


def _channel(model: str | None) -> str:
    """Which of a device's channels is meant: the number in `light:1`, else the first."""
    number_of = (model or "").rpartition(":")[2]
    return number_of if ":" in (model or "") and re.fullmatch(r"[0-9]{1,3}", number_of) else "0"


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
