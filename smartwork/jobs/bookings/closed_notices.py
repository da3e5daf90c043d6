"""Notices of imported bookings at times when their centre is closed. They are written all the same."""

from collections.abc import Sequence

from smartwork.db.bookings.availability import centre_opening
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.availability import closed_part, open_intervals, why_closed
from smartwork.domain.bookings.importing import Fault, ImportedBooking
from smartwork.domain.time import Interval


def closed_notices(connection: Connection, rows: Sequence[ImportedBooking]) -> list[Fault]:
    """A notice for each of `rows` that is booked for time in which its centre is closed."""
    openings = {centre: centre_opening(connection, centre) for centre in {row.booking.centre for row in rows}}
    notices = []
    for row in rows:
        opening = openings[row.booking.centre]
        if opening is None or row.booking.status != "booked":
            continue
        period = Interval(row.booking.starts_at, row.booking.ends_at)
        if (closed := closed_part(period, open_intervals(opening.hours, period))) is not None:
            why = why_closed(opening.name, opening.hours, opening.closure_reasons, closed.start)
            notices.append(Fault(row.line, "starts_at", f"{why} The booking is accepted all the same."))
    return notices
