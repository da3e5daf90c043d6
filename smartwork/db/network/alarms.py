"""Alarms that edges report, from their beginning to their end."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from smartwork.contracts.edge_reports import Alarms
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.time import instant_of_ms


@dataclass(frozen=True, slots=True)
class ActiveAlarm:
    """An alarm that has not ended; `device` is empty if the alarm is about the gateway itself."""

    centre: str
    edge: str
    kind: str
    device: str
    since: datetime
    message: str


def store_alarms(connection: Connection, topic: Topic, report: Alarms) -> None:
    """End the alarms that an edge's report no longer lists and begin the new ones; in the caller's transaction.

    Storing a report twice changes nothing. A report older than an alarm does not end it.
    """
    row = {
        "centre": topic.centre,
        "edge": topic.name,
        "reported_at": instant_of_ms(report.reported_ms),
        "kinds": [alarm.kind for alarm in report.alarms],
        "devices": [alarm.device or "" for alarm in report.alarms],
        "since": [instant_of_ms(alarm.since_ms) for alarm in report.alarms],
        "messages": [alarm.says.replace("\0", "�") for alarm in report.alarms],
    }
    connection.execute(sql("end_alarms"), row)
    connection.execute(sql("begin_alarms"), row)


def active_alarms(connection: Connection, centre: str | None = None) -> list[ActiveAlarm]:
    """The alarms of one centre, or of all, that have not ended."""
    with wrap_database_errors(), connection.cursor(row_factory=class_row(ActiveAlarm)) as cursor:
        return cursor.execute(sql("active_alarms"), {"centre": centre}).fetchall()
