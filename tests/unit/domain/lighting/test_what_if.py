"""Trying other settings runs the gateway's controller: shorter holds save, nobody is in the dark, unknown is lit."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.contracts.policy import ZoneSettings
from smartwork.domain.lighting.what_if import try_settings
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import Span, State
from smartwork.domain.time import Interval

HOURS = OpeningHours("Europe/Brussels", time(7), time(19), frozenset({1, 2, 3, 4, 5}))
DAY = Interval(datetime(2026, 10, 4, 22, tzinfo=UTC), datetime(2026, 10, 5, 22, tzinfo=UTC))
"""A Monday in Brussels, whole."""


def spans(*changes: tuple[int, State]) -> list[Span]:
    """Spans that begin so many minutes after midnight, the last one to the end of the day."""
    starts = [DAY.start + timedelta(minutes=minute) for minute, _ in changes]
    return [Span(a, b, s) for a, b, (_, s) in zip(starts, [*starts[1:], DAY.end], changes, strict=True)]


ONE_STAY = {"d": spans((0, "vacant"), (600, "occupied"), (660, "vacant"))}


@pytest.mark.parametrize(("hold_s", "hours"), [(0, 1.0), (900, 1.25), (3_600, 2.0)])
def test_one_hour_of_presence_uses_one_hour_and_its_hold(hold_s: int, hours: float) -> None:
    found = try_settings(ZoneSettings(zone="a", hold_s=hold_s), HOURS, 100, ONE_STAY, DAY)
    assert found.used_wh == pytest.approx(100 * hours)
    assert found.empty_wh == pytest.approx(100 * (hours - 1))
    assert found.dark_s == 0


def test_background_light_is_on_in_opening_hours_only() -> None:
    found = try_settings(ZoneSettings(zone="a", background=0.1), HOURS, 100, {"d": spans((0, "vacant"))}, DAY)
    assert found.used_wh == pytest.approx(100 * 0.1 * 12)


def test_unknown_time_is_lit_in_opening_hours() -> None:
    found = try_settings(ZoneSettings(zone="a", hold_s=0), HOURS, 100, {"d": spans((0, "vacant"), (540, "unknown"))}, DAY)
    assert found.used_wh == pytest.approx(100 * 10)


states: st.SearchStrategy[State] = st.sampled_from(["occupied", "vacant", "unknown"])
lives = st.lists(st.tuples(st.integers(1, 1_439), states), max_size=6, unique_by=lambda pair: pair[0]).map(
    lambda changes: spans((0, "vacant"), *sorted(changes))
)


@given(st.dictionaries(st.sampled_from(["d-1", "d-2"]), lives, min_size=1), st.integers(0, 3_600), st.integers(0, 3_600))
def test_a_longer_hold_never_saves_and_no_hold_leaves_anybody_in_the_dark(
    life: dict[str, list[Span]], one: int, other: int
) -> None:
    short, long = (
        try_settings(ZoneSettings(zone="a", hold_s=hold, level=0.8), HOURS, 500, life, DAY) for hold in sorted((one, other))
    )
    assert short.used_wh <= long.used_wh + 1e-6
    assert short.dark_s == long.dark_s == 0
    assert 0 <= short.empty_wh <= short.used_wh + 1e-6 <= 500 * 0.8 * 24 + 1e-5
