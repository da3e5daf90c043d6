"""Speaks Zigbee2MQTT: from canonical values to the message that a device's bridge would publish.

Properties as in the project's public documentation (Exposes); `people` is that of its people counters (CSM-300ZB).
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from smartwork.contracts.metrics import Metric

BRIGHTEST = 254

_PROPERTIES: dict[Metric, tuple[str, Callable[[float], object]]] = {
    Metric.PRESENCE: ("occupancy", bool),
    Metric.OCCUPANT_COUNT: ("people", round),
    Metric.ILLUMINANCE_LUX: ("illuminance", lambda value: value),
    Metric.CO2_PPM: ("co2", lambda value: value),
    Metric.TEMPERATURE_C: ("temperature", lambda value: value),
    Metric.HUMIDITY_PCT: ("humidity", lambda value: value),
    Metric.LIGHT_ON: ("state", lambda value: "ON" if value else "OFF"),
    Metric.LIGHT_LEVEL: ("brightness", lambda value: round(value * BRIGHTEST)),
    Metric.POWER_W: ("power", lambda value: value),
    Metric.ENERGY_WH: ("energy", lambda value: round(value / 1000, 9)),  # the bridge counts in kWh
    Metric.BATTERY_PCT: ("battery", round),
    Metric.LINK_QUALITY: ("linkquality", round),
}


def speak(address: str, at: datetime, values: Mapping[Metric, float]) -> tuple[str, bytes]:
    """The topic and payload by which the device at base topic `address` says `values`, measured at `at` (aware).

    `last_seen` carries the time of the event in the bridge's form ISO_8601. Raises KeyError for `ONLINE`, which is
    said on another topic.
    """
    said: dict[str, object] = {}
    for metric, value in values.items():
        name, convert = _PROPERTIES[metric]
        said[name] = convert(value)
    said["last_seen"] = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return address, json.dumps(said, separators=(",", ":")).encode()
