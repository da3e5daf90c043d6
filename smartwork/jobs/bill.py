"""Bill a month: read what was proven, rate it, issue one invoice a company, and write the documents."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from smartwork.db import billing
from smartwork.db.billing import Customer, Unsigned
from smartwork.db.connection import Connection
from smartwork.domain.business import Contract, Tariff
from smartwork.domain.evidence import Proven
from smartwork.domain.invoice import Invoice, compose
from smartwork.domain.rating import Charge, rate
from smartwork.domain.tariff import price_at
from smartwork.errors import InputError, SmartworkError
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


class ContractMissing(SmartworkError):  # noqa: N818 - says what is missing
    """A company used the network on a day on which no contract of its holds."""


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
        return compose(
            customer.company,
            first,
            charges[customer.company_id],
            ordinal=ordinal,
            issued_on=issued_on,
            seller=DEMO_SELLER,
            is_demo=customer.is_demo,
        )

    progress("Issuing invoices", 0, len(charges))
    ready = [customer for customer in customers if customer.company_id in charges]
    stored = billing.issue(connection, first, issued_on, ready, composed)
    progress("Issuing invoices", len(charges), len(charges))
    files = render(stored.invoices, out_dir / f"{first:%Y-%m}", progress)
    invoiced = {invoice.company for invoice in stored.invoices}
    return BillReport(
        first,
        tuple(
            _billed(invoice, written, already=invoice.company in stored.already_issued)
            for invoice, written in zip(stored.invoices, files, strict=True)
        ),
        tuple(customer.company.slug for customer in customers if customer.company.slug not in invoiced),
        billing.unsigned(connection, first),
    )


def rated(proven: Iterable[Proven], customers: Iterable[Customer], tariffs: list[Tariff]) -> dict[int, list[Charge]]:
    """The charges of each company that has any, by company_id; price and contract are those of the local start day.

    Raises RateMissing or ContractMissing.
    """
    contracts = {customer.company_id: customer.contracts for customer in customers}
    charges: dict[int, list[Charge]] = defaultdict(list)
    for one in proven:
        day = one.starts_at.astimezone(ZoneInfo(one.timezone)).date()
        contract = _in_force(contracts.get(one.company_id, ()), day)
        if contract is None:
            raise ContractMissing(
                f"No contract of the company of {one.booking or one.check_in} in centre {one.centre} holds on "
                f"{day.isoformat()}: add one, and bill again."
            )
        charge = rate(one, contract, price_at(tariffs, one.centre, one.kind, day))
        if charge is not None:
            charges[one.company_id].append(charge)
    return dict(charges)


def _in_force(contracts: Iterable[Contract], day: date) -> Contract | None:
    holding = (c for c in contracts if c.valid_from <= day and (c.valid_until is None or day < c.valid_until))
    return next(holding, None)


def _billed(invoice: Invoice, files: Files, *, already: bool) -> Billed:
    return Billed(
        invoice.company,
        invoice.number,
        len(invoice.lines),
        invoice.net,
        invoice.vat,
        invoice.gross,
        files,
        already,
    )
