"""The controller: never dark over somebody, doubt is light in opening hours, a hand wins, nothing oscillates."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.lux_room import LuxRoom, Sky, daylight, draw_clouds, measured_lux
from smartwork.contracts.policy import ZoneLight
from smartwork.domain.lighting.controller import (
    BAND,
    Command,
    Event,
    Lux,
    Override,
    Presence,
    State,
    Tick,
    ZonePolicy,
    begin,
    due,
    step,
    wanted,
)
from smartwork.domain.network.opening_hours import OpeningHours

HOURS = OpeningHours("Europe/Brussels", time(7), time(19), frozenset({1, 2, 3, 4, 5}), frozenset({date(2026, 10, 30)}))
MORNING = datetime(2026, 10, 5, 6, tzinfo=UTC)
"""A Monday, 08:00 in Brussels."""
NIGHT = datetime(2026, 10, 5, 20, tzinfo=UTC)
LIGHT = ZoneLight(zone="a", hold_s=600, level=0.9, background=0.1, override_s=3600, ramp_s=2)
POLICY = ZonePolicy(LIGHT, {"s-1": 60, "s-2": 60}, {}, HOURS)
SILENCE = timedelta(seconds=150)


def lived(policy: ZonePolicy, start: datetime, *events: tuple[float, Event]) -> tuple[State, list[tuple[float, float]]]:
    """The zone after events at their seconds, ticking whenever time alone may matter; and the levels commanded when."""
    state, said, now = begin(start), [], start
    for second, event in events:
        until = start + timedelta(seconds=second)
        while (turn := due(policy, state, now)) is not None and turn < until:
            now = turn
            state, commands = step(policy, state, Tick(), now)
            said += [((now - start).total_seconds(), c.level) for c in commands]
        now = until
        state, commands = step(policy, state, event, now)
        said += [(second, c.level) for c in commands]
    return state, said


def all_vacant(second: float = 0) -> list[tuple[float, Event]]:
    return [(second, Presence("s-1", False)), (second, Presence("s-2", False))]


def keep_alive(until: int, device: str, present: bool, since: int = 0) -> list[tuple[float, Event]]:
    return [(float(second), Presence(device, present)) for second in range(since, until, 60)]


def in_order(*lives: list[tuple[float, Event]]) -> list[tuple[float, Event]]:
    return sorted((pair for life in lives for pair in life), key=lambda pair: pair[0])


def test_somebody_at_any_desk_of_the_zone_lights_it_and_light_stays_for_the_hold_time() -> None:
    comes_and_goes = [*keep_alive(301, "s-2", True, 60), *keep_alive(3_000, "s-2", False, 360)]
    events = in_order(keep_alive(3_001, "s-1", False), comes_and_goes)
    _, said = lived(POLICY, MORNING, *events)
    assert said == [(0, 0.9), (960, 0.1)]


def test_a_sensor_that_never_spoke_or_fell_silent_counts_as_somebody_in_opening_hours_only() -> None:
    assert wanted(POLICY, begin(MORNING), MORNING) == (0.9, "unknown")
    assert wanted(POLICY, begin(NIGHT), NIGHT) == (0.0, "closed")
    _, said = lived(POLICY, MORNING, *all_vacant(), (400, Tick()))
    assert said == [(0, 0.9), (0, 0.1), (150, 0.9)]


def test_whoever_comes_at_night_has_light() -> None:
    _, said = lived(POLICY, NIGHT, *all_vacant(), (10, Presence("s-1", True)))
    assert said[-1] == (10, 0.9)


def test_a_closed_day_has_no_background_light() -> None:
    holiday = datetime(2026, 10, 30, 9, tzinfo=UTC)
    _, said = lived(POLICY, holiday, *all_vacant())
    assert said == [(0, 0.0)]


def test_a_hand_wins_until_its_end_also_over_somebody() -> None:
    events = in_order(keep_alive(9_000, "s-1", True), keep_alive(9_000, "s-2", False), [(100.0, Override(0.0))])
    _, said = lived(POLICY, MORNING, *events)
    assert said == [(0, 0.9), (100, 0.0), (3_700, 0.9)]


def test_an_override_can_be_given_back_early_and_can_name_its_own_end() -> None:
    until = MORNING + timedelta(seconds=50)
    hands: list[tuple[float, Event]] = [(10, Override(0.5, until)), (60, Tick()), (70, Override(1.0)), (80, Override(None))]
    _, said = lived(POLICY, MORNING, *all_vacant(), *hands)
    assert said[-4:] == [(10, 0.5), (50, 0.1), (70, 1.0), (80, 0.1)]


@pytest.mark.parametrize(("day", "opens"), [(date(2026, 3, 30), 5), (date(2026, 10, 26), 6)])
def test_hours_are_those_of_the_clock_on_the_wall_also_after_the_clocks_changed(day: date, opens: int) -> None:
    before = datetime(day.year, day.month, day.day, opens - 1, 59, tzinfo=UTC)
    heard = replace(begin(before), level=0.0)
    policy = replace(POLICY, presence={})
    assert wanted(policy, heard, before) == (0.0, "closed")
    assert due(policy, heard, before) == before + timedelta(minutes=1)
    assert wanted(policy, heard, before + timedelta(minutes=1)) == (0.1, "background")


moments = st.integers(0, 86_400)
events = st.one_of(
    st.builds(Presence, st.sampled_from(["s-1", "s-2", "x"]), st.booleans()),
    st.builds(Lux, st.sampled_from(["l-1", "x"]), st.floats(0, 2_000)),
    st.builds(Override, st.sampled_from([None, 0.0, 0.3, 1.0])),
    st.just(Tick()),
)
lives = st.lists(st.tuples(moments, events), max_size=25).map(lambda pairs: sorted(pairs, key=lambda pair: pair[0]))
policies = st.builds(
    lambda hold, level, share, hours, lux: ZonePolicy(
        ZoneLight(zone="a", hold_s=hold, level=level, background=round(level * share, 2), override_s=1_800, daylight_lux=lux),
        {"s-1": 60, "s-2": 600},
        {"l-1": 60},
        hours,
    ),
    st.integers(0, 3_600),
    st.sampled_from([0.3, 0.75, 1.0]),
    st.sampled_from([0.0, 0.2, 1.0]),
    st.sampled_from([HOURS, None]),
    st.sampled_from([None, 500.0]),
)


def fresh_presence(policy: ZonePolicy, state: State, now: datetime) -> Iterable[str]:
    for device, sensor in state.sensors.items():
        if sensor.present and now < sensor.heard_at + timedelta(seconds=2.5 * policy.presence[device]):
            yield device


@given(policies, lives)
def test_it_is_never_darker_than_the_policy_says_while_somebody_is_there(
    policy: ZonePolicy, life: list[tuple[int, Event]]
) -> None:
    state, start = begin(MORNING), MORNING
    for second, event in life:
        now = start + timedelta(seconds=second)
        state, _ = step(policy, state, event, now)
        overridden = state.override is not None and now < state.override[1]
        if any(fresh_presence(policy, state, now)) and not overridden:
            assert state.level is not None
            if policy.light.daylight_lux is None:
                assert state.level == policy.light.level
            elif state.level < policy.light.level:
                lux, at = state.lux["l-1"]
                assert now < at + SILENCE, "dimmed by a sensor that is silent"
                assert lux >= policy.light.daylight_lux / 2, "dimmed in the gloom"


@given(policies, lives)
def test_a_command_is_given_only_where_something_changes_and_holds_the_level_that_is_wanted(
    policy: ZonePolicy, life: list[tuple[int, Event]]
) -> None:
    state, told = begin(MORNING), None
    for second, event in life:
        now = MORNING + timedelta(seconds=second)
        state, commands = step(policy, state, event, now)
        assert len(commands) <= 1
        for command in commands:
            assert isinstance(command, Command)
            assert command.level != told
            told = command.level
        assert state.level == told == wanted(policy, state, now)[0]
        assert step(policy, state, Tick(), now) == (state, [])


@settings(deadline=None)
@given(policies, lives, st.integers(600, 9_000))
def test_ticking_more_often_than_due_changes_nothing(policy: ZonePolicy, life: list[tuple[int, Event]], every_s: int) -> None:
    still: list[tuple[float, Event]] = [(0, Tick()), *(pair for pair in life if not isinstance(pair[1], Lux))]
    _, sparse = lived(policy, MORNING, *still, (90_000, Tick()))
    dense_life = sorted([*still, *((float(s), Tick()) for s in range(0, 90_000, every_s))], key=lambda pair: pair[0])
    _, dense = lived(policy, MORNING, *dense_life, (90_000, Tick()))
    assert last_of_each(dense) == last_of_each(sparse)


def last_of_each(said: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The level after each instant, where it differs from the one before."""
    found: list[tuple[float, float]] = []
    for at, level in dict(said).items():
        if not found or found[-1][1] != level:
            found.append((at, level))
    return found


