"""What clients of the API do at the front desk: book, cancel, register members, check in, sign in to the Wi-Fi."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import psycopg

from smartwork.db.access.tokens import Client
from smartwork.db.bookings import importing as store
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.bookings.importing import Wanted
from smartwork.errors import SmartworkError


class UnknownName(SmartworkError):  # noqa: N818 - says what is unknown
    """A field names something that is not registered, or not to be seen by this client."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


class Settled(SmartworkError):  # noqa: N818 - says what stands against it
    """What is there already stands against what is asked for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A booking as it is read."""

    booking_id: int
    booking: Booking
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Landed:
    """What a check-in met: the booking it belongs to, and what became of its release, if it had been released."""

    check_in: CheckIn | None
    created: bool
    booking: str | None
    released_at: datetime | None
    outcome: Literal["in_time", "taken_back", "too_late", "no_booking"]


def find(
    connection: Connection,
    client: Client,
    *,
    external_id: str | None = None,
    centre: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: int = 0,
    most: int = 1,
) -> list[Kept]:
    """Bookings that the client may see, in order of their number."""
    rows = connection.execute(
        sql("api_bookings"),
        {
            "company_id": client.company_id,
            "external_id": external_id,
            "centre": centre,
            "since": since,
            "until": until,
            "after": after,
            "most": most,
        },
    )
    return [
        Kept(number, Booking(*booking), *rest) for number, *booking_and in rows for booking, rest in [_split(booking_and)]
    ]


def _split(row: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    return row[:7], row[7:]


def history(connection: Connection, client: Client, external_id: str) -> list[tuple[Any, ...]]:
    """The versions of a booking that others replaced, oldest first."""
    arguments = {"external_id": external_id, "company_id": client.company_id}
    return connection.execute(sql("api_booking_history"), arguments).fetchall()


def put_booking(connection: Connection, client: Client, wish: Booking) -> bool:
    """Make or change a booking; True where it is new, and nothing is written where nothing differs.

    Raises UnknownName naming the field, Settled where the id is another company's or on an invoice, store.Overlap where
    the place is taken.
    """
    check_names(connection, client, wish.centre, wish.resource, wish.member)
    by_id, _ = store.standing(connection, [Wanted(0, wish)])
    old = by_id.get(wish.external_id)
    if old is not None:
        if not find(connection, client, external_id=wish.external_id):
            raise Settled("The external id is in use for a booking of another company.")
        if old.booking == wish:
            return False
        if old.billed:
            raise Settled("The booking is on an issued invoice, which never changes; it takes a credit note.")
    store.take(connection, [wish], f"api {client.name}")
    return old is None


def cancel(connection: Connection, client: Client, external_id: str) -> Kept | None:
    """Cancel a booking, again if need be; None where the client sees none. Raises Settled where it is on an invoice."""
    found = find(connection, client, external_id=external_id)
    if not found:
        return None
    put_booking(connection, client, replace(found[0].booking, status="cancelled"))
    return find(connection, client, external_id=external_id)[0]


def check_names(connection: Connection, client: Client, centre: str, resource: str | None, member: str) -> None:
    """Raises UnknownName for the first of these that is not registered, or not the client's."""
    names = store.registry(connection, [centre], [member])
    if centre not in names.timezones:
        raise UnknownName("centre", f"There is no centre {centre!r}.")
    if resource is not None and (centre, resource) not in names.resources:
        raise UnknownName("resource", f"{centre} has no desk or room {resource!r}.")
    if member_of(connection, client, member) is None:
        raise UnknownName("member", f"There is no member {member!r}.")


def member_of(connection: Connection, client: Client, pseudonym: str) -> str | None:
    """The company of a member, or None where the client sees no such member."""
    arguments = {"pseudonym": pseudonym, "company_id": client.company_id}
    row = connection.execute(sql("api_member"), arguments).fetchone()
    return str(row[1]) if row else None


def put_member(connection: Connection, client: Client, pseudonym: str, company: str) -> bool:
    """Register a member; True where new. Raises UnknownName for a company, Settled where it is another's member."""
    new = connection.execute(sql("api_put_member"), {"pseudonym": pseudonym, "company": company}).fetchone() is not None
    if not new:
        known = member_of(connection, client, pseudonym)
        if known is None:
            raise UnknownName("company", f"There is no company {company!r}.")
        if known != company:
            raise Settled("The pseudonym is a member of another company. A person who changes companies gets a new one.")
    return new


def put_check_in(connection: Connection, client: Client, wish: CheckIn) -> Landed:
    """Note a check-in and say what it meets. A booking that was released is taken back where its place is still free.

    Raises UnknownName, or Settled where the id says something else already.
    """
    check_names(connection, client, wish.centre, wish.resource, wish.member)
    with connection.transaction():
        old = _check_in(connection, wish.external_id)
        if old is None:
            put_check_ins(connection, [wish])
        elif old != wish:
            raise Settled("The external id is in use for another check-in; a check-in never changes.")
        return _landed(connection, client, wish, created=old is None)


def _check_in(connection: Connection, external_id: str) -> CheckIn | None:
    row = connection.execute(sql("api_check_in"), {"external_id": external_id}).fetchone()
    return CheckIn(*row) if row else None


def _landed(connection: Connection, client: Client, wish: CheckIn, *, created: bool) -> Landed:
    where = {"centre": wish.centre, "resource": wish.resource, "member": wish.member, "at": wish.at}
    store.lock(connection, [(wish.centre, wish.resource)])
    row = connection.execute(sql("api_booking_at"), where).fetchone()
    if row is None:
        return Landed(wish, created, None, None, "no_booking")
    booking_id, external_id, _, _, released_at, release_id = row
    if released_at is None or wish.at < released_at:
        return Landed(wish, created, external_id, released_at, "in_time")
    try:
        with connection.transaction():
            connection.execute(sql("say_author"), (f"api {client.name}",))
            connection.execute(sql("api_take_back"), (booking_id,))
            connection.execute(sql("api_taken_back"), {"release_id": release_id, "at": wish.at})
    except psycopg.errors.ExclusionViolation:
        return Landed(wish, created, external_id, released_at, "too_late")
    return Landed(wish, created, external_id, released_at, "taken_back")


def put_wifi(
    connection: Connection,
    client: Client,
    centre: str,
    session: str,
    member: str,
    started: datetime,
    stopped: datetime | None,
) -> Landed:
    """Note what RADIUS says of a session. Where the member has one booking in the centre then, that is its check-in.

    Raises UnknownName, or Settled where the session is another member's.
    """
    check_names(connection, client, centre, None, member)
    where = {"centre": centre, "session": session, "member": member}
    with connection.transaction():
        row = connection.execute(sql("api_put_wifi_session"), {**where, "started_at": started, "stopped_at": stopped})
        if row.fetchone() is None:
            raise Settled("The session is another member's already.")
        known = connection.execute(sql("api_wifi_session"), where).fetchone()
        if known is None or known[3] is not None:
            return Landed(_check_in(connection, str(known[3])) if known else None, created=False, booking=None,
                          released_at=None, outcome="in_time")  # fmt: skip
        places = connection.execute(sql("api_wifi_bookings"), {**where, "at": known[0]}).fetchall()
        if len(places) != 1:
            return Landed(None, created=False, booking=None, released_at=None, outcome="no_booking")
        wish = CheckIn(f"wifi/{centre}/{session}", centre, str(places[0][0]), member, known[0], "wifi")
        put_check_ins(connection, [wish])
        connection.execute(sql("api_wifi_check_in"), {**where, "external_id": wish.external_id})
        return _landed(connection, client, wish, created=True)
