"""The ledger's rows of batches: which batches are new, which were resent, and which conflict with stored ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from smartwork.contracts.messages import Batch
from smartwork.db.core.connection import Connection
from smartwork.db.core.copy_rows import array_text
from smartwork.db.core.queries import sql
from smartwork.db.ingest.columns import Flags
from smartwork.db.ingest.messages import ReceivedBatch, RejectedMessage
from smartwork.db.ingest.outboxes import LockedOutbox
from smartwork.db.ingest.prepared_batches import PreparedBatches
from smartwork.domain.ledger.report_checks import MOST_PER_DAY
from smartwork.domain.time import instant_of_ms

_CONFLICT = "the batch's numbers were taken before by a batch with other content"
_CLOSED = "the batch's epoch was closed because an older copy of its outbox was put back"


@dataclass(frozen=True, slots=True)
class RecordedBatches:
    """How the batches of a portion relate to those that are stored."""

    is_new: Flags
    """One for each batch."""
    resends: int
    """Number of batches that are byte-identical to a stored one."""
    refused: dict[int, list[tuple[int, int]]]
    """By index, the batches that are not stored and never will be under these numbers: another batch has taken them, or the
    epoch is closed. The value has the runs of numbers in the batch that are stored with the same readings."""
    rejected: list[RejectedMessage]
    """The refused batches, with the reason."""


def record_batches(
    connection: Connection, prepared: PreparedBatches, outboxes: Mapping[int, LockedOutbox]
) -> RecordedBatches:
    """Insert the ledger row of each new batch and count resends. `outboxes` has the locked outboxes of the batches."""
    batches, outbox_ids = prepared.batches, prepared.outbox_ids.tolist()
    if not batches:
        return RecordedBatches(np.zeros(0, dtype=np.bool_), 0, {}, [])
    open_ones = [i for i, received in enumerate(batches) if outboxes[outbox_ids[i]].may_store(received.batch.last)]
    disjoint, repeated = _split_overlapping(outbox_ids, [received.batch for received in batches], open_ones)
    is_new = _insert(connection, prepared, outbox_ids, disjoint)
    repeated += [i for i in disjoint if not is_new[i]]
    if len(open_ones) < len(batches):
        repeated += sorted(set(range(len(batches))) - set(open_ones))
    conflicts = _count_resends(connection, prepared, outbox_ids, repeated) if repeated else []
    refused = {i: stored_runs(connection, prepared, i) for i in conflicts}
    refused = {i: runs for i, runs in refused.items() if runs != [(batches[i].batch.first, batches[i].batch.last)]}
    return RecordedBatches(
        is_new,
        len(repeated) - len(refused),
        refused,
        [_rejected(batches[i], outboxes[outbox_ids[i]]) for i in refused],
    )


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
            "most_numbers": MOST_PER_DAY,
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


def stored_runs(connection: Connection, prepared: PreparedBatches, index: int) -> list[tuple[int, int]]:
    """The runs of numbers in a batch that are stored with the same readings, in another batch."""
    columns, batch = prepared.columns, prepared.batches[index].batch
    start = int(columns.starts()[index])
    part = slice(start, start + len(batch.at_ms))
    rows = connection.execute(
        sql("stored_numbers"),
        {
            "outbox_id": int(prepared.outbox_ids[index]),
            "device_ids": prepared.device_ids[part].tolist(),
            "metrics": batch.metric,
            "at_ms": batch.at_ms,
            "values": batch.value,
            "numbers": columns.n[part].tolist(),
            "since": instant_of_ms(min(batch.at_ms)),
            "until": instant_of_ms(max(batch.at_ms)),
        },
    )
    runs: list[tuple[int, int]] = []
    for (number,) in rows:
        if runs and number <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _rejected(received: ReceivedBatch, outbox: LockedOutbox) -> RejectedMessage:
    reason = _CONFLICT if outbox.may_store(received.batch.last) else _CLOSED
    return RejectedMessage(str(received.topic), reason, received.payload, outbox.outbox_id)


def _split_overlapping(
    outbox_ids: Sequence[int], batches: Sequence[Batch], selected: Sequence[int]
) -> tuple[list[int], list[int]]:
    """The indexes of selected batches that do not overlap one another, in order of outbox and number, and the others.

    Of overlapping batches the one with the lowest first number is taken, and among equals the one that arrived first.
    """
    disjoint, rest = [], []
    taken_to = (-1, 0)
    for i in sorted(selected, key=lambda i: (outbox_ids[i], batches[i].first)):
        if (outbox_ids[i], batches[i].first) > taken_to:
            taken_to = (outbox_ids[i], batches[i].last)
            disjoint.append(i)
        else:
            rest.append(i)
    return disjoint, rest


def _bytes_array(strings: Sequence[bytes]) -> str:
    """An array literal of byte strings."""
    return "{" + ",".join(f'"\\\\x{string.hex()}"' for string in strings) + "}"
