"""Bookings: put by external id, read, cancelled; nothing is ever deleted."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access import Db, allowed
from api.models import BookingIn, BookingOut, Bookings, ExternalId, Instant, Slug, Version
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


@router.put("/bookings/{external_id:path}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_booking(external_id: Id, wish: BookingIn, connection: Db, client: Writer, response: Response) -> BookingOut:
    """Make the booking, or change it: 201 where it is new, and the same again changes nothing.

    A place that is taken is refused with 409 by the database itself, whoever else books at that moment.
    """
    if wish.ends_at <= wish.starts_at:
        raise _bad("body.ends_at", "The end does not lie behind the start.")
    if wish.ends_at - wish.starts_at > LONGEST_BOOKING:
        raise _bad("body.ends_at", f"The booking is longer than {LONGEST_BOOKING.days} days; book it month by month.")
    booking = Booking(external_id, wish.centre, wish.resource, wish.member, wish.starts_at, wish.ends_at, "booked")
    if front_desk.put_booking(connection, client, booking):
        response.status_code = HTTPStatus.CREATED
    return _one(connection, client, external_id)


@router.get("/bookings/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND))
def get_booking(external_id: Id, connection: Db, client: Reader) -> BookingOut:
    """The booking as it stands."""
    return _one(connection, client, external_id)


@router.delete("/bookings/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def cancel_booking(external_id: Id, connection: Db, client: Writer) -> BookingOut:
    """Cancel the booking; it stays, with its history. Cancelling it again changes nothing."""
    kept = front_desk.cancel(connection, client, external_id)
    if kept is None:
        raise Refused(HTTPStatus.NOT_FOUND, MISSING)
    return shown(kept)


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
    """Bookings in the order in which they were first made."""
    chosen = front_desk.BookingFilter(centre=centre, since=since, until=until)
    found = front_desk.find_bookings(connection, client, chosen, after=after, most=most)
    return Bookings(bookings=[shown(one) for one in found], next=found[-1].booking_id if len(found) == most else None)


@router.get("/booking-history/{external_id:path}", responses=responses(HTTPStatus.NOT_FOUND))
def booking_history(external_id: Id, connection: Db, client: Reader) -> list[Version]:
    """The versions of a booking that were replaced, oldest first; none where it never changed."""
    _one(connection, client, external_id)
    fields = list(Version.model_fields)
    return [Version(**dict(zip(fields, row, strict=True))) for row in front_desk.history(connection, client, external_id)]


def _one(connection: Db, client: Client, external_id: str) -> BookingOut:
    found = front_desk.find_booking(connection, client, external_id)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, MISSING)
    return shown(found)


def shown(kept: front_desk.BookingRecord) -> BookingOut:
    """A booking as the API says it."""
    b = kept.booking
    return BookingOut(
        external_id=b.external_id,
        centre=b.centre,
        resource=b.resource,
        member=b.member,
        starts_at=b.starts_at,
        ends_at=b.ends_at,
        status=b.status,
        released_at=kept.released_at,
        recorded_at=kept.recorded_at,
        recorded_by=kept.recorded_by,
    )


def _bad(field: str, reason: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, (field, reason))
