"""A credit note for a disputed line: all of it, or some of its hours."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.composition import DocumentHeader
from smartwork.domain.billing.invoice import Drawdown, Invoice, Line, LineReference
from smartwork.domain.billing.parties import Vat
from smartwork.domain.billing.prepaid_hours import Lot, return_hours
from smartwork.domain.billing.rating import Group
from smartwork.domain.money import cents
from smartwork.errors import InputError

_ZERO = Decimal(0)


def line_numbered(invoice: Invoice, number: int) -> Line:
    """The line of a document; raises InputError where it has none of that number."""
    found = next((line for line in invoice.lines if line.line == number), None)
    if found is None:
        raise InputError(f"{invoice.number} has lines 1 to {len(invoice.lines)}, and none numbered {number}.")
    return found


def credit(invoice: Invoice, number: int, hours: Decimal | None, lots: Sequence[Lot]) -> Group:
    """The line that gives back line `number`, or so many `hours` of it, as it stands on a credit note.

    Hours paid in money come first, then those drawn from what was bought ahead, the last drawn first, which go back into
    the company's `lots` as they are now. Raises InputError where the line gives nothing back, has fewer hours, or is not
    sold by the hour.
    """
    line = line_numbered(invoice, number)
    if line.kind in ("correction", "credits_bought", "overdraft"):
        raise InputError(f"Line {number} of {invoice.number} rests on no measurement, so there is nothing to dispute.")
    if hours is None:
        back, drawdowns = line.quantity, line.drawdowns
    else:
        if line.unit != "hour" or not _ZERO < hours <= line.hours:
            raise InputError(
                f"Line {number} of {invoice.number} has {line.hours} hours; credit more than 0 and at most these."
            )
        back = min(hours, line.quantity)
        drawdowns = _last(line.drawdowns, hours - back)
    returned, _ = return_hours(lots, drawdowns)
    given = replace(
        line,
        line=1,
        quantity=back,
        net=cents(back * line.price),
        hours=line.hours if hours is None else hours,
        drawdowns=tuple(replace(one, hours=-one.hours, value=-one.value) for one in returned),
        of_line=None,
        corrects=LineReference(invoice.number, invoice.issued_on, number),
    )
    return (given,)


def credit_note_header(invoice: Invoice, issued_on: date, reason: str) -> DocumentHeader:
    """The head of a credit note to an invoice: the same parties, month and reference."""
    total = invoice.vat_totals[0]
    return DocumentHeader(
        "credit_note",
        invoice.month,
        issued_on,
        0,
        invoice.language,
        invoice.buyer_reference,
        invoice.account,
        invoice.seller,
        invoice.buyer,
        Vat(total.category, total.rate, total.code, total.reason),
        invoice.is_demo,
        reason,
    )


def _last(drawdowns: tuple[Drawdown, ...], hours: Decimal) -> tuple[Drawdown, ...]:
    """The last `hours` of `draws`; what they are worth is what their lot says when they are back in it."""
    found, left = [], hours
    for one in reversed(drawdowns):
        taken = min(left, one.hours)
        if taken > 0:
            found.append(replace(one, hours=taken))
            left -= taken
    return tuple(found)
