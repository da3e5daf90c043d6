"""Bookings, written by their external id."""

from collections.abc import Iterable

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking


def put_bookings(connection: Connection, bookings: Iterable[Booking]) -> None:
    """Insert or update bookings by external id, in one transaction; a booking that is on a document is left unchanged.

    Raises psycopg.errors.ExclusionViolation where two bookings of a resource overlap.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql("stage_bookings"))
        cursor.execute(sql("clear_staged_bookings"))
        with cursor.copy(sql("copy_staged_bookings")) as copy:
            for b in bookings:
                copy.write_row((b.external_id, b.centre, b.resource, b.member, b.starts_at, b.ends_at, b.status))
        cursor.execute(sql("take_staged_bookings"))
