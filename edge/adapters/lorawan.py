"""Uplinks of LoRaWAN desk sensors: whose bytes they are, and what a network server's codec made of the bytes."""

import base64
import binascii
import re
from typing import Literal

from edge.adapters.elsys_payload import PRESENCE_BY_OCCUPANCY, add_elsys, battery_percent
from edge.adapters.message import MessageReadings
from edge.adapters.milesight_models import channel_named
from edge.adapters.milesight_payload import add_milesight
from edge.adapters.values import Convert, json_object, number, total, truth
from smartwork.contracts.metrics import Metric

Maker = Literal["milesight", "elsys"]
MAKERS: tuple[Maker, ...] = ("milesight", "elsys")
MILESIGHT_PORT = 85
"""The port of Milesight's uplinks and downlinks."""
_MODELS: tuple[tuple[str, Maker], ...] = (
    (r"(?:ers|ems|els|elt).*", "elsys"),
    (r"(?:vs|ws|am|em|ct|ts|wt|gs|uc|at|ft|ds|cth|wts)\d.*", "milesight"),
)
_EUIS: dict[str, Maker] = {"24e124": "milesight", "a81758": "elsys"}


def maker_of(model: str | None, eui: str, port: object) -> Maker | None:
    """The maker of a device, by the registry's model, the maker's range of DevEUIs, or the port; None if unknown."""
    name = (model or "").lower()
    for maker in MAKERS:
        if name.startswith(maker):
            return maker
    for pattern, known in _MODELS:
        if re.fullmatch(pattern, name):
            return known
    return _EUIS.get(eui.lower()[:6]) or ("milesight" if port == MILESIGHT_PORT else None)


def add_uplink(
    readings: MessageReadings, maker: Maker | None, model: str | None, data: bytes, decoded: dict[str, object]
) -> None:
    """Add the readings in the bytes if the maker is known, then those that only a codec on the network server gives."""
    if maker is not None and data:
        add_bytes(readings, maker, model, data)
    add_decoded(readings, decoded, maker, model)


def add_bytes(readings: MessageReadings, maker: Maker, model: str | None, data: bytes) -> None:
    """Add the readings in an uplink's bytes, up to the first field of unknown length."""
    if maker == "milesight":
        add_milesight(readings, data, model)
    else:
        add_elsys(readings, data)


def uplink_bytes(readings: MessageReadings, value: object, name: str) -> bytes:
    """The bytes of a base64 field; none, and the field ignored, if it is no base64."""
    try:
        return base64_bytes(value, name)
    except ValueError:
        readings.ignore(name, value, "is no base64")
        return b""


def decoded_object(readings: MessageReadings, event: dict[str, object]) -> dict[str, object]:
    """The output of a network server's codec: the field `object`, or as JSON text `objectJSON`, as ChirpStack 3 has it."""
    text = event.get("objectJSON")
    if event.get("object") is not None or not isinstance(text, str) or not text.strip():
        return readings.object_in(event, "object")
    try:
        return json_object(text.encode())
    except ValueError as error:
        readings.ignore("objectJSON", text, str(error))
        return {}


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


def _elsys_occupancy(value: object) -> float | None:
    """Occupancy in Elsys's own numbers, of which 1 is pending."""
    return PRESENCE_BY_OCCUPANCY.get(-1.0 if (parsed := number(value)) is None else parsed)


_DECODED: tuple[tuple[str, Metric, Convert], ...] = (
    ("occupancy", Metric.PRESENCE, truth),
    ("occupancy_status", Metric.PRESENCE, truth),
    ("occupied", Metric.PRESENCE, truth),
    ("presence", Metric.PRESENCE, truth),
    ("pir", Metric.PRESENCE, truth),
    ("pir_status", Metric.PRESENCE, truth),
    ("people_total_counts", Metric.OCCUPANT_COUNT, number),
    ("people_count_all", Metric.OCCUPANT_COUNT, number),
    ("people_count", Metric.OCCUPANT_COUNT, number),
    ("temperature", Metric.TEMPERATURE_C, number),
    ("ambient_temperature", Metric.TEMPERATURE_C, number),
    ("humidity", Metric.HUMIDITY_PCT, number),
    ("co2", Metric.CO2_PPM, number),
    ("illuminance", Metric.ILLUMINANCE_LUX, number),
    ("illumination", Metric.ILLUMINANCE_LUX, number),
    ("light", Metric.ILLUMINANCE_LUX, number),
    ("Lux", Metric.ILLUMINANCE_LUX, number),
    ("active_power", Metric.POWER_W, number),
    ("electric_power", Metric.POWER_W, number),
    ("power_consumption", Metric.ENERGY_WH, number),
)
"""Names in the output of codecs. `illuminance` and `light` are a word in some: dim, bright, dark."""
_WORDS_ALLOWED = (Metric.ILLUMINANCE_LUX,)
_REGION = re.compile(r"(?:region|zone|occupancy|presence)_(\d{1,2})(?:_occupancy)?")
_REGION_PEOPLE = re.compile(r"(?:region|zone|people)_(\d{1,2})(?:_count)?")
_OF_ALL_REGIONS = (
    "occupancy", "occupancy_status", "occupied", "presence", "people_total_counts", "people_count_all", "people_count"
)  # fmt: skip
"""What a codec says of all regions together: it is left out if the registry's model names one region."""
_HIGHEST_VOLTAGE = 5
TEST_PORT = 224
"""The port of LoRaWAN's own tests: what arrives there is no measurement."""


