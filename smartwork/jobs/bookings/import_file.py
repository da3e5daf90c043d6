"""Import a file of bookings: read it, accept or refuse each row, and write the accepted rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smartwork.db.bookings import importing as store
from smartwork.db.bookings.bookings import WrittenBookings
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.importing import Fault, ImportedBooking, ImportPlan, plan_import
from smartwork.errors import InputError
from smartwork.jobs.bookings.csv_file import read_csv
from smartwork.jobs.bookings.file_entry import BookingEntry, parse_entry
from smartwork.jobs.bookings.icalendar_file import read_calendar
from smartwork.progress import Progress

MAX_BYTES = 256 * 2**20
_CALENDARS = {".ics", ".ical", ".ifb"}


@dataclass(frozen=True, slots=True)
class Import:
    """The result of an import: what happened to each row, and whether the accepted rows were written."""

    file: str
    plan: ImportPlan
    written: bool


def import_bookings(
    connection: Connection, file: Path, centre: str | None, progress: Progress, *, all_or_nothing: bool, dry_run: bool
) -> Import:
    """Import `file`: iCalendar if its name ends in .ics, .ical or .ifb, else CSV. Importing it again changes nothing.

    `centre` is used for rows that name none. With `all_or_nothing` nothing is written if a row is refused; with `dry_run`
    nothing is written at all. The ids of the file are the network's own. Raises InputError if the file cannot be read, and
    Overlap, IdInUse or ChangedMeanwhile if another client booked one of the places or wrote one of the bookings during the
    import.
    """
    progress("Reading the file", 0, 4)
    text = _text(file)
    entries, faults = (read_calendar if file.suffix.lower() in _CALENDARS else read_csv)(text, centre)
    progress("Checking names", 1, 4)
    bookings, invalid = _check_entries(connection, entries)
    progress("Checking that places are free", 2, 4)
    plan = plan_import(bookings, *store.stored_bookings(connection, bookings))
    refused = tuple(sorted([*faults, *invalid, *plan.refused], key=lambda fault: fault.line))
    complete_plan = ImportPlan(plan.created, plan.changed, plan.cancelled, plan.unchanged, refused)
    accepted = [row.booking for row in (*plan.created, *plan.changed, *plan.cancelled)]
    write = bool(accepted) and not dry_run and not (all_or_nothing and refused)
    if write:
        progress("Writing bookings", 3, 4)
        try:
            store.write_bookings(connection, accepted, f"import {file.name}"[:100], expected=_expected(plan))
        except (store.Overlap, store.IdInUse, store.ChangedMeanwhile) as error:
            what = "booked one of these places" if isinstance(error, store.Overlap) else "wrote one of these bookings"
            raise type(error)(
                f"Another client {what} during the import. Nothing was written; import the file again."
            ) from error
    progress("Imported", 4, 4)
    return Import(file.name, complete_plan, write)


def _expected(plan: ImportPlan) -> WrittenBookings:
    return WrittenBookings(
        created=frozenset(row.booking.external_id for row in plan.created),
        changed=frozenset(row.booking.external_id for row in (*plan.changed, *plan.cancelled)),
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


def _check_entries(connection: Connection, entries: Sequence[BookingEntry]) -> tuple[list[ImportedBooking], list[Fault]]:
    """The bookings of the entries that are valid and name registered places and members, and the faults of the others."""
    registry = store.registry(connection, (e.centre for e in entries), (e.member for e in entries))
    bookings: list[ImportedBooking] = []
    faults: list[Fault] = []
    for entry in entries:
        row = parse_entry(entry, registry.timezones)
        if isinstance(row, Fault):
            faults.append(row)
        elif (entry.centre, entry.resource) not in registry.resources:
            faults.append(Fault(entry.line, "resource", f"{entry.centre} has no desk or room {entry.resource[:60]!r}"))
        elif entry.member not in registry.members:
            faults.append(Fault(entry.line, "member", f"{entry.member[:60]!r} is not a member; register the member first"))
        else:
            bookings.append(row)
    taken = store.ids_in_use(connection, (row.booking for row in bookings))
    faults += [
        Fault(row.line, "external_id", f"{company} uses this id for a booking of its own; use another id")
        for row in bookings
        if (company := taken.get(row.booking.external_id))
    ]
    return [row for row in bookings if row.booking.external_id not in taken], faults
