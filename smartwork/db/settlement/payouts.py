"""Payouts to centres, as ordered at the bank."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """Payments to centres as ordered at the bank: the file's name and content, their sum and number."""

    name: str
    month: date
    ordered_on: date
    total: Decimal
    document: bytes
    payments: int


def put_payout_order(connection: Connection, order: PayoutOrder, paid: Sequence[tuple[str, Decimal, int]]) -> None:
    """Keep an order with what each centre is paid (slug, EUR, posting); in the caller's transaction."""
    fields = {
        "name": order.name,
        "month": order.month,
        "ordered_on": order.ordered_on,
        "total": order.total,
        "document": order.document,
    }
    [(order_id,)] = rows(connection, "put_payout_order", **fields)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_payout"),
            [
                {"payout_order_id": order_id, "centre": centre, "amount": amount, "posting_id": posting_id}
                for centre, amount, posting_id in paid
            ],
        )


def payout_orders(connection: Connection, month: date) -> list[PayoutOrder]:
    """The orders of payments for a month, oldest first."""
    with wrap_database_errors():
        return [
            PayoutOrder(name, of, on, total, bytes(document), int(payments))
            for name, of, on, total, document, payments in rows(connection, "payout_orders", month=month)
        ]
