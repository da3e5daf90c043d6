"""Home Assistant states: as `mqtt_statestream` publishes them, or whole state objects as its API tells them.

An address is `<domain>/<object id>`. Statestream's topics are `homeassistant/<domain>/<object id>/state` with a bare
word, and one topic an attribute where attributes are published. A state object has `entity_id`, `state`, `attributes` and
`last_updated`. `unknown` and `unavailable` say that Home Assistant cannot tell: no presence, and the device is offline.
"""

import json

from edge.adapters.light_commands import percent
from edge.adapters.message import (
    DeviceMessage,
    Taken,
    arrival,
    child,
    instant,
    json_object,
    level_of,
    numeral,
    observed,
    text_of,
)
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry
from smartwork.contracts.reading import Reading

BASE = "homeassistant"
BRIGHTEST = 255
_AWAY = ("unknown", "unavailable", "none", "")
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
"""Of units that are not ours; where an energy has none, it is in kWh, as in Home Assistant's energy page."""


def subscriptions(address: str) -> list[str]:
    """Statestream's topics of the entity `<domain>/<object id>`."""
    return [f"{BASE}/{address}/state", f"{BASE}/{address}/brightness"]


def address_of(topic: str) -> str | None:
    """Which entity a topic belongs to, None where it is none of statestream's."""
    parts = topic.split("/")
    return f"{parts[1]}/{parts[2]}" if len(parts) == 4 and parts[0] == BASE and parts[3] in ("state", "brightness") else None


def translate(heard: DeviceMessage) -> list[Reading]:
    """The canonical readings in one state; empty where it holds none that we know. Raises ValueError, naming the field."""
    domain, _, name = heard.address.partition("/")
    word = text_of(heard.payload)
    if word.startswith("{"):
        said = json_object(heard.payload)
        attributes = child(said, "attributes")
        taken = Taken(heard, observed(heard, instant(said.get("last_updated") or said.get("last_changed"), "last_updated")))
        what = str(attributes.get("device_class") or name)
        _state(domain, what, str(said.get("state", "")), taken, attributes.get("unit_of_measurement"))
        if Metric.LIGHT_ON in taken.found:
            taken.take(attributes, "brightness", Metric.LIGHT_LEVEL, level_of(BRIGHTEST))
        return taken.readings()
    taken = Taken(heard, arrival(heard))
    if heard.topic.endswith("/brightness"):
        if word.lower() not in _AWAY:
            taken.put(Metric.LIGHT_LEVEL, level_of(BRIGHTEST)(numeral(word)), "brightness", word)
        return taken.readings()
    _state(domain, name, word.strip('"'), taken)
    return taken.readings()


def _state(domain: str, what: str, word: str, taken: Taken, unit: object = None) -> None:
    if word.lower() in _AWAY:
        if word.lower() == "unavailable":
            taken.put(Metric.ONLINE, 0.0, "state", word)
        return
    if domain in ("light", "switch"):
        taken.put(Metric.LIGHT_ON, {"on": 1.0, "off": 0.0}.get(word.lower()), "state", word)
    elif domain == "binary_sensor" and any(each in what for each in _PRESENCE):
        taken.put(Metric.PRESENCE, {"on": 1.0, "off": 0.0}.get(word.lower()), "state", word)
    elif domain == "sensor":
        metric = next((metric for part, metric in _SENSORS.items() if part in what), None)
        if metric is not None:
            value = numeral(word)
            if value is not None and metric is Metric.TEMPERATURE_C and unit == "°F":
                value = round((value - 32) / 1.8, 3)
            elif value is not None:
                usual = "kWh" if metric is Metric.ENERGY_WH else None
                value *= _FACTORS.get(str(unit or usual), 1.0)
            taken.put(metric, value, "state", word)


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
