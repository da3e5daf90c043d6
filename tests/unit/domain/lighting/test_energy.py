"""Lighting energy: what a meter counted is counted once, by occupancy."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.lighting.energy import LightingEnergy, MeterReading, baseline_wh, energy_steps, split_by_occupancy
from smartwork.domain.time import Interval, subtract, union

START = datetime(2026, 3, 10, tzinfo=UTC)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def between(start: float, end: float) -> Interval:
    return Interval(at(start), at(end))


moments = st.integers(0, 1_000)
some_intervals = st.lists(st.tuples(moments, st.integers(1, 100)).map(lambda s: between(s[0], s[0] + s[1])), max_size=15)


@st.composite
def counters(draw: st.DrawFn) -> list[MeterReading]:
    """A meter that only counts up, read at times in order, now and then twice at one instant."""
    times = sorted(draw(st.lists(moments, max_size=20)))
    shown, found = 0.0, []
    for moment in times:
        shown += draw(st.integers(0, 500))
        found.append((at(moment), shown))
    return found


def test_a_known_example() -> None:
    counter = [(at(0), 1_000.0), (at(60), 1_400.0), (at(120), 1_800.0)]
    use = split_by_occupancy(counter, occupied=[between(0, 45)], vacant=[between(60, 90)])
    assert use == LightingEnergy(used_wh=800, empty_wh=200, unknown_wh=300)
    assert use.empty_share == 0.4


def test_a_counter_that_falls_was_reset_and_shows_what_was_used_since() -> None:
    assert energy_steps([(at(0), 900), (at(10), 950), (at(20), 30), (at(30), 50)]) == [
        (between(0, 10), 50),
        (between(10, 20), 30),
        (between(20, 30), 20),
    ]


def test_energy_between_two_readings_of_one_instant_is_not_lost() -> None:
    assert split_by_occupancy([(at(0), 100), (at(10), 110), (at(10), 120), (at(20), 130)], [], [between(0, 20)]).used_wh == 30


@given(counters())
def test_energy_is_what_the_counter_went_up(counter: list[MeterReading]) -> None:
    last_shown = next((shown for moment, shown in counter if moment == counter[-1][0]), 0.0)
    went_up = last_shown - counter[0][1] if counter else 0
    assert sum(wh for _, wh in energy_steps(counter)) == pytest.approx(went_up)


@given(counters(), some_intervals)
def test_the_parts_add_up_to_what_was_used(counter: list[MeterReading], found: list[Interval]) -> None:
    occupied = union(found)
    window = Interval(counter[0][0], counter[-1][0]) if counter else between(0, 0)
    use = split_by_occupancy(counter, occupied, subtract(window, occupied))
    occupied_wh = split_by_occupancy(counter, [], occupied).empty_wh
    assert use.unknown_wh == pytest.approx(0, abs=1e-6)
    assert occupied_wh + use.empty_wh == pytest.approx(use.used_wh)


@given(counters(), some_intervals)
def test_what_is_neither_occupied_nor_vacant_is_unknown(counter: list[MeterReading], found: list[Interval]) -> None:
    occupied = union(found)
    use = split_by_occupancy(counter, occupied, [])
    assert use.empty_wh == 0
    assert use.unknown_wh == pytest.approx(use.used_wh - split_by_occupancy(counter, [], occupied).empty_wh)


def test_the_empty_share_of_no_energy_is_0() -> None:
    assert LightingEnergy(0, 0, 0).empty_share == 0
    assert LightingEnergy(10, 0, 10).empty_share == 0


def test_the_baseline_is_rated_power_over_opening_hours() -> None:
    opens = datetime(2026, 3, 10, 7, tzinfo=UTC)
    assert baseline_wh(400, Interval(opens, opens + timedelta(hours=10))) == 4_000
    assert baseline_wh(400, None) == 0
