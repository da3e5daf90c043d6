"""Time in the rules: half-open intervals, local days and months of a time zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, half-open: [start, end)."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Length in seconds; never negative for a well-formed interval."""
        return (self.end - self.start).total_seconds()

    def cut(self, other: "Interval") -> "Interval | None":
        """What both have in common, or None where that is nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


def local_day(day: date, timezone: str) -> Interval:
    """The whole local day as instants in UTC: 23 or 25 hours when the clocks change."""
    return Interval(_instant(day, time(), timezone), _instant(day + timedelta(days=1), time(), timezone))


def _instant(day: date, at: time, timezone: str) -> datetime:
    """The instant in UTC: the difference of two times of one zone would be clock time, an hour off twice a year."""
    return datetime.combine(day, at, ZoneInfo(timezone)).astimezone(UTC)


def days_of_month(month: date) -> list[date]:
    """Every day of the month that `month` lies in, in order."""
    first = month.replace(day=1)
    return [first + timedelta(days=i) for i in range(31) if (first + timedelta(days=i)).month == first.month]


def local_month(month: date, timezone: str) -> Interval:
    """The whole local month that `month` lies in, as instants in UTC."""
    days = days_of_month(month)
    return Interval(local_day(days[0], timezone).start, local_day(days[-1], timezone).end)


def local_days(start: datetime, end: datetime, timezone: str) -> list[date]:
    """The local days that [start, end) touches, in order; those of a moment where it is empty."""
    zone = ZoneInfo(timezone)
    first = start.astimezone(zone).date()
    last = max(first, (end - timedelta(microseconds=1)).astimezone(zone).date())
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = days_of_month(date(year, month + 1, 1))[-1]
    return last.replace(day=min(day.day, last.day))
