"""Presence while a centre is closed is distinguished from presence in its opening hours."""

from datetime import date, datetime, time

import pytest

from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.closed_hours import is_outside_opening_hours, opening_intervals
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval

HOURS = OpeningHours("Europe/Brussels", time(8), time(18), frozenset({1, 2, 3, 4, 5}), frozenset({date(2026, 3, 11)}))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-03-10T05:00Z", "2026-03-10T06:59Z", True),  # before eight in Brussels
        ("2026-03-10T05:00Z", "2026-03-10T07:01Z", False),  # reaches into the opening
        ("2026-03-10T17:00Z", "2026-03-10T20:00Z", True),  # from closing time on
        ("2026-03-11T09:00Z", "2026-03-11T10:00Z", True),  # on a closure
        ("2026-03-07T09:00Z", "2026-03-08T10:00Z", True),  # over the weekend
        ("2026-03-06T20:00Z", "2026-03-09T08:00Z", False),  # over the weekend and into Monday
    ],
)
def test_presence_is_outside_hours_only_where_no_minute_of_it_was_open(start: str, end: str, expected: bool) -> None:
    span = Span(datetime.fromisoformat(start), datetime.fromisoformat(end), "occupied")
    opening = opening_intervals(HOURS, Interval(span.start, span.end))
    assert is_outside_opening_hours(span, opening) is expected
