"""The acceptance of self-billed documents, and the documents that take refused ones back."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from psycopg.rows import dict_row

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.contracts import SelfBillingAgreement
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.acceptance import Acceptance, AcceptanceEvent, silent_on


def acceptances(connection: Connection, number: str | None = None) -> list[Acceptance]:
    """The acceptance of every self-billed document, or of one, in the order of issue."""
    with wrap_database_errors():
        events: dict[str, list[AcceptanceEvent]] = defaultdict(list)
        for of_number, *event in rows(connection, "acceptance_events", number=number):
            events[of_number].append(AcceptanceEvent(*event))
        records = connection.cursor(row_factory=dict_row).execute(sql("acceptances"), {"number": number}).fetchall()
        return [Acceptance(**row, events=tuple(events[row["number"]])) for row in records]


def store_acceptance_terms(connection: Connection, invoice: Invoice, agreement: SelfBillingAgreement) -> None:
    """Store by which agreement a document is issued, in the caller's transaction."""
    fields = {
        "number": invoice.number,
        "version": agreement.version,
        "signed_on": agreement.signed_on,
        "signed_by": agreement.signed_by,
        "silent_on": silent_on(agreement, invoice.issued_on),
    }
    connection.execute(sql("put_acceptance_terms"), fields)


def put_acceptance_event(connection: Connection, number: str, event: AcceptanceEvent, recorded_at: datetime) -> str:
    """Add a centre's reply, in the caller's transaction, and return who records it."""
    fields = {
        "number": number,
        "event": event.reply,
        "happened_on": event.on,
        "recorded_at": recorded_at,
        "note": event.note,
    }
    [(recorded_by,)] = rows(connection, "put_acceptance_event", **fields)
    return str(recorded_by)


def settlement_of(connection: Connection, number: str) -> tuple[int, Decimal]:
    """The key of the posting of a self-billed document, and the charges that it took in, EUR net."""
    [(posting_id, charged)] = rows(connection, "settlement_of_document", number=number)
    return int(posting_id), Decimal(charged)


def store_cancellation(connection: Connection, settlement_id: int, number: str, cancelled_by: str) -> None:
    """Store that the document `cancelled_by` takes back the refused document `number`, in the caller's transaction."""
    fields = {"settlement_id": settlement_id, "number": number, "cancelled_by": cancelled_by}
    connection.execute(sql("put_cancellation"), fields)
