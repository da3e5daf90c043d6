"""What was agreed with companies and centres: read as one value, replaced by another, and every version of it kept."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg

from smartwork.db.billing import billing_month
from smartwork.db.billing.companies import company_row
from smartwork.db.billing.contracts import put_agreed, put_orders
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.agreements import Agreements
from smartwork.domain.billing.agreements_in_use import BilledDay
from smartwork.domain.billing.contracts import CentreContract, PrepaidOrder
from smartwork.domain.billing.parties import Party, Vat
from smartwork.domain.network.places import PlaceKind
from smartwork.errors import InputError

FORMAT_VERSION = 1
"""Format of the TOML files that are kept as versions: that of smartwork/jobs/billing/agreements_file.py."""


@dataclass(frozen=True, slots=True)
class AgreementVersion:
    """A version of the agreements: its number, when it came into force, and where it came from."""

    version: int
    at: datetime
    note: str


def in_force(connection: Connection) -> tuple[Agreements, frozenset[tuple[str, str]]]:
    """What is agreed now, and which orders, by company and id, are on a document already.

    A company with which nothing is agreed any more is none of it; its documents stay.
    """
    with wrap_database_errors():
        try:
            seller = billing_month.seller(connection)
        except billing_month.SellerMissing:
            seller = None
        orders = rows(connection, "agreed_orders")
        ordering = {company for _, company, *_, billed in orders if not billed}
        companies = [one.company for one in billing_month.companies(connection)]
        companies = [one for one in companies if one.contracts or one.pools or one.slug in ordering]
        slugs = {one.slug for one in companies}
        agreed = Agreements(
            seller,
            tuple(companies),
            tuple(billing_month.tariffs(connection)),
            tuple(centre_contracts(connection)),
            tuple(PrepaidOrder(external_id, company, *rest) for external_id, company, *rest, _ in orders if company in slugs),
        )
    return agreed, frozenset((company, external_id) for external_id, company, *_, billed in orders if billed)


def replace(connection: Connection, before: Agreements, after: Agreements) -> None:
    """Put `after` in the place of `before`, which is in force; companies stay, with what `after` says of them.

    In the caller's transaction. Raises InputError where the database's own rules refuse it.
    """
    for step in ("clear_contracts", "clear_pools", "clear_tariffs", "clear_centre_contracts"):
        connection.execute(sql(step))
    if after.seller is not None:
        connection.execute(sql("clear_seller"))
    numbers = {company.slug: company.enterprise_number for company in after.companies}
    connection.execute(sql("free_enterprise_numbers"), {"slugs": list(numbers), "numbers": list(numbers.values())})
    try:
        with connection.cursor() as cursor:
            cursor.executemany(sql("change_company"), [company_row(company, is_demo=False) for company in after.companies])
        put_agreed(connection, after.seller, after.companies, after.tariffs, after.centre_contracts)
    except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as error:
        raise InputError(f"The database refuses these agreements: {error.diag.message_detail or error}.") from error
    kept = set(before.orders) & set(after.orders)
    for order in before.orders:
        if order not in kept:
            connection.execute(sql("remove_order"), {"company": order.company, "external_id": order.external_id})
    put_orders(connection, [order for order in after.orders if order not in kept], after.companies)


def lock(connection: Connection) -> None:
    """Let nobody else change what is agreed until the transaction ends."""
    with wrap_database_errors():
        connection.execute(sql("lock_agreements"))


def put_version(connection: Connection, at: datetime, note: str, content: str) -> int:
    """Store a version, whose `content` is in FORMAT_VERSION, and return its number; in the caller's transaction."""
    [(version,)] = rows(connection, "put_agreement_version", at=at, note=note, content=content, format_version=FORMAT_VERSION)
    return int(version)


def versions(connection: Connection) -> list[AgreementVersion]:
    """All versions, oldest first."""
    with wrap_database_errors():
        return [AgreementVersion(*row) for row in rows(connection, "agreement_versions")]


def content(connection: Connection, version: int) -> str:
    """The TOML file of a version; raises InputError where there is none, or its format is newer than FORMAT_VERSION."""
    found = rows(connection, "agreement_content", version=version)
    if not found:
        raise InputError(f"There is no version {version}. `smartwork agreements history` lists the versions.")
    [(text, format_version)] = found
    if format_version > FORMAT_VERSION:
        raise InputError(
            f"Version {version} of the agreements is in format {format_version}; this program reads formats up to "
            f"{FORMAT_VERSION}. Update smartwork, and try again."
        )
    return str(text)


def newest_billed_month(connection: Connection) -> date | None:
    """The last month with a document, or None."""
    [(month,)] = rows(connection, "newest_billed_month")
    return month if isinstance(month, date) else None


def billed_months(connection: Connection) -> dict[str, date]:
    """The last month that was billed, by company."""
    with wrap_database_errors():
        return dict(rows(connection, "last_billed_months"))


def billed_visits(connection: Connection, since: date) -> list[BilledDay]:
    """On which local days from `since` on companies were billed for places, by centre and kind; days with none left out."""
    with wrap_database_errors():
        return [BilledDay(*row) for row in rows(connection, "billed_visits", since=since)]


def hours_left(connection: Connection) -> dict[tuple[str, PlaceKind], Decimal]:
    """What is left of hours bought ahead, by company and kind of place; expired ones are not left any more."""
    with wrap_database_errors():
        return {(company, kind): hours for company, kind, hours in rows(connection, "hours_left")}


def centre_contracts(connection: Connection) -> list[CentreContract]:
    """All contracts with centres, by centre and time."""
    found = []
    for slug, since, until, mode, rate, *payee, iban, language, category, vat_rate, code, reason in rows(
        connection, "centre_contracts"
    ):
        name, number, street, postcode, town = payee
        party = Party(name, number, street, postcode, town, iban=iban)
        vat = Vat(category, vat_rate, code, reason)
        found.append(CentreContract(slug, since, until, mode, rate, party, language, vat))
    return found
