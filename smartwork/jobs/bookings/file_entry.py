"""What a file says of one booking, before anything is looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import LONGEST_BOOKING, Fault, ImportedBooking, NoSuchTimeError, instant, to_utc

LONGEST_ID = 200
_STATUS = {"booked": "booked", "confirmed": "booked", "": "booked", "cancelled": "cancelled", "canceled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking as text; times may be read already (iCalendar) and then carry their zone, or none for local time."""

    line: int
    external_id: str
    centre: str
    resource: str
    member: str
    starts_at: str | datetime
    ends_at: str | datetime
    status: str


def understood(entry: Entry, timezones: Mapping[str, str]) -> ImportedBooking | Fault:
    """The booking that `entry` asks for, or the first reason why it is none; names are looked up later."""
    if fault := _bad_name(entry):
        return fault
    timezone = timezones.get(entry.centre)
    if timezone is None:
        return Fault(entry.line, "centre", f"{entry.centre[:60]!r} is no centre of this network")
    times = _times(entry, timezone)
    if isinstance(times, Fault):
        return times
    status = _STATUS.get(entry.status.strip().lower())
    if status is None:
        return Fault(entry.line, "status", f"{entry.status[:40]!r} is neither booked nor cancelled")
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


def _times(entry: Entry, timezone: str) -> list[datetime] | Fault:
    """Start and end, or what is wrong with them."""
    times = []
    for name, said in (("starts_at", entry.starts_at), ("ends_at", entry.ends_at)):
        try:
            times.append(instant(said, timezone) if isinstance(said, str) else to_utc(said, timezone))
        except NoSuchTimeError as error:
            return Fault(entry.line, name, str(error))
    if times[0] >= times[1]:
        return Fault(entry.line, "ends_at", "the end does not lie behind the start")
    if times[1] - times[0] > LONGEST_BOOKING:
        return Fault(entry.line, "ends_at", f"is longer than {LONGEST_BOOKING.days} days; book it month by month")
    return times


def _bad_name(entry: Entry) -> Fault | None:
    for name in ("external_id", "centre", "resource", "member"):
        text = getattr(entry, name)
        if not text:
            return Fault(entry.line, name, "is empty")
        if len(text) > LONGEST_ID or not text.isprintable():
            return Fault(entry.line, name, f"is longer than {LONGEST_ID} characters or holds one that cannot be printed")
    return None
