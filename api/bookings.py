"""Bookings: put by external id, read, cancelled; nothing is ever deleted."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel

from api.access import Db, allowed
from api.fields import ExternalId, Instant, Pseudonym, RequestModel, Slug
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import front_desk
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import LONGEST_BOOKING

router = APIRouter(prefix="/v1", tags=["bookings"])

Reader = Annotated[Client, Depends(allowed("bookings:read"))]

Writer = Annotated[Client, Depends(allowed("bookings:write"))]

Id = Annotated[ExternalId, Path(description="The booking's name in the client's own system.")]

After = Annotated[int, Query(ge=0, le=2**62, description="`next` of the page before.")]

Most = Annotated[int, Query(ge=1, le=1_000, description="How many at the most.")]

MISSING = "There is no such booking."


class BookingIn(RequestModel):
    """A booking of a desk or room over [starts_at, ends_at)."""

    centre: Slug
    resource: Slug
    member: Pseudonym
    starts_at: Instant
    ends_at: Instant


class BookingOut(BaseModel):
    """A stored booking. From `released_at` on, others may book the place; the booking itself does not change."""

    external_id: str
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: Literal["booked", "cancelled"]
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str


class Bookings(BaseModel):
    """A page of bookings. Pass `next` as `after` for the next page; null on the last page."""

    bookings: list[BookingOut]
    next: int | None


class Version(BaseModel):
    """A version of a booking that was changed, cancelled or released."""

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


@router.put("/bookings/{external_id:path}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_booking(external_id: Id, requested: BookingIn, connection: Db, client: Writer, response: Response) -> BookingOut:
    """Create or change a booking. 201 if it is new; the same booking again changes nothing.

    A place that is taken is refused with 409 by the database itself, whoever else books at that moment.
    """
    if requested.ends_at <= requested.starts_at:
        raise _bad("body.ends_at", "The end does not lie behind the start.")
    if requested.ends_at - requested.starts_at > LONGEST_BOOKING:
        raise _bad("body.ends_at", f"The booking is longer than {LONGEST_BOOKING.days} days; book it month by month.")
    booking = Booking(
        external_id, requested.centre, requested.resource, requested.member, requested.starts_at, requested.ends_at, "booked"
    )
    if front_desk.put_booking(connection, client, booking):
        response.status_code = HTTPStatus.CREATED
    return _one(connection, client, external_id)


@router.get("/bookings/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND))
def get_booking(external_id: Id, connection: Db, client: Reader) -> BookingOut:
    """One booking."""
    return _one(connection, client, external_id)


@router.delete("/bookings/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def cancel_booking(external_id: Id, connection: Db, client: Writer) -> BookingOut:
    """Cancel a booking. It is kept, with its history. Cancelling again changes nothing."""
    record = front_desk.cancel(connection, client, external_id)
    if record is None:
        raise Refused(HTTPStatus.NOT_FOUND, MISSING)
    return booking_out(record)


@router.get("/bookings", responses=responses())
def list_bookings(
    connection: Db,
    client: Reader,
    centre: Annotated[Slug | None, Query()] = None,
    since: Annotated[Instant | None, Query(description="Ends behind this.")] = None,
    until: Annotated[Instant | None, Query(description="Begins before this.")] = None,
    after: After = 0,
    most: Most = 100,
) -> Bookings:
    """Bookings in the order in which they were created."""
    chosen = front_desk.BookingFilter(centre=centre, since=since, until=until)
    found = front_desk.find_bookings(connection, client, chosen, after=after, most=most)
    return Bookings(
        bookings=[booking_out(record) for record in found], next=found[-1].booking_id if len(found) == most else None
    )


@router.get("/booking-history/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND))
def booking_history(external_id: Id, connection: Db, client: Reader) -> list[Version]:
    """The replaced versions of a booking, oldest first; empty if it never changed."""
    _one(connection, client, external_id)
    fields = list(Version.model_fields)
    return [Version(**dict(zip(fields, row, strict=True))) for row in front_desk.history(connection, client, external_id)]


def _one(connection: Db, client: Client, external_id: str) -> BookingOut:
    found = front_desk.find_booking(connection, client, external_id)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, MISSING)
    return booking_out(found)


def booking_out(record: front_desk.BookingRecord) -> BookingOut:
    """The response for a stored booking."""
    b = record.booking
    return BookingOut(
        external_id=b.external_id,
        centre=b.centre,
        resource=b.resource,
        member=b.member,
        starts_at=b.starts_at,
        ends_at=b.ends_at,
        status=b.status,
        released_at=record.released_at,
        recorded_at=record.recorded_at,
        recorded_by=record.recorded_by,
    )


def _bad(field: str, reason: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, (field, reason))
