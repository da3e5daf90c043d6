"""What is open on a document: payments in parts or too much, credit notes of disputes, refunds, set-offs and write-offs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from smartwork.domain.money import CENT
from smartwork.errors import InputError

BalanceChangeKind = Literal["paid", "refunded", "credited", "offset", "offset_reversed", "written_off", "write_off_reversed"]
_ZERO = Decimal(0)
_MOST = Decimal("999999999.99")
"""The most that one SEPA payment can transfer, EUR."""


@dataclass(frozen=True, slots=True)
class PayableDocument:
    """A document to a company and its amount in EUR; `corrects` is the invoice that a credit note of a dispute is about."""

    number: str
    account: str
    gross: Decimal
    is_credit: bool
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """A payment, refund, credit, set-off or write-off that changed what is open on a document.

    `amount` in EUR; None: the whole document. `by` is the number of the credit note or, on a credit note, of the invoice that
    it is set off against.
    """

    number: str
    kind: BalanceChangeKind
    amount: Decimal | None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """The amounts of a document in EUR: gross = paid + credited + offset + written off + open.

    For a credit note they are owed to the company. `paid` is less refunds. `credited` is what credit notes of disputes took
    from an invoice when they were issued or, for such a credit note, what of it was set off against its invoice then.
    `offset` is what was set off later between a credit note and invoices, on both sides. `open` is negative where more was
    paid than was owed.
    """

    gross: Decimal
    paid: Decimal = _ZERO
    credited: Decimal = _ZERO
    offset: Decimal = _ZERO
    written_off: Decimal = _ZERO

    @property
    def open(self) -> Decimal:
        """What is left to pay, EUR."""
        return self.gross - self.paid - self.credited - self.offset - self.written_off

    @property
    def overpaid(self) -> Decimal:
        """What was paid too much, EUR."""
        return max(-self.open, _ZERO)


def positions(documents: Iterable[PayableDocument], changes: Iterable[BalanceChange]) -> dict[str, Position]:
    """The position of each document after `changes`, oldest first; changes of other documents are ignored.

    A credit note is set off against its invoice as far as something is open there when it is issued. The rest stays open on
    the credit note, in the company's favour.
    """
    by_number = {document.number: Position(document.gross) for document in documents}
    for change in changes:
        if (at := by_number.get(change.number)) is None:
            continue
        if change.kind == "credited":
            note = by_number.get(change.by or "")
            if note is not None and change.by is not None:
                taken = min(note.open, max(at.open, _ZERO))
                by_number[change.number] = replace(at, credited=at.credited + taken)
                by_number[change.by] = replace(note, credited=note.credited + taken)
        else:
            by_number[change.number] = _changed(at, change.kind, at.gross if change.amount is None else change.amount)
    return by_number


def _changed(at: Position, kind: BalanceChangeKind, amount: Decimal) -> Position:
    match kind:
        case "paid":
            return replace(at, paid=at.paid + amount)
        case "refunded":
            return replace(at, paid=at.paid - amount)
        case "offset":
            return replace(at, offset=at.offset + amount)
        case "offset_reversed":
            return replace(at, offset=at.offset - amount)
        case "written_off":
            return replace(at, written_off=at.written_off + amount)
        case _:
            return replace(at, written_off=at.written_off - amount)


def receivable(documents: Iterable[PayableDocument], standing: dict[str, Position]) -> dict[str, Decimal]:
    """What each account owes by the positions of its documents, EUR; negative where it is owed something."""
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for document in documents:
        owed[document.account] += -standing[document.number].open if document.is_credit else standing[document.number].open
    return dict(owed)


def payment(document: PayableDocument, at: Position, amount: Decimal | None) -> Decimal:
    """The amount of a payment: `amount`, or all that is open. A credit note is paid out to the company, at most what is open.

    Raises InputError if nothing is open and no amount is given, or if the amount is not allowed.
    """
    if amount is None and at.open <= 0:
        raise InputError(
            f"Nothing is open on {document.number}. To record a payment all the same, give its amount: "
            f"smartwork invoice pay {document.number} --amount …"
        )
    paid = at.open if amount is None else amount
    require_cents(paid)
    if document.is_credit and paid > at.open:
        raise InputError(
            f"{document.number} has {at.open} EUR left to pay out, so {paid} cannot be paid. Give a smaller amount."
        )
    return paid


def refund(document: PayableDocument, at: Position, amount: Decimal | None) -> Decimal:
    """The amount of a refund: `amount`, or all that was overpaid. Raises InputError if it is more than that."""
    if at.overpaid <= 0:
        raise InputError(f"{document.number} was not overpaid: {at.open} EUR are open. Nothing can be refunded.")
    refunded = at.overpaid if amount is None else amount
    require_cents(refunded)
    if refunded > at.overpaid:
        raise InputError(f"{document.number} was overpaid by {at.overpaid} EUR; at most that can be refunded.")
    return refunded


def require_cents(amount: Decimal) -> None:
    """Raise InputError unless `amount` is positive, in whole cents, and at most what one SEPA payment can transfer."""
    if not 0 < amount <= _MOST or amount % CENT:
        raise InputError(
            f"The amount {amount} is not valid: expected EUR above 0, at most {_MOST}, with at most two decimals."
        )
