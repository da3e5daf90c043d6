"""Billing a month: rate the visits, correct earlier months, issue one document for each company, and write the files."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

from smartwork.db.accounting import journal
from smartwork.db.billing import billed_months, companies, contracts, documents, drafts, prepaid_hours, visits_to_bill
from smartwork.db.billing.companies import Customer
from smartwork.db.billing.documents import NewDocument
from smartwork.db.core.connection import Connection
from smartwork.db.ledger.ledger import LedgerFault
from smartwork.db.ledger.ledger import faults as faults_of_ledgers
from smartwork.documents.files import render
from smartwork.documents.worker_processes import workers
from smartwork.domain.accounting import postings
from smartwork.domain.billing.changed_months import CORRECTION_WINDOW_MONTHS, Digests, changed_months, month_digests
from smartwork.domain.billing.company_month import CompanyMonth, assemble_month
from smartwork.domain.billing.composition import DocumentHeader, compose, invoice_header, kind_of, series_of
from smartwork.domain.billing.corrections import corrections, groups_in_effect, names_of
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.passes import by_day, rate_day
from smartwork.domain.billing.rating import Group, local_date, rate, terms_of
from smartwork.domain.billing.tariffs import ContractMissing, Tariff, contract_at, tariff_at
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import days_of_month, months_later
from smartwork.errors import SmartworkError
from smartwork.jobs.billing.bill_report import BillReport, WaitingBill, billed_document
from smartwork.jobs.billing.past_month import past_month
from smartwork.progress import Progress


class NotProvable(SmartworkError):  # noqa: N818 - names what is missing
    """A figure of a verdict does not follow from its spans."""


def bill_month(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> BillReport:
    """Bill all companies for the local month of `month` at the instant `at`; files go to `out_dir/<YYYY-MM>/`.

    A second run issues nothing again: existing documents, and credit notes of disputes, stay, and their files are written
    again, byte for byte the same. Verdicts, contracts or prices of earlier months that changed since they were billed lead to
    corrections on this month's documents. All documents of a run are issued in one transaction.
    A company that visited a centre whose ledger is faulty waits; a later run bills it.
    Raises InputError if the month is not over, or if an earlier month has to be billed first; RateMissing,
    ContractMissing or SellerMissing if one of them is missing; NotProvable if readings arrived after the verdicts; and
    the errors of `render` where files cannot be written.
    """
    first = past_month(connection, month, at, "Bill")
    with workers(len(companies.customers(connection))) as pool:
        progress("Reading verdicts and their evidence", 0, 1)
        inputs = _read(connection, first)
        progress("Reading verdicts and their evidence", 1, 1)
        progress("Issuing invoices", 0, 1)
        with documents.issuing_transaction(connection):
            documents.open_series(connection, series_of("invoice", at.date()))
            closed = billed_months.closed(connection, first)
            open_customers = [customer for customer in inputs.customers if customer.company_id not in closed]
            waiting = _waiting(inputs, open_customers, faults_of_ledgers(connection))
            names = {bill.company for bill in waiting}
            open_customers = [customer for customer in open_customers if customer.company.slug not in names]
            new = _issue(connection, inputs, open_customers, first, at)
        progress("Issuing invoices", 1, 1)
        issued = documents.of_month(connection, first)
        texts = [*(text for _, text in issued), *documents.notes_of_month(connection, first)]
        begun = perf_counter()
        files = render(texts, out_dir / f"{first:%Y-%m}", progress, pool)
        rendering_s = perf_counter() - begun
    invoiced = {invoice.account for invoice, _ in issued}
    return BillReport(
        month=first,
        invoices=tuple(
            billed_document(invoice, written, already_issued=invoice.account not in new)
            for (invoice, _), written in zip(issued, files, strict=False)  # the files of credit notes come after
        ),
        without_lines=tuple(c.company.slug for c in inputs.customers if c.company.slug not in invoiced | names),
        unattributed=visits_to_bill.unattributed(connection, first),
        companies_per_s=len(texts) / rendering_s,
        waiting=tuple(waiting),
    )


def draft_month(connection: Connection, month: date, at: datetime, progress: Progress) -> list[Invoice]:
    """The documents that `bill_month` would issue now, stored as drafts with number 0; each run replaces the drafts.

    Raises the errors of `bill_month`.
    """
    first = past_month(connection, month, at, "Bill")
    progress("Reading verdicts and their evidence", 0, 1)
    inputs = _read(connection, first)
    with documents.issuing_transaction(connection):
        closed = billed_months.closed(connection, first)
        open_customers = [customer for customer in inputs.customers if customer.company_id not in closed]
        composed = [
            (customer.company_id, compose(_header(customer, inputs, first, at), made.groups, ordinal=0, pools=made.pools))
            for customer, made in _company_months(connection, inputs, open_customers, first)
            if made.groups
        ]
        drafts.put_drafts(connection, first, composed)
    progress("Reading verdicts and their evidence", 1, 1)
    return [draft for _, draft in composed]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a run reads before it issues. By company_id: `charges` of the month, and `changed` months with their charges now.

    `digests` are those to store for the months that the run bills or corrects.
    """

    customers: list[Customer]
    seller: Party
    charges: dict[int, list[Group]]
    changed: dict[int, dict[date, list[Group]]]
    digests: Digests


