"""Presence while a centre is closed: the door is locked, so the sensor is suspect."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval, overlapping


def opening_intervals(hours: OpeningHours, window: Interval) -> list[Interval]:
    """The opening hours of each local day that shares time with `window`, in order."""
    zone = ZoneInfo(hours.timezone)
    day, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
    intervals = []
    while day <= last:
        if open_interval := hours.of(day):
            intervals.append(open_interval)
        day += timedelta(days=1)
    return intervals


def is_outside_opening_hours(span: Span, opening: Sequence[Interval]) -> bool:
    """Whether no part of `span` lies in the intervals `opening` (in order)."""
    return not overlapping(opening, Interval(span.start, span.end))
