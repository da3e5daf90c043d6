"""Bookings as they are stored, and the import of a set of them: all of them, or none."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from smartwork.db.bookings.bookings import (
    WriteLimits,
    WrittenBookings,
    add_bookings,
    bookings_in_force,
    change_bookings,
    lock_bookings,
    requested,
)
from smartwork.db.core.authors import recorded_as
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import LATEST_ENTRY, AllowedChange, Author, RefusedChange, decide
from smartwork.domain.bookings.importing import ImportedBooking, StoredBooking
from smartwork.errors import SmartworkError

_ATTEMPTS = 3
"""An id that another transaction inserts at the same moment may be reported as a violation; the next attempt finds it."""


class Overlap(SmartworkError):  # noqa: N818 - what happened
    """A place is booked already for a part of the time; nothing was written."""


class IdInUse(SmartworkError):  # noqa: N818 - what happened
    """A client of the member's company has used the id for a booking of its own; nothing was written."""


class ChangeRefused(SmartworkError):  # noqa: N818 - what happened
    """The author may not change a booking in this way; nothing was written.

    `needs_reason`: a client of the network may, if it gives a reason.
    """

    def __init__(self, refused: RefusedChange) -> None:
        self.needs_reason = refused.needs_reason
        super().__init__(f"{refused.why}.")


class _CreatedMeanwhile(Exception):  # noqa: N818 - what happened
    """Another transaction created one of the bookings after they were read."""


class ChangedMeanwhile(SmartworkError):  # noqa: N818 - what happened
    """Another client wrote one of the bookings after they were read; nothing was written."""


@dataclass(frozen=True, slots=True)
class Registry:
    """The names that a booking may use."""

    timezones: dict[str, str]
    resources: frozenset[tuple[str, str]]
    members: frozenset[str]


def timezones(connection: Connection) -> dict[str, str]:
    """The time zone of each centre, by slug."""
    with wrap_database_errors():
        return {str(slug): str(zone) for slug, zone in connection.execute(sql("centre_timezones"))}


def registry(connection: Connection, centres: Iterable[str], members: Iterable[str]) -> Registry:
    """The time zones of all centres, the places of the given centres, and those of the given members that exist."""
    zones = timezones(connection)
    with wrap_database_errors():
        places = connection.execute(sql("bookable_names"), (sorted(set(centres)),)).fetchall()
        people = connection.execute(sql("member_names"), (sorted(set(members)),)).fetchall()
    return Registry(
        zones,
        frozenset((str(centre), str(resource)) for centre, resource in places),
        frozenset(str(pseudonym) for (pseudonym,) in people),
    )


def stored_bookings(
    connection: Connection, imported: Sequence[ImportedBooking]
) -> tuple[dict[str, StoredBooking], list[StoredBooking]]:
    """The network's bookings with the ids of `imported`, by id, and the other bookings of the same places in that time."""
    ids = [row.booking.external_id for row in imported]
    reach: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for row in imported:
        key = (row.booking.centre, row.booking.resource)
        since, until = reach.get(key, (row.booking.starts_at, row.booking.ends_at))
        reach[key] = (min(since, row.booking.starts_at), max(until, row.booking.ends_at))
    neighbours = {
        "centres": [centre for centre, _ in reach],
        "resources": [resource for _, resource in reach],
        "sinces": [since for since, _ in reach.values()],
        "untils": [until for _, until in reach.values()],
        "ids": ids,
    }
    with wrap_database_errors():
        named = [_stored(row) for row in connection.execute(sql("stored_bookings_by_id"), (ids,))]
        others = [_stored(row) for row in connection.execute(sql("neighbouring_bookings"), neighbours)]
    return {each.booking.external_id: each for each in named}, others


