"""Bookings that come in from another system: local times made instants, and room found for each, or the reason why not."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from smartwork.domain.bookings.bookings import Booking

LONGEST_BOOKING = timedelta(days=31)
"""Bookings are billed in the month in which they begin: a longer one is booked month by month."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is not taken: its line in the file (0 where a file has no lines), the field, and the reason."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A booking as a file asks for it, and the line it stands in."""

    line: int
    booking: Booking


@dataclass(frozen=True, slots=True)
class Standing:
    """A booking as it stands in the database; `until` is where its claim on the resource ends (earlier once released)."""

    booking: Booking
    until: datetime
    billed: bool


class NoSuchTimeError(ValueError):
    """A text that is no instant; the message says why."""


def instant(text: str, timezone: str) -> datetime:
    """The instant in UTC that `text` (ISO 8601, minutes at least) says; without an offset it is `timezone`'s local time.

    Raises NoSuchTimeError for a text that is no time, and for a local time that a change of the clocks skips or repeats.
    """
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NoSuchTimeError(f"{text[:40]!r} is no time; expected for example 2026-10-05T09:00") from None
    if "T" not in text.strip().upper() and " " not in text.strip():
        raise NoSuchTimeError(f"{text[:40]!r} says a day and no time of day")
    return localised(said, timezone)


def localised(said: datetime, timezone: str) -> datetime:
    """As `instant`, for a time that is read already."""
    if not 2000 <= said.year < 2100:
        raise NoSuchTimeError(f"the year {said.year} is not between 2000 and 2099")
    if said.tzinfo is not None:
        return said.astimezone(UTC)
    zone = ZoneInfo(timezone)
    first, second = (said.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first.astimezone(zone).replace(tzinfo=None) != said:
        raise NoSuchTimeError(f"{said.isoformat(sep=' ')} does not exist in {timezone}: the clocks are put forward over it")
    raise NoSuchTimeError(
        f"{said.isoformat(sep=' ')} happens twice in {timezone}: the clocks are put back over it. "
        f"Say which: {first.astimezone(zone).isoformat()} or {second.astimezone(zone).isoformat()}"
    )


@dataclass(frozen=True, slots=True)
class Sorted:
    """What becomes of the rows of a file; every row is in exactly one of these."""

    created: tuple[Wanted, ...]
    changed: tuple[Wanted, ...]
    cancelled: tuple[Wanted, ...]
    unchanged: tuple[Wanted, ...]
    refused: tuple[Fault, ...]


def sort(wanted: Sequence[Wanted], by_id: Mapping[str, Standing], others: Iterable[Standing]) -> Sorted:
    """What each row of `wanted` does to what stands: `by_id` holds the bookings that rows name, `others` their neighbours.

    Of two rows that want the same place the earlier is taken; a booking that stands and is not moved away keeps its
    place against every row. `others` are the bookings on the same resources that no row names.
    """
    refused: list[Fault] = []
    first_of: dict[str, Wanted] = {}
    again: list[Wanted] = []
    for row in wanted:
        earlier = first_of.setdefault(row.booking.external_id, row)
        if earlier is row:
            continue
        if earlier.booking == row.booking:
            again.append(row)
        else:
            refused.append(Fault(row.line, "external_id", f"line {earlier.line} says something else under the same id"))
    rows = list(first_of.values())
    unchanged = [row for row in rows if (old := by_id.get(row.booking.external_id)) and old.booking == row.booking]
    moving = {row.booking.external_id: row for row in rows}
    for row in unchanged:
        del moving[row.booking.external_id]
    for key, row in list(moving.items()):
        if (old := by_id.get(key)) and old.billed:
            refused.append(
                Fault(row.line, "external_id", "is on an issued invoice, which never changes; issue a credit note")
            )
            del moving[key]
    stays = [standing for key, standing in by_id.items() if key not in moving]
    for key, why in _crowded(moving, by_id, [*others, *stays]).items():
        refused.append(Fault(moving.pop(key).line, "starts_at", why))
    fine = [row for row in rows if row.booking.external_id in moving]
    return Sorted(
        created=tuple(row for row in fine if row.booking.external_id not in by_id),
        changed=tuple(row for row in fine if row.booking.external_id in by_id and row.booking.status == "booked"),
        cancelled=tuple(row for row in fine if row.booking.external_id in by_id and row.booking.status == "cancelled"),
        unchanged=tuple(sorted([*unchanged, *again], key=lambda row: row.line)),
        refused=tuple(sorted(refused, key=lambda fault: fault.line)),
    )


@dataclass(slots=True)
class _Resource:
    """The taken stretches of one resource, in order."""

    stretches: list[tuple[datetime, datetime, str]] = field(default_factory=list)

    def put(self, start: datetime, end: datetime, name: str) -> None:
        insort(self.stretches, (start, end, name))

    def holder(self, start: datetime, end: datetime) -> str | None:
        """Who has a part of [start, end) already."""
        at = bisect_left(self.stretches, (end,))
        if at and self.stretches[at - 1][1] > start:
            return self.stretches[at - 1][2]
        return None


def _crowded(moving: Mapping[str, Wanted], by_id: Mapping[str, Standing], stays: Iterable[Standing]) -> dict[str, str]:
    """The rows of `moving` that find no room, by id, and why. A row that is refused leaves its old booking where it was,
    so that the search begins anew with it in place.
    """
    kept = list(stays)
    crowded: dict[str, str] = {}
    while True:
        taken: dict[tuple[str, str], _Resource] = {}
        for standing in kept:
            if standing.booking.status == "booked":
                resource = taken.setdefault((standing.booking.centre, standing.booking.resource), _Resource())
                resource.put(standing.booking.starts_at, standing.until, f"booking {standing.booking.external_id}")
        returned = False
        for key, row in moving.items():
            wish = row.booking
            if key in crowded or wish.status != "booked":
                continue
            resource = taken.setdefault((wish.centre, wish.resource), _Resource())
            if holder := resource.holder(wish.starts_at, wish.ends_at):
                crowded[key] = f"{wish.resource} is taken at that time by {holder}"
                if key in by_id:
                    kept.append(by_id[key])
                    returned = True
            else:
                resource.put(wish.starts_at, wish.ends_at, f"line {row.line}")
        if not returned:
            return crowded
