"""Companies and their members, written when a network is set up."""

from collections.abc import Iterable
from dataclasses import asdict

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.billing.companies import Company, Member
from smartwork.domain.billing.parties import Vat


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
