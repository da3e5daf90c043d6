"""Members, and how they say that they are there: badge, QR code, Wi-Fi."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from api.access import Context, Db, Shared, allowed
from api.models import Accounting, CheckInIn, CheckInOut, ExternalId, MemberIn, MemberOut, Pseudonym
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import front_desk
from smartwork.domain.bookings.bookings import CheckIn

router = APIRouter(prefix="/v1", tags=["people"])
CLOCK_TOLERANCE = timedelta(minutes=10)
Reader = Annotated[Client, Depends(allowed("members:read"))]
Registrar = Annotated[Client, Depends(allowed("members:write"))]
Door = Annotated[Client, Depends(allowed("check-ins:write"))]
Name = Annotated[Pseudonym, Path(description="Never the person's own name.")]


@router.put("/members/{pseudonym}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_member(pseudonym: Name, said: MemberIn, connection: Db, client: Registrar, response: Response) -> MemberOut:
    """Register a member of a company: 201 where new."""
    if front_desk.put_member(connection, client, pseudonym, said.company):
        response.status_code = HTTPStatus.CREATED
    return MemberOut(pseudonym=pseudonym, company=said.company)


@router.get("/members/{pseudonym}", responses=responses(HTTPStatus.NOT_FOUND))
def get_member(pseudonym: Name, connection: Db, client: Reader) -> MemberOut:
    """Whose member this is."""
    company = front_desk.member_of(connection, client, pseudonym)
    if company is None:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such member.")
    return MemberOut(pseudonym=pseudonym, company=company)


@router.put("/check-ins/{external_id:path}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_check_in(
    external_id: Annotated[ExternalId, Path(description="The event's name in the client's own system.")],
    said: CheckInIn,
    connection: Db,
    client: Door,
    shared: Shared,
    response: Response,
) -> CheckInOut:
    """Note a check-in: 201 where new; the same again changes nothing. A released desk that is still free is theirs again."""
    _not_in_the_future(said.at, shared)
    wish = CheckIn(external_id, said.centre, said.resource, said.member, said.at, said.method)
    landed = front_desk.put_check_in(connection, client, wish)
    if landed.created:
        response.status_code = HTTPStatus.CREATED
    return _shown(landed, wish)


@router.post("/radius/accounting", responses=responses(HTTPStatus.CONFLICT))
def radius_accounting(said: Accounting, connection: Db, client: Door, shared: Shared) -> CheckInOut:
    """A Wi-Fi sign-in or its end. It names a centre, not a desk: it is a check-in where the member has exactly one booking
    in that centre at that time. Messages may repeat and come in any order.
    """
    _not_in_the_future(said.at, shared)
    started = said.at - timedelta(seconds=said.session_s)
    stopped = said.at if said.status == "Stop" else None
    landed = front_desk.put_wifi(connection, client, said.nas, said.session, said.user, started, stopped)
    return _shown(landed, CheckIn("", said.nas, "", said.user, started, "wifi"))


def _not_in_the_future(at: datetime, shared: Context) -> None:
    if at > shared.clock() + CLOCK_TOLERANCE:
        reason = "The time lies in the future: is the client's clock right?"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, reason, ("body.at", reason))


def _shown(landed: front_desk.CheckInResult, wish: CheckIn) -> CheckInOut:
    seen = landed.check_in or wish
    return CheckInOut(
        outcome=landed.outcome,
        centre=seen.centre,
        resource=seen.resource or None,
        member=seen.member,
        at=seen.at,
        booking=landed.booking,
        released_at=landed.released_at,
    )
