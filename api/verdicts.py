"""Verdicts with their evidence."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from api.access import Db
from api.clients import VerdictsReader
from api.fields import ExternalId, Instant, Slug
from api.parameters import Page
from api.problems import Refused, responses
from smartwork.db.bookings.visits import RecordedVisit
from smartwork.db.read import api_reads
from smartwork.domain.presence.spans import Span

router = APIRouter(prefix="/v1")


class SpanOut(BaseModel):
    """A span [starts_at, ends_at) in one state. A suspect span comes from a stuck sensor and is not billed.

    In a contradicted span the sensors of the place contradict each other for more than an hour.
    """

    starts_at: datetime
    ends_at: datetime
    state: str
    suspect: bool
    contradicted: bool


class LedgerDayOut(BaseModel):
    """The readings of the centre on one local day: numbered = stored + rejected + waiting + missing.

    `numbered` were numbered by the edges of the centre, `arrived` = stored + rejected, `waiting` are in an outbox.
    `missing_share` is the share that has not arrived: waiting or missing.
    """

    day: date
    numbered: int
    arrived: int
    stored: int
    rejected: int
    in_outbox: int = Field(serialization_alias="waiting")
    missing: int
    missing_share: float


class ChangeOut(BaseModel):
    """A change of a booking that had begun: when, by which client or file of the network, and why."""

    at: datetime
    by: str
    reason: str


class VerdictOut(BaseModel):
    """The verdict on a booking, or on a stay without a booking. Lengths are seconds: booked = occupied + vacant + unknown."""

    id: int
    verdict: str
    company: str | None
    centre: str
    resource: str
    member: str | None
    booking: str | None
    check_in: str | None
    check_in_method: str | None
    starts_at: datetime
    ends_at: datetime
    ceded_at: datetime | None
    first_seen: datetime | None
    last_seen: datetime | None
    booked_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    over_s: int
    cancelled_at: datetime | None = Field(description="When the booking was cancelled, if the cancellation is charged.")
    change: ChangeOut | None = Field(description="The network's last change of the booking after it had begun.")
    coverage: float = Field(description="Share of the period in which presence is known; 0 if the booking was cancelled.")


class Verdicts(BaseModel):
    """A page of verdicts. Pass `next` as `after` for the next page; null on the last page."""

    verdicts: list[VerdictOut]
    next: int | None


class VerdictEvidence(VerdictOut):
    """A verdict with its evidence."""

    spans: list[SpanOut]
    ledger: list[LedgerDayOut]
    ledger_fault: str | None = Field(
        default=None,
        description="Why the ledger of the centre cannot be trusted now; bills of the centre wait. Null if it can.",
    )


def _filter(
    centre: Annotated[Slug | None, Query()] = None,
    booking: Annotated[ExternalId | None, Query(description="External id of a booking.")] = None,
    since: Annotated[Instant | None, Query(description="Only verdicts whose period starts at or after this instant.")] = None,
    until: Annotated[Instant | None, Query(description="Only verdicts whose period starts before this instant.")] = None,
) -> api_reads.VerdictFilter:
    """The filter of a request, from its query parameters."""
    return api_reads.VerdictFilter(centre=centre, booking=booking, since=since, until=until)


@router.get("/verdicts", tags=["verdicts"], responses=responses())
def list_verdicts(
    connection: Db,
    client: VerdictsReader,
    chosen: Annotated[api_reads.VerdictFilter, Depends(_filter)],
    page: Page,
) -> Verdicts:
    """Verdicts on bookings and walk-ins. Unattributed walk-ins are returned to the network only."""
    rows = api_reads.verdicts(connection, client, chosen, after=page.after, most=page.most)
    return Verdicts(verdicts=[_verdict(row) for row in rows], next=rows[-1].verdict_id if len(rows) == page.most else None)


@router.get("/verdicts/{number}", tags=["verdicts"], responses=responses(HTTPStatus.NOT_FOUND))
def get_verdict(number: Annotated[int, Path(ge=1, le=2**62)], connection: Db, client: VerdictsReader) -> VerdictEvidence:
    """A verdict with its evidence: spans, coverage, the ledger of those days, and the check-in."""
    recorded = api_reads.verdict(connection, client, number)
    if recorded is None:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such verdict.")
    return VerdictEvidence(
        **_verdict(recorded).model_dump(),
        spans=[_span(span) for span in recorded.visit.spans],
        ledger=[LedgerDayOut.model_validate(day, from_attributes=True) for day in recorded.visit.ledger or ()],
        ledger_fault=api_reads.ledger_fault(connection, recorded.visit.centre),
    )


def _verdict(recorded: RecordedVisit) -> VerdictOut:
    visit = recorded.visit
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
        cancelled_at=visit.cancelled_at,
        change=visit.change and ChangeOut.model_validate(visit.change, from_attributes=True),
        coverage=float(round(visit.coverage, 4)),
    )


def _span(span: Span) -> SpanOut:
    return SpanOut(
        starts_at=span.start, ends_at=span.end, state=span.state, suspect=span.suspect, contradicted=span.contradicted
    )
