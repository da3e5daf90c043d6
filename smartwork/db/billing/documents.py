"""Issued documents, their numbers, lines, evidence and events. Documents are numbered without gaps and never change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from smartwork.db.billing import orders
from smartwork.db.core.book_entries import recording
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, rows_as, sql
from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Event, EventKind
from smartwork.domain.billing.month_plan import HeldTime
from smartwork.domain.billing.occupancy import BilledOccupancy, LineKey, freed_lines, held_by_document
from smartwork.domain.billing.payments import BalanceChange, PayableDocument, Position
from smartwork.domain.billing.payments import positions as found_positions
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import Interval
from smartwork.errors import InputError, SmartworkError


class InvoiceAltered(SmartworkError):  # noqa: N818 - names what happened
    """A stored document does not have the digest that it was issued with."""


class BilledTwice(SmartworkError):  # noqa: N818 - names what was refused
    """A booking, or a minute of a place, would be billed on two documents."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be stored, and the company or centre that it belongs to; `corrects` is the document that it credits.

    `part` counts the documents of a company for a month.
    """

    invoice: Invoice
    company_id: int | None = None
    centre_id: int | None = None
    corrects: str | None = None
    part: int = 1


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A stored document, and the company or centre that it belongs to."""

    invoice: Invoice
    company_id: int | None
    centre_id: int | None


@dataclass(frozen=True, slots=True)
class DocumentSummary:
    """A document without its lines; `party` is the slug of the company or centre, `events` are sorted, oldest first.

    `recorded_by` is who recorded the latest event; None for one of an earlier version.
    """

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
    recorded_by: str | None = None


@contextmanager
def issuing_transaction(connection: Connection) -> Iterator[None]:
    """A transaction for issuing, recorded in the books: its role may insert documents and postings, and change none."""
    with wrap_database_errors(), recording(connection):
        connection.execute(sql("take_role"))
        yield


def open_series(connection: Connection, series: str) -> None:
    """Create a number series if it does not exist, and lock it until the end of the transaction."""
    connection.execute(sql("open_series"), {"series": series})
    connection.execute(sql("lock_series"), {"series": series})


def take_number(connection: Connection, series: str) -> int:
    """Take the next number of `series`, which stays locked until the end of the transaction; a rollback frees the number."""
    open_series(connection, series)
    [(last,)] = rows(connection, "lock_series", series=series)
    connection.execute(sql("advance_series"), {"series": series, "last": last + 1})
    return int(last) + 1


def store(connection: Connection, issues: Sequence[NewDocument], at: datetime) -> None:
    """Store documents with their lines, evidence and first event; in the caller's transaction.

    The occupancy of lines that they take back is released before the occupancy of their own lines is recorded. Raises
    BilledTwice where a booking, or a minute of a place, would be billed on two documents; OrderBilledTwice for an order.
    """
    numbers = {"numbers": [issue.invoice.number for issue in issues]}
    with connection.cursor() as cursor:
        cursor.executemany(sql("store_invoice"), [_row(issue) for issue in issues])
    for step in ("store_lines", "store_proofs"):
        connection.execute(sql(step), numbers)
    freed = freed_lines([issue.invoice for issue in issues])
    release_occupancy(connection, freed)
    orders.record_supplies(connection, numbers["numbers"], freed)
    _put_occupancy(connection, [held for issue in issues for held in held_by_document(issue.invoice)])
    for issue in issues:
        put_event(connection, issue.invoice.number, Event("issued", at))


def release_occupancy(connection: Connection, lines: Iterable[LineKey]) -> None:
    """Delete what these lines hold; in the caller's transaction."""
    freed = sorted(lines)
    arguments = {"numbers": [number for number, _ in freed], "lines": [line for _, line in freed]}
    connection.execute(sql("release_occupancy"), arguments)


def _put_occupancy(connection: Connection, held: Sequence[BilledOccupancy]) -> None:
    arguments = {
        "numbers": [each.number for each in held],
        "lines": [each.line for each in held],
        "proofs": [each.proof for each in held],
        "starts": [each.period.start for each in held],
        "ends": [each.period.end for each in held],
    }
    try:
        connection.execute(sql("put_occupancy"), arguments)
    except (psycopg.errors.ExclusionViolation, psycopg.errors.UniqueViolation) as error:
        raise BilledTwice(
            f"Nothing was issued: a booking or a minute would be billed twice ({error.diag.message_detail or error}). "
            "Another run issued a document at the same time: bill the month again."
        ) from error


def held_time(connection: Connection, visits: Mapping[int, Iterable[Visit]]) -> list[HeldTime]:
    """The billed occupancy that overlaps `visits`, by company_id, or has one of their bookings."""
    every = [(company_id, visit) for company_id, of_company in visits.items() for visit in of_company]
    booked = [(company_id, visit.booking) for company_id, visit in every if visit.booking]
    arguments = {
        "centres": [visit.centre for _, visit in every],
        "resources": [visit.resource for _, visit in every],
        "starts": [visit.starts_at for _, visit in every],
        "ends": [visit.evidence_until for _, visit in every],
        "companies": [company_id for company_id, _ in booked],
        "bookings": [booking for _, booking in booked],
    }
    held = []
    for company_id, month, booked_by, number, line, proof, *names, start, end in rows(connection, "held_time", **arguments):
        centre, resource, booking, check_in = names
        record = ("booking", booking) if booking else ("check-in", check_in or "")
        occupancy = BilledOccupancy(number, line, proof, (centre, resource), record, Interval(start, end))
        held.append(HeldTime(company_id, month, booked_by, occupancy))
    return held


