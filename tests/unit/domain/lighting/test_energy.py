"""Lighting energy: whatever a meter counted is told once, and by whether somebody was there."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.lighting.energy import Counter, Stretch, Use, baseline_wh, complement, intervals, merged, split
from smartwork.domain.time import Interval

moments = st.integers(0, 1_000)
stretches = st.lists(st.tuples(moments, st.integers(1, 100)).map(lambda s: (float(s[0]), float(s[0] + s[1]))), max_size=15)


@st.composite
def counters(draw: st.DrawFn) -> list[Counter]:
    """A meter that only counts up, read at times in order, now and then twice at one instant."""
    times = sorted(draw(st.lists(moments, max_size=20)))
    shown, found = 0.0, []
    for moment in times:
        shown += draw(st.integers(0, 500))
        found.append((float(moment), shown))
    return found


def inside(found: list[Stretch], moment: float) -> bool:
    return any(start <= moment < end for start, end in found)


def test_a_known_example() -> None:
    hour = 3600.0
    counter = [(0.0, 1_000.0), (hour, 1_400.0), (2 * hour, 1_800.0)]
    use = split(counter, occupied=[(0.0, 0.75 * hour)], vacant=[(hour, 1.5 * hour)])
    assert use == Use(used_wh=800, empty_wh=200, unknown_wh=300)
    assert use.empty_share == 0.4


def test_a_counter_that_falls_was_reset_and_shows_what_was_used_since() -> None:
    assert intervals([(0, 900), (10, 950), (20, 30), (30, 50)]) == [(0, 10, 50), (10, 20, 30), (20, 30, 20)]


def test_what_a_meter_counted_between_two_readings_of_one_instant_is_not_lost() -> None:
    assert split([(0, 100), (10, 110), (10, 120), (20, 130)], [], [(0, 20)]).used_wh == 30


@given(counters())
def test_energy_is_what_the_counter_went_up(counter: list[Counter]) -> None:
    last_heard = next((shown for moment, shown in counter if moment == counter[-1][0]), 0.0)
    went_up = last_heard - counter[0][1] if counter else 0
    assert sum(wh for _, _, wh in intervals(counter)) == pytest.approx(went_up)


@given(counters(), stretches)
def test_the_parts_add_up_to_what_was_used(counter: list[Counter], found: list[Stretch]) -> None:
    occupied = merged(found)
    window = (counter[0][0], counter[-1][0]) if counter else (0.0, 0.0)
    use = split(counter, occupied, complement(occupied, window))
    with_people = split(counter, [], occupied).empty_wh
    assert use.unknown_wh == pytest.approx(0, abs=1e-6)
    assert with_people + use.empty_wh == pytest.approx(use.used_wh)


@given(counters(), stretches)
def test_what_is_neither_occupied_nor_vacant_is_unknown(counter: list[Counter], found: list[Stretch]) -> None:
    occupied = merged(found)
    use = split(counter, occupied, [])
    assert use.empty_wh == 0
    assert use.unknown_wh == pytest.approx(use.used_wh - split(counter, [], occupied).empty_wh)


@given(stretches, moments)
def test_merged_is_the_union_in_order_without_overlaps(found: list[Stretch], moment: int) -> None:
    union = merged(found)
    assert all(a[1] < b[0] for a, b in pairwise(union))
    assert inside(union, moment) == inside(found, moment)
    assert merged(union) == union


@given(stretches, st.tuples(moments, st.integers(0, 500)), moments)
def test_the_complement_is_the_rest_of_the_window(found: list[Stretch], at: tuple[int, int], moment: int) -> None:
    window = (float(at[0]), float(at[0] + at[1]))
    union = merged(found)
    rest = complement(union, window)
    assert inside(rest, moment) == (inside([window], moment) and not inside(union, moment))
    assert rest == merged(rest)


def test_no_energy_has_no_empty_share() -> None:
    assert Use(0, 0, 0).empty_share == 0
    assert Use(10, 0, 10).empty_share == 0


def test_the_baseline_is_rated_power_over_opening_hours() -> None:
    opens = datetime(2026, 3, 10, 7, tzinfo=UTC)
    assert baseline_wh(400, Interval(opens, opens + timedelta(hours=10))) == 4_000
    assert baseline_wh(400, None) == 0
