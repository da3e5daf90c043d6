"""Which metric a value is: by its declared device class and unit, else by the words of its name.

Device classes and units are those of Home Assistant, which ESPHome and MQTT discovery use, too. A word in a name counts only
if no other word makes it something else: `power` is a metric, `power_factor` is not.
"""

import re

from edge.adapters.values import number_or_text
from smartwork.contracts.metrics import Metric
from smartwork.contracts.units import UNITS

METRIC_OF_CLASS = {
    "illuminance": Metric.ILLUMINANCE_LUX,
    "carbon_dioxide": Metric.CO2_PPM,
    "temperature": Metric.TEMPERATURE_C,
    "humidity": Metric.HUMIDITY_PCT,
    "power": Metric.POWER_W,
    "energy": Metric.ENERGY_WH,
    "battery": Metric.BATTERY_PCT,
}
PRESENCE_CLASSES = ("presence", "occupancy", "motion")
_WORDS = {
    "illuminance": "illuminance", "lux": "illuminance", "brightness": None, "co2": "carbon_dioxide",
    "temperature": "temperature", "temp": "temperature", "humidity": "humidity", "power": "power", "energy": "energy",
    "battery": "battery",
}  # fmt: skip
_UNIT_WORDS = {"kwh", "wh", "mwh", "w", "kw", "lx", "ppm", "percent", "pct", "level"}
"""Words that may follow the word of a quantity."""
_EXCLUDING = re.compile(
    r"factor|apparent|reactive|returned|return|export|exported|move|moving|still|static|g\d+|gate|gate\d+|radar|mmwave|target|threshold|"
    r"absolute|target|setpoint|calibration|offset|chip|internal|device|cpu|esp|esp32|esp8266|processor|mcu|board|storage|"
    r"voltage|voltage|volts|low|delay|timeout|interval|sensitivity|max|min|limit|today|daily|yesterday|monthly|cost|price|"
    r"status|raw|led|dew|point|feels|wifi|signal|rssi|count|boot"
)
"""Words beside which the word of a quantity means something else: another quantity, a setting, the chip's own."""
_WORD_UNITS = {"kwh": "kWh", "wh": "Wh", "mwh": "MWh", "w": "W", "kw": "kW", "f": "°F", "fahrenheit": "°F"}


def class_of_name(name: str) -> str | None:
    """The device class that the words of an object's name say, or None if none or more than a quantity is meant."""
    words = re.split(r"[_\-\s.]+", name.lower())
    classes = {_WORDS[word] for word in words if _WORDS.get(word)}
    if len(classes) != 1 or any(_EXCLUDING.fullmatch(word) for word in words):
        return None
    [device_class] = classes
    return device_class


def unit_of_name(name: str) -> str | None:
    """The unit that the last word of an object's name says, or None."""
    return _WORD_UNITS.get(re.split(r"[_\-\s.]+", name.lower())[-1])


def in_own_unit(metric: Metric, value: object, unit: str | None, default: str | None = None) -> float | None:
    """A value in the unit of `metric`, or None if it is no number or in a unit of another quantity.

    Without a unit, it is in `default`, else already in the metric's unit.
    """
    parsed = number_or_text(value)
    declared = unit or default
    if parsed is None or declared is None:
        return parsed
    own = UNITS.get(metric, {}).get(declared)
    return None if own is None else round(parsed * own.factor + own.offset, 6)
