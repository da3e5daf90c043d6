"""Front-desk commands of API clients: book, cancel, register members, check in, sign in to the Wi-Fi."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from smartwork.db.access.tokens import Client
from smartwork.db.bookings import importing as store
from smartwork.db.bookings import members
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.authors import recorded_as
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.bookings.changes import Author
from smartwork.domain.bookings.members import PSEUDONYM
from smartwork.errors import SmartworkError

_MOST_COMPANIES = 1_000
"""Bookings with one id that are read at most; each is of another company."""


class UnknownName(SmartworkError):  # noqa: N818 - a fault of the request
    """A field names something that is not registered, or that this client may not see."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


class ConflictingRecord(SmartworkError):  # noqa: N818 - a fault of the request
    """The request contradicts a record that is stored already."""


@dataclass(frozen=True, slots=True)
class BookingRecord:
    """A booking with its key, the company of its member, its release, and when, by whom and why it was recorded.

    `cancelled_late_at` is set if its cancellation is charged. `of_network` is true if a client of the network created it,
    false for a client of its company.
    """

    booking_id: int
    booking: Booking
    company: str
    of_network: bool
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str
    reason: str | None
    cancelled_late_at: datetime | None


@dataclass(frozen=True, slots=True)
class BookingVersion:
    """A version of a booking that a change, a cancellation or a release has replaced."""

    version: int
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: str
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str
    reason: str | None
    cancelled_late_at: datetime | None


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Selects bookings. `since` and `until` select those that overlap [since, until); None selects all."""

    external_id: str | None = None
    centre: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckInResult:
    """A check-in, the booking that it belongs to, and what happened to that booking's release, if it had been released."""

    check_in: CheckIn | None
    created: bool
    booking: str | None
    released_at: datetime | None
    outcome: Literal["in_time", "taken_back", "too_late", "no_booking"]


def find_bookings(
    connection: Connection, client: Client, chosen: BookingFilter, *, after: int = 0, most: int = 1
) -> list[BookingRecord]:
    """At most `most` bookings that the client may see, in order of booking_id, from the first one after `after`."""
    arguments = {**asdict(chosen), "company_id": client.company_id, "after": after, "most": most}
    rows = connection.execute(sql("api_bookings"), arguments)
    return [BookingRecord(row[0], Booking(*row[1:8]), *row[8:]) for row in rows]


def acting_for(connection: Connection, client: Client, company: str | None) -> Client:
    """`client`, or a client of the network restricted to `company`, whose external ids it then uses.

    Raises UnknownName for a company that is not registered or that the client may not see.
    """
    if company is None or company == client.company:
        return client
    row = connection.execute(sql("api_company"), (company,)).fetchone() if client.company_id is None else None
    if row is None:
        raise UnknownName("query.company", f"There is no company {company!r}.")
    return replace(client, company_id=row[0], company=company, acts_for_company=True)


def find_booking(connection: Connection, client: Client, external_id: str) -> BookingRecord | None:
    """The booking that this id names for the client, or None.

    For a company that is the booking of its member with this id. For the network it is the one that the network created, or
    else the only one; raises ConflictingRecord if several companies have one.
    """
    found = find_bookings(connection, client, BookingFilter(external_id=external_id), most=_MOST_COMPANIES)
    own = [record for record in found if record.of_network] if client.company_id is None else found
    if not own and len(found) > 1:
        companies = ", ".join(sorted(record.company for record in found))
        raise ConflictingRecord(f"Several companies have a booking with this id: {companies}. Add ?company= to name one.")
    return next(iter(own or found), None)


def history(connection: Connection, client: Client, external_id: str) -> list[BookingVersion] | None:
    """The replaced versions of a booking, oldest first; None if the client sees no such booking."""
    record = find_booking(connection, client, external_id)
    if record is None:
        return None
    arguments = {"booking_id": record.booking_id, "company_id": client.company_id}
    with connection.cursor(row_factory=class_row(BookingVersion)) as cursor:
        return cursor.execute(sql("api_booking_history"), arguments).fetchall()


