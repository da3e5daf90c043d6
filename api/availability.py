"""The desks and rooms that can be booked in a period."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Db, Shared
from api.clients import BookingsReader
from api.fields import Instant
from api.parameters import Centre, unknown_centre
from api.problems import Refused, responses
from smartwork.db.bookings import availability
from smartwork.domain.bookings.availability import closed_part, obstacle, open_intervals, state_for, why_closed
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.time import Interval

router = APIRouter(prefix="/v1", tags=["places"])


class FreeOut(BaseModel):
    """A desk or room that can be booked.

    Of a period that begins within half an hour, `state` is `recently_used` if somebody was there in the last quarter of an
    hour, and `unknown` if the sensor is silent.
    """

    resource: str
    name: str
    kind: Literal["desk", "room"]
    seats: int
    state: Literal["free", "recently_used", "unknown"]


class Free(BaseModel):
    """The places of a centre that can be booked for the whole period."""

    resources: list[FreeOut]
    closed: str | None = Field(description="Why the centre is closed for a part of the period, so that no place is free.")


@router.get("/centres/{centre}/free", responses=responses(HTTPStatus.NOT_FOUND))
def free(
    centre: Centre,
    connection: Db,
    shared: Shared,
    _: BookingsReader,
    starts_at: Annotated[Instant, Query()],
    ends_at: Annotated[Instant, Query()],
) -> Free:
    """The places that can be booked for the whole of [starts_at, ends_at), released places included.

    The centre must be open all the time. If the period begins now, places where somebody is are left out.
    """
    if ends_at <= starts_at:
        raise _wrong_end("The end must be after the start.")
    if ends_at - starts_at > LONGEST_BOOKING:
        raise _wrong_end(f"The period is longer than {LONGEST_BOOKING.days} days.")
    opening = availability.centre_opening(connection, centre)
    if opening is None:
        raise unknown_centre()
    period, at = Interval(starts_at, ends_at), shared.clock()
    open_time = open_intervals(opening.hours, period)
    if (closed := closed_part(period, open_time)) is not None:
        return Free(resources=[], closed=why_closed(opening.name, opening.hours, opening.closure_reasons, closed.start))
    return Free(
        resources=[
            FreeOut(
                resource=place.resource,
                name=place.name,
                kind=place.kind,
                seats=place.seats,
                state=state_for(period, at, place.presence),
            )
            for place in availability.places(connection, centre, period, at)
            if obstacle(period, at, open_time, place.booked, place.presence) is None
        ],
        closed=None,
    )


def _wrong_end(reason: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, ("query.ends_at", reason))
