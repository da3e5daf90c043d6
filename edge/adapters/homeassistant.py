"""Home Assistant's states, as `mqtt_statestream` publishes them or as whole state objects from its API.

An address is `<domain>/<object id>`. Statestream publishes the state as a plain word on
`homeassistant/<domain>/<object id>/state`, and each attribute on its own topic if attributes are published. A state object
has `entity_id`, `state`, `attributes` and `last_updated`. With the states `unknown` and `unavailable` Home Assistant says
that it does not know: they give no presence; `unavailable` also means that the device is offline.
"""

import json

from edge.adapters.event_time import parse_time
from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.values import child, json_object, level_of, number_or_text, on_off, text_of
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

BASE = "homeassistant"
BRIGHTEST = 255
_NO_VALUE = ("unknown", "unavailable", "none", "")
_PRESENCE = ("occupancy", "presence", "motion")
_SENSORS = {
    "illuminance": Metric.ILLUMINANCE_LUX,
    "carbon_dioxide": Metric.CO2_PPM,
    "co2": Metric.CO2_PPM,
    "temperature": Metric.TEMPERATURE_C,
    "humidity": Metric.HUMIDITY_PCT,
    "power": Metric.POWER_W,
    "energy": Metric.ENERGY_WH,
    "battery": Metric.BATTERY_PCT,
}
_FACTORS = {"kWh": 1_000.0, "MWh": 1_000_000.0, "kW": 1_000.0, "mW": 0.001}
"""Factors from Home Assistant's units to W and Wh. An energy without a unit is in kWh, as on its energy page."""


def subscriptions(address: str) -> list[str]:
    """Statestream's topics of the entity `<domain>/<object id>`."""
    return [f"{BASE}/{address}/state", f"{BASE}/{address}/brightness"]


def address_of(topic: str) -> str | None:
    """The entity's address, or None if the topic is not statestream's."""
    parts = topic.split("/")
    return f"{parts[1]}/{parts[2]}" if len(parts) == 4 and parts[0] == BASE and parts[3] in ("state", "brightness") else None


def translate(message: DeviceMessage) -> list[Reading]:
    """The readings in one state; raises ValueError, naming the field, if it cannot be parsed."""
    domain, _, object_id = message.address.partition("/")
    word = text_of(message.payload)
    if word.startswith("{"):
        return _state_object(message, domain, object_id)
    readings = MessageReadings.at_arrival(message)
    if message.topic.endswith("/brightness"):
        if word.lower() not in _NO_VALUE:
            readings.add(Metric.LIGHT_LEVEL, level_of(BRIGHTEST)(number_or_text(word)), "brightness", word)
        return readings.readings()
    _add_state(readings, domain, object_id, word.strip('"'))
    return readings.readings()


def _state_object(message: DeviceMessage, domain: str, object_id: str) -> list[Reading]:
    state = json_object(message.payload)
    attributes = child(state, "attributes")
    updated = parse_time(state.get("last_updated") or state.get("last_changed"), "last_updated")
    readings = MessageReadings.at(message, updated)
    device_class = str(attributes.get("device_class") or object_id)
    _add_state(readings, domain, device_class, str(state.get("state", "")), attributes.get("unit_of_measurement"))
    if Metric.LIGHT_ON in readings.by_metric:
        readings.add_field(attributes, "brightness", Metric.LIGHT_LEVEL, level_of(BRIGHTEST))
    return readings.readings()


def _add_state(readings: MessageReadings, domain: str, device_class: str, word: str, unit: object = None) -> None:
    """Add the state `word`; the metric follows from the domain and from a known word in `device_class`."""
    if word.lower() in _NO_VALUE:
        if word.lower() == "unavailable":
            readings.add(Metric.ONLINE, 0.0, "state", word)
    elif domain in ("light", "switch"):
        readings.add(Metric.LIGHT_ON, on_off(word), "state", word)
    elif domain == "binary_sensor" and any(part in device_class for part in _PRESENCE):
        readings.add(Metric.PRESENCE, on_off(word), "state", word)
    elif domain == "sensor":
        metric = next((metric for part, metric in _SENSORS.items() if part in device_class), None)
        if metric is not None:
            readings.add(metric, _in_our_unit(metric, word, unit), "state", word)


def _in_our_unit(metric: Metric, word: str, unit: object) -> float | None:
    value = number_or_text(word)
    if value is None:
        return None
    if metric is Metric.TEMPERATURE_C and unit == "°F":
        return round((value - 32) / 1.8, 3)
    default = "kWh" if metric is Metric.ENERGY_WH else None
    return value * _FACTORS.get(str(unit or default), 1.0)


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The service call that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds.

    The "topic" is the service as `domain/service`, the payload its data as JSON. It is sent through Home Assistant's API,
    not through a broker.
    """
    data: dict[str, object] = {"entity_id": entry.address.replace("/", ".", 1)}
    if level > 0:
        data["brightness_pct"] = percent(level)
    if ramp_s:
        data["transition"] = ramp_s
    return [(f"light/{'turn_on' if level > 0 else 'turn_off'}", json.dumps(data).encode())]
