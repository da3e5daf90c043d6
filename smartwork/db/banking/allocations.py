"""What entries of bank statements are allocated to, and what they may be allocated to."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from smartwork.db.billing.documents import open_items
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows, rows_as, sql
from smartwork.domain.banking.matching import OpenItem, TargetKind
from smartwork.domain.billing.payments import Position, positions


@dataclass(frozen=True, slots=True)
class StoredAllocation:
    """A row of the log of allocations; the amount of one that is taken back is negated. `by_rule`: no person decided it.

    `last_event_id` is the key of the newest event of any document when it was stored.
    """

    bank_entry_id: int
    kind: TargetKind
    target: str
    amount: Decimal
    recorded_at: datetime
    by_rule: bool
    reason: str
    posting_id: int | None
    last_event_id: int = 0


def put_allocation(connection: Connection, row: StoredAllocation) -> None:
    """Add a row to the log, in the caller's transaction."""
    fields = {
        "bank_entry_id": row.bank_entry_id,
        "recorded_at": row.recorded_at,
        "kind": row.kind,
        "target": row.target,
        "amount": row.amount,
        "by_rule": row.by_rule,
        "reason": row.reason,
        "posting_id": row.posting_id,
    }
    connection.execute(sql("put_bank_allocation"), fields)


def allocation_log(connection: Connection) -> dict[int, list[StoredAllocation]]:
    """The log of each entry, oldest first."""
    log: dict[int, list[StoredAllocation]] = defaultdict(list)
    for row in rows_as(StoredAllocation, connection, "bank_allocations"):
        log[row.bank_entry_id].append(row)
    return log


def last_changes_by_hand(connection: Connection) -> Mapping[str, int]:
    """The key of the last event of each document that changed its balance and that no statement recorded."""
    return dict(rows(connection, "last_changes_by_hand"))


def payable_items(connection: Connection) -> list[OpenItem]:
    """The documents to companies, with what is open now and the payments that were recorded by hand.

    What was written off is open to a payment, which recovers it. A payment and a refund of the same amount that were both
    recorded by hand take each other back.
    """
    standing = positions(*open_items(connection))
    recorded: dict[str, list[Decimal]] = defaultdict(list)
    listed = rows(connection, "payable_items")
    notes = {number for number, _, _, is_credit, _ in listed if is_credit}
    for number, event, amount in rows(connection, "payments_by_hand"):
        signed = amount if (event == "paid") != (number in notes) else -amount
        if -signed in recorded[number]:
            recorded[number].remove(-signed)
        else:
            recorded[number].append(signed)
    return [
        OpenItem(number, company, reference, is_credit, issued_on, _open(standing[number]), tuple(recorded[number]))
        for number, company, reference, is_credit, issued_on in listed
    ]


def _open(position: Position) -> Decimal:
    return position.open + position.written_off
