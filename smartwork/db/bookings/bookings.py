"""Bookings, written by their external id."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from smartwork.db.core.authors import recorded_as
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import AllowedChange, BookingInForce, RequestedBooking


@dataclass(frozen=True, slots=True)
class WrittenBookings:
    """The external ids of the bookings that a write created and of those that it changed."""

    created: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class WriteLimits:
    """What a write leaves alone: bookings that have begun at `begun_by`, and new ones of a company before `earliest`.

    None: there is no such limit.
    """

    begun_by: datetime | None = None
    earliest: datetime | None = None


NO_LIMITS = WriteLimits()


def put_bookings(connection: Connection, bookings: Iterable[Booking], company_id: int | None = None) -> WrittenBookings:
    """Insert or update bookings of a plan by external id, whenever they begin, in one transaction.

    A client's bookings are written by `importing.write_bookings`, which decides what the client may change.
    """
    allowed = [AllowedChange(booking) for booking in bookings]
    with connection.transaction():
        changed = change_bookings(connection, allowed, company_id)
        new = [change for change in allowed if change.booking.external_id not in changed]
        return WrittenBookings(add_bookings(connection, new, company_id), changed)


def change_bookings(
    connection: Connection, changes: Iterable[AllowedChange], company_id: int | None = None, limits: WriteLimits = NO_LIMITS
) -> frozenset[str]:
    """Change the bookings that exist, in the caller's transaction; returns the external ids of those that changed.

    A booking that a document charges is left unchanged. With `company_id` the ids are those of that company; without, they
    are the network's own. Raises psycopg.errors.ExclusionViolation if two bookings of a place overlap, and UniqueViolation
    if an id of the network is in use by a client of the member's company.
    """
    _stage(connection, changes)
    rows = connection.execute(sql("change_bookings"), {"company_id": company_id, "begun_by": limits.begun_by})
    return frozenset(str(external_id) for (external_id,) in rows)


def add_bookings(
    connection: Connection, changes: Iterable[AllowedChange], company_id: int | None = None, limits: WriteLimits = NO_LIMITS
) -> frozenset[str]:
    """Insert the bookings that do not exist, in the caller's transaction; returns their external ids.

    With `company_id` bookings of members of other companies are not written. Raises as `change_bookings`.
    """
    _stage(connection, changes)
    query = "add_bookings_of_network" if company_id is None else "add_bookings_of_company"
    rows = connection.execute(sql(query), {"company_id": company_id, "earliest": limits.earliest})
    return frozenset(str(external_id) for (external_id,) in rows)


def _stage(connection: Connection, changes: Iterable[AllowedChange]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql("stage_bookings"))
        cursor.execute(sql("clear_staged_bookings"))
        with cursor.copy(sql("copy_staged_bookings")) as copy:
            for change in changes:
                b = change.booking
                period = b.starts_at, b.ends_at
                copy.write_row((b.external_id, b.centre, b.resource, b.member, *period, b.status, change.cancelled_late_at))


def lock_bookings(connection: Connection, ids: Sequence[str], company_id: int | None = None) -> None:
    """Lock the bookings with these external ids until the caller's transaction ends."""
    connection.execute(sql("lock_bookings"), {"ids": list(ids), "company_id": company_id})


def bookings_in_force(connection: Connection, ids: Sequence[str], company_id: int | None = None) -> dict[str, BookingInForce]:
    """The stored bookings with these ids by external id; the ids are those of `company_id`, or the network's own."""
    rows = connection.execute(sql("bookings_in_force"), {"ids": list(ids), "company_id": company_id})
    return {row[0]: BookingInForce(Booking(*row[:7]), *row[7:]) for row in rows}


def requested(connection: Connection, bookings: Sequence[Booking]) -> list[RequestedBooking]:
    """The bookings with the company of their member and the kind of their place, in the same order.

    Member and place must be registered.
    """
    names = {
        "centres": [booking.centre for booking in bookings],
        "resources": [booking.resource for booking in bookings],
        "members": [booking.member for booking in bookings],
    }
    rows = connection.execute(sql("requested_names"), names)
    return [RequestedBooking(booking, company, kind) for booking, (company, kind) in zip(bookings, rows, strict=True)]


def release_places(connection: Connection, lines: Sequence[tuple[str, int]], author: str) -> None:
    """Release the places of the bookings on these lines, by document number and line; in the caller's transaction.

    `author` is named in the history of the bookings.
    """
    if lines:
        arguments = {"numbers": [number for number, _ in lines], "lines": [line for _, line in lines]}
        with recorded_as(connection, author, "credited in full"):
            connection.execute(sql("release_places"), arguments)
