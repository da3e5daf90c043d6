"""Bill a month: rate the visits, correct what changed, issue one document a company, and write the files."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from smartwork.db.accounting import journal
from smartwork.db.billing import billed_months, billing_month, companies, contracts, documents, drafts, prepaid_hours
from smartwork.db.billing.billing_month import UnattributedStays
from smartwork.db.billing.companies import Customer
from smartwork.db.billing.documents import NewDocument
from smartwork.db.core.connection import Connection
from smartwork.documents.files import Files, render
from smartwork.documents.worker_processes import workers
from smartwork.domain.accounting import postings
from smartwork.domain.billing.changed_months import CORRECTION_WINDOW_MONTHS, Digests, changed_months, month_digests
from smartwork.domain.billing.company_month import CompanyMonth, assemble_month
from smartwork.domain.billing.composition import DocumentHeader, compose, invoice_header, kind_of, series_of
from smartwork.domain.billing.corrections import corrections, groups_in_effect, names_of
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import DocumentKind, Invoice
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.passes import by_day, rate_day
from smartwork.domain.billing.rating import Group, local_date, rate, terms_of
from smartwork.domain.billing.tariffs import ContractMissing, Tariff, contract_at, tariff_at
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import days_of_month, months_later
from smartwork.errors import InputError, SmartworkError
from smartwork.progress import Progress


class NotProvable(SmartworkError):  # noqa: N818 - says what was found
    """A figure of a verdict does not follow from the spans under it."""


@dataclass(frozen=True, slots=True)
class BilledDocument:
    """One company's document of the month; `already_issued` says that an earlier run issued it."""

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
    """What billing a month came to: invoices by number, companies with nothing to pay, walk-ins nobody signed for."""

    month: date
    invoices: tuple[BilledDocument, ...]
    without_lines: tuple[str, ...]
    unattributed: UnattributedStays
    companies_per_s: float
    """Companies' documents (PDF, UBL, CSV) rendered a second, checks before writing included."""

    @property
    def net(self) -> Decimal:
        """Sum of all invoices excluding VAT, EUR."""
        return sum((billed.net for billed in self.invoices), Decimal(0))

    @property
    def vat(self) -> Decimal:
        """Sum of all VAT, EUR."""
        return sum((billed.vat for billed in self.invoices), Decimal(0))

    @property
    def gross(self) -> Decimal:
        """Sum of all invoices including VAT, EUR."""
        return sum((billed.gross for billed in self.invoices), Decimal(0))


def bill_month(connection: Connection, month: date, at: datetime, out_dir: Path, progress: Progress) -> BillReport:
    """Bill all companies for the local month that `month` lies in, as of `at`; files go to `out_dir/<YYYY-MM>/`.

    Running it again issues nothing twice: documents that exist, credit notes of disputes among them, are left untouched and
    their files written once more, the same to the byte. What changed in earlier months since they were billed, verdicts,
    contracts or prices, stands as corrections on this one. All documents of a run are issued in one transaction, or none is.
    Raises InputError where the month is not over or one between billed ones is not billed, RateMissing, ContractMissing or
    SellerMissing where a price, contract or the seller is missing, NotProvable where readings came after the verdicts, and
    what `render` raises where files cannot be written.
    """
    first = _over(month, at.date())
    with workers(len(companies.customers(connection))) as pool:
        progress("Reading verdicts and their evidence", 0, 1)
        known = _read(connection, first)
        progress("Reading verdicts and their evidence", 1, 1)
        progress("Issuing invoices", 0, 1)
        with documents.issuing_transaction(connection):
            documents.open_series(connection, series_of("invoice", at.date()))
            closed = billed_months.closed(connection, first)
            open_ones = [customer for customer in known.customers if customer.company_id not in closed]
            fresh = _issue(connection, known, open_ones, first, at)
        progress("Issuing invoices", 1, 1)
        issued = documents.of_month(connection, first)
        texts = [*(text for _, text in issued), *documents.notes_of_month(connection, first)]
        begun = perf_counter()
        files = render(texts, out_dir / f"{first:%Y-%m}", progress, pool)
        rendering_s = perf_counter() - begun
    invoiced = {invoice.account for invoice, _ in issued}
    return BillReport(
        first,
        tuple(
            _billed(invoice, written, already=invoice.account not in fresh)
            for (invoice, _), written in zip(issued, files, strict=False)  # the files of credit notes come after
        ),
        tuple(customer.company.slug for customer in known.customers if customer.company.slug not in invoiced),
        billing_month.unattributed(connection, first),
        len(texts) / rendering_s,
    )


