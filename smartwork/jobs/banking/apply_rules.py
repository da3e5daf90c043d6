"""Apply the rules of matching to all entries, and record what that changes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from smartwork.db.banking.allocations import StoredAllocation, allocation_log, last_changes_by_hand, payable_items
from smartwork.db.banking.statements import ListedEntry, listed_entries
from smartwork.db.core.connection import Connection
from smartwork.db.settlement.payouts import payouts
from smartwork.domain.banking.matching import Allocation, Movement, OpenItem, OrderedPayout, Reason, plan
from smartwork.jobs.banking.allocating import Decision, allocate, in_force, left_of, release

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class AllocatedEntry:
    """An entry, what it is for, and why something of it is left to decide; None if nothing is."""

    listed: ListedEntry
    allocations: tuple[Allocation, ...]
    reason: Reason | None

    @property
    def left(self) -> Decimal:
        """What of it is left to decide, EUR."""
        return left_of(self.listed.entry.amount, self.allocations)


def apply_rules(connection: Connection, at: datetime) -> list[AllocatedEntry]:
    """Allocate what the rules decide, take back what they decide otherwise now, and return all entries, by day.

    In the caller's issuing transaction. An earlier statement that is imported later may change who paid first: then payments
    move, unless somebody has done something else with the document since.
    """
    entries = {each.entry_id: each for each in listed_entries(connection)}
    log = allocation_log(connection)
    replaceable = _replaceable(log, last_changes_by_hand(connection))
    movements = [_movement(each, log.get(key, ()), replaceable.get(key, ())) for key, each in entries.items()]
    found = plan(movements, _open_items(connection, replaceable, movements), _payouts(connection, log))
    decision = Decision(at, by_rule=True)
    changes = {
        key: (set(replaceable.get(key, ())), set(found.allocations.get(key, ())))
        for key in {*replaceable, *found.allocations}
    }
    for key, (before, after) in changes.items():
        for allocation in sorted(before - after, key=_order):
            release(connection, entries[key], allocation, decision)
    for movement in sorted(movements, key=lambda each: (each.entry.booked_on, each.entry_id)):
        before, after = changes.get(movement.entry_id, (set(), set()))
        for allocation in sorted(after - before, key=_order):
            allocate(connection, entries[movement.entry_id], allocation, decision)
    return [
        AllocatedEntry(
            entries[movement.entry_id],
            (*movement.decided, *found.allocations.get(movement.entry_id, ())),
            found.reasons.get(movement.entry_id),
        )
        for movement in movements
    ]


def _order(allocation: Allocation) -> tuple[str, str]:
    return allocation.kind, allocation.target


def _replaceable(
    log: Mapping[int, Sequence[StoredAllocation]], changes_by_hand: Mapping[str, int]
) -> dict[int, tuple[Allocation, ...]]:
    """What rules may change: allocations of entries that no person decided, to documents that nothing else changed since."""
    found = {}
    for key, rows in log.items():
        since = {(row.kind, row.target): row.last_event_id for row in rows}
        if all(row.by_rule for row in rows):
            found[key] = tuple(
                each
                for each in in_force(rows)
                if each.kind != "document" or changes_by_hand.get(each.target, 0) <= since[each.kind, each.target]
            )
    return {key: allocations for key, allocations in found.items() if allocations}


def _movement(listed: ListedEntry, log: Sequence[StoredAllocation], replaceable: Sequence[Allocation]) -> Movement:
    decided = [each for each in in_force(log) if each not in replaceable]
    return Movement(listed.entry_id, listed.entry, tuple(decided), any(not row.by_rule for row in log))


def _open_items(
    connection: Connection, replaceable: Mapping[int, Sequence[Allocation]], movements: Sequence[Movement]
) -> list[OpenItem]:
    """The documents as if the rules had allocated nothing yet."""
    allocated: dict[str, Decimal] = defaultdict(Decimal)
    for allocation in (each for allocations in replaceable.values() for each in allocations):
        if allocation.kind == "document":
            allocated[allocation.target] += allocation.amount
    confirmed: dict[str, list[Decimal]] = defaultdict(list)
    for allocation in (each for movement in movements for each in movement.decided):
        if allocation.kind == "recorded":
            confirmed[allocation.target].append(allocation.amount)
    items = []
    for item in payable_items(connection):
        recorded = list(item.recorded)
        for amount in confirmed[item.number]:
            if amount in recorded:
                recorded.remove(amount)
        sign = -1 if item.is_credit else 1
        items.append(replace(item, open=item.open + sign * allocated[item.number], recorded=tuple(recorded)))
    return items


def _payouts(connection: Connection, log: Mapping[int, Sequence[StoredAllocation]]) -> list[OrderedPayout]:
    refused = {each.target for rows in log.values() for each in in_force(rows) if each.kind == "refused"}
    return [
        OrderedPayout(
            payout.reference,
            payout.order,
            payout.ordered_on,
            payout.amount,
            payout.iban or "",
            is_refused=payout.state == "refused" and payout.reference not in refused,
        )
        for payout in payouts(connection)
    ]
