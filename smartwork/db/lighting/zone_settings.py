"""How each zone is lit: settings in force, changed and put back."""

import json
from dataclasses import dataclass
from datetime import datetime

from smartwork.contracts.policy import ZoneLight
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.network_setup import Network
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class LightInForce:
    """How a zone is lit, since when, and which version of its settings that is."""

    centre: str
    zone_name: str
    version: int
    light: ZoneLight
    set_at: datetime


def lights(connection: Connection, centre: str | None = None) -> list[LightInForce]:
    """How each zone that has settings is lit."""
    with wrap_database_errors():
        rows = connection.execute(sql("zone_lights"), {"centre": centre}).fetchall()
    return [
        LightInForce(slug, name, version, _light(zone, settings), set_at)
        for slug, zone, name, version, settings, set_at in rows
    ]


def set_light(connection: Connection, centre: str, light: ZoneLight, at: datetime) -> int:
    """Put settings of a zone in force as its newest version, and return that; raises InputError without such a zone."""
    with wrap_database_errors(), connection.transaction():
        row = connection.execute(sql("lock_zone"), {"centre": centre, "zone": light.zone}).fetchone()
        if row is None:
            raise InputError(f"Centre {centre} has no zone {light.zone}; `smartwork light show` lists them.")
        values = {"zone_id": row[0], "settings": light.model_dump_json(exclude={"zone"}), "at": at}
        stored = connection.execute(sql("put_zone_light"), values).fetchone()
        assert stored is not None  # noqa: S101 - an INSERT with RETURNING gives a row
        return int(str(stored[0]))


def undo_light(connection: Connection, centre: str, zone: str, at: datetime) -> ZoneLight:
    """Put the version before the newest in force again, as a new one, and return it; raises InputError without one."""
    with wrap_database_errors():
        rows = connection.execute(sql("zone_light_versions"), {"centre": centre, "zone": zone}).fetchall()
    if len(rows) < 2:
        raise InputError(f"Zone {zone} of centre {centre} never had other settings: there is nothing to undo.")
    before = _light(zone, rows[1][1])
    set_light(connection, centre, before, at)
    return before


def _light(zone: object, settings: object) -> ZoneLight:
    text = json.dumps({**settings, "zone": str(zone)}) if isinstance(settings, dict) else "{}"
    return ZoneLight.model_validate_json(text)


def install_lights(connection: Connection, network: Network, at: datetime) -> None:
    """Put the light settings of the network's zones in force; a zone that has settings keeps them."""
    with connection.transaction():
        lit = {(in_force.centre, in_force.light.zone) for in_force in lights(connection)}
        for centre in network.centres:
            for zone in centre.zones:
                if zone.light is not None and (centre.slug, zone.slug) not in lit:
                    set_light(connection, centre.slug, zone.light, at)
