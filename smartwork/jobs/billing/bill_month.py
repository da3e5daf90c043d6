"""Billing a month: reconcile it, plan what each company is charged, issue one document for each, and write the files."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

from smartwork.db.accounting import journal
from smartwork.db.billing import billed_months, companies, documents, drafts, prepaid_hours, visits_to_bill
from smartwork.db.billing.documents import NewDocument
from smartwork.db.core.book_entries import newest_head
from smartwork.db.core.connection import Connection
from smartwork.documents.files import render
from smartwork.documents.worker_processes import workers
from smartwork.domain.accounting import postings
from smartwork.domain.billing.changed_months import CORRECTION_WINDOW_MONTHS
from smartwork.domain.billing.composition import series_of
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.issue_deadline import last_day_of_issue
from smartwork.domain.billing.month_plan import MonthPlan, OpenStay, WaitingBill, plan_month
from smartwork.domain.billing.month_reading import digests_to_store
from smartwork.domain.time import months_later
from smartwork.jobs.billing.bill_report import BillReport, billed_document
from smartwork.jobs.billing.month_data import MonthInputs, read_in_transaction, read_inputs
from smartwork.jobs.billing.past_month import past_month, running_zones
from smartwork.jobs.bookings.reconcile_month import reconcile_stale
from smartwork.progress import Progress


def bill_month(
    connection: Connection,
    month: date,
    at: datetime,
    out_dir: Path,
    progress: Progress,
    company: str | None = None,
) -> BillReport:
    """Bill the local month of `month` at the instant `at`; files go to `out_dir/<YYYY-MM>/`.

    `company` is the slug of the only company to bill and to write files of; None: all.

    What changed since the last reconciliation, in the month and in the correction window, is reconciled first. A second run
    issues nothing again: existing documents, and credit notes of disputes, stay, and their files are written again, byte for
    byte the same. Verdicts, contracts or prices of earlier months that changed since they were billed lead to corrections on
    this month's documents. All documents of a run are issued in one transaction.

    A company waits if the ledger of a centre that it visited is faulty, if a contract or tariff is missing, or if readings
    arrived after its verdicts; a stay is open while another line holds its time. Both are in the report, and a later run
    bills them. Raises InputError if the month is not over, if an earlier month has to be billed first, or if there is no such
    company; SellerMissing; and the errors of `render` where files cannot be written.
    """
    first = past_month(connection, month, at, "Bill")
    with workers(len(companies.customers(connection))) as pool:
        _reconcile(connection, first, at, progress)
        inputs = read_inputs(connection, first, at, company)
        progress("Issuing invoices", 0, 1)
        with documents.issuing_transaction(connection):
            documents.open_series(connection, series_of("invoice", at.date()))
            plan = _plan(connection, inputs, first)
            new = _issue(connection, inputs, plan, at)
        progress("Issuing invoices", 1, 1)
        issued, texts = _documents(connection, first, company)
        begun = perf_counter()
        files = render(texts, out_dir / f"{first:%Y-%m}", progress, pool)
        rendering_s = perf_counter() - begun
    named = {invoice.account for invoice in issued} | {bill.company for bill in plan.waiting}
    return BillReport(
        month=first,
        invoices=tuple(
            billed_document(invoice, written, already_issued=invoice.account not in new)
            for invoice, written in zip(issued, files, strict=False)  # the files of credit notes come after
        ),
        without_lines=tuple(c.company.slug for c in inputs.customers if c.company.slug not in named),
        unattributed=visits_to_bill.unattributed(connection, first),
        companies_per_s=len(texts) / rendering_s,
        waiting=plan.waiting,
        open_stays=plan.open_stays,
        issued_late=tuple(i.number for i in issued if i.account in new and i.issued_on > last_day_of_issue(first)),
    )


def _documents(connection: Connection, month: date, company: str | None) -> tuple[list[Invoice], list[str]]:
    """The month's documents to a company or to all, in order of issue; and their texts, then those of credit notes."""
    issued = [each for each in documents.of_month(connection, month) if company in (None, each[0].account)]
    notes = documents.notes_of_month(connection, month)
    if company is not None:
        notes = [text for text in notes if Invoice.read(text).account == company]
    return [invoice for invoice, _ in issued], [*(text for _, text in issued), *notes]