def draft_month(connection: Connection, month: date, at: datetime, progress: Progress) -> list[Invoice]:
    """What `bill_month` would issue now, kept as drafts and numbered 0; drafts are made anew by every run.

    Raises as `bill_month` does.
    """
    first = _over(month, at.date())
    progress("Reading verdicts and their evidence", 0, 1)
    known = _read(connection, first)
    with documents.issuing_transaction(connection):
        closed = billed_months.closed(connection, first)
        open_ones = [customer for customer in known.customers if customer.company_id not in closed]
        found = [
            (customer.company_id, compose(_head(customer, known, first, at), made.groups, ordinal=0, pools=made.pools))
            for customer, made in _monthly(connection, known, open_ones, first)
            if made.groups
        ]
        drafts.put_drafts(connection, first, found)
    progress("Reading verdicts and their evidence", 1, 1)
    return [draft for _, draft in found]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a run read before it issues: `charges` of the month, `changed` of earlier months, by company_id."""

    customers: list[Customer]
    seller: Party
    charges: dict[int, list[Group]]
    changed: dict[int, dict[date, list[Group]]]
    digests: Digests


def _over(month: date, today: date) -> date:
    first = month.replace(day=1)
    if (today.year, today.month) <= (first.year, first.month):
        raise InputError(f"The month {first:%Y-%m} is not over on {today.isoformat()}: bill it after its last day.")
    return first


def _read(connection: Connection, first: date) -> _Known:
    """Digests are read before verdicts and prices: the next run finds what changes in between."""
    since = months_later(first, -CORRECTION_WINDOW_MONTHS)
    verdicts = billed_months.verdict_digests(connection, since, first)
    customers, tariffs = companies.customers(connection), contracts.tariffs(connection)
    now = month_digests(verdicts, {one.company_id: one.company.contracts for one in customers}, tariffs)
    charges = rated(billing_month.visits(connection, first), customers, tariffs)
    months = changed_months(now, billed_months.billed_digests(connection, since, first), first)
    changed: dict[int, dict[date, list[Group]]] = defaultdict(dict)
    for month, company_ids in months.items():
        groups = rated(billing_month.visits(connection, month, company_ids), customers, tariffs)
        for company_id in company_ids:
            changed[company_id][month] = groups.get(company_id, [])
    billed = {(company_id, month): now.get((company_id, month)) for month, ids in months.items() for company_id in ids}
    billed |= {key: digests for key, digests in now.items() if key[1] == first}
    billed |= {(one.company_id, first): billed.get((one.company_id, first)) for one in customers}
    return _Known(customers, contracts.seller(connection), charges, changed, billed)


def _monthly(
    connection: Connection, known: _Known, customers: Sequence[Customer], first: date
) -> list[tuple[Customer, CompanyMonth]]:
    """Each company's month, corrections and credits included; lots and earlier documents are read in this transaction."""
    changed = [customer.company_id for customer in customers if customer.company_id in known.changed]
    earlier = documents.of_companies(connection, changed, months_later(first, -CORRECTION_WINDOW_MONTHS)) if changed else {}
    lots = prepaid_hours.lots(connection, [customer.company_id for customer in customers])
    last = days_of_month(first)[-1]
    found = []
    for customer in customers:
        key = customer.company_id
        groups = list(known.charges.get(key, []))
        if key in known.changed:
            groups += _corrections(earlier.get(key, []), known.changed[key])
        billed, fresh = lots.get(key, ([], []))
        bought = [lot for lot in fresh if lot.bought_on <= last]
        found.append((customer, assemble_month(customer.company, first, groups, billed, bought)))
    return found


