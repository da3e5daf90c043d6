"""Take a file of bookings in: read it, say of every row what becomes of it, and write the good ones, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smartwork.db.bookings import importing as store
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.importing import Fault, ImportedBooking, ImportPlan, plan_import
from smartwork.errors import InputError
from smartwork.jobs.bookings.csv_file import read_csv
from smartwork.jobs.bookings.file_entry import Entry, understood
from smartwork.jobs.bookings.icalendar_file import read_calendar
from smartwork.progress import Progress

MOST_BYTES = 256 * 2**20
_CALENDARS = {".ics", ".ical", ".ifb"}


@dataclass(frozen=True, slots=True)
class Import:
    """What an import came to; `written` says whether the good rows are in the database now."""

    file: str
    sorted: ImportPlan
    written: bool


def import_bookings(
    connection: Connection, file: Path, centre: str | None, progress: Progress, *, all_or_nothing: bool, dry_run: bool
) -> Import:
    """Import `file` (iCalendar by its ending, else CSV); importing it again changes nothing.

    `centre` holds for rows that name none. With `all_or_nothing` one bad row keeps all others out; with `dry_run`
    nothing is written. Raises InputError where the file cannot be read as such, Overlap where somebody else
    booked one of the places during the import.
    """
    progress("Reading the file", 0, 4)
    text = _text(file)
    entries, faults = (read_calendar if file.suffix.lower() in _CALENDARS else read_csv)(text, centre)
    progress("Looking names up", 1, 4)
    wanted, unknown = _known(connection, entries)
    progress("Finding room", 2, 4)
    found = plan_import(wanted, *store.stored_bookings(connection, wanted))
    refused = tuple(sorted([*faults, *unknown, *found.refused], key=lambda fault: fault.line))
    outcome = ImportPlan(found.created, found.changed, found.cancelled, found.unchanged, refused)
    fine = [row.booking for row in (*found.created, *found.changed, *found.cancelled)]
    write = bool(fine) and not dry_run and not (all_or_nothing and refused)
    if write:
        progress("Writing bookings", 3, 4)
        try:
            store.write_bookings(connection, fine, f"import {file.name}"[:100])
        except store.Overlap as error:
            raise store.Overlap(
                "Somebody booked one of these places while the file was read. Nothing was taken; import the file again."
            ) from error
    progress("Imported", 4, 4)
    return Import(file.name, outcome, write)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(f"{file} is larger than {MOST_BYTES // 2**20} MB. Import it in parts.")
        content = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{file}, line {line}: not UTF-8. Save the file as UTF-8 and import it again.") from None
    if "\0" in text:
        raise InputError(f"{file}, line {text[: text.index(chr(0))].count(chr(10)) + 1}: a zero byte. This is no text file.")
    return text


def _known(connection: Connection, entries: Sequence[Entry]) -> tuple[list[ImportedBooking], list[Fault]]:
    """The entries whose names and times are understood, and why the others are not."""
    registry = store.registry(connection, (e.centre for e in entries), (e.member for e in entries))
    wanted: list[ImportedBooking] = []
    faults: list[Fault] = []
    for entry in entries:
        row = understood(entry, registry.timezones)
        if isinstance(row, Fault):
            faults.append(row)
        elif (entry.centre, entry.resource) not in registry.resources:
            faults.append(Fault(entry.line, "resource", f"{entry.centre} has no desk or room {entry.resource[:60]!r}"))
        elif entry.member not in registry.members:
            faults.append(Fault(entry.line, "member", f"{entry.member[:60]!r} is no member; register members first"))
        else:
            wanted.append(row)
    return wanted, faults
