"""Messages and readings that cannot be stored as such; each is kept with the reason."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ingest.columns import Flags
from smartwork.db.ingest.messages import RejectedMessage
from smartwork.db.ingest.plausibility import rejection_reason
from smartwork.db.ingest.prepared_batches import PreparedBatches

MAX_PAYLOAD = 2_000
"""Bytes of a rejected message that are stored."""
_MAX_TOPIC = 500


class _RejectedRow(NamedTuple):
    """A row of `rejected`, in the order of the statement's parameters; number only for a single reading."""

    arrived_at: datetime
    topic: str
    reason: str
    outbox_id: int | None
    n: int | None
    payload: bytes


def store_rejected(
    connection: Connection, messages: Sequence[RejectedMessage], prepared: PreparedBatches, is_new: Flags
) -> int:
    """Store rejected messages, and the implausible readings of new batches. Returns the number of rows."""
    rows = [_message_row(message, prepared.arrived_at) for message in messages if message.refused_by is None]
    rows += _reading_rows(prepared, is_new)
    refused = [_message_row(message, prepared.arrived_at) for message in messages if message.refused_by is not None]
    with connection.cursor() as cursor:
        if rows:
            cursor.executemany(sql("record_rejected"), rows)
        for row in refused:
            cursor.execute(sql("record_refused_batch"), row._asdict())
    return len(rows) + len(refused)


def _message_row(message: RejectedMessage, arrived_at: datetime) -> _RejectedRow:
    topic, reason = message.topic[:_MAX_TOPIC].replace("\0", "�"), message.reason.replace("\0", "�")
    return _RejectedRow(arrived_at, topic, reason, message.refused_by, None, message.payload[:MAX_PAYLOAD])


def _reading_rows(prepared: PreparedBatches, is_new: Flags) -> Iterator[_RejectedRow]:
    columns = prepared.columns
    implausible = np.flatnonzero(columns.per_reading(is_new) & ~prepared.is_plausible)
    batch_indexes = np.searchsorted(columns.starts(), implausible, side="right") - 1
    for i, batch_index in zip(implausible.tolist(), batch_indexes.tolist(), strict=True):
        received = prepared.batches[batch_index]
        yield _RejectedRow(
            arrived_at=prepared.arrived_at,
            topic=str(received.topic),
            reason=rejection_reason(columns, i, received.batch.day, prepared.arrived_at),
            outbox_id=int(prepared.outbox_ids[batch_index]),
            n=int(columns.n[i]),
            payload=f"{columns.at_ms[i]} {columns.metric[i]} {columns.value[i]}".encode(),
        )