@dataclass(frozen=True, slots=True)
class MonthDraft:
    """What a month would be billed as now. `until`: the month is still running, and the drafts end at this instant."""

    drafts: tuple[Invoice, ...]
    waiting: tuple[WaitingBill, ...]
    open_stays: tuple[OpenStay, ...]
    until: datetime | None


def draft_month(
    connection: Connection, month: date, at: datetime, progress: Progress, company: str | None = None
) -> MonthDraft:
    """The documents that `bill_month` would issue now, stored as drafts with number 0; each run replaces the drafts.

    The month may be running: then the drafts have what is over at `at`. Earlier months that were never billed are left out.
    Raises InputError if there is no such company; SellerMissing.
    """
    first = month.replace(day=1)
    _reconcile(connection, first, at, progress)
    inputs = read_inputs(connection, first, at, company, is_draft=True)
    with documents.issuing_transaction(connection):
        plan = _plan(connection, inputs, first)
        composed = [(each.customer.company_id, d.numbered(0)) for each in plan.months for d in each.documents]
        replaced = None if company is None else [customer.company_id for customer in inputs.customers]
        drafts.put_drafts(connection, first, composed, replaced)
    until = at if running_zones(connection, first, at) else None
    return MonthDraft(tuple(draft for _, draft in composed), plan.waiting, plan.open_stays, until)


def _reconcile(connection: Connection, first: date, at: datetime, progress: Progress) -> None:
    """Reconcile what changed in the month and in the correction window."""
    reconcile_stale(connection, months_later(first, -CORRECTION_WINDOW_MONTHS), first, at, progress)
    progress("Reading verdicts and their evidence", 0, 1)


def _plan(connection: Connection, inputs: MonthInputs, first: date) -> MonthPlan:
    closed = billed_months.closed(connection, first)
    customers = [customer for customer in inputs.customers if customer.company_id not in closed]
    return plan_month(customers, read_in_transaction(connection, inputs, customers))


def _issue(connection: Connection, inputs: MonthInputs, plan: MonthPlan, at: datetime) -> set[str]:
    """Issue the documents of a plan. Returns the slugs of the companies that got a document."""
    first = inputs.data.month
    new: list[NewDocument] = []
    head = newest_head(connection)
    for planned in plan.months:
        prepaid_hours.put_lots(connection, planned.customer.company_id, planned.made.overdrafts)
        for part, made in enumerate(planned.documents, start=1):
            ordinal = documents.take_number(connection, series_of(made.kind, at.date()))
            new.append(NewDocument(made.numbered(ordinal, head), company_id=planned.customer.company_id, part=part))
    documents.store(connection, new, at)
    for document in new:
        journal.post(connection, postings.document_posting(document.invoice))
        prepaid_hours.record_prepaid_movements(connection, document.company_id or 0, document.invoice)
    for planned in plan.months:
        company_id, expired = planned.customer.company_id, planned.made.expired
        prepaid_hours.record_expiry(connection, company_id, first, expired)
        if given_back := planned.made.given_back:
            number = next(d.invoice.number for d in new if d.company_id == company_id)
            prepaid_hours.record_given_back(connection, company_id, first, number, given_back)
        if expired:
            journal.post(connection, postings.expiry_posting(planned.customer.company.slug, first, at.date(), expired))
    digests = digests_to_store(inputs.read, plan, first)
    billed_months.put_digests(connection, digests)
    drafts.drop_drafts(connection, first, sorted({company_id for company_id, _ in digests}))
    return {document.invoice.account for document in new}
