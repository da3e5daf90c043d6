"""Accept or refuse each row of a file of bookings, and write the accepted rows."""

from collections.abc import Callable, Sequence
from datetime import datetime

from smartwork import clock
from smartwork.db.bookings import importing as store
from smartwork.db.bookings.bookings import WrittenBookings, bookings_in_force, requested
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.changes import Author, decide_rows
from smartwork.domain.bookings.importing import Fault, ImportedBooking, ImportPlan, plan_import
from smartwork.jobs.bookings.file_entry import BookingEntry, parse_entry
from smartwork.jobs.bookings.import_result import Import
from smartwork.progress import Progress


def import_rows(
    connection: Connection,
    name: str,
    rows: tuple[Sequence[BookingEntry], Sequence[Fault]],
    progress: Progress,
    *,
    all_or_nothing: bool,
    dry_run: bool,
    reason: str | None = None,
    read_clock: Callable[[], datetime] = clock.now,
) -> Import:
    """Import the entries of `rows`; its second part has the faults of the file's other rows. A second import changes nothing.

    `name` names the file in the history of bookings. A row that changes a booking that has begun is refused without a
    `reason`, which is stored with each booking that changes. With `all_or_nothing` nothing is written if a row is refused;
    with `dry_run` nothing is written at all. The ids are the network's own. Raises Overlap, IdInUse or ChangedMeanwhile if
    another client booked one of the places or wrote one of the bookings during the import.
    """
    entries, faults = rows
    progress("Checking names", 1, 4)
    bookings, invalid = _check_entries(connection, entries)
    progress("Checking that places are free", 2, 4)
    author = Author(f"import {name}"[:100], "network", reason)
    allowed, begun = _check_changes(connection, bookings, author, read_clock())
    plan = plan_import(allowed, *store.stored_bookings(connection, bookings))
    refused = tuple(sorted([*faults, *invalid, *begun, *plan.refused], key=lambda fault: fault.line))
    complete_plan = ImportPlan(plan.created, plan.changed, plan.cancelled, plan.unchanged, refused)
    accepted = [row.booking for row in (*plan.created, *plan.changed, *plan.cancelled)]
    write = bool(accepted) and not dry_run and not (all_or_nothing and refused)
    if write:
        progress("Writing bookings", 3, 4)
        try:
            store.write_bookings(connection, accepted, author, read_clock, expected=_expected(plan))
        except store.ChangeRefused as error:
            raise store.ChangedMeanwhile(f"{error} Nothing was written; import the file again.") from error
        except (store.Overlap, store.IdInUse, store.ChangedMeanwhile) as error:
            what = "booked one of these places" if isinstance(error, store.Overlap) else "wrote one of these bookings"
            raise type(error)(
                f"Another client {what} during the import. Nothing was written; import the file again."
            ) from error
    progress("Imported", 4, 4)
    return Import(name, complete_plan, write)


def _check_changes(
    connection: Connection, rows: Sequence[ImportedBooking], author: Author, now: datetime
) -> tuple[list[ImportedBooking], list[Fault]]:
    """The rows that the author may write at the instant `now`, as they are to be written, and the faults of the others."""
    bookings = [row.booking for row in rows]
    stored = bookings_in_force(connection, [booking.external_id for booking in bookings])
    return decide_rows(rows, requested(connection, bookings), stored, author, now)


def _expected(plan: ImportPlan) -> WrittenBookings:
    return WrittenBookings(
        created=frozenset(row.booking.external_id for row in plan.created),
        changed=frozenset(row.booking.external_id for row in (*plan.changed, *plan.cancelled)),
    )


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
