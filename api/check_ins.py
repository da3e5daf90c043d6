"""Check-ins by badge, QR code or Wi-Fi."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access import Context, Db, Shared, allowed
from api.fields import ExternalId, Instant, Pseudonym, RequestModel, Seconds, Slug
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import front_desk
from smartwork.domain.bookings.bookings import CheckIn

router = APIRouter(prefix="/v1", tags=["people"])

CLOCK_TOLERANCE = timedelta(minutes=10)

Reader = Annotated[Client, Depends(allowed("members:read"))]

Door = Annotated[Client, Depends(allowed("check-ins:write"))]

Name = Annotated[Pseudonym, Path(description="Never the person's own name.")]


class CheckInIn(RequestModel):
    """A badge held to a reader or a QR code scanned at a desk."""

    centre: Slug
    resource: Slug
    member: Pseudonym
    at: Instant
    method: Literal["badge", "qr"]


class CheckInOut(BaseModel):
    """What a check-in met.

    `in_time`: its booking holds. `taken_back`: the desk had been released and is theirs again. `too_late`: it had been
    released and is booked by another now. `no_booking`: it names whoever walks in.
    """

    outcome: Literal["in_time", "taken_back", "too_late", "no_booking"]
    centre: str
    resource: str | None
    member: str
    at: datetime
    booking: str | None
    released_at: datetime | None


class Accounting(BaseModel):
    """RADIUS accounting (RFC 2866) as FreeRADIUS says it in JSON; attributes that are not named here are left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    status: Literal["Start", "Stop", "Interim-Update"] = Field(alias="Acct-Status-Type")
    session: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[!-~]+$", strict=True)] = Field(
        alias="Acct-Session-Id"
    )
    user: Pseudonym = Field(alias="User-Name", description="The member's pseudonym, the same in every centre.")
    nas: Slug = Field(alias="NAS-Identifier", description="Slug of the centre of the access point.")
    at: Instant = Field(alias="Event-Timestamp")
    session_s: Seconds = Field(default=0, alias="Acct-Session-Time", description="Seconds that the session has lasted.")


@router.put("/check-ins/{external_id:path}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_check_in(
    external_id: Annotated[ExternalId, Path(description="The event's name in the client's own system.")],
    body: CheckInIn,
    connection: Db,
    client: Door,
    shared: Shared,
    response: Response,
) -> CheckInOut:
    """Record a check-in. 201 if it is new; the same check-in again changes nothing.

    If the place was released early and is still free, the release is taken back.
    """
    _not_in_the_future(body.at, shared)
    requested = CheckIn(external_id, body.centre, body.resource, body.member, body.at, body.method)
    result = front_desk.put_check_in(connection, client, requested)
    if result.created:
        response.status_code = HTTPStatus.CREATED
    return _response(result, requested)


@router.post("/radius/accounting", responses=responses(HTTPStatus.CONFLICT))
def radius_accounting(body: Accounting, connection: Db, client: Door, shared: Shared) -> CheckInOut:
    """Record the start or the end of a Wi-Fi session. It names a centre, not a place: it counts as a check-in if the member
    has exactly one booking in that centre at that time. Messages may be repeated and may arrive in any order.
    """
    _not_in_the_future(body.at, shared)
    started = body.at - timedelta(seconds=body.session_s)
    stopped = body.at if body.status == "Stop" else None
    result = front_desk.put_wifi(connection, client, body.nas, body.session, body.user, started, stopped)
    return _response(result, CheckIn("", body.nas, "", body.user, started, "wifi"))


def _not_in_the_future(at: datetime, shared: Context) -> None:
    if at > shared.clock() + CLOCK_TOLERANCE:
        reason = "The time is in the future; check the clock of the client."
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, ("body.at", reason))


def _response(result: front_desk.CheckInResult, requested: CheckIn) -> CheckInOut:
    seen = result.check_in or requested
    return CheckInOut(
        outcome=result.outcome,
        centre=seen.centre,
        resource=seen.resource or None,
        member=seen.member,
        at=seen.at,
        booking=result.booking,
        released_at=result.released_at,
    )
