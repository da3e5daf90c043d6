"""Checks of one document, before it is issued and when it is verified: its form, and its figures against its evidence."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import MOST_LINES_WITH_PDF, Invoice, Line
from smartwork.domain.billing.payment_reference import is_reference
from smartwork.domain.billing.recomputation import Difference, differences
from smartwork.domain.billing.supplies import billed_more_than_once
from smartwork.domain.ledger.ledger_day import LedgerDay
from smartwork.domain.money import CENT
from smartwork.domain.time import local_days

_SHARE = Decimal("0.001")
_ZERO = Decimal(0)


def faults(invoice: Invoice) -> list[Difference]:
    """The faults of `invoice`: figures that do not follow from its evidence, and violations of its form.

    EN 16931 and Peppol require amounts of at most two decimals, lines within the document's period, and the number of the
    document that a credit note corrects. Their validators accept sums and VAT that differ by cents; this check does not.
    """
    taken_of = {kind: _revenue(invoice, kind) for kind in (None, "desk", "room", "other")}
    lines = (fault for line in invoice.lines for fault in _line(invoice, line, taken_of[line.place_kind]))
    return [*_form(invoice), *differences(invoice), *lines, *_orders(invoice)]


def _revenue(invoice: Invoice, kind: str | None) -> Decimal:
    """The revenue of places of `kind`, or of all, by the document's statement."""
    return abs(sum((row.net for row in invoice.statement if kind in (None, row.kind)), _ZERO))


def _form(invoice: Invoice) -> Iterator[Difference]:
    numbers = [line.line for line in invoice.lines]
    if not numbers or numbers != list(range(1, len(numbers) + 1)):
        yield Difference(0, "line numbers", ", ".join(map(str, numbers)), f"1 to {max(len(numbers), 1)}")
    amounts = [
        ("net", invoice.net),
        ("vat", invoice.vat),
        ("gross", invoice.gross),
        *((f"base of {total.category}", total.base) for total in invoice.vat_totals),
        *((f"VAT of {total.category}", total.vat) for total in invoice.vat_totals),
    ]
    yield from (_decimals(0, what, amount) for what, amount in amounts if amount % CENT)
    if invoice.is_credit and not invoice.corrects:
        yield Difference(0, "corrects", "no document", "the document that a credit note corrects")
    if invoice.is_credit and invoice.gross < 0:
        yield Difference(0, "gross", f"{invoice.gross}", "a positive amount, owed to the buyer")
    if invoice.payment is not None and invoice.drawing is not None and not invoice.gross:
        yield Difference(0, "payment", f"an account for {invoice.gross}", "none: nothing is to be paid")
    if invoice.pdf_in_xml and len(numbers) > MOST_LINES_WITH_PDF:
        yield Difference(
            0, "lines of a document with its PDF in the XML", f"{len(numbers)}", f"{MOST_LINES_WITH_PDF} or fewer"
        )
    yield from _vat_categories(invoice)
    reference = invoice.payment.reference if invoice.payment else None
    if reference is not None and not is_reference(reference, invoice.number):
        yield Difference(0, "payment reference", reference, "a reference with its check digits")
    for pool in invoice.pools:
        closing = pool.opening + pool.bought - pool.spent - pool.expired
        if pool.closing != closing:
            yield Difference(0, f"closing hours of {pool.kind}", f"{pool.closing}", f"{closing}")


def _orders(invoice: Invoice) -> Iterator[Difference]:
    """Items and subscriptions name their order and what was agreed, and are charged once in a document."""
    for line in invoice.lines:
        if line.kind in ("item", "subscription") and (line.supply is None or not line.label):
            yield Difference(line.line, "order", "none", "an order and what was agreed")
    charging = ((f"{line.line}", line) for line in invoice.lines if line.corrects is None)
    for again, first in billed_more_than_once(charging):
        yield Difference(int(again), "order", f"charged by line {first}, too", "charged once")


