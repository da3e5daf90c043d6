"""The Things Stack's normalized payload: measurements by the same names for devices of every maker.

Source: the schema in TheThingsNetwork/lorawan-devices (`lib/payload.json`): `air.temperature` (degrees Celsius),
`air.relativeHumidity` (%), `air.lightIntensity` (lux), `air.co2` (ppm), `action.motion.detected` and `action.motion.count`.
`battery` is in volts.
"""

from edge.adapters.message import MessageReadings
from edge.adapters.values import Convert, number, truth
from smartwork.contracts.metrics import Metric

_AIR: tuple[tuple[str, Metric, Convert], ...] = (
    ("temperature", Metric.TEMPERATURE_C, number),
    ("relativeHumidity", Metric.HUMIDITY_PCT, number),
    ("lightIntensity", Metric.ILLUMINANCE_LUX, number),
    ("co2", Metric.CO2_PPM, number),
)


def add_normalized(readings: MessageReadings, payload: object) -> None:
    """Add the measurements that are not known yet; `payload` is one object or an array of them."""
    measurements = [each for each in (payload if isinstance(payload, list) else [payload]) if isinstance(each, dict)]
    # A device may send several with their times; the newest one counts.
    for measurement in sorted(measurements, key=lambda each: str(each.get("time") or ""), reverse=True):
        air = readings.object_in(measurement, "air")
        for name, metric, convert in _AIR:
            if metric not in readings.by_metric:
                readings.add_field(air, name, metric, convert)
        motion = readings.object_in(readings.object_in(measurement, "action"), "motion")
        if Metric.PRESENCE not in readings.by_metric and motion:
            readings.add_field(motion, "detected", Metric.PRESENCE, truth)
            count = number(motion.get("count"))
            if Metric.PRESENCE not in readings.by_metric and count is not None:
                readings.add(Metric.PRESENCE, float(count > 0), "action.motion.count", count)