def _waiting(inputs: _Inputs, customers: Sequence[Customer], ledger_faults: Sequence[LedgerFault]) -> list[WaitingBill]:
    """The companies whose charges, or corrections, come from a centre whose ledger is faulty, with the reason."""
    reasons = {fault.centre: fault.message for fault in ledger_faults}
    waiting: list[WaitingBill] = []
    for customer in customers:
        groups = [inputs.charges.get(customer.company_id, []), *inputs.changed.get(customer.company_id, {}).values()]
        centres = {line.centre for of_month in groups for group in of_month for line in group if line.centre is not None}
        waiting += [
            WaitingBill(customer.company.slug, centre, reasons[centre]) for centre in sorted(centres & reasons.keys())
        ]
    return waiting


def _read(connection: Connection, first: date) -> _Inputs:
    """Reads verdicts, prices and evidence. Digests are read first, so that the next run finds what changes meanwhile."""
    since = months_later(first, -CORRECTION_WINDOW_MONTHS)
    verdicts = billed_months.verdict_digests(connection, since, first)
    customers, tariffs = companies.customers(connection), contracts.tariffs(connection)
    now = month_digests(verdicts, {c.company_id: c.company.contracts for c in customers}, tariffs)
    charges = rated(visits_to_bill.visits(connection, first), customers, tariffs)
    months = changed_months(now, billed_months.billed_digests(connection, since, first), first)
    changed: dict[int, dict[date, list[Group]]] = defaultdict(dict)
    for month, company_ids in months.items():
        groups = rated(visits_to_bill.visits(connection, month, company_ids), customers, tariffs)
        for company_id in company_ids:
            changed[company_id][month] = groups.get(company_id, [])
    billed = {(company_id, month): now.get((company_id, month)) for month, ids in months.items() for company_id in ids}
    billed |= {key: digests for key, digests in now.items() if key[1] == first}
    billed |= {(c.company_id, first): billed.get((c.company_id, first)) for c in customers}
    return _Inputs(customers, contracts.seller(connection), charges, changed, billed)


def _company_months(
    connection: Connection, inputs: _Inputs, customers: Sequence[Customer], first: date
) -> list[tuple[Customer, CompanyMonth]]:
    """Each company's month with corrections and prepaid hours; lots and earlier documents are read in this transaction."""
    changed = [customer.company_id for customer in customers if customer.company_id in inputs.changed]
    earlier = documents.of_companies(connection, changed, months_later(first, -CORRECTION_WINDOW_MONTHS)) if changed else {}
    lots = prepaid_hours.lots(connection, [customer.company_id for customer in customers])
    last = days_of_month(first)[-1]
    company_months = []
    for customer in customers:
        key = customer.company_id
        groups = list(inputs.charges.get(key, []))
        if key in inputs.changed:
            groups += _corrections(earlier.get(key, []), inputs.changed[key])
        billed, unbilled = lots.get(key, ([], []))
        bought = [lot for lot in unbilled if lot.bought_on <= last]
        company_months.append((customer, assemble_month(customer.company, first, groups, billed, bought)))
    return company_months