def _corrections(earlier: Sequence[Invoice], changed: Mapping[date, list[Group]]) -> list[Group]:
    issued, settled = groups_in_effect(earlier)
    found: list[Group] = []
    for month, fresh in sorted(changed.items()):
        of_month = [one for one in issued if one.lines[0].starts_on.replace(day=1) == month]
        found += corrections(of_month, settled, fresh)
    return found


def _issue(connection: Connection, known: _Known, customers: Sequence[Customer], first: date, at: datetime) -> set[str]:
    """NewDocument what is open; returns the slugs of the companies that got a document."""
    issues: list[NewDocument] = []
    month = _monthly(connection, known, customers, first)
    for customer, made in month:
        prepaid_hours.put_lots(connection, customer.company_id, made.overdrafts)
        if not made.groups:
            continue
        head = _head(customer, known, first, at)
        ordinal = documents.take_number(connection, series_of(kind_of(head, made.groups), at.date()))
        issues.append(
            NewDocument(compose(head, made.groups, ordinal=ordinal, pools=made.pools), company_id=customer.company_id)
        )
        _require_proof(issues[-1].invoice)
    documents.store(connection, issues, at)
    for issue in issues:
        journal.post(connection, postings.document_posting(issue.invoice))
        prepaid_hours.record_prepaid_movements(connection, issue.company_id or 0, issue.invoice)
    for customer, made in month:
        prepaid_hours.record_expiry(connection, customer.company_id, first, made.expired)
        if made.expired:
            journal.post(connection, postings.expiry_posting(customer.company.slug, first, at.date(), made.expired))
    ids = {customer.company_id for customer in customers}
    billed_months.put_digests(connection, {key: text for key, text in known.digests.items() if key[0] in ids})
    drafts.drop_drafts(connection, first, sorted(ids))
    return {issue.invoice.account for issue in issues}


def _require_proof(invoice: Invoice) -> None:
    """Raises NotProvable where a figure does not follow from its evidence: readings came after the verdict."""
    for fault in faults(invoice):
        line = next((line for line in invoice.lines if line.line == fault.line), None)
        names = ", ".join(sorted(names_of((line,)))) if line else "the document"
        raise NotProvable(
            f"Nothing was issued: for {invoice.account}, {names}, {fault.what} is {fault.stated}, and its evidence says "
            f"{fault.computed}. Readings came after the verdict: reconcile the month again, and then bill it "
            f"(smartwork reconcile --month {invoice.month:%Y-%m})."
        )


def _head(customer: Customer, known: _Known, first: date, at: datetime) -> DocumentHeader:
    return invoice_header(customer.company, first, at.date(), known.seller, is_demo=customer.is_demo)


def rated(
    visits: Mapping[int, Sequence[Visit]], customers: Iterable[Customer], tariffs: Sequence[Tariff]
) -> dict[int, list[Group]]:
    """The charges of each company that has any, by company_id; prices and contract are those of the local start day.

    Raises RateMissing or ContractMissing.
    """
    companies = {customer.company_id: customer.company for customer in customers}
    charges: dict[int, list[Group]] = {}
    for company_id, its in visits.items():
        company = companies.get(company_id)
        groups: list[Group] = []
        for of_day in by_day(its):
            one, day = of_day[0], local_date(of_day[0])
            contract = contract_at(company.contracts, one.centre, one.kind, day) if company else None
            if company is None or contract is None:
                name = company.slug if company else "the company"
                raise ContractMissing(
                    f"No contract of {name} for a {one.kind} in centre {one.centre} holds on {day.isoformat()}, the day of "
                    f"{one.booking or one.check_in}: add one (smartwork agreements), and bill again."
                )
            terms = terms_of(contract, tariff_at(tariffs, one.centre, one.kind, day))
            if contract.charge == "cheapest":
                groups += rate_day(of_day, terms, company.vat)
            else:
                groups += [group for visit in of_day if (group := rate(visit, terms, company.vat))]
        if groups:
            charges[company_id] = groups
    return charges


def _billed(invoice: Invoice, files: Files, *, already: bool) -> BilledDocument:
    sign = -1 if invoice.is_credit else 1
    return BilledDocument(
        invoice.account,
        invoice.number,
        invoice.kind,
        len(invoice.lines),
        sign * invoice.net,
        sign * invoice.vat,
        sign * invoice.gross,
        files,
        already,
    )
