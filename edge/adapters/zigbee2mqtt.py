"""Zigbee2MQTT: `zigbee2mqtt/<friendly name>` (which may hold slashes) and its `availability`.

Properties as in the project's public documentation (Exposes): `occupancy`, `presence`, `illuminance` (lux), `co2`
(ppm), `temperature` (degrees Celsius), `humidity` (%), `state` and `brightness` (0 to 254) of lights, `power` (W),
`energy` (kWh, cumulative), `battery` (%), `linkquality` (0 to 255), `people`, and `last_seen` (ISO 8601) as event time.
"""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime

from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

_BRIGHTEST = 254
_EARLIEST_MS = int(datetime(2000, 1, 2, tzinfo=UTC).timestamp() * 1000)
_LATEST_MS = int(datetime(2099, 12, 31, tzinfo=UTC).timestamp() * 1000)
"""A clock outside of these was never set; a day at both ends is left so that local days, too, are of this century."""


def _truth(value: object) -> float | None:
    return float(value) if isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _switch(value: object) -> float | None:
    return {"ON": 1.0, "OFF": 0.0}.get(value) if isinstance(value, str) else None


def _brightness(value: object) -> float | None:
    number = _number(value)
    return None if number is None else min(round(number / _BRIGHTEST, 4), 1.0)


def _kwh(value: object) -> float | None:
    number = _number(value)
    return None if number is None or math.isinf(number * 1000) else round(number * 1000, 6)


_PROPERTIES: dict[str, tuple[Metric, Callable[[object], float | None]]] = {
    "occupancy": (Metric.PRESENCE, _truth),
    "presence": (Metric.PRESENCE, _truth),
    "people": (Metric.OCCUPANT_COUNT, _number),
    "illuminance": (Metric.ILLUMINANCE_LUX, _number),
    "co2": (Metric.CO2_PPM, _number),
    "temperature": (Metric.TEMPERATURE_C, _number),
    "humidity": (Metric.HUMIDITY_PCT, _number),
    "state": (Metric.LIGHT_ON, _switch),
    "brightness": (Metric.LIGHT_LEVEL, _brightness),
    "power": (Metric.POWER_W, _number),
    "energy": (Metric.ENERGY_WH, _kwh),
    "battery": (Metric.BATTERY_PCT, _number),
    "linkquality": (Metric.LINK_QUALITY, _number),
}


def subscriptions(address: str) -> list[str]:
    """The topics of the device at base topic `address`."""
    return [address, f"{address}/availability"]


def translate(topic: str, payload: bytes, *, device: str, address: str, arrived: datetime) -> list[Reading]:
    """The canonical readings in one message, in the order of the table above; empty where it holds none that we know.

    Event time is the device's `last_seen` where it says one, else `arrived`. Raises ValueError where the payload is
    not what the family speaks.
    """
    if topic == f"{address}/availability":
        return [Reading(_ms(arrived), device, Metric.ONLINE, _availability(payload))]
    said = _json(payload)
    if not isinstance(said, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - a wrong value, whatever its type
    at_ms = _event_ms(said.get("last_seen"), arrived)
    found: dict[Metric, Reading] = {}
    for name, (metric, convert) in _PROPERTIES.items():
        if said.get(name) is not None and metric not in found:
            value = convert(said[name])
            if value is None:
                raise ValueError(f"{name} is {str(said[name])[:40]!r}")
            found[metric] = Reading(at_ms, device, metric, value)
    return list(found.values())


def _json(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None


def _availability(payload: bytes) -> float:
    """1 for online, 0 for offline; both the plain and the JSON form exist."""
    text = payload.decode(errors="replace").strip()
    state: object = text
    if text.startswith("{"):
        said = _json(payload)
        state = said.get("state") if isinstance(said, dict) else None
    if state not in ("online", "offline"):
        raise ValueError(f"availability is {text[:40]!r}")
    return float(state == "online")


def _event_ms(last_seen: object, arrived: datetime) -> int:
    if last_seen is None:
        return _ms(arrived)
    number = _number(last_seen)
    if number is not None:  # option `last_seen: epoch`: milliseconds
        at_ms = int(number)
    else:
        try:
            at = datetime.fromisoformat(str(last_seen))
        except ValueError:
            raise ValueError(f"last_seen is {str(last_seen)[:40]!r}") from None
        if at.tzinfo is None:
            raise ValueError("last_seen has no zone; set Zigbee2MQTT's last_seen to ISO_8601")
        at_ms = _ms(at)
    if not _EARLIEST_MS <= at_ms < _LATEST_MS:
        raise ValueError(f"last_seen is {str(last_seen)[:40]!r}: the device's clock is not set")
    return at_ms


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
