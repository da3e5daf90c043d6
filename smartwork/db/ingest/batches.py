"""The ledger's rows of batches: which batches are new, which were resent, and which conflict with stored ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smartwork.contracts.messages import Batch
from smartwork.db.core.connection import Connection
from smartwork.db.core.copy_rows import array_text
from smartwork.db.core.queries import sql
from smartwork.db.ingest.columns import Flags
from smartwork.db.ingest.messages import ReceivedBatch, RejectedMessage
from smartwork.db.ingest.prepared_batches import PreparedBatches

_CONFLICT = "the batch's numbers were taken before by a batch with other content"


@dataclass(frozen=True, slots=True)
class RecordedBatches:
    """How the batches of a portion relate to those that are stored."""

    is_new: Flags
    """One for each batch."""
    resends: int
    """Number of batches that are byte-identical to a stored one."""
    conflicts: list[RejectedMessage]
    """Batches whose numbers a batch with other content has taken."""


def record_batches(connection: Connection, prepared: PreparedBatches) -> RecordedBatches:
    """Insert the ledger row of each new batch and count resends. Locks the outboxes until the transaction ends."""
    batches, outbox_ids = prepared.batches, prepared.outbox_ids.tolist()
    if not batches:
        return RecordedBatches(np.zeros(0, dtype=np.bool_), 0, [])
    connection.execute(sql("lock_outboxes"), (array_text(sorted(set(outbox_ids))),))
    disjoint, overlapping = _split_overlapping(outbox_ids, [received.batch for received in batches])
    is_new = _insert(connection, prepared, outbox_ids, disjoint)
    repeated = overlapping + [i for i in disjoint if not is_new[i]]
    conflicts = _count_resends(connection, prepared, outbox_ids, repeated) if repeated else []
    return RecordedBatches(is_new, len(repeated) - len(conflicts), [_conflict(batches[i]) for i in conflicts])


def _insert(connection: Connection, prepared: PreparedBatches, outbox_ids: list[int], selected: list[int]) -> Flags:
    """Insert the selected batches where no stored batch has one of their numbers; flags those that were inserted."""
    batches, columns = [received.batch for received in prepared.batches], prepared.columns
    rows = connection.execute(
        sql("record_batches"),
        {
            "outbox_ids": array_text([outbox_ids[i] for i in selected]),
            "firsts": array_text([batches[i].first for i in selected]),
            "lasts": array_text([batches[i].last for i in selected]),
            "days": "{" + ",".join(batches[i].day for i in selected) + "}",
            "stored": array_text(prepared.plausible_counts[selected].tolist()),
            "rejected": array_text((columns.lengths - prepared.plausible_counts)[selected].tolist()),
            "digests": _bytes_array([columns.digests[i] for i in selected]),
            "arrived_at": prepared.arrived_at,
        },
    ).fetchall()
    is_new: Flags = np.zeros(len(batches), dtype=np.bool_)
    if len(rows) == len(selected):
        is_new[selected] = True
    else:
        index = {(outbox_ids[i], batches[i].first): i for i in selected}
        is_new[[index[outbox_id, first] for outbox_id, first in rows]] = True
    return is_new


def _count_resends(
    connection: Connection, prepared: PreparedBatches, outbox_ids: list[int], repeated: list[int]
) -> list[int]:
    """Count the byte-identical batches among `repeated` as resends; returns the others, which are conflicts."""
    batches, digests = [received.batch for received in prepared.batches], prepared.columns.digests
    rows = connection.execute(
        sql("count_resends"),
        {
            "outbox_ids": array_text([outbox_ids[i] for i in repeated]),
            "firsts": array_text([batches[i].first for i in repeated]),
            "digests": _bytes_array([digests[i] for i in repeated]),
        },
    ).fetchall()
    identical = {(outbox_id, first, bytes(digest)) for outbox_id, first, digest in rows}
    return [i for i in repeated if (outbox_ids[i], batches[i].first, digests[i]) not in identical]


def _conflict(received: ReceivedBatch) -> RejectedMessage:
    return RejectedMessage(str(received.topic), _CONFLICT, received.payload)


def _split_overlapping(outbox_ids: Sequence[int], batches: Sequence[Batch]) -> tuple[list[int], list[int]]:
    """The indexes of batches that do not overlap one another, in order of outbox and number, and those of the rest.

    Of overlapping batches the one with the lowest first number is taken, and among equals the one that arrived first.
    """
    disjoint, rest = [], []
    taken_to = (-1, 0)
    for i in sorted(range(len(batches)), key=lambda i: (outbox_ids[i], batches[i].first)):
        if (outbox_ids[i], batches[i].first) > taken_to:
            taken_to = (outbox_ids[i], batches[i].last)
            disjoint.append(i)
        else:
            rest.append(i)
    return disjoint, rest


def _bytes_array(strings: Sequence[bytes]) -> str:
    """An array literal of byte strings."""
    return "{" + ",".join(f'"\\\\x{string.hex()}"' for string in strings) + "}"
