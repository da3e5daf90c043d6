"""Import a list of members, and remove a member."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from smartwork.db.bookings import importing, members
from smartwork.db.bookings.members import BookingToCome
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.changes import Author
from smartwork.domain.bookings.importing import Fault, ImportedBooking
from smartwork.domain.bookings.members import MemberPlan, MemberRow, plan_members
from smartwork.errors import InputError, SmartworkError
from smartwork.jobs.bookings.file_text import decode, read_bytes

_COLUMNS = ("pseudonym", "company")


class UnknownMember(SmartworkError):  # noqa: N818 - what happened
    """There is no member with this pseudonym."""


class HasBookings(SmartworkError):  # noqa: N818 - what happened
    """A member cannot be removed because it has bookings that have not begun: `bookings`."""

    def __init__(self, pseudonym: str, bookings: list[BookingToCome]) -> None:
        self.bookings = bookings
        listed = "; ".join(describe(each) for each in bookings[:20])
        more = f"; and {len(bookings) - 20} more" if len(bookings) > 20 else ""
        super().__init__(f"{pseudonym} has {len(bookings)} bookings to come: {listed}{more}. Cancel them, or move them.")


@dataclass(frozen=True, slots=True)
class Removal:
    """Since when a member is closed, and the bookings that were cancelled."""

    closed_at: datetime
    cancelled: list[BookingToCome]


def describe(to_come: BookingToCome) -> str:
    """A booking in one line, in local time of its centre."""
    booking, zone = to_come.booking, ZoneInfo(to_come.timezone)
    start, end = booking.starts_at.astimezone(zone), booking.ends_at.astimezone(zone)
    return f"{booking.external_id} ({booking.centre}, {booking.resource}, {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M})"


def import_members(connection: Connection, file: Path, *, dry_run: bool) -> MemberPlan:
    """Register the members of a CSV file that are new; a second import changes nothing. With `dry_run` nothing is written.

    Members that the file does not name stay. Raises InputError for a file that cannot be read.
    """
    rows, faults = read_members(decode(read_bytes(file), file), file)
    with wrap_database_errors(), connection.transaction():
        known = members.registered(connection, (row.pseudonym for row in rows if "\0" not in row.pseudonym))
        plan = plan_members(rows, known, members.companies(connection))
        if plan.created and not dry_run:
            members.insert(connection, plan.created)
    refused = sorted([*faults, *plan.refused], key=lambda fault: fault.line)
    return replace(plan, refused=tuple(refused))


def read_members(text: str, file: Path) -> tuple[list[MemberRow], list[Fault]]:
    """The rows of a CSV text with the columns `pseudonym` and `company`, and the faults of lines without a value for both.

    Columns are separated by commas, semicolons or tabs, in any order; others are ignored. Raises InputError.
    """
    first_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[MemberRow] = []
    faults: list[Fault] = []
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if missing := [name for name in _COLUMNS if names.count(name) != 1]:
            raise InputError(f"{file}: line 1 must name each of these columns once: {', '.join(missing)}.")
        line = reader.line_num + 1
        for cells in reader:
            values = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            if any(cells) and (empty := next((name for name in _COLUMNS if not values.get(name)), None)):
                faults.append(Fault(line, empty, "is missing"))
            elif any(cells):
                rows.append(MemberRow(line, values["pseudonym"], values["company"]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: not CSV: {error}. Correct the line and import again.") from None
    return rows, faults


def remove_member(
    connection: Connection, pseudonym: str, read_clock: Callable[[], datetime], author: Author, *, cancel_bookings: bool
) -> Removal:
    """Close a member from now on. A member that is closed already stays as it is.

    Bookings that have begun, visits and documents keep the pseudonym. Bookings that have not begun are cancelled with
    `cancel_bookings`; without, HasBookings lists them and nothing changes. Raises UnknownMember.
    """
    at = read_clock()
    with wrap_database_errors(), connection.transaction():
        locked = members.lock(connection, pseudonym)
        if locked is None:
            raise UnknownMember(f"There is no member {pseudonym[:60]!r}.")
        to_come = members.bookings_to_come(connection, pseudonym, at)
        if to_come and not cancel_bookings:
            raise HasBookings(pseudonym, to_come)
        ordered = sorted(to_come, key=lambda each: each.client_company_id or 0)
        for company_id, group in groupby(ordered, key=lambda each: each.client_company_id):
            cancelled = [replace(each.booking, status="cancelled") for each in group]
            importing.write_bookings(connection, cancelled, author, read_clock, company_id=company_id)
        members.close(connection, pseudonym, at)
    return Removal(locked[1] or at, to_come)


def closed_faults(connection: Connection, rows: Iterable[ImportedBooking]) -> list[Fault]:
    """The faults of imported bookings whose member was removed before their start; bookings from before stay possible."""
    booked = [row for row in rows if row.booking.status == "booked"]
    closed = members.closed_since(connection, (row.booking.member for row in booked))
    return [
        Fault(row.line, "member", why_closed_member(row.booking.member, closed[row.booking.member]))
        for row in booked
        if is_closed(row.booking, closed)
    ]


def is_closed(booking: Booking, closed: dict[str, datetime]) -> bool:
    """Whether the member of a booking was closed before its start."""
    since = closed.get(booking.member)
    return since is not None and since <= booking.starts_at


def why_closed_member(pseudonym: str, since: datetime) -> str:
    """Why a member books nothing."""
    return f"{pseudonym} was removed on {since:%Y-%m-%d} and books nothing from then on"
