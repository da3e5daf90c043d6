"""Bookings, written by their external id."""

from collections.abc import Iterable
from dataclasses import dataclass

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking


@dataclass(frozen=True, slots=True)
class WrittenBookings:
    """The external ids of the bookings that a write created and of those that it changed."""

    created: frozenset[str]
    changed: frozenset[str]


def put_bookings(connection: Connection, bookings: Iterable[Booking], company_id: int | None = None) -> WrittenBookings:
    """Insert or update bookings by external id, in one transaction; a booking that is on a document is left unchanged.

    With `company_id` the ids are those of that company, and bookings of members of other companies are not written. Without,
    they are the network's own. Raises psycopg.errors.ExclusionViolation if two bookings of a place overlap, and
    UniqueViolation if an id of the network is in use by a client of the member's company.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql("stage_bookings"))
        cursor.execute(sql("clear_staged_bookings"))
        with cursor.copy(sql("copy_staged_bookings")) as copy:
            for b in bookings:
                copy.write_row((b.external_id, b.centre, b.resource, b.member, b.starts_at, b.ends_at, b.status))
        query = "take_bookings_of_network" if company_id is None else "take_bookings_of_company"
        is_new = {str(row[0]): bool(row[1]) for row in cursor.execute(sql(query), {"company_id": company_id})}
        return WrittenBookings(
            created=frozenset(external_id for external_id, new in is_new.items() if new),
            changed=frozenset(external_id for external_id, new in is_new.items() if not new),
        )