def put_event(connection: Connection, number: str, event: Event) -> None:
    """Add an event of a document; in the caller's transaction. Its author is that of the session or of `recorded_as`."""
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
    """The events of a document, oldest first."""
    return rows_as(Event, connection, "document_events", number=number)


def positions(connection: Connection, *, month: date | None = None, number: str | None = None) -> dict[str, Position]:
    """The positions of documents to companies, by number: of all, of a month, or of one document with its credit notes."""
    with wrap_database_errors():
        return found_positions(*open_items(connection, month=month, number=number))


def open_items(
    connection: Connection, *, month: date | None = None, number: str | None = None
) -> tuple[list[PayableDocument], list[BalanceChange]]:
    """Documents to companies, and the changes of their balance, oldest first; filters as for `positions`."""
    payable = rows_as(PayableDocument, connection, "payable_documents", month=month, number=number)
    numbers = [document.number for document in payable]
    changes = rows_as(BalanceChange, connection, "balance_changes", numbers=numbers)
    return payable, changes


def lock_document(connection: Connection, number: str) -> None:
    """Lock the document against events by others until the transaction ends."""
    connection.execute(sql("lock_document"), {"number": number})


def numbered(connection: Connection, number: str) -> IssuedDocument:
    """The document with this number. Raises InputError if there is none, InvoiceAltered if it was altered."""
    with wrap_database_errors():
        matches = rows(connection, "document_numbered", number=number)
    if not matches:
        raise InputError(f"There is no document {number!r}. To list the issued documents: smartwork invoice list")
    [(_, company_id, centre_id, document, stored_digest)] = matches
    return IssuedDocument(checked_invoice(document, stored_digest), company_id, centre_id)


def of_month(connection: Connection, month: date) -> list[tuple[Invoice, str]]:
    """The month's documents to companies in order of issue, each with its canonical text, without credit notes of disputes.

    Raises InvoiceAltered.
    """
    with wrap_database_errors():
        records = rows(connection, "invoices_of_month", month=month)
    texts = [checked_text(document, stored_digest) for document, stored_digest in records]
    return [(Invoice.read(text), text) for text in texts]


def notes_of_month(connection: Connection, month: date) -> list[str]:
    """The canonical texts of the credit notes of disputes on documents of the month. Raises InvoiceAltered."""
    with wrap_database_errors():
        return [
            checked_text(document, stored_digest)
            for document, stored_digest in rows(connection, "notes_of_month", month=month)
        ]


def issued_to_companies(connection: Connection, since: date, until: date) -> list[Invoice]:
    """The documents to companies that were issued on the days of [since, until), in order of issue. Raises InvoiceAltered."""
    with wrap_database_errors():
        records = rows(connection, "issued_to_companies", since=since, until=until)
    return [checked_invoice(document, stored_digest) for document, stored_digest in records]


def settlements_of(connection: Connection, month: date) -> list[Invoice]:
    """The month's self-billed documents in order of issue. Raises InvoiceAltered."""
    with wrap_database_errors():
        return [
            checked_invoice(document, stored_digest)
            for document, stored_digest in rows(connection, "settlements_of_month", month=month)
        ]


def of_companies(connection: Connection, companies: Iterable[int], since: date) -> dict[int, list[Invoice]]:
    """The documents of companies issued on or after `since`, by company_id, in order of issue. Raises InvoiceAltered."""
    by_company: dict[int, list[Invoice]] = {}
    records = rows(connection, "documents_of_companies", companies=list(companies), since=since)
    for company_id, document, stored_digest in records:
        by_company.setdefault(company_id, []).append(checked_invoice(document, stored_digest))
    return by_company


def credited_companies(connection: Connection, companies: Iterable[int], since: date) -> set[int]:
    """The company_ids, of those given, with credit notes of disputes issued on or after `since`."""
    return {key for (key,) in rows(connection, "credited_companies", companies=list(companies), since=since)}


def of_centre(connection: Connection, centre_id: int, since: date) -> list[Invoice]:
    """A centre's self-billed documents of the month `since` and later months, in order of issue. Raises InvoiceAltered.

    Refused documents that were taken back, and the documents that do it, are left out.
    """
    records = rows(connection, "documents_of_centre", centre_id=centre_id, since=since)
    return [checked_invoice(document, stored_digest) for document, stored_digest in records]


def summaries(connection: Connection, month: date | None) -> list[DocumentSummary]:
    """The documents of a month, or all documents, without their lines, in order of issue."""
    with wrap_database_errors():
        records = connection.cursor(row_factory=dict_row).execute(sql("document_summaries"), {"month": month}).fetchall()
    return [DocumentSummary(**{**row, "events": tuple(row["events"])}) for row in records]


def checked_invoice(document: Any, stored_digest: bytes) -> Invoice:  # noqa: ANN401 - JSON values
    """The document of a stored snapshot. Raises InvoiceAltered if the digest does not match."""
    return Invoice.read(checked_text(document, stored_digest))


def checked_text(document: Any, stored_digest: bytes) -> str:  # noqa: ANN401 - JSON values
    """The canonical text of a stored snapshot. Raises InvoiceAltered if the digest does not match."""
    text = canonical_text(document)
    if digest(text) != bytes(stored_digest):
        raise InvoiceAltered(
            f"Document {document.get('number')} was altered after it was issued: its digest does not match. "
            "Nothing was written. Restore the row of the table invoice from a backup."
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
        "part": issue.part,
    }