def day_in(room: LuxRoom, sky: Sky, target: float, random: Random, delay_s: int = 60) -> list[tuple[int, float, float]]:
    """A working day with somebody there: (second, level, true lux on the desk) at each report of the lux sensor."""
    light = ZoneLight(zone="a", daylight_lux=target, hold_s=900)
    policy = ZonePolicy(light, {"s-1": 60}, {"l-1": 60}, None)
    midnight = datetime(2026, 3, 20, tzinfo=UTC)
    state, history = begin(midnight), []
    reported = [1.0]
    for second in range(7 * 3600, 19 * 3600, delay_s):
        now = midnight + timedelta(seconds=second)
        state, _ = step(policy, state, Presence("s-1", True), now)
        state, _ = step(policy, state, Lux("l-1", measured_lux(room, sky, second, reported[-1], random)), now)
        assert state.level is not None
        reported.append(state.level)
        history.append((second, state.level, daylight(room, sky, second) + room.lamp_lux * state.level))
    return history


@pytest.mark.parametrize("lamp_lux", [300, 500, 800, 1_500])
@pytest.mark.parametrize("sun_lux", [0, 100, 250, 400, 460, 600, 3_000])
def test_under_a_steady_sky_the_level_settles_and_then_stands_still(lamp_lux: float, sun_lux: float) -> None:
    light = ZoneLight(zone="a", daylight_lux=500)
    policy, state, random, levels = ZonePolicy(light, {"s-1": 60}, {"l-1": 60}, None), begin(MORNING), Random(1), [1.0]
    for minute in range(120):
        now = MORNING + timedelta(minutes=minute)
        state, _ = step(policy, state, Presence("s-1", True), now)
        lux = (sun_lux + lamp_lux * levels[-1]) * random.uniform(0.99, 1.01)
        state, _ = step(policy, state, Lux("l-1", lux), now)
        assert state.level is not None
        levels.append(state.level)
    assert len(set(levels[60:])) == 1


