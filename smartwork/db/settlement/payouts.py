"""Payment orders to the bank, and the payouts to centres in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql


@dataclass(frozen=True, slots=True)
class PayoutOrder:
    """A payment order: the name and content of its file, the sum in EUR and the number of its payments.

    `recorded_by` is who ordered it; None for an order of an earlier version, and for one that is not stored yet.
    """

    name: str
    month: date
    ordered_on: date
    total: Decimal
    payment_file: bytes
    payments: int
    recorded_by: str | None = None


def store_payout_order(connection: Connection, order: PayoutOrder, payouts: Sequence[tuple[str, Decimal, int]]) -> None:
    """Store an order with its payouts (centre, EUR, key of the posting), in the caller's transaction."""
    fields = {
        "name": order.name,
        "month": order.month,
        "ordered_on": order.ordered_on,
        "total": order.total,
        "payment_file": order.payment_file,
    }
    [(order_id,)] = rows(connection, "put_payout_order", **fields)
    with connection.cursor() as cursor:
        cursor.executemany(
            sql("put_payout"),
            [
                {"payout_order_id": order_id, "centre": centre, "amount": amount, "posting_id": posting_id}
                for centre, amount, posting_id in payouts
            ],
        )


def payout_orders(connection: Connection, month: date) -> list[PayoutOrder]:
    """The payment orders for a month, oldest first."""
    with wrap_database_errors():
        return [
            PayoutOrder(name, of_month, ordered_on, total, bytes(payment_file), int(payments), by)
            for name, of_month, ordered_on, total, payment_file, payments, by in rows(
                connection, "payout_orders", month=month
            )
        ]
