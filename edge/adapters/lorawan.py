"""The bytes of LoRaWAN desk sensors, where the network server has no codec: Milesight's channels, Elsys's types.

Facts from the makers' public decoders (Milesight-IoT/SensorDecoders: VS330, VS340, VS341, WS202, WS501;
TheThingsNetwork/lorawan-devices: vendor/elsys/elsys.js). Elsys occupancy is 0 for nobody, 1 for *pending* (somebody enters
or leaves) and 2 for somebody; pending is not occupied, for a desk that is being left must not be billed.
"""

import base64
import binascii
from typing import Literal

from edge.adapters.message import Convert, Taken, number, truth
from smartwork.contracts.metrics import Metric

Maker = Literal["milesight", "elsys"]
EMPTY_MV, FULL_MV = 2_800, 3_600
"""Of the lithium cell in Elsys sensors; the maker tells millivolts, and 3.0 V counts as low."""
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
"""Channel and type: how many bytes follow (little-endian), and what they are; versions and serial numbers are nothing."""
_SWITCHES = (0xFF, 0x29)

_ELSYS: dict[int, tuple[int, Metric | None, float]] = {
    0x01: (2, Metric.TEMPERATURE_C, 0.1),
    0x02: (1, Metric.HUMIDITY_PCT, 1),
    0x03: (3, None, 1),
    0x04: (2, Metric.ILLUMINANCE_LUX, 1),
    0x05: (1, None, 1),  # motion: a count that says nothing of the present where occupancy is told, else see below
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
"""Type: how many bytes follow (big-endian), and what they are."""
_MOTION, _BATTERY, _OCCUPANCY = 0x05, 0x07, 0x11
_OCCUPIED = 2


def maker_of(model: str | None, eui: str, port: object) -> Maker | None:
    """Whose bytes these are: by the registry's model, the maker's range of DevEUIs, or the port; None where unknown."""
    name = (model or "").lower()
    for maker in ("milesight", "elsys"):
        if name.startswith(maker):
            return "milesight" if maker == "milesight" else "elsys"
    for prefix, known in _MODELS.items():
        if name.startswith(prefix):
            return known
    return _EUIS.get(eui.lower()[:6]) or ("milesight" if port == _MILESIGHT_PORT else None)


def take_bytes(maker: Maker, data: bytes, taken: Taken) -> None:
    """The readings in an uplink's bytes; what no decoder knows ends it. Raises ValueError where bytes are missing."""
    (_take_milesight if maker == "milesight" else _take_elsys)(data, taken)


def base64_bytes(value: object, name: str) -> bytes:
    """The bytes that a JSON field holds in base64, none where it is absent; raises ValueError, naming it."""
    if value is None:
        return b""
    try:
        return base64.b64decode(value if isinstance(value, str) else "", validate=True) if value != "" else b""
    except (binascii.Error, ValueError):
        raise ValueError(f"{name} is {str(value)[:40]!r}; expected base64") from None


def bare_bytes(payload: bytes) -> bytes:
    """Bytes given as text, in hex or in base64; raises ValueError where they are neither."""
    text = "".join(payload.decode(errors="replace").split())
    try:
        return bytes.fromhex(text)
    except ValueError:
        return base64_bytes(text, "payload")


def _take_milesight(data: bytes, taken: Taken) -> None:
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
            taken.put(Metric.LIGHT_ON, float(value & 1), "switch_1", value)
        elif metric is Metric.PRESENCE:
            taken.put(metric, {0: 0.0, 1: 1.0}.get(value), "occupancy", value)
        elif metric is not None:
            taken.put(metric, value * factor, metric.label, value)


def _take_elsys(data: bytes, taken: Taken) -> None:
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
            taken.put(Metric.BATTERY_PCT, float(round(100 * min(max(share, 0.0), 1.0))), "vdd", value)
        elif metric is not None:
            taken.put(metric, round(value * factor, 3), metric.label, value)
    if occupancy is not None:
        taken.put(Metric.PRESENCE, {0: 0.0, 1: 0.0, _OCCUPIED: 1.0}.get(occupancy), "occupancy", occupancy)
    elif motion is not None:
        taken.put(Metric.PRESENCE, float(motion > 0), "motion", motion)


def _cut(data: bytes, at: int, length: int, name: str) -> bytes:
    if at + length > len(data):
        raise ValueError(f"{name} is cut short")
    return data[at : at + length]


def _occupancy(value: object) -> float | None:
    """As codecs on network servers write it: words, 0 and 1, or a truth value."""
    if isinstance(value, str):
        return {"occupied": 1.0, "vacant": 0.0, "trigger": 1.0, "normal": 0.0}.get(value.lower())
    if isinstance(value, bool):
        return truth(value)
    return {0.0: 0.0, 1.0: 1.0}.get(-1.0 if (found := number(value)) is None else found)


def _elsys_occupancy(value: object) -> float | None:
    """Elsys's own numbers, of which 1 is pending."""
    return {0.0: 0.0, 1.0: 0.0, 2.0: 1.0}.get(-1.0 if (found := number(value)) is None else found)


def _word(value: object) -> float | None:
    return {"on": 1.0, "off": 0.0}.get(value.lower()) if isinstance(value, str) else truth(value)


_DECODED: tuple[tuple[str, Metric, Convert], ...] = (
    ("occupancy", Metric.PRESENCE, _occupancy),
    ("pir", Metric.PRESENCE, _occupancy),
    ("battery", Metric.BATTERY_PCT, number),
    ("temperature", Metric.TEMPERATURE_C, number),
    ("humidity", Metric.HUMIDITY_PCT, number),
    ("co2", Metric.CO2_PPM, number),
    ("illuminance", Metric.ILLUMINANCE_LUX, number),
    ("switch_1", Metric.LIGHT_ON, _word),
    ("active_power", Metric.POWER_W, number),
    ("power_consumption", Metric.ENERGY_WH, number),
)


def take_decoded(said: dict[str, object], maker: Maker | None, taken: Taken) -> None:
    """The readings in what a codec on the network server made of the bytes; only Elsys means *pending* by occupancy 1."""
    if maker == "elsys":
        taken.take(said, "occupancy", Metric.PRESENCE, _elsys_occupancy)
    for name, metric, convert in _DECODED:
        if metric not in taken.found:
            taken.take(said, name, metric, convert)
    if number(said.get("light")) is not None:  # Elsys writes lux here, Milesight a word
        taken.take(said, "light", Metric.ILLUMINANCE_LUX, number)
