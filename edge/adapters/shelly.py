"""Shelly Gen2 and newer: `<id>/events/rpc` (changes), `<id>/status/<component>` (full status), `<id>/online`.

A NotifyStatus holds only what has changed; a reading is made for each field that is present. `ts` is in seconds since 1970,
energy in Wh, `brightness` in percent. A component with `errors` has no valid values. Bluetooth sensors (BLU) are read from
the events of Shelly's script `ble-shelly-blu`; the registry's model is their Bluetooth address. The topics of Gen1 are in
`shelly_gen1.py`.
"""

import json
import re

from edge.adapters import shelly_gen1
from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings, no_readings, word_reading
from edge.adapters.values import Convert, boolean, json_object, level_of, number, total, truth
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

_TOPIC = re.compile(r"(?P<address>[^/]+(?:/[^/]+)*?)/(?:events/rpc|status/[a-z_0-9]+:\d+|online)")
_CHANNELS = ("switch", "light", "rgb", "rgbw", "cct", "rgbcct", "pm1", "em1", "em1data")
"""Components of which a device may have several, each a light or a meter."""
SWITCH = "switch"
"""Model of a Shelly that only switches: a relay, a plug. `switch:1` or `light:1` is the second channel of several."""


def subscriptions(address: str) -> list[str]:
    """The topics of the device with this id (or topic prefix)."""
    if shelly_gen1.is_gen1(address):
        return shelly_gen1.subscriptions(address)
    return [f"{address}/events/rpc", f"{address}/status/+", f"{address}/online"]