def put_booking(
    connection: Connection, client: Client, booking: Booking, clock: Callable[[], datetime], reason: str | None = None
) -> bool:
    """Create or change a booking; returns True if it is new. Nothing is written if nothing differs.

    `reason` is what a client of the network gives for a change of a booking that has begun. Raises UnknownName with the
    field, store.ChangeRefused, ConflictingRecord if the booking is on an invoice or a company uses the network's id for a
    booking of its own, and store.Overlap if the place is booked already.
    """
    check_names(connection, client, booking.centre, booking.resource, booking.member)
    author = Author(f"api {client.name}", "network" if client.is_of_network else "company", reason)
    try:
        written = store.write_bookings(connection, [booking], author, clock, company_id=client.company_id)
    except store.IdInUse as error:
        raise ConflictingRecord(f"{error} Add ?company= to change that booking, or use another id.") from error
    if booking.external_id in written.created or booking.external_id in written.changed:
        return booking.external_id in written.created
    record = find_booking(connection, client, booking.external_id)
    if record is not None and (record.booking == booking or booking.status == record.booking.status == "cancelled"):
        return False
    if record is not None and connection.execute(
        sql("api_booking_is_billed"), {"booking_id": record.booking_id}
    ).fetchone() == (True,):
        raise ConflictingRecord("The booking is on an issued invoice and cannot change; credit its line in full first.")
    raise ConflictingRecord("Another request changed the booking at the same moment. Read it, and send the request again.")


def cancel(
    connection: Connection, client: Client, external_id: str, clock: Callable[[], datetime], reason: str | None = None
) -> BookingRecord | None:
    """Cancel a booking; None if the client sees no such booking. `reason` as in `put_booking`.

    Raises store.ChangeRefused; ConflictingRecord if it is on an invoice, and for a client of the network if only a company
    has the id.
    """
    record = find_booking(connection, client, external_id)
    if record is None:
        return None
    if client.company_id is None and not record.of_network:
        raise ConflictingRecord(f"{record.company} uses this id for a booking of its own. Add ?company={record.company}.")
    put_booking(connection, client, replace(record.booking, status="cancelled"), clock, reason)
    return find_booking(connection, client, external_id)


def check_names(connection: Connection, client: Client, centre: str, resource: str | None, member: str) -> None:
    """Raise UnknownName for the first of these that is not registered or that the client may not see."""
    names = store.registry(connection, [centre], [member])
    if centre not in names.timezones:
        raise UnknownName("centre", f"There is no centre {centre!r}.")
    if resource is not None and (centre, resource) not in names.resources:
        raise UnknownName("resource", f"{centre} has no desk or room {resource!r}.")
    if member_of(connection, client, member) is None:
        raise UnknownName("member", f"There is no member {member!r}.")


def member_of(connection: Connection, client: Client, pseudonym: str) -> str | None:
    """The company of a member, or None if the client sees no such member."""
    arguments = {"pseudonym": pseudonym, "company_id": client.company_id}
    row = connection.execute(sql("api_member"), arguments).fetchone()
    return str(row[1]) if row else None


def is_member(connection: Connection, client: Client, name: str, at: datetime) -> bool:
    """Whether `name`, which may be any text, is the pseudonym of a member that the client sees, not closed at `at`."""
    if not PSEUDONYM.fullmatch(name) or member_of(connection, client, name) is None:
        return False
    closed = members.closed_since(connection, [name]).get(name)
    return closed is None or at < closed


def _check_open(connection: Connection, member: str, at: datetime) -> None:
    """Raise UnknownName if the member was removed at or before `at`."""
    closed = members.closed_since(connection, [member]).get(member)
    if closed is not None and closed <= at:
        raise UnknownName("member", f"{member} was removed on {closed:%Y-%m-%d} and checks in nowhere from then on.")


def put_member(connection: Connection, client: Client, pseudonym: str, company: str) -> bool:
    """Register a member; returns True if it is new.

    Raises UnknownName for an unknown company, ConflictingRecord if the member belongs to another company.
    """
    new = connection.execute(sql("api_put_member"), {"pseudonym": pseudonym, "company": company}).fetchone() is not None
    if not new:
        known = member_of(connection, client, pseudonym)
        if known is None:
            raise UnknownName("company", f"There is no company {company!r}.")
        if known != company:
            raise ConflictingRecord(
                "The pseudonym belongs to a member of another company. A person who changes companies gets a new pseudonym."
            )
        if (closed := members.closed_since(connection, [pseudonym]).get(pseudonym)) is not None:
            raise ConflictingRecord(
                f"The member was removed on {closed:%Y-%m-%d}. A person who comes back gets a new pseudonym."
            )
    return new


