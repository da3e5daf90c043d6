"""What the entries of bank statements pay, by rules that always give the same result for the same entries and documents.

The entries are taken by day, whatever the order in which their statements were imported. What a rule cannot decide has a
reason, and waits for a person.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from smartwork.domain.banking.references import documents_named
from smartwork.domain.banking.statement import BankEntry

TargetKind = Literal["document", "recorded", "payout", "refused", "entry", "elsewhere"]
"""What an entry is allocated to.

`document`: it pays a document, or refunds what was overpaid. `recorded`: a payment of a document that was recorded by hand.
`payout`: an ordered payout. `refused`: a payout that came back. `entry`: a payment and its return. `elsewhere`: ignored.
"""
Reason = Literal[
    "no_document", "other_reference", "nothing_open", "too_much", "several", "other_company", "other_currency",
    "credit_note", "no_payout", "payout_differs", "no_original", "by_hand",
]  # fmt: skip

_ZERO = Decimal(0)
_NO_REFERENCE = ("", "NOTPROVIDED")


@dataclass(frozen=True, slots=True)
class Allocation:
    """A part of an entry and what it is for. `amount` in EUR has the sign of the entry; `target` names what `kind` says."""

    kind: TargetKind
    target: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Movement:
    """A stored entry, and what a person decided about it. `is_by_hand`: no rule touches what is left of it."""

    entry_id: int
    entry: BankEntry
    decided: tuple[Allocation, ...] = ()
    is_by_hand: bool = False


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A document to a company, as a payment finds it.

    `open` in EUR is without what rules allocated before. `recorded` are payments that were recorded by hand and no statement
    has shown yet, with the sign that they have on a statement.
    """

    number: str
    company: str
    reference: str
    is_credit: bool
    issued_on: date
    open: Decimal
    recorded: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderedPayout:
    """A payout that was ordered in a payment file, by its end-to-end id, with the payee's account ("": unknown); EUR.

    `is_refused`: somebody recorded that the bank refused it; no statement said so.
    """

    reference: str
    order: str
    ordered_on: date
    amount: Decimal
    iban: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The allocations of each entry by rule, and why something of it is left to decide."""

    allocations: Mapping[int, tuple[Allocation, ...]]
    reasons: Mapping[int, Reason]


@dataclass(slots=True)
class _Ledger:
    """What is open while the entries are taken one after the other."""

    items: dict[str, OpenItem]
    open: dict[str, Decimal]
    recorded: dict[str, list[Decimal]]
    payouts: dict[str, OrderedPayout]
    references: dict[str, str]
    paid_out: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    companies: dict[str, str] = field(default_factory=dict)
    """The company that an account (IBAN) paid for, last."""
    allocations: dict[int, list[Allocation]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[int, Reason] = field(default_factory=dict)
    earlier: list[Movement] = field(default_factory=list)

    def left(self, movement: Movement) -> Decimal:
        """What of an entry is not allocated, EUR."""
        allocated = (*movement.decided, *self.allocations[movement.entry_id])
        return movement.entry.amount - sum((each.amount for each in allocated), _ZERO)

    def allocate(self, movement: Movement, allocation: Allocation) -> None:
        self.allocations[movement.entry_id].append(allocation)
        self.apply(movement.entry, allocation)

    def apply(self, entry: BankEntry, allocation: Allocation, sign: int = 1) -> None:
        """Take an allocation into account; with `sign` -1, take it back."""
        target, amount = allocation.target, sign * allocation.amount
        if (
            allocation.kind in ("document", "recorded")
            and target in self.items
            and sign > 0
            and entry.iban
            and entry.amount > 0
        ):
            self.companies[entry.iban] = self.items[target].company
        if allocation.kind == "document" and target in self.open:
            self.open[target] -= -amount if self.items[target].is_credit else amount
        elif allocation.kind == "recorded" and target in self.recorded:
            if sign > 0 and allocation.amount in self.recorded[target]:
                self.recorded[target].remove(allocation.amount)
            elif sign < 0:
                self.recorded[target].append(allocation.amount)
        elif allocation.kind in ("payout", "refused"):
            (self.paid_out if allocation.kind == "payout" else self.refused).add(target)


def plan(movements: Iterable[Movement], items: Sequence[OpenItem], payouts: Iterable[OrderedPayout]) -> Plan:
    """Allocate every entry by the rules.

    What persons decided (`decided`) is kept, and is known to each entry, whatever its day.
    """
    ledger = _Ledger(
        items={item.number: item for item in items},
        open={item.number: item.open for item in items},
        recorded={item.number: list(item.recorded) for item in items},
        payouts={payout.reference: payout for payout in payouts},
        references={item.reference: item.number for item in items if item.reference},
    )
    ordered = sorted(movements, key=_order)
    for movement in ordered:
        for allocation in movement.decided:
            if allocation.kind in ("payout", "refused"):
                ledger.apply(movement.entry, allocation)
    for movement in ordered:
        for allocation in movement.decided:
            if allocation.kind in ("document", "recorded") and movement.entry.iban and movement.entry.amount > 0:
                ledger.companies[movement.entry.iban] = ledger.items[allocation.target].company
        if not movement.is_by_hand and ledger.left(movement):
            _decide(ledger, movement)
        elif ledger.left(movement):
            ledger.reasons[movement.entry_id] = "by_hand"
        ledger.earlier.append(movement)
    return Plan(
        {entry_id: tuple(allocations) for entry_id, allocations in ledger.allocations.items() if allocations},
        {
            movement.entry_id: ledger.reasons.get(movement.entry_id, "no_document")
            for movement in ordered
            if ledger.left(movement)
        },
    )


def _order(movement: Movement) -> tuple[object, ...]:
    entry = movement.entry
    return (
        entry.booked_on,
        entry.is_return,
        -abs(entry.amount),
        entry.amount,
        entry.iban,
        entry.reference,
        entry.text,
        entry.end_to_end_id,
    )


def _decide(ledger: _Ledger, movement: Movement) -> None:
    entry = movement.entry
    if entry.is_return:
        reason = _returned(ledger, movement)
    elif entry.ordered_currency != "EUR":
        reason = "other_currency"
    else:
        reason = _received(ledger, movement) if entry.amount > 0 else _paid(ledger, movement)
    if reason is not None:
        ledger.reasons[movement.entry_id] = reason


def _received(ledger: _Ledger, movement: Movement) -> Reason | None:
    """Allocate money that came in; returns why something of it is left."""
    entry = movement.entry
    named = documents_named(entry.reference, entry.text, ledger.references, ledger.items)
    if not named:
        return "other_reference" if entry.reference else _by_amount(ledger, movement)
    companies = {ledger.items[number].company for number in named}
    known = ledger.companies.get(entry.iban)
    if known is not None and companies != {known}:
        return "other_company"
    if any(ledger.items[number].is_credit for number in named):
        return "credit_note"
    if len(named) > 1:
        return _several(ledger, movement, named)
    return _one(ledger, movement, named[0])


def _one(ledger: _Ledger, movement: Movement, number: str) -> Reason | None:
    left = ledger.left(movement)
    if left in ledger.recorded[number]:
        ledger.allocate(movement, Allocation("recorded", number, left))
        return None
    taken = min(left, max(ledger.open[number], _ZERO))
    if taken:
        ledger.allocate(movement, Allocation("document", number, taken))
    if taken == left:
        return None
    return "too_much" if taken else "nothing_open"


def _several(ledger: _Ledger, movement: Movement, named: Sequence[str]) -> Reason | None:
    """Pay several documents whose open amounts add up to the payment."""
    unpaid = {number: ledger.open[number] for number in named if ledger.open[number] > 0}
    if sum(unpaid.values(), _ZERO) != ledger.left(movement):
        return "several"
    for number, amount in unpaid.items():
        ledger.allocate(movement, Allocation("document", number, amount))
    return None


def _by_amount(ledger: _Ledger, movement: Movement) -> Reason | None:
    """Pay the one document of the payer's company that leaves just this amount open; its account paid for it before."""
    entry, left = movement.entry, ledger.left(movement)
    company = ledger.companies.get(entry.iban)
    if company is None:
        return "no_document"
    of_company = [item for item in ledger.items.values() if item.company == company and not item.is_credit]
    recorded = [item.number for item in of_company if left in ledger.recorded[item.number]]
    unpaid = [item.number for item in of_company if item.issued_on <= entry.booked_on and ledger.open[item.number] == left]
    if len(recorded) + len(unpaid) != 1:
        return "no_document"
    kind: TargetKind = "recorded" if recorded else "document"
    ledger.allocate(movement, Allocation(kind, (recorded or unpaid)[0], left))
    return None


