"""Credit notes that end a dispute: for a whole line of an invoice, or for some of its hours.

A change of verdicts or prices is not credited here but corrected on the next document: see `corrections.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.composition import DocumentHeader
from smartwork.domain.billing.invoice import Drawdown, Invoice, Line, LineReference
from smartwork.domain.billing.prepaid_hours import Lot, return_hours
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.vat_totals import stated_vats
from smartwork.domain.money import round_to_cent
from smartwork.errors import InputError

_ZERO = Decimal(0)


def line_numbered(invoice: Invoice, number: int) -> Line:
    """The line of a document; raises InputError if it has no line of that number."""
    match = next((line for line in invoice.lines if line.line == number), None)
    if match is None:
        raise InputError(f"{invoice.number} has no line {number}; its lines are numbered 1 to {len(invoice.lines)}.")
    return match


def credit(invoice: Invoice, number: int, hours: Decimal | None, lots: Sequence[Lot]) -> Group:
    """The line of a credit note that credits line `number`, or `hours` of it.

    Hours paid in money are credited first, then prepaid hours, of which the last drawn down is returned first; they go back
    to the company's `lots` as they are now. Raises InputError if the line rests on no measurement, has fewer hours, or is
    not sold by the hour.
    """
    line = line_numbered(invoice, number)
    if line.kind in ("correction", "credits_bought", "overdraft"):
        raise InputError(f"Line {number} of {invoice.number} charges no use and no supply, so it cannot be disputed.")
    if hours is None:
        quantity, drawdowns = line.quantity, line.drawdowns
    else:
        if line.unit != "hour" or not _ZERO < hours <= line.hours:
            raise InputError(
                f"Line {number} of {invoice.number} has {line.hours} hours; credit more than 0 and at most that many."
            )
        quantity = min(hours, line.quantity)
        drawdowns = _last_drawn(line.drawdowns, hours - quantity)
    returned, _ = return_hours(lots, drawdowns)
    credited = replace(
        line,
        line=1,
        quantity=quantity,
        net=round_to_cent(quantity * line.price),
        hours=line.hours if hours is None else hours,
        drawdowns=tuple(replace(drawdown, hours=-drawdown.hours, value=-drawdown.value) for drawdown in returned),
        of_line=None,
        corrects=LineReference(invoice.number, invoice.issued_on, number),
    )
    return (credited,)


def credit_note_header(invoice: Invoice, issued_on: date, reason: str) -> DocumentHeader:
    """The header of a credit note to an invoice: the same parties, month and buyer reference."""
    return DocumentHeader(
        kind="credit_note",
        month=invoice.month,
        issued_on=issued_on,
        payment_days=0,
        language=invoice.language,
        buyer_reference=invoice.buyer_reference,
        account=invoice.account,
        seller=invoice.seller,
        buyer=invoice.buyer,
        vats=stated_vats(invoice),
        is_demo=invoice.is_demo,
        reason=reason,
        pdf_in_xml=invoice.pdf_in_xml is not None,
    )


def _last_drawn(drawdowns: tuple[Drawdown, ...], hours: Decimal) -> tuple[Drawdown, ...]:
    """The last `hours` of `drawdowns`, last first. Their value is not adjusted: `return_hours` computes it from the lot."""
    drawn, left = [], hours
    for drawdown in reversed(drawdowns):
        part = min(left, drawdown.hours)
        if part > 0:
            drawn.append(replace(drawdown, hours=part))
            left -= part
    return tuple(drawn)
