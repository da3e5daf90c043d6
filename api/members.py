"""Members of companies."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.access import Db
from api.clients import MembersReader, MembersWriter
from api.fields import RequestModel, Slug
from api.parameters import PseudonymInPath
from api.problems import Refused, responses
from smartwork.db.bookings import front_desk

router = APIRouter(prefix="/v1", tags=["people"])


class MemberIn(RequestModel):
    """The company of a member. The member is a person, known by a pseudonym only."""

    company: Slug


class MemberOut(BaseModel):
    """A registered member."""

    pseudonym: str
    company: str


@router.put("/members/{pseudonym}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_member(
    pseudonym: PseudonymInPath, body: MemberIn, connection: Db, client: MembersWriter, response: Response
) -> MemberOut:
    """Register a member of a company. 201 if the member is new; the same request again changes nothing."""
    if front_desk.put_member(connection, client, pseudonym, body.company):
        response.status_code = HTTPStatus.CREATED
    return MemberOut(pseudonym=pseudonym, company=body.company)


@router.get("/members/{pseudonym}", responses=responses(HTTPStatus.NOT_FOUND))
def get_member(pseudonym: PseudonymInPath, connection: Db, client: MembersReader) -> MemberOut:
    """The company of a member."""
    company = front_desk.member_of(connection, client, pseudonym)
    if company is None:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such member.")
    return MemberOut(pseudonym=pseudonym, company=company)
