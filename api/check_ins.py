"""Check-ins by badge, QR code or Wi-Fi."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access import Context, Db, Shared
from api.clients import CheckInsWriter
from api.fields import ExternalId, Instant, Pseudonym, RequestModel, Seconds, Slug
from api.problems import Refused, responses
from smartwork.db.bookings import front_desk
from smartwork.domain.bookings.bookings import CheckIn

router = APIRouter(prefix="/v1", tags=["people"])

CLOCK_TOLERANCE = timedelta(minutes=10)


class CheckInIn(RequestModel):
    """A badge that was held to a reader, or a QR code that was scanned at a place."""

    centre: Slug
    resource: Slug
    member: Pseudonym
    at: Instant
    method: Literal["badge", "qr"]


class CheckInOut(BaseModel):
    """The result of a check-in.

    `in_time`: the booking has its place. `taken_back`: the place had been released early and was still free; the booking has
    it again. `too_late`: the place had been released early and is booked by another member now. `no_booking`: there is no
    booking; the check-in names the walk-in.
    """

    outcome: Literal["in_time", "taken_back", "too_late", "no_booking"]
    centre: str
    resource: str | None
    member: str
    at: datetime
    booking: str | None
    released_at: datetime | None


class Accounting(BaseModel):
    """A RADIUS accounting message (RFC 2866) as FreeRADIUS writes it in JSON. Other attributes are ignored."""

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
    external_id: Annotated[ExternalId, Path(description="The id of the check-in in the client's own system.")],
    body: CheckInIn,
    connection: Db,
    client: CheckInsWriter,
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
def radius_accounting(body: Accounting, connection: Db, client: CheckInsWriter, shared: Shared) -> CheckInOut:
    """Record the start or the end of a Wi-Fi session.

    A session names a centre, not a place. It counts as a check-in if the member has exactly one booking in that centre at
    that time. Messages may be repeated and may arrive in any order.
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
    check_in = result.check_in or requested
    return CheckInOut(
        outcome=result.outcome,
        centre=check_in.centre,
        resource=check_in.resource or None,
        member=check_in.member,
        at=check_in.at,
        booking=result.booking,
        released_at=result.released_at,
    )
