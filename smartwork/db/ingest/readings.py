"""The readings of new batches, sent with binary COPY."""

from smartwork.db.core.connection import Connection
from smartwork.db.core.copy_rows import HEADER, TRAILER
from smartwork.db.core.queries import sql
from smartwork.db.ingest.columns import Flags
from smartwork.db.ingest.prepared_batches import PreparedBatches


def store_readings(connection: Connection, prepared: PreparedBatches, is_new: Flags) -> int:
    """Store the plausible readings of the new batches, and queue their sensors' spans. Returns the number of readings."""
    rows, entries = prepared.of_new(is_new)
    if not len(rows):
        return 0
    with connection.cursor() as cursor, cursor.copy(sql("copy_readings")) as copy:
        copy.write(HEADER)
        copy.write(rows.data)
        copy.write(TRAILER)
    connection.execute(sql("queue_spans"), {"device_ids": entries.device_ids, "since_ms": entries.since_ms})
    return len(rows)