def _corrections(earlier: Sequence[Invoice], changed: Mapping[date, list[Group]]) -> list[Group]:
    issued, credited = groups_in_effect(earlier)
    groups: list[Group] = []
    for month, charges in sorted(changed.items()):
        of_month = [group for group in issued if group.lines[0].starts_on.replace(day=1) == month]
        groups += corrections(of_month, credited, charges)
    return groups


def _issue(connection: Connection, inputs: _Inputs, customers: Sequence[Customer], first: date, at: datetime) -> set[str]:
    """Issue the documents of `customers`. Returns the slugs of the companies that got a document."""
    new: list[NewDocument] = []
    month = _company_months(connection, inputs, customers, first)
    for customer, made in month:
        prepaid_hours.put_lots(connection, customer.company_id, made.overdrafts)
        if not made.groups:
            continue
        header = _header(customer, inputs, first, at)
        ordinal = documents.take_number(connection, series_of(kind_of(header, made.groups), at.date()))
        new.append(
            NewDocument(compose(header, made.groups, ordinal=ordinal, pools=made.pools), company_id=customer.company_id)
        )
        _require_evidence(new[-1].invoice)
    documents.store(connection, new, at)
    for document in new:
        journal.post(connection, postings.document_posting(document.invoice))
        prepaid_hours.record_prepaid_movements(connection, document.company_id or 0, document.invoice)
    for customer, made in month:
        prepaid_hours.record_expiry(connection, customer.company_id, first, made.expired)
        if made.expired:
            journal.post(connection, postings.expiry_posting(customer.company.slug, first, at.date(), made.expired))
    ids = {customer.company_id for customer in customers}
    billed_months.put_digests(connection, {key: text for key, text in inputs.digests.items() if key[0] in ids})
    drafts.drop_drafts(connection, first, sorted(ids))
    return {document.invoice.account for document in new}


def _require_evidence(invoice: Invoice) -> None:
    """Raises NotProvable if a figure does not follow from its evidence, because readings arrived after the verdict."""
    for fault in faults(invoice):
        line = next((line for line in invoice.lines if line.line == fault.line), None)
        names = ", ".join(sorted(external_id for _, external_id in names_of((line,)))) if line else "the document"
        raise NotProvable(
            f"Nothing was issued: for {invoice.account}, {names}, {fault.what} is {fault.stated}, but {fault.computed} by "
            f"its evidence. Readings arrived after the verdict. Reconcile the month again (smartwork reconcile --month "
            f"{invoice.month:%Y-%m}), and bill it again."
        )


def _header(customer: Customer, inputs: _Inputs, first: date, at: datetime) -> DocumentHeader:
    return invoice_header(customer.company, first, at.date(), inputs.seller, is_demo=customer.is_demo)


def rated(
    visits: Mapping[int, Sequence[Visit]], customers: Iterable[Customer], tariffs: Sequence[Tariff]
) -> dict[int, list[Group]]:
    """The charges of each company that has any, by company_id. Contract and tariff are those of the local start day.

    Raises RateMissing or ContractMissing.
    """
    companies = {customer.company_id: customer.company for customer in customers}
    charges: dict[int, list[Group]] = {}
    for company_id, company_visits in visits.items():
        company = companies.get(company_id)
        groups: list[Group] = []
        for of_day in by_day(company_visits):
            first_visit, day = of_day[0], local_date(of_day[0])
            contract = contract_at(company.contracts, first_visit.centre, first_visit.kind, day) if company else None
            if company is None or contract is None:
                name = company.slug if company else "the company"
                source = first_visit.booking or first_visit.check_in
                raise ContractMissing(
                    f"No contract of {name} for a {first_visit.kind} in centre {first_visit.centre} holds on "
                    f"{day.isoformat()}, the day of {source}. Add one (smartwork agreements), and bill again."
                )
            terms = terms_of(contract, tariff_at(tariffs, first_visit.centre, first_visit.kind, day))
            if contract.charge == "cheapest":
                groups += rate_day(of_day, terms, company.vat)
            else:
                groups += [group for visit in of_day if (group := rate(visit, terms, company.vat))]
        if groups:
            charges[company_id] = groups
    return charges
