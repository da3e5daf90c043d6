"""What the gateway keeps of its zones' light over a restart, as JSON: presence of each sensor, and a person's override.

Version 2 names its fields: `{"v": 2, "zones": {zone: {"sensors": {device: {"present", "reported_ms", "present_ms",
"since_ms"}}, "override": {"level", "until_ms"} | null}}}`. Version 1, which older gateways wrote, has no `v` and lists
instead of objects:
`{zone: {"sensors": {device: [present, reported_ms, present_ms]}, "override": [level, until_ms] | null}}`.
Times are milliseconds since 1970 UTC; `present_ms` is null if the sensor never detected presence. `since_ms`, the start of
the last presence, is missing in what gateways wrote before places could have several sensors.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from smartwork.domain.presence.live_sensor import SensorState

VERSION = 2


@dataclass(frozen=True, slots=True)
class SavedZone:
    """The part of a zone's state that outlives a restart."""

    sensors: Mapping[str, SensorState] = field(default_factory=dict)
    override: tuple[float, datetime] | None = None


def to_json(zones: Mapping[str, SavedZone]) -> str:
    """The zones, by slug, in the current version."""
    return json.dumps({"v": VERSION, "zones": {slug: _zone_json(zone) for slug, zone in zones.items()}})


def from_json(text: str | None) -> dict[str, SavedZone]:
    """The zones, by slug, from either version. Whatever cannot be read is left out: its state counts as unknown."""
    try:
        parsed = json.loads(text) if text else {}
    except ValueError:
        return {}
    if not isinstance(parsed, dict):
        return {}
    version = parsed.get("v", 1)
    if version == VERSION:
        zones, read = parsed.get("zones"), _zone
    else:
        zones, read = parsed, _zone_version_1
    if not isinstance(zones, dict):
        return {}
    lights = {}
    for slug, zone in zones.items():
        try:
            lights[slug] = read(zone)
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError, OSError):
            continue
    return lights


def _zone_json(zone: SavedZone) -> dict[str, object]:
    return {
        "sensors": {
            device: {
                "present": sensor.present,
                "reported_ms": _ms(sensor.reported_at),
                "present_ms": None if sensor.present_at is None else _ms(sensor.present_at),
                "since_ms": None if sensor.present_since is None else _ms(sensor.present_since),
            }
            for device, sensor in zone.sensors.items()
        },
        "override": None if zone.override is None else {"level": zone.override[0], "until_ms": _ms(zone.override[1])},
    }


def _zone(zone: Mapping[str, Any]) -> SavedZone:
    override = zone["override"]
    return SavedZone(
        {
            device: _sensor(sensor["present"], sensor["reported_ms"], sensor["present_ms"], sensor.get("since_ms"))
            for device, sensor in zone["sensors"].items()
        },
        None if override is None else (float(override["level"]), _at(override["until_ms"])),
    )


def _zone_version_1(zone: Mapping[str, Any]) -> SavedZone:
    override = zone.get("override")
    return SavedZone(
        {
            device: _sensor(present, reported_ms, present_ms)
            for device, (present, reported_ms, present_ms) in zone.get("sensors", {}).items()
        },
        None if override is None else (float(override[0]), _at(override[1])),
    )


def _sensor(present: object, reported_ms: int, present_ms: int | None, since_ms: int | None = None) -> SensorState:
    present_at, since = (None if ms is None else _at(ms) for ms in (present_ms, since_ms))
    return SensorState(bool(present), _at(reported_ms), present_at, since)


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