def address_of(topic: str) -> str | None:
    """The device's id, or None if the topic is not Shelly's."""
    if shelly_gen1.is_gen1(topic):
        return shelly_gen1.address_of(topic)
    match = _TOPIC.fullmatch(topic)
    return match["address"] if match else None


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one message; raises ValueError if a payload that must be a JSON object is none."""
    if shelly_gen1.is_gen1(message.topic):
        return shelly_gen1.translate(message)
    if message.topic == f"{message.address}/online":
        return word_reading(message, Metric.ONLINE, {"true": 1.0, "false": 0.0}, "online")
    body = json_object(message.payload)
    if message.topic != f"{message.address}/events/rpc":
        readings = MessageReadings.at_arrival(message)
        _add_components(readings, {message.topic.rpartition("/")[2]: body}, is_full=False)
        return readings
    method = body.get("method")
    if method not in ("NotifyStatus", "NotifyFullStatus", "NotifyEvent"):
        return no_readings(message, "method", "is not read")
    params = MessageReadings.at_arrival(message).object_in(body, "params")
    readings = MessageReadings.at(message, number(params.get("ts")), "params.ts")
    if method == "NotifyEvent":
        _add_bluetooth(readings, params.get("events"))
        return readings
    components = {name: status for name, status in params.items() if isinstance(status, dict)}
    _add_components(readings, components, is_full=method == "NotifyFullStatus")
    return readings


_Field = tuple[tuple[str, ...], Metric, Convert]
_FIELDS: dict[str, tuple[_Field, ...]] = {
    **dict.fromkeys(
        _CHANNELS,
        (
            (("output",), Metric.LIGHT_ON, boolean),
            (("brightness",), Metric.LIGHT_LEVEL, level_of(100)),
            (("apower",), Metric.POWER_W, number),
            (("act_power",), Metric.POWER_W, number),
            (("aenergy", "total"), Metric.ENERGY_WH, number),
            (("total_act_energy",), Metric.ENERGY_WH, number),
        ),
    ),
    "em": ((("total_act_power",), Metric.POWER_W, number),),
    "emdata": ((("total_act",), Metric.ENERGY_WH, number),),
    "temperature": ((("tC",), Metric.TEMPERATURE_C, number),),
    "humidity": ((("rh",), Metric.HUMIDITY_PCT, number),),
    "illuminance": ((("lux",), Metric.ILLUMINANCE_LUX, number),),
    **dict.fromkeys(
        ("presence", "presencezone"),
        (
            (("num_objects",), Metric.OCCUPANT_COUNT, number),
            (("state",), Metric.PRESENCE, truth),
            (("value",), Metric.PRESENCE, truth),
        ),
    ),
    "motion": ((("motion",), Metric.PRESENCE, truth), (("state",), Metric.PRESENCE, truth)),
    "devicepower": ((("battery", "percent"), Metric.BATTERY_PCT, number),),
    "bthomedevice": ((("battery",), Metric.BATTERY_PCT, number),),
}
"""The fields of each kind of component, by their path."""


_PHASES = {"em": ("total_act_power", "{}_act_power"), "emdata": ("total_act", "{}_total_act_energy")}
"""Of a meter with three phases the field of all together and that of one phase."""


def _add_component(readings: MessageReadings, name: str, status: dict[str, object]) -> None:
    """Add the readings in the status of one component, such as `switch:0`, `light:0` or `temperature:0`."""
    kind, _, channel = name.partition(":")
    model = readings.message.model
    if status.get("errors"):
        readings.ignore(name, status["errors"], "reports errors, so its values are not valid")
    elif kind in _CHANNELS and channel != shelly_gen1.registered_channel(model):
        readings.ignore(name, "", "is another channel than the registered one", is_fault=False)
    elif kind in ("presence", "presencezone") and _is_other_zone(model, kind, channel):
        readings.ignore(name, "", "is another zone than the registered one", is_fault=False)
    elif kind == "bthomesensor":
        readings.ignore(name, status.get("value"), "does not say what it measures", is_fault=False)
    if kind in _PHASES:
        status = _of_phase(status, *_PHASES[kind], (model or "").lower())
    for path, metric, convert in _FIELDS.get(kind, ()) if not any(field.name == name for field in readings.ignored) else ():
        parent = status if len(path) == 1 else readings.object_in(status, path[0])
        readings.add_field(parent, path[-1], metric, convert)


def _of_phase(status: dict[str, object], whole: str, of_phase: str, model: str) -> dict[str, object]:
    """The status of a meter with three phases, in which the field `whole` is that of the registered phase, as `em:b`.

    Without a registered phase, a missing total is the sum of the phases.
    """
    phases = [status.get(of_phase.format(phase)) for phase in "abc"]
    if match := re.fullmatch(r"em:([abc])", model):
        return {**status, whole: status.get(of_phase.format(match[1]))}
    return status if status.get(whole) is not None or None in phases else {**status, whole: total(phases)}


def _add_components(readings: MessageReadings, components: dict[str, dict[str, object]], *, is_full: bool) -> None:
    """Add the readings in the status of components; zones of a presence sensor together, unless one is registered."""
    zones = {name: status for name, status in components.items() if name.startswith("presencezone:")}
    if not zones or (readings.message.model or "").lower().startswith("presencezone"):
        zones = {}
    else:
        readings.zones = _zones_after(readings, zones, is_full=is_full)
    for name, status in components.items():
        if name not in zones:
            _add_component(readings, name, status)
    if len({name.partition("/")[0] for name in readings.zones or ()}) > 1:
        _add_zones(readings, readings.zones or {})
    else:
        for name, status in zones.items():
            _add_component(readings, name, status)


def _zones_after(readings: MessageReadings, zones: dict[str, dict[str, object]], *, is_full: bool) -> dict[str, float | None]:
    """The presence of all zones, and as `<zone>/num_objects` the people in each, after a message about some of them.

    A message tells only what has changed, unless it is a full status.
    """
    known = {} if is_full else dict(readings.message.zones)
    for name, zone in zones.items():
        has_errors = bool(zone.get("errors"))
        if (value := zone.get("value", zone.get("state"))) is not None:
            known[name] = None if has_errors else truth(value)
        if (people := zone.get("num_objects")) is not None:
            known[f"{name}/num_objects"] = None if has_errors else number(people)
    return known


def _add_zones(readings: MessageReadings, zones: dict[str, float | None]) -> None:
    """Whether somebody is in one of the zones, and the people in all of them."""
    people = {name: value for name, value in zones.items() if name.endswith("/num_objects")}
    if people and None not in people.values() and Metric.OCCUPANT_COUNT not in readings.by_metric:
        counts = list(people.values())
        readings.add(Metric.OCCUPANT_COUNT, total(counts), " + ".join(people), counts)
    readings.add_presence_of_zones({name: value for name, value in zones.items() if name not in people})


def _add_bluetooth(readings: MessageReadings, events: object) -> None:
    """The readings of the registered Bluetooth sensor in the events of the script `ble-shelly-blu`."""
    wanted = (readings.message.model or "").lower()
    for event in events if isinstance(events, list) else []:
        data = event.get("data") if isinstance(event, dict) and event.get("event") == "shelly-blu" else None
        if not isinstance(data, dict):
            continue
        address = str(data.get("address", "")).lower()
        if address != wanted:
            reason = "is another sensor than the registered one: register its Bluetooth address as the model"
            readings.ignore("address", address, reason, is_fault=False)
            continue
        readings.add_field(data, "motion", Metric.PRESENCE, truth)
        readings.add_field(data, "illuminance", Metric.ILLUMINANCE_LUX, number)
        readings.add_field(data, "temperature", Metric.TEMPERATURE_C, number)
        readings.add_field(data, "humidity", Metric.HUMIDITY_PCT, number)
        readings.add_field(data, "battery", Metric.BATTERY_PCT, number)


def _is_other_zone(model: str | None, kind: str, channel: str) -> bool:
    """Whether the registry's model names another zone, as `presencezone:201`. Without one, any zone counts."""
    wanted, colon, number_ = (model or "").lower().partition(":")
    return bool(colon) and wanted.startswith("presence") and (wanted, number_) != (kind, channel)


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The RPC call that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds; a relay is only switched."""
    if shelly_gen1.is_gen1(entry.address):
        return shelly_gen1.command(entry, level, ramp_s)
    params: dict[str, object] = {"id": int(shelly_gen1.registered_channel(entry.model)), "on": level > 0}
    method = "Switch.Set"
    if (entry.model or "").lower().partition(":")[0] != SWITCH:
        method = "Light.Set"
        if level > 0:
            params["brightness"] = percent(level)
        if ramp_s:
            params["transition_duration"] = ramp_s
    call = {"id": 1, "src": "smartwork", "method": method, "params": params}
    return [(f"{entry.address}/rpc", json.dumps(call).encode())]
