"""When something was observed: the device's own time where it is plausible, else the arrival of its message."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MAX_AHEAD = timedelta(minutes=2)
MAX_AGE = timedelta(days=31)
"""Devices that store readings while their network is away may send them days later."""
MAX_LOCAL_DIFFERENCE = timedelta(minutes=5)
"""How far a local time without an offset may be from the arrival. More is a wrong zone or a wrong clock."""
MAX_ZONE_HOURS = 14
"""No time zone is further from UTC."""
_EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
"""Clocks that were never set start at 1970 or 2000."""


@dataclass(frozen=True, slots=True)
class EventTime:
    """The time of an event, and whether it is only the arrival of the message."""

    at: datetime
    is_arrival: bool

    @property
    def ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return round(self.at.timestamp() * 1000)


def arrival_time(arrived: datetime) -> EventTime:
    """The event time of a message that carries no time."""
    return EventTime(arrived, is_arrival=True)


def choose_event_time(
    claimed: datetime | None, arrived: datetime, max_age: timedelta | None = MAX_AGE, *, is_local: bool = False
) -> tuple[EventTime, str | None]:
    """The device's time `claimed` if it is plausible, else the arrival with the reason.

    A time is plausible if it is at most MAX_AHEAD ahead of the arrival and at most `max_age` older. A time without an offset
    (`is_local`) is plausible only within MAX_LOCAL_DIFFERENCE of the arrival, as a live message has it; if whole hours are
    between the two, the zone is wrong, and the hour of the arrival counts. Without a `max_age` any time is plausible.
    """
    if claimed is None:
        return arrival_time(arrived), None
    difference = claimed - arrived
    if claimed < _EARLIEST:
        return arrival_time(arrived), "is of a clock that is not set: the time of arrival counts"
    if max_age is None:
        return EventTime(claimed, is_arrival=False), None
    if is_local and abs(difference) > MAX_LOCAL_DIFFERENCE:
        return _in_wrong_zone(claimed, arrived)
    if not -max_age <= difference <= MAX_AHEAD:
        reason = "ahead of the arrival" if difference > MAX_AHEAD else f"more than {max_age.days} days old"
        return arrival_time(arrived), f"is {reason}: the time of arrival counts"
    return EventTime(claimed, is_arrival=False), None


def _in_wrong_zone(claimed: datetime, arrived: datetime) -> tuple[EventTime, str]:
    difference = claimed - arrived
    hours = round(difference / timedelta(hours=1))
    if abs(hours) > MAX_ZONE_HOURS or abs(difference - timedelta(hours=hours)) > MAX_LOCAL_DIFFERENCE:
        return arrival_time(arrived), "has no offset from UTC and is not the time of arrival, which counts"
    at = EventTime(claimed - timedelta(hours=hours), is_arrival=True)
    return at, f"is {hours:+d} h from the arrival, a wrong time zone: the hour of arrival counts"


def parse_time(value: object, name: str, zone: ZoneInfo | None = None, near: datetime | None = None) -> datetime | None:
    """Parse an ISO 8601 text or seconds since 1970; None if the field is absent.

    A text without an offset is local time in `zone`. A local time that occurs twice, when summer time ends, is the
    occurrence nearer to `near`, without `near` the first. Raises ValueError, naming the field, for anything else.
    """
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, ValueError, OSError):
            raise ValueError(f"{name} is {value!r}") from None
    try:
        at = datetime.fromisoformat(_to_microseconds(str(value)))
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        if zone is not None:
            occurrences = [at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
            return occurrences[0] if near is None else min(occurrences, key=lambda occurrence: abs(near - occurrence))
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is {str(value)[:40]!r}") from None
    raise ValueError(f"{name} is {str(value)[:40]!r}, which has no offset from UTC")


def _to_microseconds(text: str) -> str:
    """Cut a fraction of a second to six digits: network servers send nanoseconds, which Python does not parse."""
    whole, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{whole}.{digits[:6]}{rest[len(digits) :]}" if dot and digits else text
