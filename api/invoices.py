"""Invoices and their files."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel

from api.access import Db, Shared
from api.clients import InvoicesReader
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.billing import documents
from smartwork.db.read import api_reads
from smartwork.domain.billing.lifecycle import Event, EventKind, Status, status
from smartwork.domain.billing.payments import Position

router = APIRouter(prefix="/v1", tags=["invoices"])

Number = Annotated[str, Path(pattern=r"^[A-Z]{1,8}-[0-9]{4}-[0-9]{1,9}$", max_length=40, examples=["INV-2026-00001"])]

Month = Annotated[str | None, Query(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$", examples=["2026-10"])]

_FILES = {"pdf": "application/pdf", "xml": "application/xml", "csv": "text/csv"}


class InvoiceOut(BaseModel):
    """An issued invoice, or a credit note that `corrects` an invoice. Amounts are decimal text in the currency.

    gross = paid + credited + offset + written_off + open. Of an invoice, `paid` was received and `credited` was settled by
    credit notes of its disputes. Of a credit note, `paid` was paid to the company and `credited` was set off against its
    invoice when it was issued. `offset` was set off between credit notes and invoices later. `written_off` is not expected
    any more. `open` is negative if more was paid than was owed.
    """

    number: str
    kind: str
    company: str
    month: str
    issued_on: str
    due_on: str
    currency: str
    net: str
    vat: str
    gross: str
    payment_reference: str | None
    corrects: str | None
    state: Status
    paid: str
    credited: str
    offset: str
    written_off: str
    open: str
    pdf: str
    xml: str
    csv: str


class EventOut(BaseModel):
    """An event of an invoice. `amount` is that of a payment, set-off or write-off, `by` the number of the other document.

    `note` and `recorded_by` are given to clients of the network only.
    """

    event: EventKind
    at: datetime
    line: int | None
    amount: str | None
    by: str | None
    note: str | None
    recorded_by: str | None


class InvoiceWithEventsOut(InvoiceOut):
    """An issued invoice or credit note with its events, oldest first."""

    events: list[EventOut]


@router.get("/invoices", responses=responses())
def list_invoices(connection: Db, client: InvoicesReader, month: Month = None) -> list[InvoiceOut]:
    """Issued invoices, ordered by number."""
    first_day = date.fromisoformat(f"{month}-01") if month else None
    positions = documents.positions(connection, month=first_day)
    return [_invoice(row, positions[row.number]) for row in api_reads.invoices(connection, client, month=first_day)]


@router.get("/invoices/{number}", responses=responses(HTTPStatus.NOT_FOUND))
def get_invoice(number: Number, connection: Db, client: InvoicesReader) -> InvoiceWithEventsOut:
    """One issued invoice with its events."""
    row = _find(connection, client, number)
    invoice = _invoice(row, documents.positions(connection, number=number)[number])
    events = [_event(event, client) for event in documents.events(connection, number)]
    return InvoiceWithEventsOut(**invoice.model_dump(), events=events)


@router.get(
    "/invoices/{number}/{kind}",
    response_class=FileResponse,
    responses={
        200: {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _FILES.values()}},
        **responses(HTTPStatus.NOT_FOUND),
    },
)
def get_document(
    number: Number,
    kind: Annotated[str, Path(pattern="^(pdf|xml|csv)$")],
    connection: Db,
    client: InvoicesReader,
    shared: Shared,
) -> FileResponse:
    """A file of the issued document: the PDF with its evidence, Peppol UBL (`xml`), or its lines as CSV."""
    row = _find(connection, client, number)
    name = f"{row.number}-{row.company}.{kind}"
    candidates = [shared.documents / f"{row.month:%Y-%m}" / name, *sorted(shared.documents.glob(f"*/{name}"))]
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        raise Refused(
            HTTPStatus.NOT_FOUND,
            f"{name} is not in the folder of documents. To write it, bill its month again. Documents to private persons, and "
            "to companies without an electronic address, have no XML.",
        )
    return FileResponse(path, media_type=_FILES[kind], filename=name)


def _find(connection: Db, client: Client, number: str) -> api_reads.InvoiceRow:
    rows = api_reads.invoices(connection, client, number=number)
    if not rows:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such invoice.")
    return rows[0]


def _event(event: Event, client: Client) -> EventOut:
    """An event as the client may see it: what the operator writes about it, and who, is for the network alone."""
    return EventOut(
        event=event.kind,
        at=event.at,
        line=event.line,
        amount=None if event.amount is None else str(event.amount),
        by=event.by,
        note=event.note if client.is_of_network else None,
        recorded_by=event.recorded_by if client.is_of_network else None,
    )


def _invoice(row: api_reads.InvoiceRow, position: Position) -> InvoiceOut:
    return InvoiceOut(
        number=row.number,
        kind=row.kind,
        company=row.company,
        month=f"{row.month:%Y-%m}",
        issued_on=row.issued_on.isoformat(),
        due_on=row.due_on.isoformat(),
        currency=row.currency,
        net=str(row.net),
        vat=str(row.vat),
        gross=str(row.gross),
        payment_reference=row.payment_reference,
        corrects=row.corrects,
        state=status(row.events, position),
        paid=str(position.paid),
        credited=str(position.credited),
        offset=str(position.offset),
        written_off=str(position.written_off),
        open=str(position.open),
        pdf=f"/v1/invoices/{row.number}/pdf",
        xml=f"/v1/invoices/{row.number}/xml",
        csv=f"/v1/invoices/{row.number}/csv",
    )
