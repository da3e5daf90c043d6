"""When something was observed: the device's own time where it is plausible, else the arrival of its message."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MAX_AHEAD = timedelta(minutes=2)
MAX_AGE = timedelta(days=31)
"""Devices that store readings while their network is away may send them days later."""
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


def choose_event_time(claimed: datetime | None, arrived: datetime, max_age: timedelta = MAX_AGE) -> EventTime:
    """The device's time `claimed` if it is plausible, else the arrival.

    A time is plausible if it is at most MAX_AHEAD ahead of the arrival and at most `max_age` older. Raises ValueError for
    a clock that was never set: messages that such a device stored cannot be told from new ones.
    """
    if claimed is None:
        return arrival_time(arrived)
    if claimed < _EARLIEST:
        raise ValueError(f"the device's clock is not set: its time is {claimed.isoformat()}")
    if claimed > arrived + MAX_AHEAD or arrived - claimed > max_age:
        return arrival_time(arrived)
    return EventTime(claimed, is_arrival=False)


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
