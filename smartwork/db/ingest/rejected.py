"""Messages and readings that cannot be stored as such; each is kept with the reason."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ingest.columns import Flags
from smartwork.db.ingest.messages import RejectedMessage
from smartwork.db.ingest.plausibility import latest_ms, rejection_reason
from smartwork.db.ingest.prepared_batches import PreparedBatches

MAX_PAYLOAD = 2_000
"""Bytes of a rejected message that are stored."""
_MAX_TOPIC = 500


Keeps = Callable[[str, int], int]


class _RejectedRow(NamedTuple):
    """A row of `rejected`, in the order of the statement's parameters; number only for a single reading."""

    arrived_at: datetime
    topic: str
    reason: str
    outbox_id: int | None
    n: int | None
    payload: bytes


def store_rejected(
    connection: Connection,
    messages: Sequence[RejectedMessage],
    prepared: PreparedBatches,
    is_new: Flags,
    keeps: Keeps | None = None,
) -> int:
    """Store rejected messages, and the implausible readings of new batches. Returns the number of rows.

    `keeps(topic, rows)` returns how many of these rows of a centre are kept. The ledger counts all rejected readings anyway.
    """
    kept = [message for message in messages if keeps(message.topic, 1)] if keeps else messages
    rows = [_message_row(message, prepared.arrived_at) for message in kept if message.refused_by is None]
    rows += _reading_rows(prepared, is_new, keeps)
    refused = [_message_row(message, prepared.arrived_at) for message in kept if message.refused_by is not None]
    with connection.cursor() as cursor:
        if rows:
            with cursor.copy(sql("copy_rejected")) as copy:
                for row in rows:
                    copy.write_row(row)
        for row in refused:
            cursor.execute(sql("record_refused_batch"), row._asdict())
    return len(rows) + len(refused)


def _message_row(message: RejectedMessage, arrived_at: datetime) -> _RejectedRow:
    topic, reason = message.topic[:_MAX_TOPIC].replace("\0", "�"), message.reason.replace("\0", "�")
    return _RejectedRow(arrived_at, topic, reason, message.refused_by, None, message.payload[:MAX_PAYLOAD])


def _reading_rows(prepared: PreparedBatches, is_new: Flags, keeps: Keeps | None) -> Iterator[_RejectedRow]:
    columns = prepared.columns
    implausible = np.flatnonzero(columns.per_reading(is_new) & ~prepared.is_plausible)
    batch_indexes = np.searchsorted(columns.starts(), implausible, side="right") - 1
    latest = latest_ms(prepared.arrived_at)
    for batch_index in np.unique(batch_indexes).tolist():
        received, outbox_id = prepared.batches[batch_index], int(prepared.outbox_ids[batch_index])
        topic, day = str(received.topic), received.batch.day
        chosen = implausible[batch_indexes == batch_index]
        if keeps:
            chosen = chosen[: keeps(topic, len(chosen))]
        first, batch = received.batch.first, received.batch
        values = (columns.at_ms[chosen], columns.metric[chosen], columns.value[chosen], columns.n[chosen])
        for at_ms, code, value, n in zip(*(column.tolist() for column in values), strict=True):
            payload = f"{at_ms} {code} {value} {batch.devices[batch.device[n - first]]}".encode()
            reason = rejection_reason(at_ms, code, value, day, latest)
            yield _RejectedRow(prepared.arrived_at, topic, reason, outbox_id, n, payload)
