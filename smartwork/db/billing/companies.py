"""Companies with their contracts and pools, and their members."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from psycopg.rows import dict_row

from smartwork.db.billing import orders
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.billing.companies import Company, Customer, Member
from smartwork.domain.billing.contracts import Contract, Pool
from smartwork.domain.billing.parties import Party, PartyPeriod, Vat, VatPeriod

_PARTY = ("name", "enterprise_number", "street", "postcode", "town", "legal_form", "court", "email", "website", "country",
          "foreign_vat_number", "scheme", "endpoint_id")  # fmt: skip


def customers(connection: Connection) -> list[Customer]:
    """All companies that have a contract, by slug."""
    return [customer for customer in companies(connection) if customer.company.contracts]


def companies(connection: Connection) -> list[Customer]:
    """All companies with their contracts, pools, items and subscriptions, by slug."""
    with wrap_database_errors():
        contracts: dict[int, list[Contract]] = defaultdict(list)
        for row in _records(connection, "company_contracts"):
            contracts[row.pop("company_id")].append(Contract(**row))
        pools: dict[int, list[Pool]] = defaultdict(list)
        for row in _records(connection, "company_pools"):
            pools[row.pop("company_id")].append(Pool(**row))
        items, subscriptions = orders.items(connection), orders.subscriptions(connection)
        vats: dict[int, list[VatPeriod]] = defaultdict(list)
        for row in _records(connection, "company_vat"):
            vats[row["company_id"]].append(VatPeriod(row["valid_from"], _vat(row)))
        parties: dict[int, list[PartyPeriod]] = defaultdict(list)
        for row in _records(connection, "company_parties"):
            parties[row["company_id"]].append(PartyPeriod(row["valid_from"], _party(row)))
        return [
            Customer(
                key := row["company_id"],
                Company(
                    slug=row["slug"],
                    party=_party(row),
                    language=row["language"],
                    buyer_reference=row["buyer_reference"],
                    contracts=tuple(contracts[key]),
                    vat=_vat(row),
                    pools=tuple(pools[key]),
                    items=tuple(items.get(key, ())),
                    subscriptions=tuple(subscriptions.get(key, ())),
                    later_parties=tuple(parties[key]),
                    later_vat=tuple(vats[key]),
                    pdf_in_xml=row["pdf_in_xml"] is not None,
                ),
                row["is_demo"],
            )
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
    """The columns of the table `company`; contracts, pools and later periods have tables of their own."""
    plain: dict[str, object] = {
        "slug": company.slug,
        "language": company.language,
        "buyer_reference": company.buyer_reference,
    }
    plain["pdf_in_xml"] = company.pdf_in_xml or None
    return {**asdict(company.party), **plain, **vat_columns(company.vat), "is_demo": is_demo}


def vat_columns(vat: Vat) -> dict[str, object]:
    """The columns that hold a VAT treatment."""
    return {f"vat_{key}": value for key, value in asdict(vat).items()}


def _vat(row: Mapping[str, Any]) -> Vat:
    return Vat(row["vat_category"], row["vat_rate"], row["vat_code"], row["vat_reason"])


def _party(row: Mapping[str, Any]) -> Party:
    return Party(**{field: row[field] for field in _PARTY})


def _records(connection: Connection, name: str) -> list[dict[str, Any]]:
    """The rows of a named query, by column name."""
    return connection.cursor(row_factory=dict_row).execute(sql(name)).fetchall()
