"""Payload bytes of LoRaWAN desk sensors.

As in the makers' public decoders: Milesight VS341 (channel 01 type 75 battery, channel 03 type 00 occupancy) and Elsys
EMS Desk (TLV: 01 temperature in tenths, 02 humidity, 07 battery in mV, 11 hex occupancy).
"""

from collections.abc import Mapping

from smartwork.contracts.metrics import Metric

EMPTY_CELL_MV, FULL_CELL_MV = 2_800, 3_600


def milesight_bytes(values: Mapping[Metric, float]) -> bytes:
    """The uplink of a VS341 desk sensor, fPort 85."""
    data = b""
    if (battery := values.get(Metric.BATTERY_PCT)) is not None:
        data += bytes((0x01, 0x75, round(battery)))
    if (presence := values.get(Metric.PRESENCE)) is not None:
        data += bytes((0x03, 0x00, round(presence)))
    return data


def elsys_bytes(values: Mapping[Metric, float]) -> bytes:
    """The uplink of an EMS Desk, fPort 1; the occupancy byte is 2 for occupied and 0 for vacant."""
    data = b""
    if (temperature := values.get(Metric.TEMPERATURE_C)) is not None:
        data += b"\x01" + round(temperature * 10).to_bytes(2, "big", signed=True)
    if (humidity := values.get(Metric.HUMIDITY_PCT)) is not None:
        data += bytes((0x02, round(humidity)))
    if (battery := values.get(Metric.BATTERY_PCT)) is not None:
        data += b"\x07" + round(EMPTY_CELL_MV + (FULL_CELL_MV - EMPTY_CELL_MV) * battery / 100).to_bytes(2, "big")
    if (presence := values.get(Metric.PRESENCE)) is not None:
        data += bytes((0x11, 2 if presence else 0))
    return data
