"""Home Assistant's states, as `mqtt_statestream` publishes them or as whole state objects from its API.

An address is `<domain>/<object id>`, or `<base topic>/<domain>/<object id>` if the owner chose another base topic than
`homeassistant`. Statestream publishes the state as a plain word on `<base topic>/<domain>/<object id>/state`, and each
attribute on its own topic if attributes are published. A state object has `entity_id`, `state`, `attributes` and
`last_updated`. What a sensor measures is what its device class and unit say; without them, what the words of the object id
say. With the states `unknown` and `unavailable` Home Assistant says that it does not know: they give no presence;
`unavailable` also means that the device is offline.
"""

import json
import re
from typing import NamedTuple

from edge.adapters.light_commands import percent
from edge.adapters.message import DeviceMessage, MessageReadings
from edge.adapters.quantity import METRIC_OF_CLASS, PRESENCE_CLASSES, class_of_name, in_own_unit
from edge.adapters.values import json_object, level_of, number_or_text, on_off, text_of
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry

BASE = "homeassistant"
BRIGHTEST = 255
_NO_VALUE = ("unknown", "unavailable", "none", "")
_DEFAULT_ENERGY_UNIT = "kWh"
"""The unit of an energy whose unit is not stated, as on Home Assistant's energy page."""
_TOPIC = re.compile(r"(?P<base>.+)/(?P<entity>(?:binary_sensor|sensor|light|switch)/[^/]+)/(?:state|brightness)")
_SETTING = re.compile(r"led|mmwave|sensor|radar|indicator|child|lock|restart|config|enable|enabled|backlight")


class Quantity(NamedTuple):
    """What is declared of a state: its device class and its unit."""

    device_class: str | None
    unit: str | None


def subscriptions(address: str) -> list[str]:
    """Statestream's topics of the entity: its state and the attributes that are read (see `discovery.py`)."""
    topic = address if address.count("/") > 1 else f"{BASE}/{address}"
    return [f"{topic}/{name}" for name in ("state", "brightness", "device_class", "unit_of_measurement")]


def address_of(topic: str) -> str | None:
    """The entity's address, or None if the topic is not statestream's."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        return None
    return match["entity"] if match["base"] == BASE else f"{match['base']}/{match['entity']}"


def translate(message: DeviceMessage) -> MessageReadings:
    """The readings in one state; raises ValueError if a state object is no JSON object."""
    domain, object_id = message.address.split("/")[-2:]
    word = text_of(message.payload)
    if word.startswith("{"):
        return _state_object(message, domain, object_id)
    readings = MessageReadings.at_arrival(message)
    if message.topic.endswith("/brightness"):
        if word.lower() not in _NO_VALUE:
            readings.add(Metric.LIGHT_LEVEL, level_of(BRIGHTEST)(number_or_text(word)), "brightness", word)
        return readings
    _add_state(readings, domain, object_id, word.strip('"'), Quantity(message.device_class, message.unit))
    return readings


def _state_object(message: DeviceMessage, domain: str, object_id: str) -> MessageReadings:
    state = json_object(message.payload)
    updated = "last_updated" if state.get("last_updated") else "last_changed"
    readings = MessageReadings.at(message, state.get(updated), updated)
    attributes = readings.object_in(state, "attributes")
    declared, unit = (attributes.get(name) for name in ("device_class", "unit_of_measurement"))
    quantity = Quantity(str(declared) if declared else None, str(unit) if unit else None)
    _add_state(readings, domain, object_id, str(state.get("state", "")), quantity)
    if Metric.LIGHT_ON in readings.by_metric:
        readings.add_field(attributes, "brightness", Metric.LIGHT_LEVEL, level_of(BRIGHTEST))
    return readings


def _add_state(readings: MessageReadings, domain: str, object_id: str, word: str, quantity: Quantity) -> None:
    """Add the state `word`; the metric follows from the domain and the device class, without one from the object id."""
    if word.lower() in _NO_VALUE:
        if word.lower() == "unavailable":
            readings.add(Metric.ONLINE, 0.0, "state", word)
        return
    declared, unit = quantity
    words = set(object_id.lower().split("_"))
    if domain == "light" or (domain == "switch" and not any(_SETTING.fullmatch(part) for part in words)):
        readings.add(Metric.LIGHT_ON, on_off(word), "state", word)
    elif domain == "binary_sensor" and (declared in PRESENCE_CLASSES if declared else words & {*PRESENCE_CLASSES, "pir"}):
        readings.add(Metric.PRESENCE, on_off(word), "state", word)
    elif domain == "sensor" and declared is None and (unit in ("people", "persons") or words & {"people", "persons"}):
        readings.add(Metric.OCCUPANT_COUNT, number_or_text(word), "state", word)
    elif domain == "sensor" and (metric := METRIC_OF_CLASS.get(declared or class_of_name(object_id) or "")):
        value = in_own_unit(metric, word, unit, _DEFAULT_ENERGY_UNIT if metric is Metric.ENERGY_WH else None)
        if value is None and number_or_text(word) is not None and unit is not None:
            readings.ignore("state", word, f"is in {unit}, which is no unit of {metric.label}", is_fault=False)
        else:
            readings.add(metric, value, "state", word)
    else:
        readings.ignore("state", word, f"{declared or object_id} is none of the metrics", is_fault=False)


def command(entry: DeviceEntry, level: float, ramp_s: float) -> list[tuple[str, bytes]]:
    """The service call that sets a light to `level` (0 to 1, 0 is off) over `ramp_s` seconds.

    The "topic" is the service as `domain/service`, the payload its data as JSON. It is sent through Home Assistant's API,
    not through a broker.
    """
    data: dict[str, object] = {"entity_id": ".".join(entry.address.split("/")[-2:])}
    if level > 0:
        data["brightness_pct"] = percent(level)
    if ramp_s:
        data["transition"] = ramp_s
    return [(f"light/{'turn_on' if level > 0 else 'turn_off'}", json.dumps(data).encode())]
