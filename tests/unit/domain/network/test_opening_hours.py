"""Opening hours are intervals of elapsed time, also when the clocks change."""

from datetime import UTC, date, datetime, time

from hypothesis import strategies as st

from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.time import Interval

ZONE = "Europe/Brussels"
days = st.dates(date(2015, 1, 1), date(2060, 12, 31))


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
