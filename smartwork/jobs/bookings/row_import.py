"""Accept or refuse each row of a file of bookings, and write the accepted rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from smartwork import clock
from smartwork.db.bookings import importing as store
from smartwork.db.bookings.bookings import WrittenBookings, bookings_in_force, requested
from smartwork.db.bookings.names import load_names
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.changes import Author, DecidedRows, decide_rows
from smartwork.domain.bookings.importing import Fault, ImportedBooking, ImportPlan, plan_import
from smartwork.jobs.bookings.closed_notices import closed_notices
from smartwork.jobs.bookings.file_entry import BookingEntry, FileRows, parse_entry, resolve_names
from smartwork.jobs.bookings.import_result import Import
from smartwork.jobs.bookings.members import closed_faults
from smartwork.progress import Progress


def import_rows(
    connection: Connection,
    name: str,
    rows: FileRows,
    progress: Progress,
    *,
    all_or_nothing: bool,
    dry_run: bool,
    reason: str | None = None,
    read_clock: Callable[[], datetime] = clock.now,
) -> Import:
    """Import the entries of a file and report its other rows. A second import changes nothing.

    `name` names the file in the history of bookings. A row that changes a booking that has begun is refused without a
    `reason`, which is stored with each booking that changes. With `all_or_nothing` nothing is written if a row is refused;
    with `dry_run` nothing is written at all. The ids are the network's own. Raises Overlap, IdInUse or ChangedMeanwhile if
    another client booked one of the places or wrote one of the bookings during the import.
    """
    progress("Checking names", 1, 4)
    bookings, invalid = _check_entries(connection, rows)
    progress("Checking that places are free", 2, 4)
    author = Author(f"import {name}"[:100], "network", reason)
    decided = check_changes(connection, bookings, author, read_clock())
    plan = plan_import(decided.allowed, *store.stored_bookings(connection, bookings))
    columns = {entry.line: entry.columns for entry in rows.entries}
    planned = [
        replace(fault, field=columns.get(fault.line, {}).get(fault.field, fault.field))
        for fault in (*decided.refused, *plan.refused)
    ]
    refused = tuple(sorted([*rows.faults, *invalid, *planned], key=lambda fault: fault.line))
    complete_plan = ImportPlan(plan.created, plan.changed, plan.cancelled, plan.unchanged, refused)
    write = bool(plan.accepted) and not dry_run and not (all_or_nothing and refused)
    if write:
        progress("Writing bookings", 3, 4)
        write_plan(connection, plan, author, read_clock)
    progress("Imported", 4, 4)
    notices = [*rows.notices, *decided.late, *closed_notices(connection, [*plan.created, *plan.changed])]
    return Import(name, complete_plan, write, tuple(sorted(notices, key=lambda notice: notice.line)))


def check_changes(connection: Connection, rows: Sequence[ImportedBooking], author: Author, now: datetime) -> DecidedRows:
    """What the author may write of the rows at the instant `now`."""
    bookings = [row.booking for row in rows]
    stored = bookings_in_force(connection, [booking.external_id for booking in bookings])
    return decide_rows(rows, requested(connection, bookings), stored, author, now)


def write_plan(connection: Connection, plan: ImportPlan, author: Author, read_clock: Callable[[], datetime]) -> None:
    """Write the accepted rows of `plan`. Raises Overlap, IdInUse or ChangedMeanwhile as `import_rows` does."""
    try:
        accepted = [row.booking for row in plan.accepted]
        store.write_bookings(connection, accepted, author, read_clock, expected=_expected(plan))
    except store.ChangeRefused as error:
        raise store.ChangedMeanwhile(f"{error} Nothing was written; import the file again.") from error
    except (store.Overlap, store.IdInUse, store.ChangedMeanwhile) as error:
        what = "booked one of these places" if isinstance(error, store.Overlap) else "wrote one of these bookings"
        raise type(error)(f"Another client {what} during the import. Nothing was written; import the file again.") from error


def _expected(plan: ImportPlan) -> WrittenBookings:
    return WrittenBookings(
        created=frozenset(row.booking.external_id for row in plan.created),
        changed=frozenset(row.booking.external_id for row in (*plan.changed, *plan.cancelled)),
    )


def _check_entries(connection: Connection, rows: FileRows) -> tuple[list[ImportedBooking], list[Fault]]:
    """The bookings of the entries that are valid and name registered places and members, and the faults of the others."""
    names = load_names(connection, (entry.member for entry in rows.entries), rows.source)
    timezones = store.timezones(connection)
    bookings: list[ImportedBooking] = []
    faults: list[Fault] = []
    of_line: dict[int, BookingEntry] = {}
    for entry in rows.entries:
        resolved = resolve_names(entry, names)
        row = resolved if isinstance(resolved, Fault) else parse_entry(resolved, timezones)
        if isinstance(row, Fault):
            faults.append(row)
        else:
            bookings.append(row)
            of_line[row.line] = entry
    taken = store.ids_in_use(connection, (row.booking for row in bookings))
    faults += [
        of_line[row.line].fault("external_id", f"{company} uses this id for a booking of its own; use another id")
        for row in bookings
        if (company := taken.get(row.booking.external_id))
    ]
    removed = closed_faults(connection, bookings)
    faults += [of_line[fault.line].fault(fault.field, fault.reason) for fault in removed]
    refused = {fault.line for fault in removed}
    kept = [row for row in bookings if row.booking.external_id not in taken and row.line not in refused]
    return kept, faults
