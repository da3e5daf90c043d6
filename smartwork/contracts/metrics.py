"""The metrics: name, code, unit and range of each, the same on the wire, in SQL and on pages."""

from dataclasses import dataclass
from enum import IntEnum


class Metric(IntEnum):
    """A measured quantity. Its value is the code on the wire and in the database, and never changes its meaning."""

    PRESENCE = 1
    OCCUPANT_COUNT = 2
    ILLUMINANCE_LUX = 3
    CO2_PPM = 4
    TEMPERATURE_C = 5
    HUMIDITY_PCT = 6
    LIGHT_ON = 7
    LIGHT_LEVEL = 8
    POWER_W = 9
    ENERGY_WH = 10
    BATTERY_PCT = 11
    LINK_QUALITY = 12
    ONLINE = 13

    @property
    def label(self) -> str:
        """The name in JSON and on pages, for example `co2_ppm`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Range:
    """The closed range of plausible values. A reading outside it is rejected."""

    low: float
    high: float


RANGES: dict[Metric, Range] = {
    Metric.PRESENCE: Range(0, 1),
    Metric.OCCUPANT_COUNT: Range(0, 10_000),
    Metric.ILLUMINANCE_LUX: Range(0, 200_000),
    Metric.CO2_PPM: Range(0, 50_000),
    Metric.TEMPERATURE_C: Range(-60, 100),
    Metric.HUMIDITY_PCT: Range(0, 100),
    Metric.LIGHT_ON: Range(0, 1),
    Metric.LIGHT_LEVEL: Range(0, 1),
    Metric.POWER_W: Range(-100_000, 1_000_000),
    Metric.ENERGY_WH: Range(0, 1e12),
    Metric.BATTERY_PCT: Range(0, 100),
    Metric.LINK_QUALITY: Range(0, 255),
    Metric.ONLINE: Range(0, 1),
}
