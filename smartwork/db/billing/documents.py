"""Documents in the database: issued once, numbered without gaps, never changed, and what happened to each afterwards."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Event, EventKind
from smartwork.domain.billing.payments import BalanceChange, PayableDocument, Position
from smartwork.domain.billing.payments import positions as found_positions
from smartwork.errors import InputError, SmartworkError


class InvoiceAltered(SmartworkError):  # noqa: N818 - says what happened
    """A stored invoice no longer has the digest it was issued with."""


class BilledTwice(SmartworkError):  # noqa: N818 - says what would have happened
    """A booking or a minute of a place would stand on two documents."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document about to be stored, and whose it is: a company's or a centre's; `corrects` is the number it is about."""

    invoice: Invoice
    company_id: int | None = None
    centre_id: int | None = None
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A document as stored, and whose it is."""

    invoice: Invoice
    company_id: int | None
    centre_id: int | None


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document at a glance; `party` is the company's or centre's slug, `events` what happened, oldest first."""

    number: str
    kind: str
    party: str
    name: str
    month: date
    issued_on: date
    due_on: date
    net: Decimal
    vat: Decimal
    gross: Decimal
    events: tuple[EventKind, ...]


@contextmanager
def issuing_transaction(connection: Connection) -> Iterator[None]:
    """One transaction in which documents and postings may be added and nothing in them can be changed."""
    with wrap_database_errors(), connection.transaction():
        connection.execute(sql("take_role"))
        yield


def open_series(connection: Connection, series: str) -> None:
    """Make a number series where it is new, and hold it to the end of the transaction."""
    connection.execute(sql("open_series"), {"series": series})
    connection.execute(sql("lock_series"), {"series": series})


def take_number(connection: Connection, series: str) -> int:
    """The next number of `series`, held to the end of the transaction: a run that fails takes none."""
    open_series(connection, series)
    [(last,)] = rows(connection, "lock_series", series=series)
    connection.execute(sql("advance_series"), {"series": series, "last": last + 1})
    return int(last) + 1


def store(connection: Connection, issues: Sequence[NewDocument], at: datetime) -> None:
    """Store documents with their lines, proofs and first event; in the caller's transaction.

    What a correction takes back stops standing before what is new begins to. Raises BilledTwice where a booking or a
    minute of a place would stand on two documents.
    """
    numbers = {"numbers": [issue.invoice.number for issue in issues]}
    with connection.cursor() as cursor:
        cursor.executemany(sql("store_invoice"), [_row(issue) for issue in issues])
    try:
        for step in ("store_lines", "store_proofs", "release_occupancy", "put_occupancy"):
            connection.execute(sql(step), numbers)
    except (psycopg.errors.ExclusionViolation, psycopg.errors.UniqueViolation) as error:
        raise BilledTwice(
            f"A minute would be billed twice, so nothing was issued: {error.diag.message_detail or error}. "
            "Two verdicts hold one place at one time: reconcile the month again, and bill it again."
        ) from error
    for issue in issues:
        put_event(connection, issue.invoice.number, Event("issued", at))


def put_event(connection: Connection, number: str, event: Event) -> None:
    """Add what happened to a document; in the caller's transaction."""
    connection.execute(
        sql("put_event"),
        {
            "number": number,
            "at": event.at,
            "event": event.kind,
            "line": event.line,
            "note": event.note,
            "by": event.by,
            "amount": event.amount,
        },
    )


def events(connection: Connection, number: str) -> list[Event]:
    """What happened to a document, oldest first."""
    records = rows(connection, "events_of", number=number)
    return [Event(kind, at, line, note, by, amount) for at, kind, line, note, by, amount in records]


def positions(connection: Connection, *, month: date | None = None, number: str | None = None) -> dict[str, Position]:
    """What is open on documents to companies, by number: of a month or of all, or of one with those of its disputes."""
    with wrap_database_errors():
        owed, moves = open_items(connection, month=month, number=number)
        return found_positions(owed, moves)


def open_items(
    connection: Connection, *, month: date | None = None, number: str | None = None
) -> tuple[list[PayableDocument], list[BalanceChange]]:
    """Documents to companies as `positions` takes them, and what moved them, in order."""
    owed = [PayableDocument(*row) for row in rows(connection, "owed_documents", month=month, number=number)]
    moves = [BalanceChange(*row) for row in rows(connection, "payment_moves", numbers=[one.number for one in owed])]
    return owed, moves


