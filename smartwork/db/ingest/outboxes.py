"""Outboxes that a portion writes to: locked until the transaction ends, with what is known about each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from smartwork.db.core.connection import Connection
from smartwork.db.core.copy_rows import array_text
from smartwork.db.core.queries import sql


@dataclass(frozen=True, slots=True)
class LockedOutbox:
    """What the server knows about an outbox: see the columns of the table."""

    outbox_id: int
    said_hello: bool
    closed_after: int | None
    last: int
    in_outbox: int
    reported_at: datetime | None

    def may_store(self, last: int) -> bool:
        """Whether a new batch that ends with this number may be stored."""
        return self.closed_after is None or last <= self.closed_after


def lock_outboxes(connection: Connection, outbox_ids: Iterable[int]) -> dict[int, LockedOutbox]:
    """Lock these outboxes in order, and return them by id."""
    ids = sorted(set(outbox_ids))
    if not ids:
        return {}
    rows = connection.cursor(row_factory=class_row(LockedOutbox)).execute(sql("lock_outboxes"), (array_text(ids),))
    return {row.outbox_id: row for row in rows}
