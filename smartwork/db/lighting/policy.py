"""A centre's policy as its edge gets it: devices, opening hours and light settings."""

import json
from datetime import datetime

from smartwork.contracts.policy import DeviceEntry, Hours, Policy, Profile
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.lighting.zone_settings import lights


def policy(connection: Connection, centre: str, at: datetime) -> Policy:
    """The policy in force for a centre's edge; a new version is written where the registry has changed since the last."""
    row = connection.execute(sql("newest_policy"), (centre,)).fetchone()
    if row is None:
        raise LookupError(centre)
    version, content, timezone = row
    wanted = Policy(
        version=int(str(version or 0)) + 1,
        timezone=str(timezone),
        devices=[
            DeviceEntry(
                device=str(slug),
                profile=Profile(str(profile)),
                address=str(address),
                interval_s=interval,
                model=model,
                role=role,
                zone=zone,
                resource=resource,
            )
            for slug, profile, address, interval, model, role, zone, resource in connection.execute(
                sql("policy_devices"), (centre,)
            )
        ],
        hours=_hours(connection, centre),
        lights=[in_force.light for in_force in lights(connection, centre)],
    )
    if isinstance(content, dict):
        newest = Policy.model_validate_json(json.dumps(content))
        if newest.model_copy(update={"version": wanted.version}) == wanted:
            return newest
    fresh = wanted
    connection.execute(
        sql("put_policy"),
        {"centre": centre, "version": fresh.version, "content": fresh.model_dump_json(), "published_at": at},
    )
    return fresh


def _hours(connection: Connection, centre: str) -> Hours:
    row = connection.execute(sql("policy_hours"), (centre,)).fetchone()
    if row is None:
        raise LookupError(centre)
    opens, closes, open_days, closures = row
    return Hours(opens=str(opens), closes=str(closes), open_days=list(open_days), closures=list(closures or []))
