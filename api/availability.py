"""The desks and rooms that can be booked in a period."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.access import Db
from api.clients import BookingsReader
from api.fields import Instant
from api.parameters import Centre, unknown_centre
from api.problems import Refused, responses
from smartwork.db.bookings.importing import timezones
from smartwork.db.read import api_reads

router = APIRouter(prefix="/v1", tags=["places"])


class FreeOut(BaseModel):
    """A desk or room that can be booked."""

    resource: str
    name: str
    kind: Literal["desk", "room"]
    seats: int


class Free(BaseModel):
    """The places of a centre that can be booked for the whole period."""

    resources: list[FreeOut]


@router.get("/centres/{centre}/free", responses=responses(HTTPStatus.NOT_FOUND))
def free(
    centre: Centre,
    connection: Db,
    _: BookingsReader,
    starts_at: Annotated[Instant, Query()],
    ends_at: Annotated[Instant, Query()],
) -> Free:
    """The places that can be booked for the whole of [starts_at, ends_at), released places included."""
    if ends_at <= starts_at:
        reason = "The end must be after the start."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, ("query.ends_at", reason))
    if centre not in timezones(connection):
        raise unknown_centre()
    places = api_reads.free(connection, centre, starts_at, ends_at)
    return Free(resources=[FreeOut.model_validate(place, from_attributes=True) for place in places])
