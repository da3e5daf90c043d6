"""Stored readings of a replayed recording."""

from datetime import datetime

from smartwork.contracts.metrics import Metric
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.time import Interval


def centre_timezone(connection: Connection, centre: str) -> str | None:
    """The IANA time zone of a centre, or None if there is no such centre."""
    row = connection.execute(sql("centre_timezone"), (centre,)).fetchone()
    return str(row[0]) if row else None


def first_zone(connection: Connection, centre: str) -> str:
    """The slug of a centre's first zone. Raises LookupError if it has none."""
    row = connection.execute(sql("first_zone"), (centre,)).fetchone()
    if row is None:
        raise LookupError(centre)
    return str(row[0])


def values(
    connection: Connection, centre: str, device: str, metric: Metric, window: Interval, *, with_end: bool = False
) -> list[tuple[datetime, float]]:
    """The stored values of one metric of a device as (instant, value), in order, from [start, end) or [start, end]."""
    row = connection.execute(sql("recording_device"), {"centre": centre, "device": device}).fetchone()
    if row is None:
        return []
    arguments = {"device_id": row[0], "metric": int(metric), "start": window.start, "end": window.end}
    records = connection.execute(sql("values_to_end" if with_end else "values_before_end"), arguments)
    return [(at, value) for at, value in records]
