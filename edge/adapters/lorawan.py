"""Uplinks of LoRaWAN desk sensors: the bytes of Milesight and Elsys, and what a network server's codec made of them.

Sources are the makers' public decoders (Milesight-IoT/SensorDecoders: VS330, VS340, VS341, WS202, WS501;
TheThingsNetwork/lorawan-devices: vendor/elsys/elsys.js). Elsys occupancy is 0 for nobody, 1 for *pending* (somebody enters
or leaves) and 2 for somebody. Pending counts as not occupied: a desk that is being left must not be billed.
"""

import base64
import binascii
from typing import Literal

from edge.adapters.message import MessageReadings
from edge.adapters.values import Convert, boolean, child, number
from smartwork.contracts.metrics import Metric

Maker = Literal["milesight", "elsys"]
MAKERS: tuple[Maker, ...] = ("milesight", "elsys")
EMPTY_MV, FULL_MV = 2_800, 3_600
"""Millivolts of the lithium cell in Elsys sensors when empty and when full; 3.0 V counts as low."""
_MILESIGHT_PORT = 85
_MODELS: dict[str, Maker] = {"vs": "milesight", "ws": "milesight", "ers": "elsys", "ems": "elsys", "els": "elsys"}
_EUIS: dict[str, Maker] = {"24e124": "milesight", "a81758": "elsys"}

