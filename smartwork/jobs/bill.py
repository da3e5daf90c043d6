"""Bill a month: read what was proven, rate it, issue one invoice a company, and write the documents."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from smartwork.db import billing
from smartwork.db.billing import Customer, Unsigned
from smartwork.db.connection import Connection
from smartwork.domain.business import Tariff
from smartwork.domain.compose import company_head, compose
from smartwork.domain.evidence import Proven
from smartwork.domain.invoice import Invoice
from smartwork.domain.rating import Group, local_date, rate, terms_of
from smartwork.domain.tariff import ContractMissing, contract_at, tariff_at
from smartwork.errors import InputError
from smartwork.jobs.documents.seller import DEMO_SELLER
from smartwork.jobs.render import Files, Progress, render


@dataclass(frozen=True, slots=True)
class Billed:
    """One company's invoice of the month; `already_issued` says that an earlier run issued it."""

    company: str
    number: str
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
    invoices: tuple[Billed, ...]
    without_lines: tuple[str, ...]
    unsigned: Unsigned

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


def bill_month(connection: Connection, month: date, issued_on: date, out_dir: Path, progress: Progress) -> BillReport:
    """Bill all companies for the local month that `month` lies in; files go to `out_dir/<YYYY-MM>/`.

    Running it again issues nothing twice: invoices that exist are left untouched and their files written once more,
    the same to the byte. All invoices of a run are issued in one transaction, or none is. Raises InputError where the
    month is not over on `issued_on`, RateMissing or ContractMissing where a price or contract is missing, and
    NotWritable where the documents cannot be written.
    """
    first = month.replace(day=1)
    if (issued_on.year, issued_on.month) <= (first.year, first.month):
        raise InputError(f"The month {first:%Y-%m} is not over on {issued_on.isoformat()}: bill it after its last day.")
    progress("Reading verdicts and their evidence", 0, 1)
    proven = billing.proven(connection, first)
    progress("Reading verdicts and their evidence", 1, 1)
    customers = billing.customers(connection)
    charges = rated(proven, customers, billing.tariffs(connection))

    def composed(customer: Customer, ordinal: int) -> Invoice:
        head = company_head(customer.company, first, issued_on, DEMO_SELLER, is_demo=customer.is_demo)
        return compose(head, charges[customer.company_id], ordinal=ordinal)

    progress("Issuing invoices", 0, len(charges))
    ready = [customer for customer in customers if customer.company_id in charges]
    stored = billing.issue(connection, first, issued_on, ready, composed)
    progress("Issuing invoices", len(charges), len(charges))
    files = render(stored.invoices, out_dir / f"{first:%Y-%m}", progress)
    invoiced = {invoice.account for invoice in stored.invoices}
    return BillReport(
        first,
        tuple(
            _billed(invoice, written, already=invoice.account in stored.already_issued)
            for invoice, written in zip(stored.invoices, files, strict=True)
        ),
        tuple(customer.company.slug for customer in customers if customer.company.slug not in invoiced),
        billing.unsigned(connection, first),
    )


def rated(proven: Iterable[Proven], customers: Iterable[Customer], tariffs: Sequence[Tariff]) -> dict[int, list[Group]]:
    """The charges of each company that has any, by company_id; prices and contract are those of the local start day.

    Raises RateMissing or ContractMissing.
    """
    companies = {customer.company_id: customer.company for customer in customers}
    charges: dict[int, list[Group]] = defaultdict(list)
    for one in proven:
        company = companies.get(one.company_id)
        day = local_date(one)
        contract = contract_at(company.contracts, one.centre, one.kind, day) if company else None
        if company is None or contract is None:
            raise ContractMissing(
                f"No contract of the company of {one.booking or one.check_in} in centre {one.centre} holds on "
                f"{day.isoformat()}: add one, and bill again."
            )
        group = rate(one, terms_of(contract, tariff_at(tariffs, one.centre, one.kind, day)), company.vat)
        if group:
            charges[one.company_id].append(group)
    return dict(charges)


def _billed(invoice: Invoice, files: Files, *, already: bool) -> Billed:
    return Billed(
        invoice.account,
        invoice.number,
        len(invoice.lines),
        invoice.net,
        invoice.vat,
        invoice.gross,
        files,
        already,
    )