def lock_document(connection: Connection, number: str) -> None:
    """Let nobody else act on the document until the transaction ends."""
    connection.execute(sql("lock_document"), {"number": number})


def numbered(connection: Connection, number: str) -> IssuedDocument:
    """The document with this number; raises InputError where there is none, InvoiceAltered where it was tampered with."""
    with wrap_database_errors():
        found = rows(connection, "document_numbered", number=number)
    if not found:
        raise InputError(f"There is no document {number!r}. `smartwork invoice list` shows those that are issued.")
    [(_, company_id, centre_id, document, seal)] = found
    return IssuedDocument(verified(document, seal), company_id, centre_id)


def of_month(connection: Connection, month: date) -> list[tuple[Invoice, str]]:
    """The month's documents to companies, by number, each with its canonical text; credit notes of a dispute left out.

    Raises InvoiceAltered.
    """
    with wrap_database_errors():
        records = rows(connection, "invoices_of_month", month=month)
    texts = [sealed(document, seal) for document, seal in records]
    return [(Invoice.read(text), text) for text in texts]


def notes_of_month(connection: Connection, month: date) -> list[str]:
    """The canonical texts of the credit notes that ended disputes on documents of the month. Raises InvoiceAltered."""
    with wrap_database_errors():
        return [sealed(document, seal) for document, seal in rows(connection, "notes_of_month", month=month)]


def settlements_of(connection: Connection, month: date) -> list[Invoice]:
    """The month's self-billed documents, in the order in which they were issued. Raises InvoiceAltered."""
    with wrap_database_errors():
        return [verified(document, seal) for document, seal in rows(connection, "settlements_of_month", month=month)]


def of_companies(connection: Connection, companies: Iterable[int], since: date) -> dict[int, list[Invoice]]:
    """All documents of companies issued since that day, by company_id, in order. Raises InvoiceAltered."""
    found: dict[int, list[Invoice]] = {}
    records = rows(connection, "documents_of_companies", companies=list(companies), since=since)
    for company_id, document, seal in records:
        found.setdefault(company_id, []).append(verified(document, seal))
    return found


def of_centre(connection: Connection, centre_id: int, since: date) -> list[Invoice]:
    """A centre's self-billed documents of that month and later ones, as they were issued. Raises InvoiceAltered."""
    records = rows(connection, "documents_of_centre", centre_id=centre_id, since=since)
    return [verified(document, seal) for document, seal in records]


def summaries(connection: Connection, month: date | None) -> list[DocumentSummary]:
    """Documents at a glance, of a month or of all, in the order in which they were issued."""
    with wrap_database_errors():
        return [DocumentSummary(*[*row[:-1], tuple(row[-1])]) for row in rows(connection, "document_heads", month=month)]


def verified(document: Any, seal: bytes) -> Invoice:  # noqa: ANN401 - JSON values
    """The invoice whose snapshot this is; raises InvoiceAltered where `seal` is not its digest."""
    return Invoice.read(sealed(document, seal))


def sealed(document: Any, seal: bytes) -> str:  # noqa: ANN401 - JSON values
    """The canonical text of a snapshot; raises InvoiceAltered where `seal` is not its digest."""
    text = canonical_text(document)
    if digest(text) != bytes(seal):
        raise InvoiceAltered(
            f"Invoice {document.get('number')} differs from what was issued: its digest does not match. "
            "Restore the row from a backup; nothing was rendered."
        )
    return text


def _row(issue: NewDocument) -> dict[str, object]:
    invoice = issue.invoice
    canonical = invoice.canonical()
    return {
        "number": invoice.number,
        "kind": invoice.kind,
        "company_id": issue.company_id,
        "centre_id": issue.centre_id,
        "corrects": issue.corrects,
        "month": invoice.month,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "currency": invoice.currency,
        "net": invoice.net,
        "vat": invoice.vat,
        "gross": invoice.gross,
        "payment_reference": invoice.payment.reference if invoice.payment else None,
        "document": Jsonb(canonical, dumps=str),
        "digest": digest(canonical),
    }
