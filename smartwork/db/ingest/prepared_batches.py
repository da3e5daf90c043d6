"""A portion of batches made ready to be stored, so that the database need not wait while Python computes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from smartwork.contracts.metrics import Metric
from smartwork.db.core.copy_rows import Rows, array_text, reading_rows
from smartwork.db.ingest.columns import Arrival, Columns, Flags, Integers, gather, judge
from smartwork.db.ingest.row_ids import Registry, outbox_key


@dataclass(frozen=True, slots=True)
class Marks:
    """From when on the spans of which devices have to be derived again, as the texts of two arrays; ms since 1970 UTC."""

    device_ids: str
    since_ms: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """Batches of known centres with their columns, what the registry calls them, and their good readings as rows."""

    registry: Registry
    """Whose numbers these are."""
    arrivals: Sequence[Arrival]
    columns: Columns
    outbox_ids: Integers
    device_id: Integers
    good: Flags
    stored: Integers
    """By batch, how many readings are good."""
    rows: Rows
    """The good readings of all batches."""
    marks: Marks
    arrived_at: datetime

    def only(self, fresh: Flags) -> tuple[Rows, Marks]:
        """The rows and marks of the batches that are flagged."""
        if fresh.all():
            return self.rows, self.marks
        taken = self.columns.spread(fresh)
        return self.rows[taken[self.good]], _marks(self.columns, self.device_id, self.good & taken)


def prepare(registry: Registry, arrivals: Sequence[Arrival], columns: Columns | None, arrived_at: datetime) -> Prepared:
    """Judge the batches and lay their good readings out as rows; the registry must know all that they name.

    `columns` is `gather(arrivals)`, where the caller has it already.
    """
    columns = columns or gather(arrivals)
    ids: list[int] = []
    outboxes, days = [], []
    for arrival in arrivals:
        topic, batch = arrival.topic, arrival.batch
        outboxes.append(registry.outbox_id(outbox_key(topic, batch.epoch)))
        ids += map(registry.devices(topic.centre).__getitem__, batch.devices)
        days.append((batch.day, registry.zone(topic.centre)))
    good = judge(columns, days, arrived_at)
    stored = np.add.reduceat(good, columns.starts(), dtype=np.int64) if arrivals else columns.lengths
    device_id = np.array(ids, dtype=np.int64)[columns.device]
    outbox_ids = np.array(outboxes, dtype=np.int64)
    rows = reading_rows(
        columns.at_ms[good],
        device_id[good],
        columns.metric[good],
        columns.value[good],
        columns.spread(outbox_ids)[good],
        columns.n[good],
    )
    marks = _marks(columns, device_id, good)
    return Prepared(registry, arrivals, columns, outbox_ids, device_id, good, stored, rows, marks, arrived_at)


def _marks(columns: Columns, device_id: Integers, taken: Flags) -> Marks:
    presence = taken & (columns.metric == Metric.PRESENCE)
    device, at_ms = device_id[presence], columns.at_ms[presence]
    order = np.argsort(device, kind="stable")
    device, at_ms = device[order], at_ms[order]
    heads = np.flatnonzero(np.append(True, np.diff(device) != 0)[: len(device)])
    since = np.minimum.reduceat(at_ms, heads) if len(heads) else at_ms
    return Marks(array_text(device[heads].tolist()), array_text(since.tolist()))
