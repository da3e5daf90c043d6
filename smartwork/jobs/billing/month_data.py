"""What a run that bills a month reads: verdicts with their evidence, agreements, earlier documents, prepaid hours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from smartwork.db.billing import billed_months, companies, contracts, documents, orders, prepaid_hours, visits_to_bill
from smartwork.db.core.connection import Connection
from smartwork.db.ledger.ledger import faults as faults_of_ledgers
from smartwork.db.network.centres import centre_names
from smartwork.domain.billing.changed_months import CORRECTION_WINDOW_MONTHS, month_digests
from smartwork.domain.billing.companies import Customer
from smartwork.domain.billing.month_plan import HeldTime, MonthData, changed_orders
from smartwork.domain.billing.month_reading import MonthVisits, VisitsByCompany, all_visits, read_visits
from smartwork.domain.billing.supplies import first_month
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import days_of_month, months_later
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class MonthInputs:
    """The customers that may be billed, the data of the month, and the visits that were read for it."""

    customers: list[Customer]
    data: MonthData
    read: MonthVisits


@dataclass(frozen=True, slots=True)
class _StoredVisits:
    """Visits and billed occupancy in the database."""

    connection: Connection

    def visits(self, month: date, company_ids: Sequence[int] | None) -> VisitsByCompany:
        return visits_to_bill.visits(self.connection, month, company_ids)

    def held_time(self, visits: Mapping[int, Iterable[Visit]]) -> Sequence[HeldTime]:
        return documents.held_time(self.connection, visits)


def read_inputs(
    connection: Connection, first: date, at: datetime, company: str | None, *, is_draft: bool = False
) -> MonthInputs:
    """Read verdicts, prices and evidence for all companies, or for the one with the slug `company`.

    Digests are read first, so that the next run finds what changes meanwhile. Raises InputError for an unknown company, and
    if an earlier month has to be billed before this one is; SellerMissing.
    """
    since = months_later(first, -CORRECTION_WINDOW_MONTHS)
    verdicts = billed_months.verdict_digests(connection, since, first)
    every, tariffs = companies.companies(connection), contracts.tariffs(connection)
    chosen = _chosen(every, company)
    ids = None if company is None else {customer.company_id for customer in chosen}
    now = month_digests(verdicts, {c.company_id: c.company for c in every}, tariffs)
    billed = billed_months.billed_digests(connection, since, first)
    read = read_visits(_StoredVisits(connection), first, now, billed, ids, is_draft=is_draft)
    customers = [c for c in chosen if c.company.contracts or c.company_id in read.visits or c.company_id in read.changed]
    data = MonthData(
        month=first, issued_on=at.date(), seller=contracts.seller(connection), tariffs=tariffs, visits=read.visits,
        changed=read.changed, contested=read.contested, centre_names=centre_names(connection),
        orders_since=first_month(first, CORRECTION_WINDOW_MONTHS, {month for _, month in billed}),
    )  # fmt: skip
    return MonthInputs(customers, data, read)


def read_in_transaction(connection: Connection, inputs: MonthInputs, customers: Sequence[Customer]) -> MonthData:
    """The data with what other runs may change: documents, prepaid hours, billed occupancy and orders, faults of ledgers."""
    data = inputs.data
    ids = [customer.company_id for customer in customers]
    since = months_later(data.month, -CORRECTION_WINDOW_MONTHS)
    prepaid_hours.lock(connection)
    credited = documents.credited_companies(connection, ids, since)
    supplies = orders.billed_supplies(connection, ids, data.orders_since or data.month, days_of_month(data.month)[-1])
    reordered = {
        customer.company_id
        for customer in customers
        if changed_orders(customer.company, supplies.get(customer.company_id, ()), data).gone
    }
    with_changes = [key for key in ids if key in data.changed or key in credited or key in reordered]
    return replace(
        data,
        documents=documents.of_companies(connection, with_changes, since) if with_changes else {},
        lots=prepaid_hours.lots(connection, ids),
        supplies=supplies,
        held=documents.held_time(connection, all_visits(data.visits, data.changed)),
        faulty={fault.centre: fault.message for fault in faults_of_ledgers(connection)},
    )


def _chosen(every: list[Customer], company: str | None) -> list[Customer]:
    chosen = [customer for customer in every if company in (None, customer.company.slug)]
    if not chosen and company is not None:
        names = ", ".join(customer.company.slug for customer in every)
        raise InputError(f"--company is {company!r}, which is no company. Companies: {names}")
    return chosen
