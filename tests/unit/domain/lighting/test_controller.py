"""The controller: no occupied zone is dark, unknown counts as occupied in opening hours, overrides win, no oscillation."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.lux_room import LuxRoom, Sky, daylight, draw_clouds, measured_lux
from smartwork.contracts.policy import ZoneSettings
from smartwork.domain.lighting.controller import (
    DAYLIGHT_BAND,
    Event,
    LevelChange,
    LuxReading,
    Override,
    PresenceReading,
    TimePassed,
    ZonePolicy,
    ZoneState,
    initial_state,
    next_change,
    step,
    target_level,
)
from smartwork.domain.network.opening_hours import OpeningHours

HOURS = OpeningHours("Europe/Brussels", time(7), time(19), frozenset({1, 2, 3, 4, 5}), frozenset({date(2026, 10, 30)}))
MORNING = datetime(2026, 10, 5, 6, tzinfo=UTC)
"""A Monday, 08:00 in Brussels."""
NIGHT = datetime(2026, 10, 5, 20, tzinfo=UTC)
LIGHT = ZoneSettings(zone="a", hold_s=600, level=0.9, background=0.1, override_s=3600, ramp_s=2)
POLICY = ZonePolicy(LIGHT, {"s-1": 60, "s-2": 60}, {}, HOURS)
SILENCE = timedelta(seconds=150)


def run_events(
    policy: ZonePolicy, start: datetime, *events: tuple[float, Event]
) -> tuple[ZoneState, list[tuple[float, float]]]:
    """The state after events at their seconds, stepped at each `next_change` between, and (second, level) of each command."""
    state, commanded, now = initial_state(start), [], start
    for second, event in events:
        until = start + timedelta(seconds=second)
        while (change := next_change(policy, state, now)) is not None and change < until:
            now = change
            state, commands = step(policy, state, TimePassed(), now)
            commanded += [((now - start).total_seconds(), c.level) for c in commands]
        now = until
        state, commands = step(policy, state, event, now)
        commanded += [(second, c.level) for c in commands]
    return state, commanded


def all_vacant(second: float = 0) -> list[tuple[float, Event]]:
    return [(second, PresenceReading("s-1", False)), (second, PresenceReading("s-2", False))]


def keep_alive(until: int, device: str, present: bool, since: int = 0) -> list[tuple[float, Event]]:
    return [(float(second), PresenceReading(device, present)) for second in range(since, until, 60)]


def in_order(*timelines: list[tuple[float, Event]]) -> list[tuple[float, Event]]:
    return sorted((pair for timeline in timelines for pair in timeline), key=lambda pair: pair[0])


def test_presence_at_any_desk_lights_the_zone_and_the_light_stays_for_the_hold_time() -> None:
    comes_and_goes = [*keep_alive(301, "s-2", True, 60), *keep_alive(3_000, "s-2", False, 360)]
    events = in_order(keep_alive(3_001, "s-1", False), comes_and_goes)
    _, commanded = run_events(POLICY, MORNING, *events)
    assert commanded == [(0, 0.9), (960, 0.1)]


def test_a_sensor_that_never_reported_or_is_silent_counts_as_occupied_in_opening_hours_only() -> None:
    assert target_level(POLICY, initial_state(MORNING), MORNING) == (0.9, "unknown")
    assert target_level(POLICY, initial_state(NIGHT), NIGHT) == (0.0, "closed")
    _, commanded = run_events(POLICY, MORNING, *all_vacant(), (400, TimePassed()))
    assert commanded == [(0, 0.9), (0, 0.1), (150, 0.9)]


def test_presence_at_night_is_lit() -> None:
    _, commanded = run_events(POLICY, NIGHT, *all_vacant(), (10, PresenceReading("s-1", True)))
    assert commanded[-1] == (10, 0.9)


def test_a_closed_day_has_no_background_light() -> None:
    holiday = datetime(2026, 10, 30, 9, tzinfo=UTC)
    _, commanded = run_events(POLICY, holiday, *all_vacant())
    assert commanded == [(0, 0.0)]


def test_an_override_wins_until_its_end_in_an_occupied_zone_too() -> None:
    events = in_order(keep_alive(9_000, "s-1", True), keep_alive(9_000, "s-2", False), [(100.0, Override(0.0))])
    _, commanded = run_events(POLICY, MORNING, *events)
    assert commanded == [(0, 0.9), (100, 0.0), (3_700, 0.9)]


def test_an_override_can_be_ended_early_and_can_have_an_end_of_its_own() -> None:
    until = MORNING + timedelta(seconds=50)
    overrides: list[tuple[float, Event]] = [
        (10, Override(0.5, until)),
        (60, TimePassed()),
        (70, Override(1.0)),
        (80, Override(None)),
    ]
    _, commanded = run_events(POLICY, MORNING, *all_vacant(), *overrides)
    assert commanded[-4:] == [(10, 0.5), (50, 0.1), (70, 1.0), (80, 0.1)]


@pytest.mark.parametrize(("day", "opens"), [(date(2026, 3, 30), 5), (date(2026, 10, 26), 6)])
def test_hours_are_those_of_the_clock_on_the_wall_also_after_the_clocks_changed(day: date, opens: int) -> None:
    before = datetime(day.year, day.month, day.day, opens - 1, 59, tzinfo=UTC)
    state = replace(initial_state(before), level=0.0)
    policy = replace(POLICY, presence={})
    assert target_level(policy, state, before) == (0.0, "closed")
    assert next_change(policy, state, before) == before + timedelta(minutes=1)
    assert target_level(policy, state, before + timedelta(minutes=1)) == (0.1, "background")


moments = st.integers(0, 86_400)
events = st.one_of(
    st.builds(PresenceReading, st.sampled_from(["s-1", "s-2", "x"]), st.booleans()),
    st.builds(LuxReading, st.sampled_from(["l-1", "x"]), st.floats(0, 2_000)),
    st.builds(Override, st.sampled_from([None, 0.0, 0.3, 1.0])),
    st.just(TimePassed()),
)
lives = st.lists(st.tuples(moments, events), max_size=25).map(lambda pairs: sorted(pairs, key=lambda pair: pair[0]))
policies = st.builds(
    lambda hold, level, share, hours, lux: ZonePolicy(
        ZoneSettings(
            zone="a", hold_s=hold, level=level, background=round(level * share, 2), override_s=1_800, daylight_lux=lux
        ),
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


def fresh_presence(policy: ZonePolicy, state: ZoneState, now: datetime) -> Iterable[str]:
    for device, sensor in state.sensors.items():
        if sensor.present and now < sensor.reported_at + timedelta(seconds=2.5 * policy.presence[device]):
            yield device


@given(policies, lives)
def test_an_occupied_zone_is_never_darker_than_its_policy_says(policy: ZonePolicy, timeline: list[tuple[int, Event]]) -> None:
    state, start = initial_state(MORNING), MORNING
    for second, event in timeline:
        now = start + timedelta(seconds=second)
        state, _ = step(policy, state, event, now)
        overridden = state.override is not None and now < state.override[1]
        if any(fresh_presence(policy, state, now)) and not overridden:
            assert state.level is not None
            if policy.light.daylight_lux is None:
                assert state.level == policy.light.level
            elif state.level < policy.light.level:
                lux, at = state.lux["l-1"]
                assert now < at + SILENCE, "dimmed by a silent sensor"
                assert lux >= policy.light.daylight_lux / 2, "dimmed although it is dark"


@given(policies, lives)
def test_a_command_is_given_only_on_a_change_and_has_the_target_level(
    policy: ZonePolicy, timeline: list[tuple[int, Event]]
) -> None:
    state, commanded_last = initial_state(MORNING), None
    for second, event in timeline:
        now = MORNING + timedelta(seconds=second)
        state, commands = step(policy, state, event, now)
        assert len(commands) <= 1
        for command in commands:
            assert isinstance(command, LevelChange)
            assert command.level != commanded_last
            commanded_last = command.level
        assert state.level == commanded_last == target_level(policy, state, now)[0]
        assert step(policy, state, TimePassed(), now) == (state, [])


@settings(deadline=None)
@given(policies, lives, st.integers(600, 9_000))
def test_stepping_more_often_than_the_next_change_changes_nothing(
    policy: ZonePolicy, timeline: list[tuple[int, Event]], every_s: int
) -> None:
    still: list[tuple[float, Event]] = [
        (0, TimePassed()),
        *(pair for pair in timeline if not isinstance(pair[1], LuxReading)),
    ]
    _, sparse = run_events(policy, MORNING, *still, (90_000, TimePassed()))
    dense_life = sorted([*still, *((float(s), TimePassed()) for s in range(0, 90_000, every_s))], key=lambda pair: pair[0])
    _, dense = run_events(policy, MORNING, *dense_life, (90_000, TimePassed()))
    assert last_of_each(dense) == last_of_each(sparse)


def last_of_each(commanded: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The level after each instant, where it differs from the one before."""
    found: list[tuple[float, float]] = []
    for at, level in dict(commanded).items():
        if not found or found[-1][1] != level:
            found.append((at, level))
    return found