def _vat_categories(invoice: Invoice) -> Iterator[Difference]:
    """The reverse charge needs both VAT numbers; what is outside the scope stands alone (EN 16931, BR-AE-02, BR-O-11)."""
    categories = {total.category for total in invoice.vat_totals}
    if "AE" in categories and None in (invoice.seller.vat_number, invoice.buyer.vat_number):
        yield Difference(0, "VAT number", "none", "those of both parties, for the reverse charge")
    if "O" in categories and len(categories) > 1:
        yield Difference(0, "VAT", ", ".join(sorted(categories)), "O on a document of its own")


def _line(invoice: Invoice, line: Line, taken_of: Decimal) -> Iterator[Difference]:
    if line.net % CENT:
        yield _decimals(line.line, "net", line.net)
    if line.price < 0:
        yield Difference(line.line, "price", f"{line.price}", "a price of at least zero")
    if line.ends_on < line.starts_on:
        yield Difference(line.line, "period", f"{line.starts_on} to {line.ends_on}", "an end after the start")
    if line.starts_on > invoice.ends_on:  # lines of earlier months come from late data
        yield Difference(line.line, "period", f"{line.starts_on}", f"{invoice.ends_on} or earlier")
    settled_now = line.unit == "share" and line.corrects is None and line.starts_on >= invoice.starts_on
    if settled_now and line.price != taken_of:
        yield Difference(line.line, "price", f"{line.price}", f"{taken_of} by the statement")
    for billed in line.visits:
        yield from _visit_differences(line, billed)


def _visit_differences(line: Line, billed: BilledVisit) -> Iterator[Difference]:
    coverage = billed.visit.coverage.quantize(_SHARE)
    if billed.coverage != coverage:
        yield Difference(line.line, "coverage", f"{billed.coverage}", f"{coverage}")
    if billed.doubtful != (billed.visit.unknown_s > 0):
        yield Difference(line.line, "doubtful", str(billed.doubtful), str(billed.visit.unknown_s > 0))
    for previous, following in pairwise(billed.visit.spans):
        if following.start < previous.end:
            yield Difference(line.line, "spans", _clock(following.start), f"{_clock(previous.end)} or later")
    if any(span.end <= span.start for span in billed.visit.spans):
        yield Difference(line.line, "spans", "a span that ends before it begins", "none")
    if (day := billed.visit.starts_at.astimezone(ZoneInfo(billed.visit.timezone)).date()) != billed.day:
        yield Difference(line.line, "day", f"{billed.day}", f"{day}")
    if billed.visit.ledger is not None:
        yield from _ledger(line, billed, billed.visit.ledger)


def _ledger(line: Line, billed: BilledVisit, ledger: tuple[LedgerDay, ...]) -> Iterator[Difference]:
    """The ledger days must add up, be days of the visit, and have at least as many readings as the visit rests on."""
    for day in ledger:
        parts = (day.numbered, day.stored, day.rejected, day.in_outbox, day.missing)
        missing = day.numbered - day.stored - day.rejected - day.in_outbox
        if day.missing != missing or min(parts) < 0:
            yield Difference(line.line, f"readings missing on {day.day}", f"{day.missing}", f"{missing}")
    touched = local_days(billed.visit.starts_at, billed.visit.evidence_until, billed.visit.timezone)
    days = [day.day for day in ledger]
    known = set(days)
    if days != [day for day in touched if day in known]:
        yield Difference(line.line, "days of the ledger", _days(days), _days(touched))
    under = sum(run.last - run.first + 1 for run in billed.visit.batches)
    arrived = sum(day.arrived for day in ledger)
    if under > arrived:
        yield Difference(line.line, "numbers under the spans", f"{under}", f"{arrived} or fewer, which is all that arrived")


def _decimals(line: int, what: str, amount: Decimal) -> Difference:
    return Difference(line, what, f"{amount:f}", "at most two decimals")


def _days(days: list[date]) -> str:
    return ", ".join(f"{day}" for day in days) or "none"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
