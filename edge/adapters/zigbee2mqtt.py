"""Zigbee2MQTT: `<base topic>/<friendly name>` (which may hold slashes) and its `availability`.

Properties as in the project's public documentation (Exposes): `presence` (somebody is there, even still) before `occupancy`
(something moves), `illuminance` (lux), `co2` (ppm), `temperature` (degrees Celsius), `humidity` (%), `state` and
`brightness` (0 to 254) of lights, `power` (W), `energy` (kWh, cumulative), `battery` (%), `linkquality` (0 to 255), `people`,
and `last_seen` (ISO 8601, or ms since 1970) as event time. Zigbee2MQTT 1 published the raw value of the sensor as
`illuminance` and the lux as `illuminance_lux`.

A device with several endpoints has properties with a suffix, such as `state_l1`. The registry's model names the endpoint
(`l1`, `left`, `2`). Without it, presences of several zones count together: somebody is in one of them.
"""

import re

from edge.adapters.light_commands import json_light
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.values import Convert, json_object, level_of, number, on_off, scaled, text_of, total, truth
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

BRIGHTEST = 254
_TYPICAL = re.compile(r"[^/]*(?:zigbee|z2m)[^/]*/.+")
_SERVICE = re.compile(
    r"[^/]+/bridge(?:/.*)?|.+/bridge/(?:state|info|devices|groups|event|logging|log|config|health|extensions|definitions|converters)|"
    r".+/bridge/(?:request|response)/.+|[^/]+/.+/(?:set|get)(?:/[^/]+)?"
)
"""Topics of Zigbee2MQTT itself, below a base topic of one level or of several, and of commands."""
_STATES = {
    **dict.fromkeys(("none", "no_one", "absence"), 0.0),
    **dict.fromkeys(("presence", "move", "moving", "static", "still", "small", "large", "peaceful", "breathe"), 1.0),
}


def _moving_or_still(value: object) -> float | None:
    """1 for the word of a radar that somebody is there, moving or still; 0 for the word that nobody is."""
    return _STATES.get(value.strip().lower()) if isinstance(value, str) else truth(value)


_PROPERTIES: tuple[tuple[str, Metric, Convert], ...] = (
    ("presence", Metric.PRESENCE, truth),
    ("presence_state", Metric.PRESENCE, _moving_or_still),
    ("occupancy", Metric.PRESENCE, truth),
    ("motion_state", Metric.PRESENCE, _moving_or_still),
    ("human_motion_state", Metric.PRESENCE, _moving_or_still),
    ("people", Metric.OCCUPANT_COUNT, number),
    ("illuminance_lux", Metric.ILLUMINANCE_LUX, number),
    ("illuminance", Metric.ILLUMINANCE_LUX, number),
    ("co2", Metric.CO2_PPM, number),
    ("temperature", Metric.TEMPERATURE_C, number),
    ("local_temperature", Metric.TEMPERATURE_C, number),
    ("humidity", Metric.HUMIDITY_PCT, number),
    ("brightness", Metric.LIGHT_LEVEL, level_of(BRIGHTEST)),
    ("power", Metric.POWER_W, number),
    ("energy", Metric.ENERGY_WH, scaled(1000)),
    ("battery", Metric.BATTERY_PCT, number),
    ("linkquality", Metric.LINK_QUALITY, number),
)
_WITH_ENDPOINTS = ("state", *(name for name, _, _ in _PROPERTIES))
_ZONE = re.compile(r"(?:presence|occupancy)_(?:zone_?)?(\d{1,2}|[a-z])")
_PEOPLE = re.compile(r"people_(?:zone_?)?(\d{1,2}|[a-z])")


def subscriptions(address: str) -> list[str]:
    """The topics of the device at base topic `address`."""
    return [address, f"{address}/availability"]


def address_of(topic: str) -> str | None:
    """The device's topic, or None if the topic is a command or Zigbee2MQTT's own."""
    if "/" not in topic or _SERVICE.fullmatch(topic):
        return None
    return topic.removesuffix("/availability")


