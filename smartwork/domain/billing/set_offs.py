"""Setting a credit note off against an invoice of the same company: what each leaves open becomes less, without money."""

from collections.abc import Iterable
from decimal import Decimal

from smartwork.domain.billing.lifecycle import Event, open_disputes
from smartwork.domain.billing.payments import PayableDocument, Position, require_cents
from smartwork.errors import InputError

_ZERO = Decimal(0)


def require_pair(note: PayableDocument, invoice: PayableDocument, disputed: Iterable[Event]) -> None:
    """Raise InputError unless `note` is a credit note and `invoice` an invoice of the same company.

    `disputed` are the events of the invoice: while a line of it is in dispute, nothing is set off against it, because it is
    not certain what the company owes.
    """
    if not note.is_credit:
        raise InputError(f"{note.number} is not a credit note. Name the credit note first: invoice offset CN-… INV-…")
    if invoice.is_credit:
        raise InputError(f"{invoice.number} is not an invoice. A credit note is set off against an invoice.")
    if note.account != invoice.account:
        raise InputError(
            f"{note.number} is of {note.account} and {invoice.number} of {invoice.account}: only documents of one company "
            "are set off against each other."
        )
    if lines := open_disputes(list(disputed)):
        raise InputError(
            f"Line {min(lines)} of {invoice.number} is in dispute. First end the dispute "
            "(smartwork invoice credit or uphold)."
        )


def offset(
    note: PayableDocument, at_note: Position, invoice: PayableDocument, at_invoice: Position, amount: Decimal | None
) -> Decimal:
    """The amount to set off: `amount`, or the most that both leave open. Raises InputError if one leaves less open."""
    most = min(at_note.open, at_invoice.open)
    for document, at in ((note, at_note), (invoice, at_invoice)):
        if at.open <= 0:
            raise InputError(f"Nothing is open on {document.number}, so nothing can be set off.")
    taken = most if amount is None else amount
    require_cents(taken)
    if taken > most:
        raise InputError(
            f"{at_note.open} EUR are open on {note.number} and {at_invoice.open} on {invoice.number}; "
            f"at most {most} can be set off."
        )
    return taken


def set_off_between(events: Iterable[Event], other: str) -> Decimal:
    """What is set off between the document of `events` and the document `other`, EUR."""
    signs = {"offset": 1, "offset_reversed": -1}
    return sum((signs.get(event.kind, 0) * (event.amount or _ZERO) for event in events if event.by == other), _ZERO)


def reversed_offset(note: str, invoice: str, set_off: Decimal, amount: Decimal | None) -> Decimal:
    """The amount of a set-off to reverse: `amount`, or all of `set_off`. Raises InputError if that is less."""
    if set_off <= 0:
        raise InputError(f"Nothing of {note} is set off against {invoice}, so nothing can be reversed.")
    taken = set_off if amount is None else amount
    require_cents(taken)
    if taken > set_off:
        raise InputError(f"{set_off} EUR of {note} are set off against {invoice}; at most that can be reversed.")
    return taken