def _paid(ledger: _Ledger, movement: Movement) -> Reason | None:
    """Allocate money that went out: a payout, a whole payment file, or a refund that was recorded by hand."""
    entry, left = movement.entry, ledger.left(movement)
    payout = ledger.payouts.get(entry.end_to_end_id)
    if payout is not None:
        if -left != payout.amount or not _may_be_paid(ledger, payout, entry):
            return "payout_differs"
        ledger.allocate(movement, Allocation("payout", payout.reference, left))
        return None
    if entry.is_batch and (payouts := _whole_order(ledger, entry, -left)):
        for each in payouts:
            ledger.allocate(movement, Allocation("payout", each.reference, -each.amount))
        return None
    for number in documents_named(entry.reference, f"{entry.text} {entry.end_to_end_id}", ledger.references, ledger.items):
        if left in ledger.recorded[number]:
            ledger.allocate(movement, Allocation("recorded", number, left))
            return None
    return "no_payout"


def _may_be_paid(ledger: _Ledger, payout: OrderedPayout, entry: BankEntry) -> bool:
    if payout.reference in ledger.paid_out or payout.is_refused or payout.ordered_on > entry.booked_on:
        return False
    return not (entry.iban and payout.iban) or entry.iban == payout.iban


def _whole_order(ledger: _Ledger, entry: BankEntry, amount: Decimal) -> list[OrderedPayout]:
    """The payouts of the one payment file of this sum of which nothing was paid yet; empty if there is not just one."""
    orders: dict[str, list[OrderedPayout]] = defaultdict(list)
    for payout in ledger.payouts.values():
        orders[payout.order].append(payout)
    fitting = [
        payouts
        for payouts in orders.values()
        if sum((each.amount for each in payouts), _ZERO) == amount
        and all(_may_be_paid(ledger, each, entry) for each in payouts)
    ]
    return fitting[0] if len(fitting) == 1 else []


