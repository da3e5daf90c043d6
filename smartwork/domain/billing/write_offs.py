"""Writing off what an invoice leaves open: a loss of the network. A later payment recovers it."""

from collections.abc import Iterable
from decimal import Decimal

from smartwork.domain.billing.lifecycle import Event, open_disputes
from smartwork.domain.billing.payments import PayableDocument, Position, require_cents
from smartwork.errors import InputError

_ZERO = Decimal(0)


def write_off(document: PayableDocument, at: Position, events: Iterable[Event], amount: Decimal | None) -> Decimal:
    """The amount to write off: `amount`, or all that is open. Raises InputError if that is less, or a line is in dispute.

    What is owed to a company is not written off: a credit note is paid out or set off, an overpaid amount is refunded.
    """
    if document.is_credit:
        raise InputError(
            f"{document.number} is owed to the company, so it is not written off. Pay it out or set it off: "
            f"smartwork invoice pay {document.number}, smartwork invoice offset {document.number} INV-…"
        )
    if at.open <= 0:
        raise InputError(f"Nothing is open on {document.number}, so nothing can be written off.")
    if lines := open_disputes(list(events)):
        raise InputError(
            f"Line {min(lines)} of {document.number} is in dispute. First end the dispute "
            "(smartwork invoice credit or uphold)."
        )
    lost = at.open if amount is None else amount
    require_cents(lost)
    if lost > at.open:
        raise InputError(f"{at.open} EUR are open on {document.number}; at most that can be written off.")
    return lost


def reversed_write_off(document: PayableDocument, at: Position, amount: Decimal | None) -> Decimal:
    """The amount of a write-off to reverse: `amount`, or all that is written off. Raises InputError if that is less."""
    if at.written_off <= 0:
        raise InputError(f"Nothing of {document.number} is written off, so nothing can be reversed.")
    back = at.written_off if amount is None else amount
    require_cents(back)
    if back > at.written_off:
        raise InputError(f"{at.written_off} EUR of {document.number} are written off; at most that can be reversed.")
    return back


def recovered(at: Position, settled: Decimal) -> Decimal:
    """How much of what was written off comes back when `settled` EUR are paid or credited: what exceeds the open amount."""
    return min(at.written_off, max(settled - max(at.open, _ZERO), _ZERO))
