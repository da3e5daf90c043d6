"""Stored readings of a replayed recording."""

from datetime import datetime

from smartwork.contracts.metrics import Metric
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.time import Interval


def centre_timezone(connection: Connection, centre: str) -> str | None:
    """The IANA zone of a centre, or None where there is no such centre."""
    row = connection.execute(sql("centre_timezone"), (centre,)).fetchone()
    return str(row[0]) if row else None


def first_zone(connection: Connection, centre: str) -> str:
    """The slug of a centre's first zone; raises LookupError where it has none."""
    row = connection.execute(sql("first_zone"), (centre,)).fetchone()
    if row is None:
        raise LookupError(centre)
    return str(row[0])


def values(
    connection: Connection, centre: str, device: str, metric: Metric, window: Interval, *, with_end: bool = False
) -> list[tuple[datetime, float]]:
    """A device's stored values of one metric as (instant, value), in order; [start, end), or [start, end]."""
    row = connection.execute(sql("device_of"), {"centre": centre, "device": device}).fetchone()
    if row is None:
        return []
    arguments = {"device_id": row[0], "metric": int(metric), "start": window.start, "end": window.end}
    found = connection.execute(sql("values_to" if with_end else "values_between"), arguments)
    return [(at, value) for at, value in found]
