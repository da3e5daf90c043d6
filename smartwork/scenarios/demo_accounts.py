"""The accounts of the demo month: invoices, a dispute with its credit note, settlements with the centres, and the audit."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from smartwork.db.billing import contracts, documents
from smartwork.db.core.connection import Connection
from smartwork.db.settlement.acceptance import acceptances
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.parties import Language
from smartwork.domain.settlement.acceptance import AcceptanceEvent
from smartwork.jobs.audit.audit import AuditReport, run_audit
from smartwork.jobs.billing.bill_month import bill_month
from smartwork.jobs.billing.bill_report import BillReport
from smartwork.jobs.billing.lifecycle import DisputedLine, credit, dispute
from smartwork.jobs.settlement.acceptance import record_reply
from smartwork.jobs.settlement.payouts import order_now
from smartwork.jobs.settlement.settle_month import SettleReport, settle_month
from smartwork.progress import Progress

_DISPUTED = "Made-up dispute of the demo: the member says that the centre was locked."
_ACCEPTED = "made-up acceptance of the demo"
_CREDITED: dict[Language, str] = {
    "fr": "démonstration, motif fictif : le centre était fermé",
    "nl": "demonstratie, fictieve reden: het centrum was gesloten",
    "en": "demonstration, made-up reason: the centre was locked",
}


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    """Reports of billing, settlement and audit, and the credit notes of the month."""

    bill: BillReport
    credit_notes: tuple[Invoice, ...]
    settlement: SettleReport
    audit: AuditReport


def settle_accounts(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> DemoAccounts:
    """Bill and settle the month, credit one disputed line, settle again, and audit; running it again changes nothing.

    The made-up centres accept every document on the day of its issue.
    """
    bill = bill_month(connection, month, at, out_dir, progress)
    settlement = _settle(connection, month, at, out_dir, progress)
    if not _credit_notes(connection, month):
        disputable = _disputable_line(connection, month)
        if disputable:
            invoice, line = disputable
            dispute(connection, invoice.number, line, at, _DISPUTED)
            credit(connection, DisputedLine(invoice.number, line), _CREDITED[invoice.language], at, out_dir, progress)
            settlement = _settle(connection, month, at, out_dir, progress)
    return DemoAccounts(bill, tuple(_credit_notes(connection, month)), settlement, run_audit(connection, progress))


def _settle(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> SettleReport:
    """Settle the month, have every centre accept its document, and order what is owed then."""
    report = settle_month(connection, month, at, out_dir, progress)
    for document in acceptances(connection):
        if document.state(at.date()) == "waiting":
            record_reply(connection, document.number, AcceptanceEvent("accepted", at.date(), _ACCEPTED), at)
    return replace(report, payouts=(*report.payouts, *order_now(connection, at, out_dir)))


def _credit_notes(connection: Connection, month: date) -> list[Invoice]:
    numbers = [summary.number for summary in documents.summaries(connection, month) if summary.kind == "credit_note"]
    return [documents.numbered(connection, number).invoice for number in numbers]


def _disputable_line(connection: Connection, month: date) -> tuple[Invoice, int] | None:
    """An invoice and the number of a no-show line in it, of a centre that is paid by share; None if there is none."""
    paid_by_share = {contract.centre for contract in contracts.centre_contracts(connection) if contract.mode == "share"}
    for invoice, _ in documents.of_month(connection, month):
        for line in invoice.lines:
            if _is_disputable(line, paid_by_share):
                return invoice, line.line
    return None


def _is_disputable(line: Line, paid_by_share: set[str]) -> bool:
    if line.kind != "occupancy" or line.centre not in paid_by_share:
        return False
    return line.visits[0].visit.verdict == "no_show" and line.net > 0
