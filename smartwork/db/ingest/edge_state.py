"""The last ledger report and the status of each edge."""

from collections.abc import Sequence
from datetime import UTC, datetime

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ingest.id_cache import IdCache
from smartwork.db.ingest.messages import ReceivedLedgerReport, ReceivedStatus


def store_ledger_reports(connection: Connection, ids: IdCache, reports: Sequence[ReceivedLedgerReport]) -> None:
    """Store what edges numbered by local day. A report that is older than the stored one changes nothing."""
    for received in sorted(reports, key=lambda r: (str(r.topic), r.report.epoch, r.report.reported_ms)):
        days = received.report.days
        connection.execute(
            sql("record_edge_days"),
            {
                "outbox_id": ids.outbox_id(received.outbox),
                "reported_at": datetime.fromtimestamp(received.report.reported_ms / 1000, UTC),
                "days": [day.day for day in days],
                "numbered": [day.numbered for day in days],
                "in_outbox": [day.in_outbox for day in days],
            },
        )


def store_statuses(connection: Connection, ids: IdCache, statuses: Sequence[ReceivedStatus], arrived_at: datetime) -> None:
    """Store whether edges are online, with the time of the last change."""
    for status in statuses:
        connection.execute(
            sql("record_status"),
            {
                "centre_id": ids.centre_id(status.topic.centre),
                "edge": status.topic.name,
                "state": status.state,
                "at": arrived_at,
            },
        )
