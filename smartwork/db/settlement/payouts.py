"""Payment orders to the bank, the payouts to centres in them, and what the bank did with each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import dict_row

from smartwork.db.billing.documents import checked_invoice
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.due_payouts import DuePayout
from smartwork.domain.settlement.payouts import PayoutEvent, PayoutState, payout_state


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


@dataclass(frozen=True, slots=True)
class Payout:
    """A payout of an order. `reference` is its end-to-end identifier; `iban` is None if an earlier version ordered it.

    `documents` are the numbers of the documents that it pays, `events` what the bank did with it, in order, and
    `event_posting_ids` the keys of their postings.
    """

    payout_id: int
    order: str
    month: date
    ordered_on: date
    centre: str
    centre_name: str
    reference: str
    amount: Decimal
    iban: str | None
    posting_id: int
    documents: tuple[str, ...]
    events: tuple[PayoutEvent, ...]
    event_posting_ids: tuple[int, ...]

    @property
    def state(self) -> PayoutState:
        """Whether it is ordered, paid or refused."""
        return payout_state(self.events)


@dataclass(frozen=True, slots=True)
class NewPayout:
    """A payout to store: what is due, its reference and the key of its posting."""

    due: DuePayout
    reference: str
    posting_id: int


def lock_payouts(connection: Connection) -> None:
    """Let no other transaction order payouts or record what the bank did with one, until the caller's ends."""
    connection.execute(sql("lock_payouts"))


def unpaid_documents(connection: Connection) -> list[Invoice]:
    """The self-billed documents that no payout pays, or only refused ones, in order of issue. Raises InvoiceAltered."""
    return [checked_invoice(document, digest) for document, digest in rows(connection, "unpaid_documents")]


def store_payout_order(connection: Connection, order: PayoutOrder, payouts: Sequence[NewPayout]) -> None:
    """Store an order with its payouts, in the caller's transaction."""
    fields = {
        "name": order.name,
        "month": order.month,
        "ordered_on": order.ordered_on,
        "total": order.total,
        "payment_file": order.payment_file,
    }
    [(order_id,)] = rows(connection, "put_payout_order", **fields)
    for payout in payouts:
        [(payout_id,)] = rows(
            connection,
            "put_payout",
            payout_order_id=order_id,
            centre=payout.due.centre,
            amount=payout.due.amount,
            posting_id=payout.posting_id,
            reference=payout.reference,
            iban=payout.due.payee.iban,
        )
        connection.execute(sql("put_payout_documents"), {"payout_id": payout_id, "numbers": list(payout.due.documents)})


def payout_orders(connection: Connection, month: date) -> list[PayoutOrder]:
    """The payment orders for a month, oldest first."""
    with wrap_database_errors():
        return [
            PayoutOrder(name, of_month, ordered_on, total, bytes(payment_file), int(payments), by)
            for name, of_month, ordered_on, total, payment_file, payments, by in rows(
                connection, "payout_orders", month=month
            )
        ]


def payouts(connection: Connection) -> list[Payout]:
    """All payouts, in the order in which they were ordered."""
    with wrap_database_errors():
        events: dict[int, list[PayoutEvent]] = defaultdict(list)
        posting_ids: dict[int, list[int]] = defaultdict(list)
        for payout_id, posting_id, *event in rows(connection, "payout_events"):
            events[payout_id].append(PayoutEvent(*event))
            posting_ids[payout_id].append(posting_id)
        records = connection.cursor(row_factory=dict_row).execute(sql("payouts")).fetchall()
        return [
            Payout(
                **{**row, "documents": tuple(row["documents"])},
                events=tuple(events[row["payout_id"]]),
                event_posting_ids=tuple(posting_ids[row["payout_id"]]),
            )
            for row in records
        ]


def put_payout_event(
    connection: Connection, payout_id: int, event: PayoutEvent, recorded_at: datetime, posting_id: int
) -> str:
    """Add what the bank did with a payout, in the caller's transaction, and return who records it."""
    fields = {
        "payout_id": payout_id,
        "event": event.state,
        "happened_on": event.on,
        "recorded_at": recorded_at,
        "source": event.source,
        "reason": event.reason,
        "posting_id": posting_id,
    }
    [(recorded_by,)] = rows(connection, "put_payout_event", **fields)
    return str(recorded_by)
