"""Light settings of zones: in force, changed, undone. Every version is kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from smartwork.contracts.policy import ZoneSettings
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.network.centres import Centre
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class ZoneSettingsVersion:
    """A version of a zone's settings and when it was set; the newest version is in force."""

    centre: str
    zone_name: str
    version: int
    light: ZoneSettings
    set_at: datetime


def zone_settings(connection: Connection, centre: str | None = None) -> list[ZoneSettingsVersion]:
    """The settings in force of each zone that has some, in one centre or in all."""
    with wrap_database_errors():
        rows = connection.execute(sql("zone_settings"), {"centre": centre}).fetchall()
    return [
        ZoneSettingsVersion(slug, name, version, _zone_light(zone, settings), set_at)
        for slug, zone, name, version, settings, set_at in rows
    ]


def set_zone_settings(connection: Connection, centre: str, light: ZoneSettings, at: datetime) -> int:
    """Store settings as the zone's newest version and return its number; raises InputError if there is no such zone."""
    with wrap_database_errors(), connection.transaction():
        row = connection.execute(sql("lock_zone"), {"centre": centre, "zone": light.zone}).fetchone()
        if row is None:
            raise InputError(f"Centre {centre} has no zone {light.zone}; `smartwork light show` lists the zones.")
        values = {"zone_id": row[0], "settings": light.model_dump_json(exclude={"zone"}), "at": at}
        stored = connection.execute(sql("put_zone_settings"), values).fetchone()
        assert stored is not None  # noqa: S101 - an INSERT with RETURNING gives a row
        return int(str(stored[0]))


def undo_zone_settings(connection: Connection, centre: str, zone: str, at: datetime) -> ZoneSettings:
    """Store the second newest settings again as a new version and return them.

    Raises InputError if the zone has fewer than two versions.
    """
    with wrap_database_errors():
        rows = connection.execute(sql("last_two_zone_settings"), {"centre": centre, "zone": zone}).fetchall()
    if len(rows) < 2:
        raise InputError(f"Zone {zone} of centre {centre} has no earlier settings: there is nothing to undo.")
    before = _zone_light(zone, rows[1][1])
    set_zone_settings(connection, centre, before, at)
    return before


def install_zone_settings(connection: Connection, centres: Iterable[Centre], at: datetime) -> None:
    """Store the settings that the zones of `centres` carry; a zone that has settings in the database keeps them."""
    with connection.transaction():
        existing = {(version.centre, version.light.zone) for version in zone_settings(connection)}
        for centre in centres:
            for zone in centre.zones:
                if zone.light is not None and (centre.slug, zone.slug) not in existing:
                    set_zone_settings(connection, centre.slug, zone.light, at)


def _zone_light(zone: object, settings: object) -> ZoneSettings:
    text = json.dumps({**settings, "zone": str(zone)}) if isinstance(settings, dict) else "{}"
    return ZoneSettings.model_validate_json(text)