def _returned(ledger: _Ledger, movement: Movement) -> Reason | None:
    """Undo the payment that came back: what it paid is open again."""
    entry, left = movement.entry, ledger.left(movement)
    payout = ledger.payouts.get(entry.end_to_end_id)
    if payout is not None and left > 0:
        if left != payout.amount or payout.reference in ledger.refused or payout.ordered_on > entry.booked_on:
            return "payout_differs"
        ledger.allocate(movement, Allocation("refused", payout.reference, left))
        return None
    likeness = [(_likeness(ledger, each, movement), at) for at, each in enumerate(ledger.earlier)]
    best, at = max(likeness, default=(0, 0))
    if not best:
        return "no_original"
    original = ledger.earlier[at]
    paid_out = [each for each in ledger.allocations[original.entry_id] if each.kind == "payout"]
    if paid_out:
        if len(paid_out) > 1 or paid_out[0].target in ledger.refused:
            return "payout_differs"
        ledger.allocate(movement, Allocation("refused", paid_out[0].target, left))
        return None
    for allocation in ledger.allocations.pop(original.entry_id, []):
        ledger.apply(original.entry, allocation, -1)
    ledger.reasons.pop(original.entry_id, None)
    ledger.allocations[original.entry_id].append(Allocation("entry", str(movement.entry_id), original.entry.amount))
    ledger.allocations[movement.entry_id].append(Allocation("entry", str(original.entry_id), left))
    for waiting in ledger.earlier:
        if ledger.reasons.get(waiting.entry_id) in ("nothing_open", "too_much"):
            ledger.reasons.pop(waiting.entry_id)
            _decide(ledger, waiting)
    return None


def _likeness(ledger: _Ledger, candidate: Movement, returned: Movement) -> int:
    """How surely `returned` is the return of `candidate`, of the same amount; 0 if it is not.

    3: the end-to-end id is the same; 2: account and reference; 1: one of them, where the other one is missing.
    """
    one, other = candidate.entry, returned.entry
    is_paired = any(each.kind == "entry" for each in (*candidate.decided, *ledger.allocations[candidate.entry_id]))
    if one.amount != -ledger.left(returned) or one.is_return or is_paired or candidate.decided:
        return 0
    if one.end_to_end_id not in _NO_REFERENCE and one.end_to_end_id == other.end_to_end_id:
        return 3
    has_account, has_reference = (
        bool(one.iban) and one.iban == other.iban,
        bool(one.reference and one.reference == other.reference),
    )
    if has_account and has_reference:
        return 2
    return int(has_reference or (has_account and not other.reference))
