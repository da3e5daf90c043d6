"""Front-desk commands of API clients: book, cancel, register members, check in, sign in to the Wi-Fi."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal

import psycopg
from psycopg.rows import class_row

from smartwork.db.access.tokens import Client
from smartwork.db.bookings import importing as store
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking, CheckIn
from smartwork.domain.bookings.importing import ImportedBooking
from smartwork.errors import SmartworkError


class UnknownName(SmartworkError):  # noqa: N818 - a fault of the request
    """A field names something that is not registered, or that this client may not see."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


class ConflictingRecord(SmartworkError):  # noqa: N818 - a fault of the request
    """The request contradicts a record that is stored already."""


@dataclass(frozen=True, slots=True)
class BookingRecord:
    """A booking with its key, its release, and when and by whom it was recorded."""

    booking_id: int
    booking: Booking
    released_at: datetime | None
    recorded_at: datetime
    recorded_by: str


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


def find_booking(connection: Connection, client: Client, external_id: str) -> BookingRecord | None:
    """The booking with this id, or None if the client sees no such booking."""
    matches = find_bookings(connection, client, BookingFilter(external_id=external_id))
    return matches[0] if matches else None


def history(connection: Connection, client: Client, external_id: str) -> list[BookingVersion]:
    """The replaced versions of a booking, oldest first."""
    arguments = {"external_id": external_id, "company_id": client.company_id}
    with connection.cursor(row_factory=class_row(BookingVersion)) as cursor:
        return cursor.execute(sql("api_booking_history"), arguments).fetchall()


def put_booking(connection: Connection, client: Client, booking: Booking) -> bool:
    """Create or change a booking; returns True if it is new. Nothing is written if nothing differs.

    Raises UnknownName with the field, ConflictingRecord if the id belongs to another company or is on an invoice, and
    store.Overlap if the place is booked already.
    """
    check_names(connection, client, booking.centre, booking.resource, booking.member)
    by_id, _ = store.stored_bookings(connection, [ImportedBooking(0, booking)])
    old = by_id.get(booking.external_id)
    if old is not None:
        if find_booking(connection, client, booking.external_id) is None:
            raise ConflictingRecord("The external id belongs to a booking of another company; use another id.")
        if old.booking == booking:
            return False
        if old.billed:
            raise ConflictingRecord("The booking is on an issued invoice and cannot change; issue a credit note.")
    store.write_bookings(connection, [booking], f"api {client.name}")
    return old is None


def cancel(connection: Connection, client: Client, external_id: str) -> BookingRecord | None:
    """Cancel a booking; None if the client sees no such booking. Raises ConflictingRecord if it is on an invoice."""
    stored = find_booking(connection, client, external_id)
    if stored is None:
        return None
    put_booking(connection, client, replace(stored.booking, status="cancelled"))
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
    return new


def put_check_in(connection: Connection, client: Client, check_in: CheckIn) -> CheckInResult:
    """Record a check-in. The release of its booking is taken back if the place is still free.

    Raises UnknownName, or ConflictingRecord if the id has other content already.
    """
    check_names(connection, client, check_in.centre, check_in.resource, check_in.member)
    with connection.transaction():
        old = _check_in(connection, check_in.external_id)
        if old is None:
            put_check_ins(connection, [check_in])
        elif old != check_in:
            raise ConflictingRecord("The external id belongs to another check-in. A check-in cannot change; send a new id.")
        return _check_in_result(connection, client, check_in, created=old is None)


def _check_in(connection: Connection, external_id: str) -> CheckIn | None:
    row = connection.execute(sql("api_check_in"), {"external_id": external_id}).fetchone()
    return CheckIn(*row) if row else None


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
            connection.execute(sql("set_author"), (f"api {client.name}",))
            connection.execute(sql("api_take_back"), (booking_id,))
            connection.execute(sql("api_taken_back"), {"release_id": release_id, "at": check_in.at})
    except psycopg.errors.ExclusionViolation:
        return CheckInResult(check_in, created, external_id, released_at, "too_late")
    return CheckInResult(check_in, created, external_id, released_at, "taken_back")


def put_wifi(
    connection: Connection,
    client: Client,
    centre: str,
    session: str,
    member: str,
    started: datetime,
    stopped: datetime | None,
) -> CheckInResult:
    """Record a RADIUS accounting message. If the member has exactly one booking in the centre then, it is its check-in.

    Raises UnknownName, or ConflictingRecord if the session belongs to another member.
    """
    check_names(connection, client, centre, None, member)
    where = {"centre": centre, "session": session, "member": member}
    with connection.transaction():
        row = connection.execute(sql("api_put_wifi_session"), {**where, "started_at": started, "stopped_at": stopped})
        if row.fetchone() is None:
            raise ConflictingRecord("The session belongs to another member.")
        known = connection.execute(sql("api_wifi_session"), where).fetchone()
        if known is None or known[3] is not None:
            return CheckInResult(_check_in(connection, str(known[3])) if known else None, created=False, booking=None,
                          released_at=None, outcome="in_time")  # fmt: skip
        places = connection.execute(sql("api_wifi_bookings"), {**where, "at": known[0]}).fetchall()
        if len(places) != 1:
            return CheckInResult(None, created=False, booking=None, released_at=None, outcome="no_booking")
        check_in = CheckIn(f"wifi/{centre}/{session}", centre, str(places[0][0]), member, known[0], "wifi")
        put_check_ins(connection, [check_in])
        connection.execute(sql("api_wifi_check_in"), {**where, "external_id": check_in.external_id})
        return _check_in_result(connection, client, check_in, created=True)