@given(st.integers(0, 1_000), st.sampled_from([400.0, 700.0, 1_200.0]))
def test_under_moving_clouds_desks_are_bright_enough_soon_after_each_change(seed: int, lamp_lux: float) -> None:
    room, sky = LuxRoom(lamp_lux, 1_500), draw_clouds(Random(seed))
    reachable = min(500.0, lamp_lux)
    history = day_in(room, sky, 500, Random(seed))
    dark = [second for second, _, lux in history[30:] if lux < reachable * (1 - BAND) * 0.95]
    assert len(dark) <= 0.12 * len(history), "in the minutes in which a cloud comes, and no longer"
    longest = max((sum(1 for other in dark if second <= other < second + 600) for second in dark), default=0)
    assert longest <= 6


def test_sun_saves_light_and_a_lux_sensor_that_falls_silent_costs_no_light_on_the_desk() -> None:
    history = day_in(LuxRoom(500, 1_500), Sky([(0, 1.0)]), 500, Random(3))
    assert min(level for _, level, _ in history) == 0.0
    light = ZoneLight(zone="a", daylight_lux=500)
    policy = ZonePolicy(light, {"s-1": 60}, {"l-1": 60}, None)
    state, now = begin(MORNING), MORNING
    for minute in range(30):
        now = MORNING + timedelta(minutes=minute)
        state, _ = step(policy, state, Presence("s-1", True), now)
        state, _ = step(policy, state, Lux("l-1", 2_000), now)
    assert state.level == 0.0
    state, commands = step(policy, state, Presence("s-1", True), now + SILENCE)
    assert [(c.level, c.reason) for c in commands] == [(1.0, "occupied")]