def day_in(room: LuxRoom, sky: Sky, target: float, random: Random, delay_s: int = 60) -> list[tuple[int, float, float]]:
    """A working day with somebody there: (second, level, true lux on the desk) at each report of the lux sensor."""
    light = ZoneSettings(zone="a", daylight_lux=target, hold_s=900)
    policy = ZonePolicy(light, {"s-1": 60}, {"l-1": 60}, None)
    midnight = datetime(2026, 3, 20, tzinfo=UTC)
    state, history = initial_state(midnight), []
    reported = [1.0]
    for second in range(7 * 3600, 19 * 3600, delay_s):
        now = midnight + timedelta(seconds=second)
        state, _ = step(policy, state, PresenceReading("s-1", True), now)
        state, _ = step(policy, state, LuxReading("l-1", measured_lux(room, sky, second, reported[-1], random)), now)
        assert state.level is not None
        reported.append(state.level)
        history.append((second, state.level, daylight(room, sky, second) + room.lamp_lux * state.level))
    return history


@pytest.mark.parametrize("lamp_lux", [300, 500, 800, 1_500])
@pytest.mark.parametrize("sun_lux", [0, 100, 250, 400, 460, 600, 3_000])
def test_under_a_steady_sky_the_level_settles(lamp_lux: float, sun_lux: float) -> None:
    light = ZoneSettings(zone="a", daylight_lux=500)
    policy, state, random, levels = (
        ZonePolicy(light, {"s-1": 60}, {"l-1": 60}, None),
        initial_state(MORNING),
        Random(1),
        [1.0],
    )
    for minute in range(120):
        now = MORNING + timedelta(minutes=minute)
        state, _ = step(policy, state, PresenceReading("s-1", True), now)
        lux = (sun_lux + lamp_lux * levels[-1]) * random.uniform(0.99, 1.01)
        state, _ = step(policy, state, LuxReading("l-1", lux), now)
        assert state.level is not None
        levels.append(state.level)
    assert len(set(levels[60:])) == 1


