"""Bookings imported from another system: local times become instants, and each row is accepted or refused with a reason."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from smartwork.domain.bookings.bookings import Booking

LONGEST_BOOKING = timedelta(days=31)
"""Bookings are billed in the month in which they begin, so a longer one must be booked month by month."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is refused: its line in the file (0 if the file has no lines), the field, and the reason."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportedBooking:
    """A booking of a file, with its line."""

    line: int
    booking: Booking


@dataclass(frozen=True, slots=True)
class StoredBooking:
    """A booking in the database. It has its place until `until`, which is earlier than its end once it is released."""

    booking: Booking
    until: datetime
    billed: bool


class NoSuchTimeError(ValueError):
    """A text that is not an instant; the message says why."""


def instant(text: str, timezone: str) -> datetime:
    """Parse ISO 8601 text, to the minute at least, as an instant in UTC; without an offset it is local time of `timezone`.

    Raises NoSuchTimeError for a text that is not a time, and for a local time that a change of the clocks skips or repeats.
    """
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NoSuchTimeError(f"{text[:40]!r} is not a time; expected for example 2026-10-05T09:00") from None
    if "T" not in text.strip().upper() and " " not in text.strip():
        raise NoSuchTimeError(f"{text[:40]!r} has no time of day; expected for example 2026-10-05T09:00")
    return to_utc(local, timezone)


def to_utc(local: datetime, timezone: str) -> datetime:
    """As `instant`, for a time that is parsed already."""
    if not 2000 <= local.year < 2100:
        raise NoSuchTimeError(f"the year {local.year} is not between 2000 and 2099")
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    zone = ZoneInfo(timezone)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first.astimezone(zone).replace(tzinfo=None) != local:
        raise NoSuchTimeError(f"{local.isoformat(sep=' ')} does not exist in {timezone}: the clocks go forward then")
    raise NoSuchTimeError(
        f"{local.isoformat(sep=' ')} happens twice in {timezone}: the clocks go back then. "
        f"Add the offset: {first.astimezone(zone).isoformat()} or {second.astimezone(zone).isoformat()}"
    )


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The rows of a file by what happens to them; each row is in exactly one of these."""

    created: tuple[ImportedBooking, ...]
    changed: tuple[ImportedBooking, ...]
    cancelled: tuple[ImportedBooking, ...]
    unchanged: tuple[ImportedBooking, ...]
    refused: tuple[Fault, ...]

    @property
    def accepted(self) -> tuple[ImportedBooking, ...]:
        """The rows to write."""
        return (*self.created, *self.changed, *self.cancelled)


def plan_import(
    imported: Sequence[ImportedBooking], by_id: Mapping[str, StoredBooking], others: Iterable[StoredBooking]
) -> ImportPlan:
    """Decide about each row. `by_id` has the stored bookings that rows name, `others` the other bookings of the same places.

    Of two rows for the same place and time the earlier one is accepted. A stored booking that no row moves keeps its place.
    """
    refused: list[Fault] = []
    first_of: dict[str, ImportedBooking] = {}
    again: list[ImportedBooking] = []
    for row in imported:
        earlier = first_of.setdefault(row.booking.external_id, row)
        if earlier is row:
            continue
        if earlier.booking == row.booking:
            again.append(row)
        else:
            refused.append(Fault(row.line, "external_id", f"line {earlier.line} has the same id and other content"))
    rows = list(first_of.values())
    unchanged = [row for row in rows if (old := by_id.get(row.booking.external_id)) and old.booking == row.booking]
    moving = {row.booking.external_id: row for row in rows}
    for row in unchanged:
        del moving[row.booking.external_id]
    for key, row in list(moving.items()):
        if (old := by_id.get(key)) and old.billed:
            refused.append(
                Fault(row.line, "external_id", "is on an issued invoice and cannot change; credit its line in full first")
            )
            del moving[key]
    staying = [stored for key, stored in by_id.items() if key not in moving]
    for key, why in _without_room(moving, by_id, [*others, *staying]).items():
        refused.append(Fault(moving.pop(key).line, "starts_at", why))
    fine = [row for row in rows if row.booking.external_id in moving]
    return ImportPlan(
        created=tuple(row for row in fine if row.booking.external_id not in by_id),
        changed=tuple(row for row in fine if row.booking.external_id in by_id and row.booking.status == "booked"),
        cancelled=tuple(row for row in fine if row.booking.external_id in by_id and row.booking.status == "cancelled"),
        unchanged=tuple(sorted([*unchanged, *again], key=lambda row: row.line)),
        refused=tuple(sorted(refused, key=lambda fault: fault.line)),
    )


@dataclass(slots=True)
class _PlaceCalendar:
    """The occupied periods of one place, in order."""

    periods: list[tuple[datetime, datetime, str]] = field(default_factory=list)

    def put(self, start: datetime, end: datetime, name: str) -> None:
        insort(self.periods, (start, end, name))

    def holder(self, start: datetime, end: datetime) -> str | None:
        """What has a part of [start, end) already, or None."""
        at = bisect_left(self.periods, (end,))
        if at and self.periods[at - 1][1] > start:
            return self.periods[at - 1][2]
        return None


def _without_room(
    moving: Mapping[str, ImportedBooking], by_id: Mapping[str, StoredBooking], staying: Iterable[StoredBooking]
) -> dict[str, str]:
    """The rows of `moving` whose place is not free, by id, with the reason.

    The old booking of a refused row stays in its place, so the search is repeated with it.
    """
    fixed = list(staying)
    without_room: dict[str, str] = {}
    while True:
        calendars: dict[tuple[str, str], _PlaceCalendar] = {}
        for stored in fixed:
            if stored.booking.status == "booked":
                resource = calendars.setdefault((stored.booking.centre, stored.booking.resource), _PlaceCalendar())
                resource.put(stored.booking.starts_at, stored.until, f"booking {stored.booking.external_id}")
        returned = False
        for key, row in moving.items():
            booking = row.booking
            if key in without_room or booking.status != "booked":
                continue
            resource = calendars.setdefault((booking.centre, booking.resource), _PlaceCalendar())
            if holder := resource.holder(booking.starts_at, booking.ends_at):
                without_room[key] = f"{booking.resource} is booked at that time by {holder}"
                if key in by_id:
                    fixed.append(by_id[key])
                    returned = True
            else:
                resource.put(booking.starts_at, booking.ends_at, f"line {row.line}")
        if not returned:
            return without_room