def ids_in_use(connection: Connection, bookings: Iterable[Booking]) -> dict[str, str]:
    """The ids of `bookings` that a client of the member's company has used for a booking of its own, with its company."""
    names = {booking.external_id: booking.member for booking in bookings}
    with wrap_database_errors():
        rows = connection.execute(sql("ids_in_use_by_companies"), {"ids": list(names), "members": list(names.values())})
        return {str(external_id): str(company) for external_id, company in rows}


def write_bookings(
    connection: Connection,
    bookings: Sequence[Booking],
    author: Author,
    clock: Callable[[], datetime],
    *,
    company_id: int | None = None,
    expected: WrittenBookings | None = None,
) -> WrittenBookings:
    """Write these bookings for `author`, in one transaction; who it was, and the reason, are stored in their history.

    What the author may change is decided by `decide`, at the instant that `clock` gives once the places and the bookings are
    locked. The ids are those of `company_id`, or the network's own. Raises ChangeRefused, Overlap if a place is booked
    already (constraint `booking_overlap`), IdInUse, and ChangedMeanwhile if `expected` is given and something else was
    created or changed.
    """
    for _ in range(_ATTEMPTS):
        try:
            with wrap_database_errors(), connection.transaction():
                connection.execute(sql("defer_booking_overlap"))
                lock(connection, [(booking.centre, booking.resource) for booking in bookings])
                with recorded_as(connection, author.name, author.reason or ""):
                    written = _write_allowed(connection, bookings, author, clock, company_id)
                connection.execute(sql("check_booking_overlap"))
                if expected is not None and written != expected:
                    raise ChangedMeanwhile("Another client wrote one of these bookings at the same time.")
                return written
        except psycopg.errors.ExclusionViolation as error:
            raise Overlap("Another booking has the desk or room for a part of that time.") from error
        except (psycopg.errors.UniqueViolation, _CreatedMeanwhile):
            continue
    taken = ids_in_use(connection, bookings)
    names = ", ".join(f"{external_id} ({company})" for external_id, company in sorted(taken.items())[:9])
    raise IdInUse(f"A company uses the id for a booking of its own: {names or 'it was taken at this moment'}.")


def _write_allowed(
    connection: Connection,
    bookings: Sequence[Booking],
    author: Author,
    clock: Callable[[], datetime],
    company_id: int | None,
) -> WrittenBookings:
    """Write what `author` may; raises ChangeRefused at the first booking that it may not change in this way.

    Raises _CreatedMeanwhile if one that it decided about as new exists by now.
    """
    ids = [booking.external_id for booking in bookings]
    lock_bookings(connection, ids, company_id)
    stored = bookings_in_force(connection, ids, company_id)
    now = clock()
    changes: list[AllowedChange] = []
    for wanted in requested(connection, bookings):
        decision = decide(stored.get(wanted.booking.external_id), wanted, author, now)
        if isinstance(decision, RefusedChange):
            raise ChangeRefused(decision)
        changes.append(decision)
    gives_reason = author.by == "network" and bool(author.reason)
    limits = WriteLimits(None if gives_reason else now, now - LATEST_ENTRY if author.by == "company" else None)
    known = [change for change in changes if change.booking.external_id in stored]
    new = [change for change in changes if change.booking.external_id not in stored]
    changed = change_bookings(connection, known, company_id, limits) if known else frozenset()
    created = add_bookings(connection, new, company_id, limits) if new else frozenset()
    if len(created) < len(new):
        raise _CreatedMeanwhile
    return WrittenBookings(created, changed)


def lock(connection: Connection, resources: Iterable[tuple[str, str]]) -> None:
    """Lock these places, by (centre, place), against other bookings until the caller's transaction ends."""
    places = sorted(set(resources))
    arguments = {"centres": [centre for centre, _ in places], "resources": [resource for _, resource in places]}
    connection.execute(sql("lock_resources"), arguments)


def _stored(row: tuple[Any, ...]) -> StoredBooking:
    *booking, until, billed = row
    return StoredBooking(Booking(*booking), until, billed)
