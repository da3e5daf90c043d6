"""Import a file of bookings: CSV, a spreadsheet, or iCalendar."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from smartwork import clock
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.importing import Fault
from smartwork.jobs.bookings.calendar_import import import_calendar
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.csv_file import SheetReading, read_sheet
from smartwork.jobs.bookings.file_entry import FileRows
from smartwork.jobs.bookings.file_text import decode, is_western, read_bytes
from smartwork.jobs.bookings.icalendar_text import join_split_characters
from smartwork.jobs.bookings.import_result import Import
from smartwork.jobs.bookings.row_import import import_rows
from smartwork.jobs.bookings.sheet import WORKBOOKS, read_csv_sheet, read_workbook
from smartwork.progress import Progress

CALENDARS = {".ics", ".ical", ".ifb"}


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
    reading: SheetReading | None = None,
) -> Import:
    """Import `file`: iCalendar if its name ends in .ics, .ical or .ifb, a spreadsheet if in .xlsx or the like, else CSV.

    Importing it again changes nothing. `reading` says how a sheet is read; without it, as docs/bookings.md describes CSV.
    `centre` is used for rows that name none; without `now` the clock says how far series are expanded. With `all_or_nothing`
    nothing is written if a row is refused; with `dry_run` nothing is written at all. The ids of the file are the network's
    own. A row that changes a booking that has begun is refused without a `reason`, which is stored with each booking that
    changes. Raises InputError if the file cannot be read, and Overlap, IdInUse or ChangedMeanwhile if another client booked
    one of the places or wrote one of the bookings during the import.
    """
    progress("Reading the file", 0, 4)
    content = read_bytes(file)
    if file.suffix.lower() in CALENDARS:
        source = CalendarSource(file.name, centre=centre)
        return import_calendar(
            connection,
            decode(join_split_characters(content), file),
            source,
            now or clock.now(),
            progress,
            all_or_nothing=all_or_nothing,
            dry_run=dry_run,
            reason=reason,
        )
    rows = _rows(content, file, reading or SheetReading(), centre)
    return import_rows(
        connection,
        file.name,
        rows,
        progress,
        all_or_nothing=all_or_nothing,
        dry_run=dry_run,
        reason=reason,
        read_clock=(lambda: now) if now else clock.now,
    )


def _rows(content: bytes, file: Path, reading: SheetReading, centre: str | None) -> FileRows:
    """The rows of a spreadsheet or CSV file. Raises InputError, and MissingReader for a spreadsheet that cannot be read."""
    if file.suffix.lower() in WORKBOOKS:
        return read_sheet(read_workbook(content, file), reading, centre)
    rows = read_sheet(read_csv_sheet(decode(content, file)), reading, centre)
    if not is_western(content):
        return rows
    notice = Fault(0, "file", "is not UTF-8 and was read as Windows-1252. Check names with accents")
    return replace(rows, notices=[notice, *rows.notices])
