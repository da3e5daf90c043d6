"""The units in which a value of a metric may be given, and what converts it to the metric's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from smartwork.contracts.metrics import Metric


@dataclass(frozen=True, slots=True)
class Unit:
    """A value in the metric's own unit is `value * factor + offset`."""

    factor: float = 1
    offset: float = 0


_PER_CENT = {"%": Unit()}
UNITS: Mapping[Metric, Mapping[str, Unit]] = {
    Metric.ILLUMINANCE_LUX: {"lx": Unit(), "lux": Unit(), "klx": Unit(1e3)},
    Metric.CO2_PPM: {"ppm": Unit()},
    Metric.TEMPERATURE_C: {
        "°C": Unit(),
        "C": Unit(),
        "°F": Unit(1 / 1.8, -32 / 1.8),
        "F": Unit(1 / 1.8, -32 / 1.8),
        "K": Unit(offset=-273.15),
    },
    Metric.HUMIDITY_PCT: _PER_CENT,
    Metric.BATTERY_PCT: _PER_CENT,
    Metric.POWER_W: {"W": Unit(), "kW": Unit(1e3), "mW": Unit(1e-3), "MW": Unit(1e6)},
    Metric.ENERGY_WH: {
        "Wh": Unit(),
        "kWh": Unit(1e3),
        "MWh": Unit(1e6),
        "mWh": Unit(1e-3),
        "J": Unit(1 / 3_600),
        "kJ": Unit(1 / 3.6),
        "MJ": Unit(1 / 0.0036),
    },
}
"""By metric, the units of its quantity. A value in any other unit is another quantity: VA is no power in W."""
