"""Recording what an entry is for, and taking it back: events of documents and payouts, postings, and the log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

from smartwork.db.accounting import journal
from smartwork.db.banking.allocations import StoredAllocation, put_allocation
from smartwork.db.banking.statements import ListedEntry
from smartwork.db.billing import documents
from smartwork.db.core.authors import recorded_as
from smartwork.db.core.connection import Connection
from smartwork.db.settlement.payouts import payouts
from smartwork.domain.accounting import postings
from smartwork.domain.banking.matching import Allocation
from smartwork.domain.billing.lifecycle import Event
from smartwork.domain.settlement.payouts import Answer, PayoutEvent
from smartwork.jobs.billing import lifecycle
from smartwork.jobs.settlement.payouts import mark_payout


@dataclass(frozen=True, slots=True)
class Decision:
    """When something is decided about an entry, by a rule or a person, and why."""

    at: datetime
    by_rule: bool
    reason: str = ""


def allocate(connection: Connection, listed: ListedEntry, allocation: Allocation, decision: Decision) -> None:
    """Record that a part of an entry is for a document, a payout or something else, in the caller's issuing transaction.

    Raises InputError where the document or payout does not allow it.
    """
    with recorded_as(connection, f"statement {listed.statement}"):
        if allocation.kind == "document":
            _pay(connection, listed, allocation)
        elif allocation.kind in ("payout", "refused"):
            _answer(connection, listed, allocation, decision.at)
        _put(connection, listed, allocation, decision)


def release(connection: Connection, listed: ListedEntry, allocation: Allocation, decision: Decision) -> None:
    """Take an allocation back, in the caller's issuing transaction. What it paid is open again; a payout stays as it is."""
    taken_back = Allocation(allocation.kind, allocation.target, -allocation.amount)
    with recorded_as(connection, f"statement {listed.statement}"):
        if allocation.kind == "document":
            _take_back(connection, listed, allocation)
        _put(connection, listed, taken_back, decision)


def in_force(log: Iterable[StoredAllocation]) -> list[Allocation]:
    """What a log of allocations amounts to, in order of time."""
    sums: dict[tuple[str, str], Allocation] = {}
    for row in log:
        before = sums.get((row.kind, row.target))
        sums[row.kind, row.target] = Allocation(row.kind, row.target, row.amount + (before.amount if before else 0))
    return [each for each in sums.values() if each.amount]


def _put(connection: Connection, listed: ListedEntry, allocation: Allocation, decision: Decision) -> None:
    posting_id = None
    if allocation.kind != "entry":
        is_elsewhere = allocation.kind == "elsewhere"
        posting = postings.bank_allocation_posting(listed.entry.booked_on, allocation.amount, is_elsewhere=is_elsewhere)
        posting_id = journal.post(connection, posting)
    row = StoredAllocation(
        listed.entry_id, allocation.kind, allocation.target, allocation.amount, decision.at, decision.by_rule,
        decision.reason, posting_id,
    )  # fmt: skip
    put_allocation(connection, row)


def _pay(connection: Connection, listed: ListedEntry, allocation: Allocation) -> None:
    """Record a payment, or a refund, of a document on the day of the entry."""
    note, amount = _note(listed), abs(allocation.amount)
    is_payment = (allocation.amount > 0) != _invoice_is_credit(connection, allocation.target)
    record = lifecycle.pay if is_payment else lifecycle.refund
    record(connection, allocation.target, _noon(listed), note, amount)


def _take_back(connection: Connection, listed: ListedEntry, allocation: Allocation) -> None:
    """Record that a payment of a document did not happen, or came back; of a refund, that it did not happen."""
    documents.lock_document(connection, allocation.target)
    invoice = documents.numbered(connection, allocation.target).invoice
    paid = -allocation.amount if invoice.is_credit else allocation.amount
    event = Event(
        "refunded" if paid > 0 else "paid", _noon(listed), note=f"{_note(listed)}: taken back", amount=abs(allocation.amount)
    )
    documents.put_event(connection, allocation.target, event)
    journal.post(connection, postings.payment_posting(invoice, listed.entry.booked_on, -paid))


def _answer(connection: Connection, listed: ListedEntry, allocation: Allocation, at: datetime) -> None:
    """Record that the bank paid or refused a payout, unless that is recorded already."""
    [payout] = [each for each in payouts(connection) if each.reference == allocation.target]
    answer: Answer = "paid" if allocation.kind == "payout" else "refused"
    if payout.state == answer or (payout.state == "refused" and answer == "paid"):
        return
    entry = listed.entry
    reason = (entry.text or "returned by the bank") if answer == "refused" else None
    day = max([entry.booked_on, *(event.on for event in payout.events)])
    mark_payout(connection, payout.reference, PayoutEvent(answer, day, _note(listed), reason), at)


def _invoice_is_credit(connection: Connection, number: str) -> bool:
    return documents.numbered(connection, number).invoice.is_credit


def _note(listed: ListedEntry) -> str:
    return f"statement {listed.statement} of {listed.entry.booked_on}, entry {listed.entry_id}"


def _noon(listed: ListedEntry) -> datetime:
    return datetime.combine(listed.entry.booked_on, time(12), UTC)


def left_of(amount: Decimal, allocations: Iterable[Allocation]) -> Decimal:
    """What of an entry is not allocated, EUR."""
    return amount - sum((each.amount for each in allocations), Decimal(0))
