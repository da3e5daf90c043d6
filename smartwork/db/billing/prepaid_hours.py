"""Prepaid hours in the database: lots and drawdowns."""

from collections.abc import Iterable, Sequence
from datetime import date

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.invoice import Drawdown, Invoice
from smartwork.domain.billing.prepaid_hours import Lot


def lots(connection: Connection, companies: Sequence[int]) -> dict[int, tuple[list[Lot], list[Lot]]]:
    """By company_id: the lots that were billed with what is left of them, and those that were not billed yet."""
    found: dict[int, tuple[list[Lot], list[Lot]]] = {}
    for company_id, lot, kind, bought_on, expires_on, hours, per_hour, left in rows(
        connection, "prepaid_lots", companies=list(companies)
    ):
        billed, fresh = found.setdefault(company_id, ([], []))
        one = Lot(lot, kind, bought_on, expires_on, hours, per_hour, hours if left is None else left)
        (fresh if left is None else billed).append(one)
    return found


def put_lots(connection: Connection, company_id: int, made: Iterable[Lot]) -> None:
    """Add lots of a company; those it has already, by order, stay as they are. In the caller's transaction."""
    rows = [
        {
            "company_id": company_id, "lot": lot.lot, "kind": lot.kind, "bought_on": lot.bought_on,
            "expires_on": lot.expires_on, "hours": lot.hours, "per_hour": lot.per_hour,
        }
        for lot in made
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(sql("put_prepaid_lot"), rows)


def record_prepaid_movements(connection: Connection, company_id: int, invoice: Invoice) -> None:
    """Write what a document buys or gives back, and then what it spends, of a company's lots; in the caller's transaction."""
    sign = -1 if invoice.is_credit else 1
    moved = [
        (line.line, "bought", line.label, sign * line.hours, sign * line.net)
        for line in invoice.lines
        if line.kind in ("credits_bought", "overdraft")
    ]
    moved += [
        (line.line, "spent", one.lot, -sign * one.hours, -sign * one.value)
        for line in invoice.lines
        for one in line.drawdowns
    ]
    moved.sort(key=lambda row: row[3] < 0)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_prepaid_entry"),
            [
                {
                    "company_id": company_id, "lot": lot, "month": invoice.month, "reason": reason, "hours": hours,
                    "value": value, "number": invoice.number, "line": line,
                }
                for line, reason, lot, hours, value in moved
            ],
        )  # fmt: skip


def record_expiry(connection: Connection, company_id: int, month: date, lost: Iterable[Drawdown]) -> None:
    """Write what a company lost with lots that no longer hold; in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_prepaid_entry"),
            [
                {
                    "company_id": company_id, "lot": one.lot, "month": month, "reason": "expired", "hours": -one.hours,
                    "value": -one.value, "number": None, "line": None,
                }
                for one in lost
            ],
        )  # fmt: skip
