"""Check-ins by badge, QR code or Wi-Fi."""

import logging
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Response
from pydantic import BaseModel

from api.access import Context, Db, Shared
from api.clients import CheckInsWriter
from api.fields import ExternalId, Instant, Pseudonym, RequestModel, Slug
from api.problems import Refused, responses
from api.radius import CLOCK_TOLERANCE, Accounting, UnreadableTime
from smartwork.db.bookings import front_desk
from smartwork.db.bookings.importing import timezones
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.bookings import CheckIn

log = logging.getLogger("api")
router = APIRouter(prefix="/v1", tags=["people"])


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
    result = front_desk.put_check_in(connection, client, requested, shared.clock())
    if result.created:
        response.status_code = HTTPStatus.CREATED
    return _response(result, requested)


@router.post(
    "/radius/accounting",
    response_model=CheckInOut,
    responses={204: {"description": "The message of FreeRADIUS is acknowledged."}, **responses(HTTPStatus.CONFLICT)},
)
def radius_accounting(
    body: Accounting,
    connection: Db,
    client: CheckInsWriter,
    shared: Shared,
    freeradius: Annotated[str | None, Header(alias="X-FreeRADIUS-Section", description="rlm_rest sends it.")] = None,
) -> CheckInOut | Response:
    """Record the start or the end of a Wi-Fi session.

    A session names a centre, not a place. It counts as a check-in if the member has exactly one booking in that centre at
    that time. Messages may be repeated and may arrive in any order. FreeRADIUS is answered 204 without a body, because it
    would read a body as attributes of its reply; it is also answered so for users who are no members.
    """
    acknowledged = Response(status_code=HTTPStatus.NO_CONTENT)
    from_freeradius = body.is_rlm_rest or freeradius is not None
    if not body.is_of_session:
        return acknowledged
    centre, session, at = _session_of(body, connection, shared, from_freeradius=from_freeradius)
    started = at - timedelta(seconds=body.session_s)
    member = next((name for name in body.users if front_desk.is_member(connection, client, name, started)), None)
    if member is None and from_freeradius:
        log.info("Wi-Fi session of a user who is no member", extra={"centre": centre})
        return acknowledged
    stopped = at if body.status == "Stop" else None
    user = member or body.users[0]
    wifi = front_desk.WifiSession(centre, session, user, started, stopped)
    result = front_desk.put_wifi(connection, client, wifi, shared.clock())
    return acknowledged if from_freeradius else _response(result, CheckIn("", centre, "", user, started, "wifi"))


def _session_of(
    body: Accounting, connection: Connection, shared: Context, *, from_freeradius: bool
) -> tuple[str, str, datetime]:
    """The centre, the session and the time of the event. Raises Refused with the attribute that is missing or wrong."""
    zones = timezones(connection)
    centre, session = body.centre(zones), body.unique_session or body.session
    if centre is None:
        named = f"NAS-Identifier {body.nas[:60]!r} names no centre" if body.nas else "There is no NAS-Identifier"
        raise _wrong(
            "NAS-Identifier", f"{named}, and neither does Called-Station-Id. Let it be the slug of the access point's centre."
        )
    if session is None:
        raise _wrong("Acct-Session-Id", "The message is about a session and does not name it.")
    if not body.users:
        raise _wrong("User-Name", "The message is about a session and does not name its user.")
    arrived = shared.clock()
    try:
        at = body.event_at(zones[centre], arrived)
    except UnreadableTime as error:
        raise _wrong("Event-Timestamp", str(error)) from None
    if at is None and not from_freeradius:
        raise _wrong("at", "The time is in the future, or long past; check the clock of the client.")
    if at is None:
        log.warning(
            "Event-Timestamp cannot be right; the arrival is used",
            extra={"centre": centre, "event_timestamp": str(body.event_time)[:60]},
        )
    return centre, session, at or arrived - timedelta(seconds=body.delay_s)


def _wrong(field: str, reason: str) -> Refused:
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, (f"body.{field}", reason))


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
