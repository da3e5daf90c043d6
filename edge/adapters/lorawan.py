"""Uplinks of LoRaWAN desk sensors: whose bytes they are, and what a network server's codec made of the bytes."""

import base64
import binascii
from typing import Literal

from edge.adapters.elsys_payload import PRESENCE_BY_OCCUPANCY, add_elsys
from edge.adapters.message import MessageReadings
from edge.adapters.milesight_payload import add_milesight
from edge.adapters.values import Convert, boolean, child, number
from smartwork.contracts.metrics import Metric

Maker = Literal["milesight", "elsys"]
MAKERS: tuple[Maker, ...] = ("milesight", "elsys")
_MILESIGHT_PORT = 85
_MODELS: dict[str, Maker] = {"vs": "milesight", "ws": "milesight", "ers": "elsys", "ems": "elsys", "els": "elsys"}
_EUIS: dict[str, Maker] = {"24e124": "milesight", "a81758": "elsys"}


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
    readings: MessageReadings, maker: Maker | None, data: bytes, parent: dict[str, object], decoded_field: str
) -> None:
    """Add the readings in the bytes if the maker is known; if there are none, those in `parent[decoded_field]`.

    That field is what a codec on the network server made of the bytes. Raises ValueError, naming the field.
    """
    if maker is not None and data:
        add_bytes(readings, maker, data)
    if not readings.by_metric:
        _add_decoded(readings, child(parent, decoded_field), maker)


def add_bytes(readings: MessageReadings, maker: Maker, data: bytes) -> None:
    """Add the readings in an uplink's bytes, up to the first unknown type. Raises ValueError if bytes are missing."""
    (add_milesight if maker == "milesight" else add_elsys)(readings, data)


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


def _occupancy(value: object) -> float | None:
    """Occupancy as codecs on network servers write it: a word, 0 or 1, or a boolean."""
    if isinstance(value, str):
        return {"occupied": 1.0, "vacant": 0.0, "trigger": 1.0, "normal": 0.0}.get(value.lower())
    if isinstance(value, bool):
        return boolean(value)
    return {0.0: 0.0, 1.0: 1.0}.get(-1.0 if (parsed := number(value)) is None else parsed)


def _elsys_occupancy(value: object) -> float | None:
    """Occupancy in Elsys's own numbers, of which 1 is pending."""
    return PRESENCE_BY_OCCUPANCY.get(-1.0 if (parsed := number(value)) is None else parsed)


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


def _add_decoded(readings: MessageReadings, decoded: dict[str, object], maker: Maker | None) -> None:
    """Add the readings in the output of a network server's codec; only for Elsys is an occupancy of 1 *pending*."""
    if maker == "elsys":
        readings.add_field(decoded, "occupancy", Metric.PRESENCE, _elsys_occupancy)
    for name, metric, convert in _DECODED:
        if metric not in readings.by_metric:
            readings.add_field(decoded, name, metric, convert)
    if number(decoded.get("light")) is not None:  # Elsys writes lux here, Milesight a word
        readings.add_field(decoded, "light", Metric.ILLUMINANCE_LUX, number)
