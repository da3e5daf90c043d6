"""The policy of a centre: its devices, opening hours and light settings, versioned and stored when it changes."""

import json
from datetime import datetime

from psycopg.rows import dict_row

from smartwork.contracts.policy import DeviceEntry, Hours, Policy, Profile
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.lighting.zone_settings import zone_settings


def policy(connection: Connection, centre: str, at: datetime) -> Policy:
    """The policy in force for a centre. Stores a new version, dated `at`, if the registry has changed since the last one.

    Raises LookupError if there is no such centre.
    """
    row = connection.execute(sql("newest_policy"), (centre,)).fetchone()
    if row is None:
        raise LookupError(centre)
    version, content, timezone = row
    current = Policy(
        version=int(str(version or 0)) + 1,
        timezone=str(timezone),
        devices=_devices(connection, centre),
        hours=_hours(connection, centre),
        lights=[settings.light for settings in zone_settings(connection, centre)],
    )
    if isinstance(content, dict):
        stored = Policy.model_validate_json(json.dumps(content))
        if stored.model_copy(update={"version": current.version}) == current:
            return stored
    connection.execute(
        sql("put_policy"),
        {"centre": centre, "version": current.version, "content": current.model_dump_json(), "published_at": at},
    )
    return current


def _devices(connection: Connection, centre: str) -> list[DeviceEntry]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(sql("policy_devices"), (centre,)).fetchall()
    return [DeviceEntry(**{**row, "profile": Profile(row["profile"])}) for row in rows]


def _hours(connection: Connection, centre: str) -> Hours:
    row = connection.execute(sql("policy_hours"), (centre,)).fetchone()
    if row is None:
        raise LookupError(centre)
    opens, closes, open_days, closures = row
    return Hours(opens=str(opens), closes=str(closes), open_days=list(open_days), closures=list(closures or []))
