"""Import a file of bookings: CSV or iCalendar."""

from datetime import datetime
from pathlib import Path

from smartwork import clock
from smartwork.db.core.connection import Connection
from smartwork.errors import InputError
from smartwork.jobs.bookings.calendar_import import import_calendar
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.csv_file import read_csv
from smartwork.jobs.bookings.file_entry import FileRows
from smartwork.jobs.bookings.import_result import Import
from smartwork.jobs.bookings.row_import import import_rows
from smartwork.progress import Progress

MAX_BYTES = 256 * 2**20
_CALENDARS = {".ics", ".ical", ".ifb"}


def import_bookings(
    connection: Connection,
    file: Path,
    centre: str | None,
    progress: Progress,
    *,
    all_or_nothing: bool,
    dry_run: bool,
    now: datetime | None = None,
    reason: str | None = None,
) -> Import:
    """Import `file`: iCalendar if its name ends in .ics, .ical or .ifb, else CSV. Importing it again changes nothing.

    `centre` is used for rows that name none; without `now` the clock says how far series are expanded. With `all_or_nothing`
    nothing is written if a row is refused; with `dry_run` nothing is written at all. The ids of the file are the network's
    own. A row that changes a booking that has begun is refused without a `reason`, which is stored with each booking that
    changes. Raises InputError if the file cannot be read, and Overlap, IdInUse or ChangedMeanwhile if another client booked
    one of the places or wrote one of the bookings during the import.
    """
    progress("Reading the file", 0, 4)
    text = _text(file)
    if file.suffix.lower() in _CALENDARS:
        source = CalendarSource(file.name, centre=centre)
        return import_calendar(
            connection,
            text,
            source,
            now or clock.now(),
            progress,
            all_or_nothing=all_or_nothing,
            dry_run=dry_run,
            reason=reason,
        )
    return import_rows(
        connection,
        file.name,
        FileRows(*read_csv(text, centre)),
        progress,
        all_or_nothing=all_or_nothing,
        dry_run=dry_run,
        reason=reason,
        read_clock=(lambda: now) if now else clock.now,
    )


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"{file} is larger than {MAX_BYTES // 2**20} MB. Import it in parts.")
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{file}, line {line}: not UTF-8. Save the file as UTF-8 and import it again.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(f"{file}, line {line}: a zero byte. This is not a text file; export it as CSV or iCalendar.")
    return text
