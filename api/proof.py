"""Verdicts with their evidence, and invoices with their files."""

from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import FileResponse

from api.access import Db, Shared, allowed
from api.bookings import After, Most
from api.models import Evidence, ExternalId, Instant, InvoiceOut, LedgerDayOut, Slug, SpanOut, VerdictOut, Verdicts
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.billing import documents
from smartwork.db.bookings.visits import RecordedVisit
from smartwork.db.read import api_reads
from smartwork.domain.billing.lifecycle import status
from smartwork.domain.billing.payments import Position
from smartwork.domain.bookings.visit import coverage

router = APIRouter(prefix="/v1")
Verifier = Annotated[Client, Depends(allowed("verdicts:read"))]
Accountant = Annotated[Client, Depends(allowed("invoices:read"))]
Number = Annotated[str, Path(pattern=r"^[A-Z]{1,8}-[0-9]{4}-[0-9]{1,9}$", max_length=40, examples=["INV-2026-00001"])]
Month = Annotated[str | None, Query(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$", examples=["2026-10"])]
_FILES = {"pdf": "application/pdf", "xml": "application/xml", "csv": "text/csv"}


@router.get("/verdicts", tags=["verdicts"], responses=responses())
def list_verdicts(
    connection: Db,
    client: Verifier,
    centre: Annotated[Slug | None, Query()] = None,
    booking: Annotated[ExternalId | None, Query(description="External id of a booking.")] = None,
    since: Annotated[Instant | None, Query(description="Begins at or behind this.")] = None,
    until: Annotated[Instant | None, Query(description="Begins before this.")] = None,
    after: After = 0,
    most: Most = 100,
) -> Verdicts:
    """Verdicts of bookings and walk-ins; a walk-in that nobody signed for is shown to the network only."""
    found = api_reads.verdicts(
        connection, client, booking=booking, centre=centre, since=since, until=until, after=after, most=most
    )
    return Verdicts(verdicts=[_verdict(row) for row in found], next=found[-1].verdict_id if len(found) == most else None)


@router.get("/verdicts/{number}", tags=["verdicts"], responses=responses(HTTPStatus.NOT_FOUND))
def get_verdict(number: Annotated[int, Path(ge=1, le=2**62)], connection: Db, client: Verifier) -> Evidence:
    """A verdict with its evidence: spans, coverage, the ledger of those days, and the check-in."""
    found = api_reads.verdict(connection, client, number)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such verdict.")
    return Evidence(
        **_verdict(found).model_dump(),
        spans=[SpanOut(starts_at=s.start, ends_at=s.end, state=s.state, suspect=s.suspect) for s in found.visit.spans],
        ledger=[LedgerDayOut.model_validate(day, from_attributes=True) for day in found.visit.ledger or ()],
    )


@router.get("/invoices", tags=["invoices"], responses=responses())
def list_invoices(connection: Db, client: Accountant, month: Month = None) -> list[InvoiceOut]:
    """Issued invoices by number."""
    chosen = date.fromisoformat(f"{month}-01") if month else None
    standing = documents.positions(connection, month=chosen)
    return [_invoice(row, standing[row.number]) for row in api_reads.invoices(connection, client, month=chosen)]


@router.get("/invoices/{number}", tags=["invoices"], responses=responses(HTTPStatus.NOT_FOUND))
def get_invoice(number: Number, connection: Db, client: Accountant) -> InvoiceOut:
    """One issued invoice."""
    row = _found(connection, client, number)
    return _invoice(row, documents.positions(connection, number=number)[number])


@router.get(
    "/invoices/{number}/{kind}",
    tags=["invoices"],
    response_class=FileResponse,
    responses={
        200: {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _FILES.values()}},
        **responses(HTTPStatus.NOT_FOUND),
    },
)
def get_document(
    number: Number, kind: Annotated[str, Path(pattern="^(pdf|xml|csv)$")], connection: Db, client: Accountant, shared: Shared
) -> FileResponse:
    """The document as it was issued: PDF with its evidence, Peppol UBL, or its lines as CSV."""
    row = _found(connection, client, number)
    name = f"{row.number}-{row.company}.{kind}"
    there = [shared.documents / f"{row.month:%Y-%m}" / name, *sorted(shared.documents.glob(f"*/{name}"))]
    path = next((path for path in there if path.is_file()), None)
    if path is None:
        raise Refused(HTTPStatus.NOT_FOUND, f"{name} is not in the folder of documents; billing its month again writes it.")
    return FileResponse(path, media_type=_FILES[kind], filename=name)


def _found(connection: Db, client: Client, number: str) -> api_reads.InvoiceRow:
    found = api_reads.invoices(connection, client, number=number)
    if not found:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such invoice.")
    return found[0]


def _invoice(row: api_reads.InvoiceRow, at: Position) -> InvoiceOut:
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
        state=status(row.events, is_open=at.open > 0),
        paid=str(at.paid),
        credited=str(at.credited),
        open=str(at.open),
        pdf=f"/v1/invoices/{row.number}/pdf",
        xml=f"/v1/invoices/{row.number}/xml",
        csv=f"/v1/invoices/{row.number}/csv",
    )


def _verdict(recorded: RecordedVisit) -> VerdictOut:
    visit = recorded.visit
    measured_s = visit.occupied_s + visit.vacant_s + visit.unknown_s
    return VerdictOut(
        id=recorded.verdict_id,
        verdict=visit.verdict,
        company=recorded.company,
        centre=visit.centre,
        resource=visit.resource,
        member=visit.member,
        booking=visit.booking,
        check_in=visit.check_in,
        check_in_method=visit.check_in_method,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        ceded_at=visit.reassigned_at,
        first_seen=recorded.first_seen,
        last_seen=recorded.last_seen,
        booked_s=visit.booked_s,
        occupied_s=visit.occupied_s,
        vacant_s=visit.vacant_s,
        unknown_s=visit.unknown_s,
        over_s=visit.over_s,
        coverage=round(coverage(measured_s, visit.unknown_s), 4),
    )
