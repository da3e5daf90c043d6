"""What a person decides about entries of bank statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from smartwork.db.banking.allocations import StoredAllocation, allocation_log, payable_items
from smartwork.db.banking.statements import ListedEntry, listed_entries, lock_statements
from smartwork.db.billing.documents import issuing_transaction
from smartwork.db.core.connection import Connection
from smartwork.db.settlement.payouts import payouts
from smartwork.domain.banking.matching import Allocation, OpenItem, TargetKind
from smartwork.domain.money import CENT
from smartwork.errors import InputError
from smartwork.jobs.banking.allocating import Decision, allocate, in_force, left_of, release
from smartwork.jobs.banking.apply_rules import AllocatedEntry, apply_rules

_ZERO = Decimal(0)


def match_to_document(
    connection: Connection, entry_id: int, number: str, amount: Decimal | None, at: datetime
) -> AllocatedEntry:
    """Allocate an entry, or `amount` EUR of it, to a document. Returns the entry as it is then. Raises InputError.

    Without an amount it is what is left of the entry, at most what is open on the document. A payment of the document that
    was recorded by hand with this amount is recognised, and not recorded again.
    """
    with issuing_transaction(connection):
        entry = _entry(connection, entry_id)
        items = {item.number: item for item in payable_items(connection)}
        item = items.get(number)
        if item is None:
            raise InputError(f"There is no document {number!r} to a company. To list them: smartwork invoice list")
        recorded = _unconfirmed(connection, item)
        part = _part(entry, item, recorded, amount)
        kind: TargetKind = "recorded" if part in recorded else "document"
        allocate(connection, entry.listed, Allocation(kind, number, part), Decision(at, by_rule=False))
        return _after(connection, entry_id, at)


def match_to_payout(connection: Connection, entry_id: int, reference: str, at: datetime) -> AllocatedEntry:
    """Record that an entry pays a payout or, where money came in, that the payout came back. Raises InputError."""
    with issuing_transaction(connection):
        entry = _entry(connection, entry_id)
        found = [payout for payout in payouts(connection) if payout.reference == reference]
        if len(found) != 1:
            raise InputError(f"There is no payout {reference!r}. To list the payouts: smartwork payout list")
        if abs(entry.left) < found[0].amount:
            raise InputError(
                f"The payout {reference} is {found[0].amount} EUR, and {abs(entry.left)} are left of entry {entry_id}. "
                "Nothing was recorded."
            )
        is_back = entry.left > 0
        allocation = Allocation("refused" if is_back else "payout", reference, found[0].amount * (1 if is_back else -1))
        if any(allocation in in_force(rows) for rows in allocation_log(connection).values()):
            raise InputError(f"Another entry is matched to the payout {reference} already. Nothing was recorded.")
        allocate(connection, entry.listed, allocation, Decision(at, by_rule=False))
        return _after(connection, entry_id, at)


def ignore(connection: Connection, entry_ids: Sequence[int], reason: str, at: datetime) -> list[AllocatedEntry]:
    """Record that what is left of entries is recorded in other books. Raises InputError if nothing is left of one."""
    with issuing_transaction(connection):
        for entry_id in entry_ids:
            entry = _entry(connection, entry_id)
            allocation = Allocation("elsewhere", "", entry.left)
            allocate(connection, entry.listed, allocation, Decision(at, by_rule=False, reason=reason))
        return [each for each in apply_rules(connection, at) if each.listed.entry_id in entry_ids]


def undo(connection: Connection, entry_id: int, at: datetime) -> AllocatedEntry:
    """Take back whatever an entry is allocated to; rules leave it alone from then on. Raises InputError if it is nothing.

    Of a payment and its return, both are taken apart.
    """
    with issuing_transaction(connection):
        lock_statements(connection)
        entries, log = {each.entry_id: each for each in listed_entries(connection)}, allocation_log(connection)
        listed = _listed(entries, entry_id)
        decision = Decision(at, by_rule=False)
        taken_back = in_force(log.get(entry_id, ()))
        if not taken_back:
            raise InputError(f"Entry {entry_id} is matched to nothing, so there is nothing to undo.")
        for allocation in taken_back:
            release(connection, listed, allocation, decision)
            if allocation.kind == "entry":
                other = entries[int(allocation.target)]
                release(connection, other, Allocation("entry", str(entry_id), other.entry.amount), decision)
        return _after(connection, entry_id, at)


@dataclass(frozen=True, slots=True)
class _OpenEntry:
    """An entry that is decided about, and what is left of it, EUR; never 0."""

    listed: ListedEntry
    left: Decimal


def _entry(connection: Connection, entry_id: int) -> _OpenEntry:
    """The entry to decide about. Raises InputError if there is none, or if nothing of it is left."""
    lock_statements(connection)
    listed = _listed({each.entry_id: each for each in listed_entries(connection)}, entry_id)
    log: Sequence[StoredAllocation] = allocation_log(connection).get(entry_id, ())
    left = left_of(listed.entry.amount, in_force(log))
    if not left:
        raise InputError(f"Nothing is left of entry {entry_id}. To decide again: smartwork bank undo {entry_id}")
    return _OpenEntry(listed, left)


def _listed(entries: dict[int, ListedEntry], entry_id: int) -> ListedEntry:
    if entry_id not in entries:
        raise InputError(f"There is no entry {entry_id}. To list the entries: smartwork bank list")
    return entries[entry_id]


def _unconfirmed(connection: Connection, item: OpenItem) -> list[Decimal]:
    """The payments of a document that were recorded by hand and that no entry has shown yet."""
    recorded = list(item.recorded)
    for rows in allocation_log(connection).values():
        for allocation in in_force(rows):
            if allocation.kind == "recorded" and allocation.target == item.number and allocation.amount in recorded:
                recorded.remove(allocation.amount)
    return recorded


def _part(entry: _OpenEntry, item: OpenItem, recorded: Sequence[Decimal], amount: Decimal | None) -> Decimal:
    """What of an entry is allocated to a document, with the sign of the entry. Raises InputError."""
    sign, left = (1 if entry.left > 0 else -1), abs(entry.left)
    if amount is None:
        if entry.left in recorded:
            return entry.left
        is_payment = (sign > 0) != item.is_credit
        limit = item.open if is_payment else -item.open
        if limit <= 0:
            what = f"{item.open} EUR are open on it" if is_payment else "it was not overpaid"
            raise InputError(
                f"Entry {entry.listed.entry_id} cannot be matched to {item.number}: {what}. To match it all the same, give "
                "the --amount. Nothing was recorded."
            )
        return sign * min(left, limit)
    if not _ZERO < amount <= left or amount % CENT:
        raise InputError(f"--amount is {amount}; expected EUR above 0 with two decimals, at most the {left} that are left")
    return sign * amount


def _after(connection: Connection, entry_id: int, at: datetime) -> AllocatedEntry:
    [entry] = [each for each in apply_rules(connection, at) if each.listed.entry_id == entry_id]
    return entry
