"""What of a document is still open: payments in parts or too much, what a dispute credited, what was given back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from smartwork.domain.money import CENT
from smartwork.errors import InputError

BalanceChangeKind = Literal["paid", "refunded", "credited"]
_ZERO = Decimal(0)
_MOST = Decimal("999999999.99")
"""What one SEPA payment can carry, EUR."""


@dataclass(frozen=True, slots=True)
class PayableDocument:
    """A document to a company and its amount in EUR; `corrects` is the invoice that a dispute's credit note is about."""

    number: str
    account: str
    gross: Decimal
    is_credit: bool
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """Something that moved what is open on a document. `amount` in EUR; None: all that the document asks for.

    Of a credit, `by` is the number of the credit note.
    """

    number: str
    kind: BalanceChangeKind
    amount: Decimal | None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a document stands, EUR: gross = paid + credited + open. Of a credit note all that is what is given back.

    `paid` is less what was given back of it; `credited` is what credit notes took from an invoice or, of a credit note,
    what of it went to its invoice. `open` is below zero where more was paid than was owed.
    """

    gross: Decimal
    paid: Decimal = _ZERO
    credited: Decimal = _ZERO

    @property
    def open(self) -> Decimal:
        """What is still to be paid."""
        return self.gross - self.paid - self.credited

    @property
    def overpaid(self) -> Decimal:
        """What was paid too much."""
        return max(-self.open, _ZERO)


def positions(documents: Iterable[PayableDocument], moves: Iterable[BalanceChange]) -> dict[str, Position]:
    """The position of each document after `moves`, which are in order of time; moves of other documents are left out.

    A credit note goes to its invoice as far as something is open there when it is issued; the rest stays open on the note,
    in the company's favour.
    """
    found = {one.number: Position(one.gross) for one in documents}
    for move in moves:
        if (at := found.get(move.number)) is None:
            continue
        if move.kind == "credited":
            note = found.get(move.by or "")
            if note is not None and move.by is not None:
                taken = min(note.open, max(at.open, _ZERO))
                found[move.number] = replace(at, credited=at.credited + taken)
                found[move.by] = replace(note, credited=note.credited + taken)
        else:
            amount = at.gross if move.amount is None else move.amount
            found[move.number] = replace(at, paid=at.paid + (amount if move.kind == "paid" else -amount))
    return found


def receivable(documents: Iterable[PayableDocument], found: dict[str, Position]) -> dict[str, Decimal]:
    """What each account owes by its documents' positions, EUR; below zero where it is owed something."""
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for one in documents:
        owed[one.account] += -found[one.number].open if one.is_credit else found[one.number].open
    return dict(owed)


def payment(one: PayableDocument, at: Position, amount: Decimal | None) -> Decimal:
    """What a payment comes to: `amount`, or all that is open. Of a credit note it goes to the company, never beyond it.

    Raises InputError, saying what is open, where the amount is none or nothing can be paid.
    """
    if amount is None and at.open <= 0:
        raise InputError(
            f"Nothing is open on {one.number}. If money came all the same, say how much: "
            f"smartwork invoice pay {one.number} --amount …"
        )
    found = at.open if amount is None else amount
    _require_cents(found)
    if one.is_credit and found > at.open:
        raise InputError(f"{one.number} has {at.open} EUR left to give back, and not {found}.")
    return found


def refund(one: PayableDocument, at: Position, amount: Decimal | None) -> Decimal:
    """What is given back of an overpaid invoice: `amount`, or all that was too much. Raises InputError beyond that."""
    if at.overpaid <= 0:
        raise InputError(f"{one.number} was not overpaid: {at.open} EUR are open.")
    found = at.overpaid if amount is None else amount
    _require_cents(found)
    if found > at.overpaid:
        raise InputError(f"{one.number} was overpaid by {at.overpaid} EUR: no more than that can be given back.")
    return found


def _require_cents(amount: Decimal) -> None:
    if not 0 < amount <= _MOST or amount % CENT:
        raise InputError(f"{amount} is no amount of money: expected EUR above 0 with at most two decimals, to {_MOST}.")
