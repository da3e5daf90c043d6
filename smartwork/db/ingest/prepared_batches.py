"""Batches made ready for COPY while the previous portion is committed, so that the database does not wait for Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from smartwork.contracts.metrics import Metric
from smartwork.db.core.copy_rows import Rows, array_text, reading_rows
from smartwork.db.ingest.columns import BatchColumns, Flags, Integers, reading_columns
from smartwork.db.ingest.id_cache import IdCache
from smartwork.db.ingest.messages import ReceivedBatch
from smartwork.db.ingest.plausibility import plausible


@dataclass(frozen=True, slots=True)
class SpanQueueEntries:
    """The devices whose spans must be derived again, and from when: two array literals; ms since 1970 UTC."""

    device_ids: str
    since_ms: str


@dataclass(frozen=True, slots=True)
class PreparedBatches:
    """Batches of known centres with their columns, database ids, and their plausible readings as rows for COPY."""

    ids: IdCache
    """The cache that the ids come from. It is replaced after an error, and then the ids are looked up again."""
    batches: Sequence[ReceivedBatch]
    columns: BatchColumns
    outbox_ids: Integers
    """One for each batch."""
    device_ids: Integers
    """One for each reading."""
    is_plausible: Flags
    """One for each reading."""
    plausible_counts: Integers
    """Number of plausible readings of each batch."""
    rows: Rows
    """The plausible readings of all batches."""
    span_queue: SpanQueueEntries
    arrived_at: datetime

    def of_new(self, is_new: Flags) -> tuple[Rows, SpanQueueEntries]:
        """The rows and the entries of the span queue for the batches that are flagged."""
        if is_new.all():
            return self.rows, self.span_queue
        in_new = self.columns.per_reading(is_new)
        entries = _span_queue_entries(self.columns, self.device_ids, self.is_plausible & in_new)
        return self.rows[in_new[self.is_plausible]], entries


def prepare(
    ids: IdCache, batches: Sequence[ReceivedBatch], columns: BatchColumns | None, arrived_at: datetime
) -> PreparedBatches:
    """Check the readings and lay the plausible ones out as rows. `ids` must have all that the batches name.

    `columns` is `reading_columns(batches)` where the caller has it already.
    """
    columns = columns or reading_columns(batches)
    all_device_ids: list[int] = []
    outbox_ids, days = [], []
    for received in batches:
        centre = received.topic.centre
        outbox_ids.append(ids.outbox_id(received.outbox))
        all_device_ids += map(ids.device_ids(centre).__getitem__, received.batch.devices)
        days.append((received.batch.day, ids.timezone(centre)))
    is_plausible = plausible(columns, days, arrived_at)
    device_ids = np.array(all_device_ids, dtype=np.int64)[columns.device]
    outbox_id = np.array(outbox_ids, dtype=np.int64)
    return PreparedBatches(
        ids=ids,
        batches=batches,
        columns=columns,
        outbox_ids=outbox_id,
        device_ids=device_ids,
        is_plausible=is_plausible,
        plausible_counts=np.add.reduceat(is_plausible, columns.starts(), dtype=np.int64) if batches else columns.lengths,
        rows=reading_rows(
            columns.at_ms[is_plausible],
            device_ids[is_plausible],
            columns.metric[is_plausible],
            columns.value[is_plausible],
            columns.per_reading(outbox_id)[is_plausible],
            columns.n[is_plausible],
        ),
        span_queue=_span_queue_entries(columns, device_ids, is_plausible),
        arrived_at=arrived_at,
    )


def _span_queue_entries(columns: BatchColumns, device_ids: Integers, selected: Flags) -> SpanQueueEntries:
    """Each device with a selected presence reading, and its earliest one."""
    presence = selected & (columns.metric == Metric.PRESENCE)
    device, at_ms = device_ids[presence], columns.at_ms[presence]
    order = np.argsort(device, kind="stable")
    device, at_ms = device[order], at_ms[order]
    firsts = np.flatnonzero(np.append(True, np.diff(device) != 0)[: len(device)])
    since = np.minimum.reduceat(at_ms, firsts) if len(firsts) else at_ms
    return SpanQueueEntries(array_text(device[firsts].tolist()), array_text(since.tolist()))
