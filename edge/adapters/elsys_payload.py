"""The bytes of Elsys sensors: a sequence of types and values.

Source: the public decoder in TheThingsNetwork/lorawan-devices (vendor/elsys/elsys.js). Occupancy is 0 for nobody, 1 for
*pending* (somebody enters or leaves) and 2 for somebody. Pending counts as not occupied: a desk that is being left must not
be billed.
"""

from edge.adapters.message import MessageReadings
from smartwork.contracts.metrics import Metric

EMPTY_MV, FULL_MV = 2_800, 3_600
"""Millivolts of the sensors' lithium cell when empty and when full; 3.0 V counts as low."""
PRESENCE_BY_OCCUPANCY: dict[float, float] = {0: 0.0, 1: 0.0, 2: 1.0}
_FIELDS: dict[int, tuple[int, Metric | None, float]] = {
    0x01: (2, Metric.TEMPERATURE_C, 0.1),
    0x02: (1, Metric.HUMIDITY_PCT, 1),
    0x03: (3, None, 1),
    0x04: (2, Metric.ILLUMINANCE_LUX, 1),
    0x05: (1, None, 1),  # motion: a count, used as presence only if the uplink has no occupancy (see below)
    0x06: (2, Metric.CO2_PPM, 1),
    0x07: (2, None, 1),
    0x08: (2, None, 1),
    0x09: (6, None, 1),
    0x0A: (2, None, 1),
    0x0B: (4, None, 1),
    0x0C: (2, None, 1),
    0x0D: (1, None, 1),
    0x0E: (2, None, 1),
    0x0F: (1, None, 1),
    0x10: (4, None, 1),
    0x11: (1, None, 1),
    0x12: (1, None, 1),
    0x13: (65, None, 1),
    0x14: (4, None, 1),
    0x15: (2, None, 1),
    0x16: (2, None, 1),
    0x17: (4, None, 1),
    0x18: (2, None, 1),
    0x19: (2, None, 1),
    0x1A: (1, None, 1),
    0x1B: (4, None, 1),
    0x1C: (2, None, 1),
    0x3D: (4, None, 1),
}
"""Type → number of bytes that follow (big-endian), metric (None: skipped), factor."""
_MOTION, _BATTERY, _OCCUPANCY, _SETTINGS = 0x05, 0x07, 0x11, 0x3E


def battery_percent(millivolts: float) -> float:
    """The charge of the battery by its voltage, in whole per cent from 0 to 100."""
    share = (millivolts - EMPTY_MV) / (FULL_MV - EMPTY_MV)
    return float(round(100 * min(max(share, 0.0), 1.0)))


def add_elsys(readings: MessageReadings, data: bytes) -> None:
    """Add the readings in an uplink, up to a type of unknown length or one that is cut short."""
    at, motion, occupancy = 0, None, None
    while at < len(data):
        kind = data[at]
        if kind == _SETTINGS:
            readings.ignore("type 3e", data[at:].hex(), "are the sensor's settings", is_fault=False)
            break
        length, metric, factor = _FIELDS.get(kind, (0, None, 0.0))
        raw = data[at + 1 : at + 1 + length]
        if not length or len(raw) < length:
            reason = "is cut short" if length else "has an unknown length, so the rest is not read"
            readings.ignore(f"type {kind:02x}", data[at:].hex(), reason)
            break
        at += 1 + length
        value = int.from_bytes(raw, "big", signed=metric is Metric.TEMPERATURE_C)
        if kind == _MOTION:
            motion = value
        elif kind == _OCCUPANCY:
            occupancy = value
        elif kind == _BATTERY:
            readings.add(Metric.BATTERY_PCT, battery_percent(value), "vdd", value)
        elif metric is not None:
            readings.add(metric, round(value * factor, 3), metric.label, value)
        else:
            readings.ignore(f"type {kind:02x}", raw.hex(), "is none of the metrics", is_fault=False)
    if occupancy is not None:
        readings.add(Metric.PRESENCE, PRESENCE_BY_OCCUPANCY.get(occupancy), "occupancy", occupancy)
    elif motion is not None:
        readings.add(Metric.PRESENCE, float(motion > 0), "motion", motion)
