"""A document's lines as CSV for spreadsheets: one row per line, under column names that never change."""

import csv
from collections.abc import Callable, Iterable
from decimal import Decimal
from io import StringIO

from smartwork.documents import line_texts
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.ledger.ledger_day import LedgerDay

_FORMULA = ("=", "+", "-", "@", "\t")

COLUMNS: dict[str, Callable[[Invoice, Line], object]] = {
    "document": lambda invoice, _: invoice.number,
    "document_kind": lambda invoice, _: invoice.kind,
    "issued_on": lambda invoice, _: invoice.issued_on,
    "line": lambda _, line: line.line,
    "line_kind": lambda _, line: line.kind,
    "starts_on": lambda _, line: line.starts_on,
    "ends_on": lambda _, line: line.ends_on,
    "centre": lambda _, line: _safe(line.centre or ""),
    "place_kind": lambda _, line: line.place_kind or "",
    "place": lambda _, line: _joined(proof.resource for proof in line.proofs),
    "place_name": lambda _, line: _joined(proof.resource_name for proof in line.proofs),
    "member": lambda _, line: _joined(proof.member for proof in line.proofs),
    "reference": lambda _, line: _joined(line_texts.named(proof) for proof in line.proofs) or _safe(line.label or ""),
    "times": lambda _, line: _joined(line_texts.times(proof) for proof in line.proofs),
    "verdict": lambda _, line: _joined(proof.verdict for proof in line.proofs),
    "basis": lambda _, line: _joined(proof.basis for proof in line.proofs),
    "booked_s": lambda _, line: sum(proof.booked_s for proof in line.proofs),
    "occupied_s": lambda _, line: sum(proof.occupied_s for proof in line.proofs),
    "vacant_s": lambda _, line: sum(proof.vacant_s for proof in line.proofs),
    "unknown_s": lambda _, line: sum(proof.unknown_s for proof in line.proofs),
    "over_s": lambda _, line: sum(proof.over_s for proof in line.proofs),
    "coverage": lambda _, line: min((proof.coverage for proof in line.proofs), default=""),
    "ledger": lambda _, line: _joined(run for proof in line.proofs for run in line_texts.ledger(proof.batches)),
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
    "currency": lambda invoice, _: invoice.currency,
    "corrects_document": lambda _, line: line.corrects.number if line.corrects else "",
    "corrects_line": lambda _, line: line.corrects.line if line.corrects else "",
}
"""Every column in order, with the function that fills it; docs/invoice-evidence.md defines them."""


def table(invoice: Invoice) -> bytes:
    """The lines of `invoice` as CSV (RFC 4180), in UTF-8 with a byte order mark so that spreadsheets read accents."""
    out = StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows([value(invoice, line) for value in COLUMNS.values()] for line in invoice.lines)
    return out.getvalue().encode("utf-8-sig")


def _ledger(line: Line, count: Callable[[LedgerDay], int]) -> object:
    """The sum over the ledger days that a line touches, each day of a centre once; empty where no ledger was recorded."""
    days = {(proof.centre, day.day): day for proof in line.proofs for day in proof.ledger or ()}
    return sum(map(count, days.values())) if days else ""


def _joined(texts: Iterable[str]) -> str:
    return _safe("; ".join(dict.fromkeys(texts)))


def _safe(text: str) -> str:
    """Text from outside; an apostrophe before it keeps spreadsheets from reading it as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
