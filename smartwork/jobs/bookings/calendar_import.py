"""Import the text of a calendar, from a file or a feed."""

from datetime import datetime

from smartwork.db.core.connection import Connection
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.file_entry import FileRows
from smartwork.jobs.bookings.icalendar_file import read_calendar
from smartwork.jobs.bookings.import_result import Import
from smartwork.jobs.bookings.row_import import import_rows
from smartwork.progress import Progress


def import_calendar(
    connection: Connection,
    text: str,
    source: CalendarSource,
    now: datetime,
    progress: Progress,
    *,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    reason: str | None = None,
) -> Import:
    """Import an iCalendar text as the present state of its events. Importing it again changes nothing.

    An event that changes a booking that has begun is refused without a `reason`. With `all_or_nothing` nothing is written if
    an event is refused; with `dry_run` nothing is written at all. Raises InputError if the text is not iCalendar, and
    Overlap, IdInUse or ChangedMeanwhile if another client booked one of the places or wrote one of the bookings during the
    import; then nothing was written.
    """
    return import_rows(
        connection,
        source.name,
        FileRows(*read_calendar(text, source.centre)),
        progress,
        all_or_nothing=all_or_nothing,
        dry_run=dry_run,
        reason=reason,
        read_clock=lambda: now,
    )
