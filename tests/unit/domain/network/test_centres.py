"""Local days and opening hours are intervals of elapsed time, also when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.time import Interval, days_of_month, local_day, local_month

ZONE = "Europe/Brussels"
days = st.dates(date(2015, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 10), 24)])
def test_a_local_day_is_23_or_25_hours_long_when_the_clocks_change(day: date, hours: int) -> None:
    assert local_day(day, ZONE).seconds == hours * 3600


@given(days)
def test_local_days_follow_each_other_without_gap(day: date) -> None:
    assert local_day(day, ZONE).end == local_day(day + timedelta(days=1), ZONE).start


def test_opening_hours_over_the_change_of_clocks_are_as_long_as_they_last() -> None:
    always = OpeningHours(ZONE, time(0), time(23), frozenset(range(1, 8)))
    opened = [always.of(day) for day in (date(2026, 3, 29), date(2026, 10, 25))]
    assert [each.seconds / 3600 for each in opened if each] == [22, 24]


def test_opening_hours_are_local_time_in_summer_and_winter() -> None:
    hours = OpeningHours(ZONE, time(8), time(18), frozenset({1, 2, 3, 4, 5}))
    assert hours.of(date(2026, 3, 10)) == Interval(
        datetime(2026, 3, 10, 7, tzinfo=UTC), datetime(2026, 3, 10, 17, tzinfo=UTC)
    )
    assert hours.of(date(2026, 6, 10)) == Interval(
        datetime(2026, 6, 10, 6, tzinfo=UTC), datetime(2026, 6, 10, 16, tzinfo=UTC)
    )


def test_a_centre_is_closed_at_the_weekend_and_on_closures() -> None:
    hours = OpeningHours(ZONE, time(8), time(18), frozenset({1, 2, 3, 4, 5}), frozenset({date(2026, 3, 10)}))
    assert hours.of(date(2026, 3, 7)) is None
    assert hours.of(date(2026, 3, 10)) is None


@given(days)
def test_a_month_is_all_its_days_and_nothing_else(day: date) -> None:
    found = days_of_month(day)
    assert day in found
    assert {(d.year, d.month) for d in found} == {(day.year, day.month)}
    assert all(b - a == timedelta(days=1) for a, b in pairwise(found))
    assert sum(local_day(d, ZONE).seconds for d in found) == local_month(day, ZONE).seconds
    assert (found[-1] + timedelta(days=1)).month != day.month


def test_what_two_intervals_share_is_half_open() -> None:
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    assert Interval(noon, noon + hour).intersect(Interval(noon + hour, noon + 2 * hour)) is None
    assert Interval(noon, noon + 2 * hour).intersect(Interval(noon + hour, noon + 3 * hour)) == Interval(
        noon + hour, noon + 2 * hour
    )
