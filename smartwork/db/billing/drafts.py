"""Drafts: what open months would be billed, until their documents are issued."""

from collections.abc import Iterable, Sequence
from datetime import date

from psycopg.types.json import Jsonb

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.invoice import Invoice


def drafts(connection: Connection, month: date | None) -> list[Invoice]:
    """The drafts of a month, or of all months, as the last run with `--draft` made them."""
    with wrap_database_errors():
        return [Invoice.parse(document) for (document,) in rows(connection, "drafts", month=month)]


def put_drafts(
    connection: Connection, month: date, composed: Iterable[tuple[int, Invoice]], companies: Sequence[int] | None
) -> None:
    """Replace the drafts of the month by `composed`, pairs of company_id and document; in the caller's transaction.

    `companies`: only their drafts are replaced; None: all.
    """
    connection.execute(sql("clear_drafts"), {"month": month, "companies": None if companies is None else list(companies)})
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_draft"),
            [
                {"company_id": company_id, "month": month, "document": Jsonb(draft.canonical(), dumps=str)}
                for company_id, draft in composed
            ],
        )


def drop_drafts(connection: Connection, month: date, companies: Sequence[int]) -> None:
    """Delete the drafts of companies whose document is issued; in the caller's transaction."""
    connection.execute(sql("clear_drafts"), {"month": month, "companies": list(companies)})