def is_typical(topic: str) -> bool:
    """Whether a topic is probably of this family: its base topic says so. Owners may choose any other."""
    return _TYPICAL.fullmatch(topic) is not None


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one message; their time is `last_seen` where it is plausible.

    Raises ValueError if the payload is no JSON object.
    """
    if message.topic == f"{message.address}/availability":
        return _availability(message)
    properties = json_object(message.payload)
    last_seen = properties.get("last_seen")
    epoch_ms = number(last_seen)
    readings = MessageReadings.at(message, last_seen if epoch_ms is None else epoch_ms / 1000, "last_seen", message.timezone)
    endpoint = _endpoint(message.model, properties)
    properties = _with_phases_added(properties)
    _add_state(readings, properties, "state" if endpoint is None else f"state_{endpoint}")
    for name, metric, convert in _PROPERTIES:
        own = f"{name}_{endpoint}"
        if endpoint is None or own in properties:
            readings.add_field(properties, name if endpoint is None else own, metric, convert)
        elif name in ("battery", "linkquality"):
            readings.add_field(properties, name, metric, convert)
    if endpoint is None:
        _add_zones(readings, properties)
        _ignore_endpoints(readings, properties)
    return readings


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The message that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds.

    The endpoint of a device with several is part of the topic.
    """
    endpoint = f"/{entry.model}" if entry.model and _ENDPOINT.fullmatch(entry.model) else ""
    return [(f"{entry.address}{endpoint}/set", json_light(level, ramp_s, BRIGHTEST))]


_ENDPOINT = re.compile(
    r"l\d{1,2}|left|right|center|centre|top|bottom|top_left|top_right|bottom_left|bottom_right|\d{1,2}|ep\d{1,2}"
)
"""The names of endpoints in Zigbee2MQTT's converters."""


def _endpoint(model: str | None, properties: dict[str, object]) -> str | None:
    """The endpoint that the registry's model names; None if it names a maker's model."""
    if not model:
        return None
    is_endpoint = _ENDPOINT.fullmatch(model) or any(f"{name}_{model}" in properties for name in _WITH_ENDPOINTS)
    return model if is_endpoint else None


def _add_state(readings: MessageReadings, properties: dict[str, object], name: str) -> None:
    """Whether the light is on. Covers and radars have a `state` with other words, which is none of a light."""
    raw = properties.get(name)
    if raw is not None and (value := on_off(raw)) is not None:
        readings.add(Metric.LIGHT_ON, value, name, raw)
    elif raw is not None:
        readings.ignore(name, raw, "is not the state of a light", is_fault=False)


def _with_phases_added(properties: dict[str, object]) -> dict[str, object]:
    """The properties with the power and energy of all phases of a meter.

    Zigbee2MQTT's own meters call the first phase `power` and the others `power_phase_b`; Tuya's have `power_a` besides the
    total.
    """
    for name in ("power", "energy"):
        others = [properties[other] for other in (f"{name}_phase_b", f"{name}_phase_c") if properties.get(other) is not None]
        phases = [properties[phase] for phase in (f"{name}_a", f"{name}_b", f"{name}_c") if properties.get(phase) is not None]
        if others and f"{name}_phase_a" not in properties:
            properties = {**properties, name: total([properties.get(name), *others])}
        elif phases and properties.get(name) is None:
            properties = {**properties, name: total(phases)}
    return properties


def _add_zones(readings: MessageReadings, properties: dict[str, object]) -> None:
    """Presence in any of the zones, and the people of all zones together, unless the device says them as a whole."""
    zones = {name: value for name, value in properties.items() if _ZONE.fullmatch(name) and value is not None}
    readings.add_presence_of_zones(zones)
    people = {name: value for name, value in properties.items() if _PEOPLE.fullmatch(name) and value is not None}
    if people and Metric.OCCUPANT_COUNT not in readings.by_metric:
        counts = list(people.values())
        readings.add(Metric.OCCUPANT_COUNT, total(counts), " + ".join(people), counts)


def _ignore_endpoints(readings: MessageReadings, properties: dict[str, object]) -> None:
    """Note the states of endpoints of which none is registered."""
    if Metric.LIGHT_ON in readings.by_metric or properties.get("state") is not None:
        return
    for name, value in properties.items():
        if name.startswith("state_") and _ENDPOINT.fullmatch(name.removeprefix("state_")) and on_off(value) is not None:
            readings.ignore(name, value, f"is one of several endpoints: register {name.removeprefix('state_')} as the model")


def _availability(message: DeviceMessage) -> MessageReadings:
    """Whether the device is online: a plain word, or an object with `state`, depending on the version."""
    text = text_of(message.payload)
    state: object = json_object(message.payload).get("state") if text.startswith("{") else text
    readings = MessageReadings.at_arrival(message)
    online = {"online": 1.0, "offline": 0.0}.get(state.lower()) if isinstance(state, str) else None
    readings.add(Metric.ONLINE, online, "availability", state)
    return readings
