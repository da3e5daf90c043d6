"""Fields that devices send and their gateway does not understand, counted by device and field."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from smartwork.contracts.edge_reports import FieldsNotUnderstood
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.time import instant_of_ms


@dataclass(frozen=True, slots=True)
class CountedField:
    """A field that a device sent `count` times since `since` without being understood: its newest value, and why."""

    centre: str
    device: str
    field: str
    count: int
    since: datetime
    last_at: datetime
    sample: str
    reason: str


def store_fields_not_understood(connection: Connection, topic: Topic, report: FieldsNotUnderstood) -> None:
    """Replace the rows of an edge by its report; an older report changes nothing. In the caller's transaction."""
    row = {
        "centre": topic.centre,
        "edge": topic.name,
        "reported_at": instant_of_ms(report.reported_ms),
        "devices": [field.device for field in report.fields],
        "fields": [_stored(field.field) for field in report.fields],
        "counts": [field.count for field in report.fields],
        "since": [instant_of_ms(field.since_ms) for field in report.fields],
        "last_at": [instant_of_ms(field.last_ms) for field in report.fields],
        "samples": [_stored(field.sample) for field in report.fields],
        "reasons": [_stored(field.reason) for field in report.fields],
    }
    connection.execute(sql("forget_fields_not_understood"), row)
    connection.execute(sql("store_fields_not_understood"), row)


def fields_not_understood(connection: Connection, centre: str | None = None) -> list[CountedField]:
    """What is not understood in one centre, or in all; the newest first in each centre."""
    with wrap_database_errors(), connection.cursor(row_factory=class_row(CountedField)) as cursor:
        return cursor.execute(sql("fields_not_understood"), {"centre": centre}).fetchall()


def _stored(text: str) -> str:
    """`text` without the character that PostgreSQL cannot store."""
    return text.replace("\0", "�")
