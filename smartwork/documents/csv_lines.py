"""A document's lines as CSV for spreadsheets: one row per line, under column names that never change."""

import csv
from collections.abc import Callable, Iterable
from decimal import Decimal
from io import StringIO

from smartwork.documents import line_texts
from smartwork.documents.line_explanations import IndexedInvoice, indexed
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.ledger.ledger_day import LedgerDay

_FORMULA = ("=", "+", "-", "@", "\t")

COLUMNS: dict[str, Callable[[IndexedInvoice, Line], object]] = {
    "document": lambda document, _: document.invoice.number,
    "document_kind": lambda document, _: document.invoice.kind,
    "issued_on": lambda document, _: document.invoice.issued_on,
    "line": lambda _, line: line.line,
    "line_kind": lambda _, line: line.kind,
    "starts_on": lambda _, line: line.starts_on,
    "ends_on": lambda _, line: line.ends_on,
    "centre": lambda _, line: without_formula(line.centre or ""),
    "place_kind": lambda _, line: line.place_kind or "",
    "place": lambda _, line: _joined(billed.visit.resource for billed in line.visits),
    "place_name": lambda _, line: _joined(billed.visit.resource_name for billed in line.visits),
    "member": lambda _, line: _joined(billed.visit.member or "" for billed in line.visits),
    "reference": lambda _, line: (
        _joined(line_texts.named(billed) for billed in line.visits) or without_formula(line.label or "")
    ),
    "times": lambda _, line: _joined(line_texts.times(billed) for billed in line.visits),
    "verdict": lambda _, line: _joined(billed.visit.verdict for billed in line.visits),
    "basis": lambda _, line: _joined(billed.basis for billed in line.visits),
    "booked_s": lambda _, line: sum(billed.visit.booked_s for billed in line.visits),
    "occupied_s": lambda _, line: sum(billed.visit.occupied_s for billed in line.visits),
    "vacant_s": lambda _, line: sum(billed.visit.vacant_s for billed in line.visits),
    "unknown_s": lambda _, line: sum(billed.visit.unknown_s for billed in line.visits),
    "over_s": lambda _, line: sum(billed.visit.over_s for billed in line.visits),
    "coverage": lambda _, line: min((billed.coverage for billed in line.visits), default=""),
    "ledger": lambda _, line: _joined(run for billed in line.visits for run in line_texts.ledger(billed.visit.batches)),
    "ledger_numbered": lambda _, line: _ledger(line, lambda day: day.numbered),
    "ledger_stored": lambda _, line: _ledger(line, lambda day: day.stored),
    "ledger_rejected": lambda _, line: _ledger(line, lambda day: day.rejected),
    "ledger_waiting": lambda _, line: _ledger(line, lambda day: day.in_outbox),
    "ledger_missing": lambda _, line: _ledger(line, lambda day: day.missing),
    "hours": lambda _, line: line.hours,
    "credit_hours": lambda _, line: sum((draw.hours for draw in line.drawdowns), Decimal(0)),
    "quantity": lambda _, line: line.quantity,
    "unit": lambda _, line: line.unit,
    "price": lambda _, line: line.price,
    "net": lambda _, line: line.net,
    "vat_category": lambda _, line: line.vat_category,
    "vat_rate": lambda _, line: line.vat_rate,
    "currency": lambda document, _: document.invoice.currency,
    "corrects_document": lambda _, line: line.corrects.number if line.corrects else "",
    "corrects_line": lambda _, line: line.corrects.line if line.corrects else "",
    "note": lambda document, line: _joined(line_texts.details(line, document)),
}
"""Every column in order, with the function that fills it; docs/invoice-evidence.md defines them."""


def table(invoice: Invoice) -> bytes:
    """The lines of `invoice` as CSV (RFC 4180), in UTF-8 with a byte order mark so that spreadsheets read accents."""
    out = StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    document = indexed(invoice)
    rows.writerows([value(document, line) for value in COLUMNS.values()] for line in invoice.lines)
    return out.getvalue().encode("utf-8-sig")


def _ledger(line: Line, count: Callable[[LedgerDay], int]) -> object:
    """The sum over the ledger days that a line touches, each day of a centre once; empty if no ledger was recorded."""
    days = {(billed.visit.centre, day.day): day for billed in line.visits for day in billed.visit.ledger or ()}
    return sum(map(count, days.values())) if days else ""


def _joined(texts: Iterable[str]) -> str:
    return without_formula("; ".join(dict.fromkeys(texts)))


def without_formula(text: str) -> str:
    """Text from outside; an apostrophe before it keeps spreadsheets from reading it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
