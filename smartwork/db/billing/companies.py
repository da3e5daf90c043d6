"""Companies with their contracts and pools, and their members."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from psycopg.rows import dict_row

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.billing.companies import Company, Customer, Member
from smartwork.domain.billing.contracts import Contract, Pool
from smartwork.domain.billing.parties import Vat


def customers(connection: Connection) -> list[Customer]:
    """All companies that have a contract, by slug."""
    return [customer for customer in companies(connection) if customer.company.contracts]


def companies(connection: Connection) -> list[Customer]:
    """All companies with their contracts and pools, by slug."""
    with wrap_database_errors():
        contracts: dict[int, list[Contract]] = defaultdict(list)
        for row in _records(connection, "company_contracts"):
            contracts[row.pop("company_id")].append(Contract(**row))
        pools: dict[int, list[Pool]] = defaultdict(list)
        for row in _records(connection, "company_pools"):
            pools[row.pop("company_id")].append(Pool(**row))
        return [
            _customer(row, tuple(contracts[row["company_id"]]), tuple(pools[row["company_id"]]))
            for row in _records(connection, "companies")
        ]


def put_companies(connection: Connection, companies: Iterable[Company], *, is_demo: bool) -> None:
    """Insert companies without their contracts and pools; one that exists, by slug, is left unchanged."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_company"), [company_row(company, is_demo=is_demo) for company in companies])


def put_members(connection: Connection, members: Iterable[Member]) -> None:
    """Insert members, whose companies must exist; one that exists, by pseudonym, is left unchanged."""
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_member"), [asdict(member) for member in members])


def company_row(company: Company, *, is_demo: bool) -> dict[str, object]:
    """The columns of the table `company`; contracts and pools have tables of their own."""
    plain = {key: value for key, value in asdict(company).items() if key not in ("vat", "contracts", "pools")}
    return {**plain, **vat_columns(company.vat), "is_demo": is_demo}


def vat_columns(vat: Vat) -> dict[str, object]:
    """The columns that hold a VAT treatment."""
    return {f"vat_{key}": value for key, value in asdict(vat).items()}


def _customer(row: dict[str, Any], contracts: tuple[Contract, ...], pools: tuple[Pool, ...]) -> Customer:
    vat = Vat(row["vat_category"], row["vat_rate"], row["vat_code"], row["vat_reason"])
    company = Company(
        slug=row["slug"],
        name=row["name"],
        enterprise_number=row["enterprise_number"],
        street=row["street"],
        postcode=row["postcode"],
        town=row["town"],
        language=row["language"],
        buyer_reference=row["buyer_reference"],
        contracts=contracts,
        vat=vat,
        pools=pools,
        legal_form=row["legal_form"],
        court=row["court"],
        email=row["email"],
        website=row["website"],
    )
    return Customer(row["company_id"], company, row["is_demo"])


def _records(connection: Connection, name: str) -> list[dict[str, Any]]:
    """The rows of a named query, by column name."""
    return connection.cursor(row_factory=dict_row).execute(sql(name)).fetchall()
