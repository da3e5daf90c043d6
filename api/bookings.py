"""Bookings: created and changed by external id, read, cancelled. Nothing is ever deleted."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field

from api.access import Db, Shared
from api.clients import BookingsReader, BookingsWriter
from api.fields import ExternalId, Instant, Pseudonym, Reason, RequestModel, Slug
from api.parameters import Page
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import front_desk
from smartwork.db.bookings.importing import Overlap
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.jobs.bookings import new_bookings

router = APIRouter(prefix="/v1", tags=["bookings"])

Id = Annotated[ExternalId, Path(description="The id of the booking in the client's own system.")]

Company = Annotated[
    Slug | None,
    Query(description="For a token of the network: the company whose booking the id names. Default: the network's own ids."),
]

MISSING = "There is no such booking."


def _reader(connection: Db, client: BookingsReader, company: Company = None) -> Client:
    return front_desk.acting_for(connection, client, company)


def _writer(connection: Db, client: BookingsWriter, company: Company = None) -> Client:
    return front_desk.acting_for(connection, client, company)


CompanyReader = Annotated[Client, Depends(_reader)]

CompanyWriter = Annotated[Client, Depends(_writer)]


class BookingIn(RequestModel):
    """A booking of a desk or room over [starts_at, ends_at)."""

    centre: Slug
    resource: Slug
    member: Pseudonym
    starts_at: Instant
    ends_at: Instant
    reason: Reason | None = Field(
        default=None, description="For a token of the network: why a booking that has begun is changed."
    )


class BookingOut(BaseModel):
    """A stored booking. From `released_at` on, others may book the place; the booking itself does not change."""

    external_id: str
    centre: str
    resource: str
    member: str
    company: str
    starts_at: datetime
    ends_at: datetime
    status: Literal["booked", "cancelled"]
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str
    reason: str | None = Field(description="Why the network changed it.")
    cancelled_late_at: datetime | None = Field(description="When it was cancelled, if the cancellation is charged.")


class Bookings(BaseModel):
    """A page of bookings. Pass `next` as `after` for the next page; null on the last page."""

    bookings: list[BookingOut]
    next: int | None


class Version(BaseModel):
    """A version of a booking that a change, a cancellation or a release has replaced."""

    version: int
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: str
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str
    reason: str | None
    cancelled_late_at: datetime | None


@router.put(
    "/bookings/{external_id:path}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND)
)
def put_booking(
    external_id: Id, requested: BookingIn, connection: Db, client: CompanyWriter, shared: Shared, response: Response
) -> BookingOut:
    """Create or change a booking. 201 if it is new; the same booking again changes nothing.

    409 if the place is not free, with the reason, and in `next_free_at` the next time at which it is free for as long: it is
    booked already, the centre is closed for a part of the time, or the booking begins now and somebody else is there. The
    database itself checks what is booked, so two clients cannot both succeed. 409 for a token of a company if the booking has
    begun: then only a token of the network changes it, with a `reason`.
    """
    if requested.ends_at <= requested.starts_at:
        raise _invalid("body.ends_at", "The end must be after the start.")
    if requested.ends_at - requested.starts_at > LONGEST_BOOKING:
        raise _invalid("body.ends_at", f"The booking is longer than {LONGEST_BOOKING.days} days. Book it month by month.")
    booking = Booking(
        external_id, requested.centre, requested.resource, requested.member, requested.starts_at, requested.ends_at, "booked"
    )
    _check_reason(client, requested.reason, "body.reason")
    at = shared.clock()
    new_bookings.refuse_if_not_free(connection, client, booking, at)
    try:
        created = front_desk.put_booking(connection, client, booking, shared.clock, requested.reason)
    except Overlap as error:
        stored = new_bookings.own_booking(connection, client, external_id)
        raise new_bookings.not_free(connection, booking, at, str(error), stored) from error
    if created:
        response.status_code = HTTPStatus.CREATED
    return _find(connection, client, external_id)


@router.get("/bookings/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def get_booking(external_id: Id, connection: Db, client: CompanyReader) -> BookingOut:
    """One booking."""
    return _find(connection, client, external_id)


@router.delete("/bookings/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def cancel_booking(
    external_id: Id,
    connection: Db,
    client: CompanyWriter,
    shared: Shared,
    reason: Annotated[
        Reason | None, Query(description="For a token of the network: why a booking that has begun is cancelled.")
    ] = None,
) -> BookingOut:
    """Cancel a booking. It is kept, with its history. Cancelling again changes nothing.

    After the deadline of the contract the cancellation is charged, and `cancelled_late_at` is set. 409 for a token of a
    company if the booking has begun: then only a token of the network cancels it, with a `reason`, and nothing is charged.
    """
    _check_reason(client, reason, "query.reason")
    record = front_desk.cancel(connection, client, external_id, shared.clock, reason)
    if record is None:
        raise Refused(HTTPStatus.NOT_FOUND, MISSING)
    return _booking_out(record)


@router.get("/bookings", responses=responses())
def list_bookings(
    connection: Db,
    client: BookingsReader,
    page: Page,
    centre: Annotated[Slug | None, Query()] = None,
    since: Annotated[Instant | None, Query(description="Only bookings that end after this instant.")] = None,
    until: Annotated[Instant | None, Query(description="Only bookings that start before this instant.")] = None,
) -> Bookings:
    """Bookings in the order in which they were created."""
    chosen = front_desk.BookingFilter(centre=centre, since=since, until=until)
    records = front_desk.find_bookings(connection, client, chosen, after=page.after, most=page.most)
    return Bookings(
        bookings=[_booking_out(record) for record in records],
        next=records[-1].booking_id if len(records) == page.most else None,
    )


@router.get("/booking-history/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def booking_history(external_id: Id, connection: Db, client: CompanyReader) -> list[Version]:
    """The replaced versions of a booking, oldest first; empty if it never changed."""
    versions = front_desk.history(connection, client, external_id)
    if versions is None:
        raise Refused(HTTPStatus.NOT_FOUND, MISSING)
    return [Version.model_validate(version, from_attributes=True) for version in versions]


def _find(connection: Db, client: Client, external_id: str) -> BookingOut:
    record = front_desk.find_booking(connection, client, external_id)
    if record is None:
        raise Refused(HTTPStatus.NOT_FOUND, MISSING)
    return _booking_out(record)


def _booking_out(record: front_desk.BookingRecord) -> BookingOut:
    """The response for a stored booking."""
    b = record.booking
    return BookingOut(
        external_id=b.external_id,
        centre=b.centre,
        resource=b.resource,
        member=b.member,
        company=record.company,
        starts_at=b.starts_at,
        ends_at=b.ends_at,
        status=b.status,
        released_at=record.released_at,
        recorded_at=record.recorded_at,
        recorded_by=record.recorded_by,
        reason=record.reason,
        cancelled_late_at=record.cancelled_late_at,
    )


def _check_reason(client: Client, reason: str | None, field: str) -> None:
    if reason is not None and not client.is_of_network:
        why = "Only a token of the network gives a reason, for the change of a booking that has begun."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, why, (field, why))


def _invalid(field: str, reason: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, (field, reason))
