"""Check-ins, written by their external id."""

from collections.abc import Iterable

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import CheckIn


def put_check_ins(connection: Connection, check_ins: Iterable[CheckIn]) -> None:
    """Insert check-ins by external id, in one transaction; a check-in that exists is left unchanged."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(sql("stage_check_ins"))
        cursor.execute(sql("clear_staged_check_ins"))
        with cursor.copy(sql("copy_staged_check_ins")) as copy:
            for c in check_ins:
                copy.write_row((c.external_id, c.centre, c.resource, c.member, c.at, c.method))
        cursor.execute(sql("take_staged_check_ins"))