@given(st.integers(0, 1_000), st.sampled_from([400.0, 700.0, 1_200.0]))
def test_under_moving_clouds_desks_are_bright_enough_soon_after_each_change(seed: int, lamp_lux: float) -> None:
    room, sky = LuxRoom(lamp_lux, 1_500), draw_clouds(Random(seed))
    reachable = min(500.0, lamp_lux)
    history = day_in(room, sky, 500, Random(seed))
    dark = [second for second, _, lux in history[30:] if lux < reachable * (1 - DAYLIGHT_BAND) * 0.95]
    assert len(dark) <= 0.12 * len(history), "in the minutes in which a cloud comes, and no longer"
    longest = max((sum(1 for other in dark if second <= other < second + 600) for second in dark), default=0)
    assert longest <= 6


def test_daylight_saves_light_and_a_silent_lux_sensor_leaves_no_desk_dark() -> None:
    history = day_in(LuxRoom(500, 1_500), Sky([(0, 1.0)]), 500, Random(3))
    assert min(level for _, level, _ in history) == 0.0
    light = ZoneSettings(zone="a", daylight_lux=500)
    policy = ZonePolicy(light, {"s-1": 60}, {"l-1": 60}, None)
    state, now = initial_state(MORNING), MORNING
    for minute in range(30):
        now = MORNING + timedelta(minutes=minute)
        state, _ = step(policy, state, PresenceReading("s-1", True), now)
        state, _ = step(policy, state, LuxReading("l-1", 2_000), now)
    assert state.level == 0.0
    state, commands = step(policy, state, PresenceReading("s-1", True), now + SILENCE)
    assert [(c.level, c.reason) for c in commands] == [(1.0, "occupied")]
