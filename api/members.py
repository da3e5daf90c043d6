"""Members of companies."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from api.access import Db, allowed
from api.check_ins import Name, Reader
from api.fields import RequestModel, Slug
from api.problems import Refused, responses
from smartwork.db.access.tokens import Client
from smartwork.db.bookings import front_desk

router = APIRouter(prefix="/v1", tags=["people"])

Registrar = Annotated[Client, Depends(allowed("members:write"))]


class MemberIn(RequestModel):
    """A person, known by a pseudonym only, and their company."""

    company: Slug


class MemberOut(BaseModel):
    """A registered member."""

    pseudonym: str
    company: str


@router.put("/members/{pseudonym}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_member(pseudonym: Name, body: MemberIn, connection: Db, client: Registrar, response: Response) -> MemberOut:
    """Register a member of a company. 201 if new."""
    if front_desk.put_member(connection, client, pseudonym, body.company):
        response.status_code = HTTPStatus.CREATED
    return MemberOut(pseudonym=pseudonym, company=body.company)


@router.get("/members/{pseudonym}", responses=responses(HTTPStatus.NOT_FOUND))
def get_member(pseudonym: Name, connection: Db, client: Reader) -> MemberOut:
    """The company of a member."""
    company = front_desk.member_of(connection, client, pseudonym)
    if company is None:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such member.")
    return MemberOut(pseudonym=pseudonym, company=company)
