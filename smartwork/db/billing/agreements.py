"""The agreements in force, read and replaced as one value, and all their versions."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg

from smartwork.db.billing import companies, contracts
from smartwork.db.billing.account_numbers import account_numbers, replace_account_numbers
from smartwork.db.billing.companies import company_row
from smartwork.db.billing.contracts import put_agreed, put_orders
from smartwork.db.billing.orders import replace_orders
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, rows_as, sql
from smartwork.domain.billing.agreements import Agreements
from smartwork.domain.billing.contracts import PrepaidOrder
from smartwork.domain.billing.parties import Party
from smartwork.domain.network.places import PlaceKind
from smartwork.errors import InputError

FORMAT_VERSION = 1
"""Format of the TOML files that are kept as versions: that of smartwork/jobs/billing/agreements_file.py."""


@dataclass(frozen=True, slots=True)
class AgreementVersion:
    """A version of the agreements: its number, when it came into force, and the file or version that it was read from.

    `recorded_by` is who applied it; None for one of an earlier version of the program.
    """

    version: int
    at: datetime
    note: str
    recorded_by: str | None


def in_force(connection: Connection) -> tuple[Agreements, frozenset[tuple[str, str]]]:
    """The agreements in force, and which orders are on a document, by company and order id.

    Companies without contract, pool and open order are left out; their documents stay.
    """
    with wrap_database_errors():
        orders = rows_as(_Order, connection, "agreed_orders")
        ordering = {order.company for order in orders if not order.is_billed}
        customers = [customer.company for customer in companies.companies(connection)]
        customers = [
            company
            for company in customers
            if company.contracts or company.pools or company.items or company.subscriptions or company.slug in ordering
        ]
        slugs = {company.slug for company in customers}
        agreed = Agreements(
            seller=_seller(connection),
            companies=tuple(customers),
            tariffs=tuple(contracts.tariffs(connection)),
            centre_contracts=tuple(contracts.centre_contracts(connection)),
            orders=tuple(order.order() for order in orders if order.company in slugs),
            account_numbers=tuple(account_numbers(connection)),
        )
    return agreed, frozenset((order.company, order.external_id) for order in orders if order.is_billed)


def replace(connection: Connection, before: Agreements, after: Agreements) -> None:
    """Replace the agreements `before`, which are in force, by `after`; in the caller's transaction.

    Companies are never deleted. Raises InputError if a constraint of the database is violated.
    """
    of_companies = ("clear_contracts", "clear_company_vat", "clear_company_parties", "clear_pools")
    for step in (*of_companies, "clear_tariffs", "clear_centre_contracts"):
        connection.execute(sql(step))
    if after.seller is not None:
        connection.execute(sql("clear_seller"))
    numbers = {company.slug: company.party.enterprise_number for company in after.companies}
    connection.execute(sql("free_enterprise_numbers"), {"slugs": list(numbers), "numbers": list(numbers.values())})
    try:
        with connection.cursor() as cursor:
            cursor.executemany(sql("change_company"), [company_row(company, is_demo=False) for company in after.companies])
        put_agreed(connection, after.seller, after.companies, after.tariffs, after.centre_contracts)
        replace_orders(connection, after.companies)
        replace_account_numbers(connection, after.account_numbers)
    except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as error:
        raise InputError(
            f"The database refuses these agreements: {error.diag.message_detail or error}. Correct the file."
        ) from error
    unchanged = set(before.orders) & set(after.orders)
    for order in before.orders:
        if order not in unchanged:
            connection.execute(sql("remove_order"), {"company": order.company, "external_id": order.external_id})
    put_orders(connection, [order for order in after.orders if order not in unchanged], after.companies)


def lock(connection: Connection) -> None:
    """Lock the agreements against changes by others until the transaction ends."""
    with wrap_database_errors():
        connection.execute(sql("lock_agreements"))


def put_version(connection: Connection, at: datetime, note: str, content: str) -> int:
    """Store a version, whose `content` is in FORMAT_VERSION, and return its number; in the caller's transaction."""
    [(version,)] = rows(connection, "put_agreement_version", at=at, note=note, content=content, format_version=FORMAT_VERSION)
    return int(version)


def versions(connection: Connection) -> list[AgreementVersion]:
    """All versions, oldest first."""
    with wrap_database_errors():
        return rows_as(AgreementVersion, connection, "agreement_versions")


def content(connection: Connection, version: int) -> str:
    """The TOML file of a version; raises InputError if there is none, or its format is newer than FORMAT_VERSION."""
    stored = rows(connection, "agreement_content", version=version)
    if not stored:
        raise InputError(f"There is no version {version}. `smartwork agreements history` lists the versions.")
    [(text, format_version)] = stored
    if format_version > FORMAT_VERSION:
        raise InputError(
            f"Version {version} of the agreements is in format {format_version}; this program reads formats up to "
            f"{FORMAT_VERSION}. Update smartwork, and try again."
        )
    return str(text)


@dataclass(frozen=True, slots=True)
class _Order:
    external_id: str
    company: str
    kind: PlaceKind
    bought_on: date
    hours: Decimal
    is_billed: bool

    def order(self) -> PrepaidOrder:
        return PrepaidOrder(self.external_id, self.company, self.kind, self.bought_on, self.hours)


def _seller(connection: Connection) -> Party | None:
    try:
        return contracts.seller(connection)
    except contracts.SellerMissing:
        return None
