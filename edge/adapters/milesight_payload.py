"""The bytes of Milesight sensors: a sequence of channels, types and values.

Source: the maker's public decoders (Milesight-IoT/SensorDecoders: VS330, VS340, VS341, WS202, WS501).
"""

from edge.adapters.message import MessageReadings
from edge.adapters.values import cut
from smartwork.contracts.metrics import Metric

_FIELDS: dict[tuple[int, int], tuple[int, Metric | None, float]] = {
    (0x01, 0x75): (1, Metric.BATTERY_PCT, 1),
    (0x03, 0x00): (1, Metric.PRESENCE, 1),  # VS340, VS341: occupied; WS202: triggered
    (0x03, 0x8E): (1, Metric.PRESENCE, 1),  # VS330
    (0x02, 0x82): (2, None, 1),  # VS330: distance
    (0x04, 0x8E): (1, None, 1),  # VS330: calibration
    (0x04, 0x00): (1, None, 1),  # WS202: daylight, dark or light and no lux
    (0x03, 0x74): (2, None, 1),  # WS501: voltage
    (0x04, 0x80): (4, Metric.POWER_W, 1),
    (0x05, 0x81): (1, None, 1),  # WS501: power factor
    (0x06, 0x83): (4, Metric.ENERGY_WH, 1),
    (0x07, 0xC9): (2, None, 1),  # WS501: current
    (0xFF, 0x01): (1, None, 1),
    (0xFF, 0x08): (6, None, 1),
    (0xFF, 0x09): (2, None, 1),
    (0xFF, 0x0A): (2, None, 1),
    (0xFF, 0x0B): (1, None, 1),
    (0xFF, 0x0F): (1, None, 1),
    (0xFF, 0x2B): (1, None, 1),  # WS501: the function key
    (0xFF, 0xFE): (1, None, 1),
    (0xFF, 0xFF): (2, None, 1),
}
"""Channel and type → number of bytes that follow (little-endian), metric (None: skipped), factor."""
_SWITCHES = (0xFF, 0x29)


def add_milesight(readings: MessageReadings, data: bytes) -> None:
    """Add the readings, up to the first unknown field; raises ValueError, naming the field, if bytes are missing."""
    at = 0
    while at + 2 <= len(data):
        key = (data[at], data[at + 1])
        at += 2
        length, metric, factor = (1, None, 1.0) if key == _SWITCHES else _FIELDS.get(key, (0, None, 0.0))
        if not length:
            return
        raw = cut(data, at, length, f"channel {key[0]:02x} type {key[1]:02x}")
        at += length
        value = int.from_bytes(raw, "little")
        if key == _SWITCHES:
            readings.add(Metric.LIGHT_ON, float(value & 1), "switch_1", value)
        elif metric is Metric.PRESENCE:
            readings.add(metric, {0: 0.0, 1: 1.0}.get(value), "occupancy", value)
        elif metric is not None:
            readings.add(metric, value * factor, metric.label, value)
