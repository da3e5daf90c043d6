"""One booking of a file as text, and its conversion into a booking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import LONGEST_BOOKING, Fault, ImportedBooking, NoSuchTimeError, instant, to_utc
from smartwork.domain.bookings.names import Names, UnknownNameError

LONGEST_ID = 200
_STATUS = {"booked": "booked", "confirmed": "booked", "": "booked", "cancelled": "cancelled", "canceled": "cancelled"}


@dataclass(frozen=True, slots=True)
class BookingEntry:
    """One booking of a file as text. Times may be parsed already; without a zone they are local to `timezone`, or else to the
    centre. `ends_at` may be the length. `centre` is empty if `resource` names the centre, too.

    `made_of` are the parts of the booking that complete `external_id`: place, start, member. `columns` has the names of the
    fields in the file, for messages.
    """

    line: int
    external_id: str
    centre: str
    resource: str
    member: str
    starts_at: str | datetime
    ends_at: str | datetime | timedelta
    status: str
    timezone: str | None = None
    made_of: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def fault(self, name: str, reason: str) -> Fault:
        """A fault of the field `name`."""
        return Fault(self.line, self.columns.get(name, name), reason)


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows of a file: entries, the faults of the others, and what else must be known.

    `source` is the booking system that wrote the file; its aliases go before those of all systems.
    """

    entries: Sequence[BookingEntry]
    faults: Sequence[Fault] = ()
    notices: Sequence[Fault] = ()
    source: str = ""


def resolve_names(entry: BookingEntry, names: Names) -> BookingEntry | Fault:
    """The entry with the slugs of its centre and place and the pseudonym of its member, or its first fault."""
    if fault := _bad_name(entry):
        return fault
    try:
        centre, resource = names.place(entry.resource, entry.centre or None)
        return replace(entry, centre=centre, resource=resource, member=names.member(entry.member))
    except UnknownNameError as error:
        return entry.fault("resource" if error.kind == "place" else error.kind, str(error))


def parse_entry(entry: BookingEntry, timezones: Mapping[str, str]) -> ImportedBooking | Fault:
    """The booking of `entry`, whose names are resolved, or its first fault. `timezones` has the zone of each centre."""
    times = _times(entry, entry.timezone or timezones[entry.centre])
    if isinstance(times, Fault):
        return times
    status = _STATUS.get(entry.status.strip().lower())
    if status is None:
        return entry.fault("status", f"{entry.status[:40]!r} is not a status; expected booked or cancelled")
    booking = Booking(
        _external_id(entry, times[0]),
        entry.centre,
        entry.resource,
        entry.member,
        times[0],
        times[1],
        "booked" if status == "booked" else "cancelled",
    )
    if len(booking.external_id) > LONGEST_ID:
        return entry.fault("external_id", f"makes an id of more than {LONGEST_ID} characters")
    return ImportedBooking(entry.line, booking)


def _external_id(entry: BookingEntry, start: datetime) -> str:
    """The id of the file, completed with parts of the booking in their stored form, so that its spelling does not matter."""
    parts = {"place": f"{entry.centre}/{entry.resource}", "start": f"{start:%Y%m%dT%H%MZ}", "member": entry.member}
    return "/".join(part for part in (entry.external_id, *(parts[name] for name in entry.made_of)) if part)


def _times(entry: BookingEntry, timezone: str) -> tuple[datetime, datetime] | Fault:
    """Start and end in UTC, or the first fault."""
    try:
        start = _instant(entry.starts_at, timezone)
    except NoSuchTimeError as error:
        return entry.fault("starts_at", str(error))
    try:
        end = start + entry.ends_at if isinstance(entry.ends_at, timedelta) else _instant(entry.ends_at, timezone)
    except NoSuchTimeError as error:
        return entry.fault("ends_at", str(error))
    if start >= end:
        return entry.fault("ends_at", "the end is not after the start")
    if end - start > LONGEST_BOOKING:
        return entry.fault("ends_at", f"is longer than {LONGEST_BOOKING.days} days; book it month by month")
    return start, end


def _instant(value: str | datetime, timezone: str) -> datetime:
    return instant(value, timezone) if isinstance(value, str) else to_utc(value, timezone)


def _bad_name(entry: BookingEntry) -> Fault | None:
    for name in ("external_id", "centre", "resource", "member"):
        text = getattr(entry, name)
        if not text and name != "centre" and not (name == "external_id" and entry.made_of):
            return entry.fault(name, "is empty")
        if len(text) > LONGEST_ID or not text.isprintable():
            return entry.fault(
                name, f"is longer than {LONGEST_ID} characters, or contains a character that cannot be printed"
            )
    return None
