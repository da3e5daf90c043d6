"""What documents rest on of the agreements: billed days and months, and prepaid hours left."""

from datetime import date
from decimal import Decimal

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, rows_as
from smartwork.domain.billing.agreements_in_use import BilledDay
from smartwork.domain.network.places import PlaceKind


def newest_billed_month(connection: Connection) -> date | None:
    """The last month with a document, or None."""
    [(month,)] = rows(connection, "newest_billed_month")
    return month if isinstance(month, date) else None


def last_billed_months(connection: Connection) -> dict[str, date]:
    """The last billed month of each company, by slug."""
    with wrap_database_errors():
        return dict(rows(connection, "last_billed_months"))


def billed_days(connection: Connection, since: date) -> list[BilledDay]:
    """The local days from `since` on for which companies were billed, by centre and kind of place."""
    with wrap_database_errors():
        return rows_as(BilledDay, connection, "billed_days", since=since)


def hours_left(connection: Connection) -> dict[tuple[str, PlaceKind], Decimal]:
    """The prepaid hours left, by company and kind of place; expired hours are not counted."""
    with wrap_database_errors():
        return {(company, kind): hours for company, kind, hours in rows(connection, "hours_left")}