@dataclass(frozen=True, slots=True)
class WifiSession:
    """A member's Wi-Fi session in a centre, as RADIUS accounting states it; `stopped` is None while it lasts."""

    centre: str
    session: str
    member: str
    started: datetime
    stopped: datetime | None


def put_check_in(connection: Connection, client: Client, check_in: CheckIn, arrived_at: datetime) -> CheckInResult:
    """Record a check-in. The release of its booking is taken back if the place is still free.

    Raises UnknownName, or ConflictingRecord if the id has other content already.
    """
    check_names(connection, client, check_in.centre, check_in.resource, check_in.member)
    _check_open(connection, check_in.member, check_in.at)
    with connection.transaction():
        created = bool(put_check_ins(connection, [check_in], client.company_id, arrived_at))
        if not created and check_in not in _check_ins(connection, client, check_in):
            raise ConflictingRecord("The external id belongs to another check-in. A check-in cannot change; send a new id.")
        return _check_in_result(connection, client, check_in, created=created)


def _check_ins(connection: Connection, client: Client, check_in: CheckIn) -> list[CheckIn]:
    """The stored check-ins because of which the client cannot record a new one with this id for this member."""
    arguments = {"external_id": check_in.external_id, "member": check_in.member, "company_id": client.company_id}
    return [CheckIn(*row) for row in connection.execute(sql("api_check_ins"), arguments)]


def _check_in_result(connection: Connection, client: Client, check_in: CheckIn, *, created: bool) -> CheckInResult:
    where = {"centre": check_in.centre, "resource": check_in.resource, "member": check_in.member, "at": check_in.at}
    store.lock(connection, [(check_in.centre, check_in.resource)])
    row = connection.execute(sql("api_booking_at"), where).fetchone()
    if row is None:
        return CheckInResult(check_in, created, None, None, "no_booking")
    booking_id, external_id, _, _, released_at, release_id = row
    if released_at is None or check_in.at < released_at:
        return CheckInResult(check_in, created, external_id, released_at, "in_time")
    try:
        with connection.transaction():
            with recorded_as(connection, f"api {client.name}"):
                connection.execute(sql("api_take_back"), (booking_id,))
            connection.execute(sql("api_taken_back"), {"release_id": release_id, "at": check_in.at})
    except psycopg.errors.ExclusionViolation:
        return CheckInResult(check_in, created, external_id, released_at, "too_late")
    return CheckInResult(check_in, created, external_id, released_at, "taken_back")


def put_wifi(connection: Connection, client: Client, session: WifiSession, arrived_at: datetime) -> CheckInResult:
    """Record a RADIUS accounting message. If the member has exactly one booking in the centre then, it is its check-in.

    Raises UnknownName, or ConflictingRecord if the session belongs to another member.
    """
    centre, member = session.centre, session.member
    check_names(connection, client, centre, None, member)
    _check_open(connection, member, session.started)
    where = {"centre": centre, "session": session.session, "member": member, "company_id": client.company_id}
    with connection.transaction():
        row = connection.execute(
            sql("api_put_wifi_session"), {**where, "started_at": session.started, "stopped_at": session.stopped}
        )
        if row.fetchone() is None:
            raise ConflictingRecord("The session belongs to another member.")
        started_at, *recorded = connection.execute(sql("api_wifi_session"), where).fetchone() or (session.started, None)
        if recorded[0] is not None:
            return CheckInResult(CheckIn(*recorded), created=False, booking=None, released_at=None, outcome="in_time")
        places = connection.execute(sql("api_wifi_bookings"), {**where, "at": started_at}).fetchall()
        if len(places) != 1:
            return CheckInResult(None, created=False, booking=None, released_at=None, outcome="no_booking")
        check_in = CheckIn(f"wifi/{centre}/{session.session}", centre, str(places[0][0]), member, started_at, "wifi")
        created = bool(put_check_ins(connection, [check_in], client.company_id, arrived_at))
        connection.execute(sql("api_wifi_check_in"), {**where, "external_id": check_in.external_id})
        return _check_in_result(connection, client, check_in, created=created)
