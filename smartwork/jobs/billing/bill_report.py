"""The result of billing a month: its documents with their files, and the totals."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.db.billing.visits_to_bill import UnattributedStays
from smartwork.documents.files import Files
from smartwork.domain.billing.invoice import DocumentKind, Invoice
from smartwork.domain.billing.issue_deadline import last_day_of_issue
from smartwork.domain.billing.month_plan import OpenStay, WaitingBill


@dataclass(frozen=True, slots=True)
class BilledDocument:
    """A company's document of the month in EUR; `already_issued`: an earlier run issued it."""

    company: str
    number: str
    kind: DocumentKind
    lines: int
    net: Decimal
    vat: Decimal
    gross: Decimal
    files: Files
    already_issued: bool


@dataclass(frozen=True, slots=True)
class BillReport:
    """The documents of a month by number, the companies without a document, and the unattributed stays."""

    month: date
    invoices: tuple[BilledDocument, ...]
    without_lines: tuple[str, ...]
    unattributed: UnattributedStays
    companies_per_s: float
    """Companies whose documents (PDF, UBL, CSV) were written per second, including the checks before writing."""
    waiting: tuple[WaitingBill, ...] = ()
    """By company and centre. The next run of the month bills them, once the reason has ended."""
    open_stays: tuple[OpenStay, ...] = ()
    """A run of this month or of a later one bills them, once their time is free."""

    issued_late: tuple[str, ...] = ()
    """The numbers of documents that this run issued after the last day of issue."""

    @property
    def last_day_of_issue(self) -> date:
        """The legal last day on which the month may be invoiced."""
        return last_day_of_issue(self.month)

    @property
    def net(self) -> Decimal:
        """Sum of all invoices excluding VAT, EUR."""
        return sum((document.net for document in self.invoices), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """Sum of all VAT, EUR."""
        return sum((document.vat for document in self.invoices), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """Sum of all invoices including VAT, EUR."""
        return sum((document.gross for document in self.invoices), Decimal(0))


def billed_document(invoice: Invoice, files: Files, *, already_issued: bool) -> BilledDocument:
    """The document of a company with its files; amounts of a credit note are negative."""
    sign = -1 if invoice.is_credit else 1
    return BilledDocument(
        company=invoice.account,
        number=invoice.number,
        kind=invoice.kind,
        lines=len(invoice.lines),
        net=sign * invoice.net,
        vat=sign * invoice.vat,
        gross=sign * invoice.gross,
        files=files,
        already_issued=already_issued,
    )
