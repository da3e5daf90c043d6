"""The money of the demo month: invoices, a dispute that ends with a credit note, the centres' documents, and the audit."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from smartwork.db.billing import contracts, documents
from smartwork.db.core.connection import Connection
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.parties import Language
from smartwork.jobs.audit.audit import AuditReport, run_audit
from smartwork.jobs.billing.bill_month import BillReport, bill_month
from smartwork.jobs.billing.lifecycle import credit, dispute
from smartwork.jobs.settlement.settle_month import SettleReport, settle_month
from smartwork.progress import Progress

_DISPUTED = "Made-up dispute of the demo: the member says that the centre was locked."
_CREDITED: dict[Language, str] = {
    "fr": "démonstration, motif fictif : le centre était fermé",
    "nl": "demonstratie, fictieve reden: het centrum was gesloten",
    "en": "demonstration, made-up reason: the centre was locked",
}


@dataclass(frozen=True, slots=True)
class Money:
    """What the month came to."""

    bill: BillReport
    credit_notes: tuple[Invoice, ...]
    settlement: SettleReport
    audit: AuditReport


def settle_accounts(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> Money:
    """Bill the month, settle it, credit one disputed line, settle that too, and audit; repeating it changes nothing."""
    bill = bill_month(connection, month, at, out_dir, progress)
    settlement = settle_month(connection, month, at, out_dir, progress)
    if not _credit_notes(connection, month):
        found = _questionable(connection, month)
        if found:
            invoice, line = found
            dispute(connection, invoice.number, line, at, _DISPUTED)
            credit(connection, invoice.number, line, None, at, _CREDITED[invoice.language], out_dir, progress)
            settlement = settle_month(connection, month, at, out_dir, progress)
    notes = _credit_notes(connection, month)
    return Money(bill, tuple(notes), settlement, run_audit(connection, progress))


def _credit_notes(connection: Connection, month: date) -> list[Invoice]:
    numbers = [head.number for head in documents.summaries(connection, month) if head.kind == "credit_note"]
    return [documents.numbered(connection, number).invoice for number in numbers]


def _questionable(connection: Connection, month: date) -> tuple[Invoice, int] | None:
    """A line that a company might dispute: a no-show in a centre that is paid by share; None where there is none."""
    shares = {one.centre for one in contracts.centre_contracts(connection) if one.mode == "share"}
    for invoice, _ in documents.of_month(connection, month):
        for line in invoice.lines:
            if _is_questionable(line, shares):
                return invoice, line.line
    return None


def _is_questionable(line: Line, shares: set[str]) -> bool:
    return line.kind == "occupancy" and line.centre in shares and line.proofs[0].verdict == "no_show" and line.net > 0