_MILESIGHT: dict[tuple[int, int], tuple[int, Metric | None, float]] = {
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

_ELSYS: dict[int, tuple[int, Metric | None, float]] = {
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
_MOTION, _BATTERY, _OCCUPANCY = 0x05, 0x07, 0x11
_OCCUPIED = 2


def maker_of(model: str | None, eui: str, port: object) -> Maker | None:
    """The maker of a device, by the registry's model, the maker's range of DevEUIs, or the port; None if unknown."""
    name = (model or "").lower()
    for maker in MAKERS:
        if name.startswith(maker):
            return maker
    for prefix, known in _MODELS.items():
        if name.startswith(prefix):
            return known
    return _EUIS.get(eui.lower()[:6]) or ("milesight" if port == _MILESIGHT_PORT else None)


def add_uplink(
    found: MessageReadings, maker: Maker | None, data: bytes, parent: dict[str, object], decoded_field: str
) -> None:
    """Add the readings in the bytes if the maker is known; if there are none, those in `parent[decoded_field]`.

    That field is what a codec on the network server made of the bytes. Raises ValueError, naming the field.
    """
    if maker is not None and data:
        add_bytes(found, maker, data)
    if not found.by_metric:
        _add_decoded(found, child(parent, decoded_field), maker)


def add_bytes(found: MessageReadings, maker: Maker, data: bytes) -> None:
    """Add the readings in an uplink's bytes, up to the first unknown type. Raises ValueError if bytes are missing."""
    (_add_milesight if maker == "milesight" else _add_elsys)(found, data)


def base64_bytes(value: object, name: str) -> bytes:
    """Decode a base64 field, empty if it is absent; raises ValueError, naming the field."""
    if value is None:
        return b""
    try:
        return base64.b64decode(value if isinstance(value, str) else "", validate=True) if value != "" else b""
    except (binascii.Error, ValueError):
        raise ValueError(f"{name} is {str(value)[:40]!r}; expected base64") from None


def bytes_from_text(payload: bytes) -> bytes:
    """Decode a payload of hex or base64 text; raises ValueError if it is neither."""
    text = "".join(payload.decode(errors="replace").split())
    try:
        return bytes.fromhex(text)
    except ValueError:
        return base64_bytes(text, "payload")


def _add_milesight(found: MessageReadings, data: bytes) -> None:
    at = 0
    while at + 2 <= len(data):
        key = (data[at], data[at + 1])
        at += 2
        length, metric, factor = (1, None, 1.0) if key == _SWITCHES else _MILESIGHT.get(key, (0, None, 0.0))
        if not length:
            return
        raw = _cut(data, at, length, f"channel {key[0]:02x} type {key[1]:02x}")
        at += length
        value = int.from_bytes(raw, "little")
        if key == _SWITCHES:
            found.add(Metric.LIGHT_ON, float(value & 1), "switch_1", value)
        elif metric is Metric.PRESENCE:
            found.add(metric, {0: 0.0, 1: 1.0}.get(value), "occupancy", value)
        elif metric is not None:
            found.add(metric, value * factor, metric.label, value)


def _add_elsys(found: MessageReadings, data: bytes) -> None:
    at, motion, occupancy = 0, None, None
    while at < len(data):
        kind = data[at]
        at += 1
        length, metric, factor = _ELSYS.get(kind, (0, None, 0.0))
        if not length:
            break
        raw = _cut(data, at, length, f"type {kind:02x}")
        at += length
        value = int.from_bytes(raw, "big", signed=metric is Metric.TEMPERATURE_C)
        if kind == _MOTION:
            motion = value
        elif kind == _OCCUPANCY:
            occupancy = value
        elif kind == _BATTERY:
            share = (value - EMPTY_MV) / (FULL_MV - EMPTY_MV)
            found.add(Metric.BATTERY_PCT, float(round(100 * min(max(share, 0.0), 1.0))), "vdd", value)
        elif metric is not None:
            found.add(metric, round(value * factor, 3), metric.label, value)
    if occupancy is not None:
        found.add(Metric.PRESENCE, {0: 0.0, 1: 0.0, _OCCUPIED: 1.0}.get(occupancy), "occupancy", occupancy)
    elif motion is not None:
        found.add(Metric.PRESENCE, float(motion > 0), "motion", motion)


def _cut(data: bytes, at: int, length: int, name: str) -> bytes:
    if at + length > len(data):
        raise ValueError(f"{name} is cut short")
    return data[at : at + length]


def _occupancy(value: object) -> float | None:
    """Occupancy as codecs on network servers write it: a word, 0 or 1, or a boolean."""
    if isinstance(value, str):
        return {"occupied": 1.0, "vacant": 0.0, "trigger": 1.0, "normal": 0.0}.get(value.lower())
    if isinstance(value, bool):
        return boolean(value)
    return {0.0: 0.0, 1.0: 1.0}.get(-1.0 if (parsed := number(value)) is None else parsed)


def _elsys_occupancy(value: object) -> float | None:
    """Occupancy in Elsys's own numbers, of which 1 is pending."""
    return {0.0: 0.0, 1.0: 0.0, 2.0: 1.0}.get(-1.0 if (parsed := number(value)) is None else parsed)


def _on_off(value: object) -> float | None:
    return {"on": 1.0, "off": 0.0}.get(value.lower()) if isinstance(value, str) else boolean(value)


_DECODED: tuple[tuple[str, Metric, Convert], ...] = (
    ("occupancy", Metric.PRESENCE, _occupancy),
    ("pir", Metric.PRESENCE, _occupancy),
    ("battery", Metric.BATTERY_PCT, number),
    ("temperature", Metric.TEMPERATURE_C, number),
    ("humidity", Metric.HUMIDITY_PCT, number),
    ("co2", Metric.CO2_PPM, number),
    ("illuminance", Metric.ILLUMINANCE_LUX, number),
    ("switch_1", Metric.LIGHT_ON, _on_off),
    ("active_power", Metric.POWER_W, number),
    ("power_consumption", Metric.ENERGY_WH, number),
)


def _add_decoded(found: MessageReadings, decoded: dict[str, object], maker: Maker | None) -> None:
    """Add the readings in the output of a network server's codec; only for Elsys is an occupancy of 1 *pending*."""
    if maker == "elsys":
        found.add_field(decoded, "occupancy", Metric.PRESENCE, _elsys_occupancy)
    for name, metric, convert in _DECODED:
        if metric not in found.by_metric:
            found.add_field(decoded, name, metric, convert)
    if number(decoded.get("light")) is not None:  # Elsys writes lux here, Milesight a word
        found.add_field(decoded, "light", Metric.ILLUMINANCE_LUX, number)
