"""Members of companies."""

import secrets
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.access import Context, Db, Shared
from api.clients import MembersReader, MembersWriter
from api.fields import RequestModel, Slug
from api.parameters import Page, PseudonymInPath
from api.problems import Refused, responses
from smartwork.db.bookings import front_desk, members, place_codes
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.changes import Author
from smartwork.jobs.bookings import members as job

router = APIRouter(prefix="/v1", tags=["people"])

LINK_VALID_FOR = timedelta(hours=72)


class MemberIn(RequestModel):
    """The company of a member. The member is a person, known by a pseudonym only."""

    company: Slug


class MemberOut(BaseModel):
    """A registered member. One that was removed books nothing and checks in nowhere from `removed_at` on."""

    pseudonym: str
    company: str
    removed_at: datetime | None


class Members(BaseModel):
    """A page of members. Pass `next` as `after` for the next page; null on the last page."""

    members: list[MemberOut]
    next: int | None


class Removed(MemberOut):
    """A removed member, and the ids of the bookings that were cancelled."""

    cancelled: list[str]


@router.get("/members", responses=responses())
def list_members(
    connection: Db,
    client: MembersReader,
    page: Page,
    shared: Shared,
    company: Annotated[Slug | None, Query()] = None,
    removed: Annotated[bool, Query(description="Whether removed members are listed, too.")] = False,
) -> Members:
    """Members in the order in which they were registered."""
    chosen = members.MemberFilter(company_id=client.company_id, company=company, with_closed=removed)
    found = members.find_members(connection, chosen, shared.clock(), after=page.after, most=page.most)
    listed = [_member_out(record) for record in found]
    return Members(members=listed, next=found[-1].member_id if len(found) == page.most else None)


@router.put("/members/{pseudonym}", responses=responses(HTTPStatus.CREATED, HTTPStatus.CONFLICT))
def put_member(
    pseudonym: PseudonymInPath, body: MemberIn, connection: Db, client: MembersWriter, response: Response
) -> MemberOut:
    """Register a member of a company. 201 if the member is new; the same request again changes nothing."""
    if front_desk.put_member(connection, client, pseudonym, body.company):
        response.status_code = HTTPStatus.CREATED
    return MemberOut(pseudonym=pseudonym, company=body.company, removed_at=None)


@router.get("/members/{pseudonym}", responses=responses(HTTPStatus.NOT_FOUND))
def get_member(pseudonym: PseudonymInPath, connection: Db, client: MembersReader, shared: Shared) -> MemberOut:
    """The company of a member."""
    return _member_out(_find(connection, client.company_id, pseudonym, shared))


@router.delete("/members/{pseudonym}", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT))
def remove_member(
    pseudonym: PseudonymInPath,
    connection: Db,
    client: MembersWriter,
    shared: Shared,
    cancel_bookings: Annotated[
        bool, Query(description="Cancel the member's bookings that have not begun. Else the response is 409 and lists them.")
    ] = False,
) -> Removed:
    """Remove a member from now on. Bookings that have begun, visits and documents keep the pseudonym.

    Removing a member again changes nothing.
    """
    _find(connection, client.company_id, pseudonym, shared)
    author = Author(f"api {client.name}", "network")
    try:
        removal = job.remove_member(connection, pseudonym, shared.clock, author, cancel_bookings=cancel_bookings)
    except job.HasBookings as error:
        faults = [("query.cancel_bookings", f"booking {job.describe(each)}") for each in error.bookings[:100]]
        raise Refused(HTTPStatus.CONFLICT, f"{error} `cancel_bookings=true` cancels them.", *faults) from error
    record = _find(connection, client.company_id, pseudonym, shared)
    cancelled = [each.booking.external_id for each in removal.cancelled]
    return Removed(**_member_out(record).model_dump(), cancelled=cancelled)


class SignInLink(BaseModel):
    """A personal link, below the address of this server. It can be used once."""

    path: str
    expires_at: datetime


@router.post("/members/{pseudonym}/sign-in-links", responses=responses(HTTPStatus.NOT_FOUND))
def new_sign_in_link(pseudonym: PseudonymInPath, connection: Db, client: MembersWriter, shared: Shared) -> SignInLink:
    """Make a personal link for the member, to be sent to the person. The phone that uses it can check in as the member."""
    at, secret = shared.clock(), secrets.token_urlsafe(32)
    _find(connection, client.company_id, pseudonym, shared)
    if not place_codes.add_link(connection, pseudonym, secret, at, at + LINK_VALID_FOR):
        raise Refused(HTTPStatus.NOT_FOUND, "The member was removed.")
    return SignInLink(path=f"/sign-in/{secret}", expires_at=at + LINK_VALID_FOR)


def _find(connection: Connection, company_id: int | None, pseudonym: str, shared: Context) -> members.MemberRecord:
    chosen = members.MemberFilter(company_id=company_id, pseudonym=pseudonym)
    found = members.find_members(connection, chosen, shared.clock())
    if not found:
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such member.")
    return found[0]


def _member_out(record: members.MemberRecord) -> MemberOut:
    return MemberOut(pseudonym=record.pseudonym, company=record.company, removed_at=record.closed_at)
