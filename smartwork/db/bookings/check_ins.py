"""Check-ins, written by their external id."""

from collections.abc import Iterable
from datetime import datetime

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import CheckIn


def put_check_ins(
    connection: Connection,
    check_ins: Iterable[CheckIn],
    company_id: int | None = None,
    arrived_at: datetime | None = None,
) -> frozenset[str]:
    """Insert check-ins by external id, in one transaction. Returns the ids of those that are new; others are left unchanged.

    With `company_id` the ids are those of that company, `arrived_at` is stored, and check-ins of members of other companies
    are not written. Without, they are the network's own.
    """
    with connection.transaction(), connection.cursor() as cursor:
        arguments = {"company_id": company_id, "arrived_at": arrived_at}
        cursor.execute(sql("stage_check_ins"))
        cursor.execute(sql("clear_staged_check_ins"))
        with cursor.copy(sql("copy_staged_check_ins")) as copy:
            for c in check_ins:
                copy.write_row((c.external_id, c.centre, c.resource, c.member, c.at, c.method))
        return frozenset(str(row[0]) for row in cursor.execute(sql("take_staged_check_ins"), arguments))
