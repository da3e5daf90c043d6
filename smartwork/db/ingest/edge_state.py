"""The last ledger report and the state of each edge."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ingest.id_cache import IdCache
from smartwork.db.ingest.messages import EdgeKey, ReceivedLedgerReport, ReceivedStatus

EDGES_PER_CENTRE = 20
"""A centre has one gateway, or a few. More names than these are not recorded."""
_SETTLING = timedelta(seconds=10)
"""Messages that arrive so soon after an edge went offline were on their way already."""


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


def store_edge_states(
    connection: Connection,
    ids: IdCache,
    statuses: Sequence[ReceivedStatus],
    active: Collection[EdgeKey],
    arrived_at: datetime,
) -> None:
    """Store which edges are online, since when, and that a message of each edge in `active` arrived.

    An edge is online if it published that, or if a message of it arrives. All centres must be cached in `ids`.
    """
    states = {(status.topic.centre, str(status.topic.name)): status.state for status in statuses}
    edges = sorted({*states, *active})
    if not edges:
        return
    row = {
        "centre_ids": [ids.centre_id(centre) for centre, _ in edges],
        "edges": [edge for _, edge in edges],
        "states": [states.get(edge) for edge in edges],
        "active": [edge in active for edge in edges],
        "at": arrived_at,
        "settling": _SETTLING,
        "most_edges": EDGES_PER_CENTRE,
    }
    connection.execute(sql("register_edges"), row)
    connection.execute(sql("record_edge_states"), row)
