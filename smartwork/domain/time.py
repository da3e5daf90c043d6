"""Time in the rules: half-open intervals, local days and months of a time zone.

Rules have one representation of time: aware `datetime` instants, and intervals [start, end) of them (`Interval`, and
`Span` for an interval with a state). Only `presence/derivation.py` computes on columns of integers (microseconds since
1970 UTC), because it derives the spans of thousands of sensors at once.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open interval of time: [start, end)."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Length in seconds; never negative for a well-formed interval."""
        return (self.end - self.start).total_seconds()

    def before(self, instant: datetime) -> "Interval | None":
        """The part of the interval before `instant`, or None if there is none."""
        end = min(self.end, instant)
        return Interval(self.start, end) if self.start < end else None

    def intersect(self, other: "Interval") -> "Interval | None":
        """The time that lies in both intervals, or None if there is none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


class _HasInterval(Protocol):
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


_T = TypeVar("_T", bound=_HasInterval)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The time that lies in at least one of `intervals`: in order, without overlaps; intervals that touch are joined."""
    joined: list[Interval] = []
    for interval in sorted(intervals, key=attrgetter("start")):
        if joined and interval.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, interval.end))
        else:
            joined.append(interval)
    return joined


def subtract(interval: Interval, taken: Sequence[Interval]) -> list[Interval]:
    """The parts of `interval` that lie in none of `taken`, in order; `taken` is in order and without overlaps.

    Subtracting from a window gives the complement within that window.
    """
    parts = []
    at = interval.start
    for each in overlapping(taken, interval):
        if each.start > at:
            parts.append(Interval(at, each.start))
        at = each.end
    if at < interval.end:
        parts.append(Interval(at, interval.end))
    return parts


def overlapping(items: Sequence[_T], window: Interval) -> Sequence[_T]:
    """Those of `items` (in order, without overlaps) that share time with `window`, uncut; none with an empty window."""
    if window.end <= window.start:
        return ()
    first = bisect_right(items, window.start, key=attrgetter("end"))
    return items[first : bisect_left(items, window.end, lo=first, key=attrgetter("start"))]


def overlap_seconds(first: Sequence[Interval], second: Sequence[Interval]) -> float:
    """Seconds that lie in both; each sequence is in order and without overlaps. One pass over both."""
    total, i, j = 0.0, 0, 0
    while i < len(first) and j < len(second):
        if shared := first[i].intersect(second[j]):
            total += shared.seconds
        if first[i].end <= second[j].end:
            i += 1
        else:
            j += 1
    return total


def local_instant(day: date, at: time, timezone: str) -> datetime:
    """The instant in UTC at which clocks in `timezone` show `at` on `day`.

    In UTC, because subtracting two local times of one zone gives clock time, which is an hour off when the clocks change.
    """
    return datetime.combine(day, at, ZoneInfo(timezone)).astimezone(UTC)


def local_day(day: date, timezone: str) -> Interval:
    """The local day as instants in UTC: 23 or 25 hours when the clocks change."""
    return Interval(local_instant(day, time(), timezone), local_instant(day + timedelta(days=1), time(), timezone))


def days_of_month(month: date) -> list[date]:
    """All days of the month that contains the day `month`, in order."""
    return [month.replace(day=day) for day in range(1, monthrange(month.year, month.month)[1] + 1)]


def local_month(month: date, timezone: str) -> Interval:
    """The local month that contains the day `month`, as instants in UTC."""
    days = days_of_month(month)
    return Interval(local_day(days[0], timezone).start, local_day(days[-1], timezone).end)


def local_days(start: datetime, end: datetime, timezone: str) -> list[date]:
    """The local days that share time with [start, end), in order; if it is empty, the day of `start`."""
    zone = ZoneInfo(timezone)
    first = start.astimezone(zone).date()
    last = max(first, (end - timedelta(microseconds=1)).astimezone(zone).date())
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def months_later(day: date, months: int) -> date:
    """The same day of the month, `months` later; the last day of that month if it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def instant_of_ms(ms: int) -> datetime:
    """The instant in UTC that is `ms` milliseconds after 1970."""
    return datetime.fromtimestamp(ms / 1000, UTC)
