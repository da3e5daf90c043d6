"""One booking of a file as text, and its conversion into a booking."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import LONGEST_BOOKING, Fault, ImportedBooking, NoSuchTimeError, instant, to_utc

LONGEST_ID = 200
_STATUS = {"booked": "booked", "confirmed": "booked", "": "booked", "cancelled": "cancelled", "canceled": "cancelled"}


@dataclass(frozen=True, slots=True)
class BookingEntry:
    """One booking of a file as text. Times from iCalendar are parsed already; without a zone they are local to the centre."""

    line: int
    external_id: str
    centre: str
    resource: str
    member: str
    starts_at: str | datetime
    ends_at: str | datetime
    status: str


def parse_entry(entry: BookingEntry, timezones: Mapping[str, str]) -> ImportedBooking | Fault:
    """The booking of `entry`, or its first fault. The names of place and member are checked later, against the registry."""
    if fault := _bad_name(entry):
        return fault
    timezone = timezones.get(entry.centre)
    if timezone is None:
        return Fault(
            entry.line,
            "centre",
            f"{entry.centre[:60]!r} is not a centre of this network; use the slug of a registered centre",
        )
    times = _times(entry, timezone)
    if isinstance(times, Fault):
        return times
    status = _STATUS.get(entry.status.strip().lower())
    if status is None:
        return Fault(entry.line, "status", f"{entry.status[:40]!r} is not a status; expected booked or cancelled")
    booking = Booking(
        entry.external_id,
        entry.centre,
        entry.resource,
        entry.member,
        times[0],
        times[1],
        "booked" if status == "booked" else "cancelled",
    )
    return ImportedBooking(entry.line, booking)


def _times(entry: BookingEntry, timezone: str) -> list[datetime] | Fault:
    """Start and end in UTC, or the first fault."""
    times = []
    for name, value in (("starts_at", entry.starts_at), ("ends_at", entry.ends_at)):
        try:
            times.append(instant(value, timezone) if isinstance(value, str) else to_utc(value, timezone))
        except NoSuchTimeError as error:
            return Fault(entry.line, name, str(error))
    if times[0] >= times[1]:
        return Fault(entry.line, "ends_at", "the end is not after the start")
    if times[1] - times[0] > LONGEST_BOOKING:
        return Fault(entry.line, "ends_at", f"is longer than {LONGEST_BOOKING.days} days; book it month by month")
    return times


def _bad_name(entry: BookingEntry) -> Fault | None:
    for name in ("external_id", "centre", "resource", "member"):
        text = getattr(entry, name)
        if not text:
            return Fault(entry.line, name, "is empty")
        if len(text) > LONGEST_ID or not text.isprintable():
            return Fault(
                entry.line, name, f"is longer than {LONGEST_ID} characters, or contains a character that cannot be printed"
            )
    return None