def add_decoded(readings: MessageReadings, decoded: dict[str, object], maker: Maker | None, model: str | None) -> None:
    """Add the readings in the output of a codec that are not known yet; only for Elsys is an occupancy of 1 *pending*."""
    channel, regions = channel_named(model), _regions(decoded)
    _add_switch(readings, decoded, channel)
    if channel is not None and (name := regions.get(channel)) is not None:
        _add_region(readings, name, decoded[name])
        decoded = {name: value for name, value in decoded.items() if name not in _OF_ALL_REGIONS}
    if maker == "elsys" and Metric.PRESENCE not in readings.by_metric:
        readings.add_field(decoded, "occupancy", Metric.PRESENCE, _elsys_occupancy)
        _add_count_of_movements(readings, decoded, "motion")
        if (millivolts := number(decoded.get("vdd"))) is not None and Metric.BATTERY_PCT not in readings.by_metric:
            readings.add(Metric.BATTERY_PCT, battery_percent(millivolts), "vdd", millivolts)
    if isinstance(pir := decoded.get("pir"), dict):
        decoded = {**decoded, "pir": pir.get("pir_status")}
    for name, metric, convert in _DECODED:
        if metric in readings.by_metric or decoded.get(name) is None:
            continue
        if metric in _WORDS_ALLOWED and isinstance(decoded[name], str):
            readings.ignore(name, decoded[name], "is a word, not lux", is_fault=False)
        else:
            readings.add_field(decoded, name, metric, convert)
    _add_count_of_movements(readings, decoded, "activity")
    if channel is None:
        _add_regions(readings, {name: decoded[name] for name in regions.values()})
    count = readings.by_metric.get(Metric.OCCUPANT_COUNT)
    if count is not None and Metric.PRESENCE not in readings.by_metric:
        readings.add(Metric.PRESENCE, float(count.value > 0), "people counted", count.value)
    _add_battery(readings, decoded.get("battery", decoded.get("battery_main")))


def _regions(decoded: dict[str, object]) -> dict[int, str]:
    """The names of the fields about single regions, by the number of the region."""
    matches = (_REGION.fullmatch(name) or _REGION_PEOPLE.fullmatch(name) for name in decoded)
    return {int(match[1]): match[0] for match in matches if match and decoded[match[0]] is not None}


def _add_region(readings: MessageReadings, name: str, value: object) -> None:
    if _REGION.fullmatch(name):
        if Metric.PRESENCE not in readings.by_metric:
            readings.add(Metric.PRESENCE, truth(value), name, value)
    elif Metric.OCCUPANT_COUNT not in readings.by_metric:
        readings.add(Metric.OCCUPANT_COUNT, number(value), name, value)


def _add_regions(readings: MessageReadings, regions: dict[str, object]) -> None:
    """Presence in any of the regions, and the people in all of them, unless they are known as a whole."""
    people = {name: value for name, value in regions.items() if not _REGION.fullmatch(name)}
    if people and Metric.OCCUPANT_COUNT not in readings.by_metric:
        counts = list(people.values())
        readings.add(Metric.OCCUPANT_COUNT, total(counts), " + ".join(people), counts)
    readings.add_presence_of_zones({name: value for name, value in regions.items() if name not in people})


def _add_switch(readings: MessageReadings, decoded: dict[str, object], channel: int | None) -> None:
    """Whether the registered channel of a switch or socket is on."""
    if Metric.LIGHT_ON in readings.by_metric:
        return
    name = f"switch_{channel or 1}"
    readings.add_field(decoded, name, Metric.LIGHT_ON, truth)
    socket = decoded.get("socket_status")
    if socket is not None and Metric.LIGHT_ON not in readings.by_metric:
        state = socket.get("switch_status_1") if isinstance(socket, dict) else socket
        readings.add(Metric.LIGHT_ON, truth(state), "socket_status", state)


def _add_count_of_movements(readings: MessageReadings, decoded: dict[str, object], name: str) -> None:
    """Presence if the device has counted a movement since its last uplink, unless it says more."""
    count = number(decoded.get(name))
    if Metric.PRESENCE not in readings.by_metric and count is not None:
        readings.add(Metric.PRESENCE, float(count > 0), name, count)


def _add_battery(readings: MessageReadings, battery: object) -> None:
    """A battery in per cent. Some codecs give volts under the same name: a small number that is not whole."""
    if battery is None or Metric.BATTERY_PCT in readings.by_metric:
        return
    parsed = number(battery)
    if parsed is not None and parsed < _HIGHEST_VOLTAGE and parsed != int(parsed):
        readings.ignore("battery", battery, "is in volts, not per cent", is_fault=False)
    else:
        readings.add(Metric.BATTERY_PCT, parsed, "battery", battery)
