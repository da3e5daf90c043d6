"""Several sensors of one place: the light follows the same rule as the spans."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from smartwork.contracts.policy import ZoneSettings
from smartwork.domain.lighting.controller import (
    PresenceReading,
    TimePassed,
    ZonePolicy,
    ZoneState,
    initial_state,
    next_change,
    step,
)
from smartwork.domain.presence.combination import combined_state
from smartwork.domain.presence.live_sensor import SensorState, after_reading
from tests.support import scalar_occupancy as scalar

START = datetime(2026, 10, 5, 6, tzinfo=UTC)
LIGHT = ZoneSettings(zone="a", hold_s=0, level=0.9, background=0.1, ramp_s=0)
INTERVAL_S = 600
TIMEOUT = timedelta(seconds=1_500)
TOGETHER = ZonePolicy(LIGHT, {"s-1": INTERVAL_S, "s-2": INTERVAL_S}, shared={"s-1": ("s-2",), "s-2": ("s-1",)})
APART = ZonePolicy(LIGHT, {"s-1": INTERVAL_S, "s-2": INTERVAL_S})


def lit(policy: ZonePolicy, readings: list[tuple[float, str, bool]], until: float) -> bool:
    """Whether the zone is lit at `until`, in seconds from the start; the controller is stepped at each `next_change`."""
    state, now = initial_state(START), START
    for at, device, present in sorted(reading for reading in readings if reading[0] <= until):
        state, now = advanced(policy, state, now, START + timedelta(seconds=at))
        state, _ = step(policy, state, PresenceReading(device, present), now)
    state, now = advanced(policy, state, now, START + timedelta(seconds=until))
    return state.level == LIGHT.level


def advanced(policy: ZonePolicy, state: ZoneState, now: datetime, until: datetime) -> tuple[ZoneState, datetime]:
    while (change := next_change(policy, state, now)) is not None and change <= until:
        now = change
        state, _ = step(policy, state, TimePassed(), now)
    return state, until


def every(device: str, start: float, end: float, present: bool) -> list[tuple[float, str, bool]]:
    return [(start + i * 600, device, present) for i in range(int((end - start) / 600))]


def test_a_dead_sensor_leaves_its_desk_to_the_living_one() -> None:
    readings = every("s-2", 0, 7_200, False)
    assert not lit(TOGETHER, readings, 7_000)
    assert lit(APART, readings, 7_000)  # at two desks, one of them is unknown


def test_a_desk_without_a_living_sensor_is_lit() -> None:
    readings = every("s-1", 0, 3_600, False) + every("s-2", 0, 3_600, False)
    assert not lit(TOGETHER, readings, 3_000)
    assert lit(TOGETHER, readings, 3_000 + 1_500)


def test_a_stuck_sensor_does_not_outvote_a_good_one() -> None:
    readings = every("s-1", 0, 50_000, True) + every("s-2", 0, 50_000, False)
    assert lit(TOGETHER, readings, 12 * 3_600 - 1)
    assert not lit(TOGETHER, readings, 12 * 3_600)
    assert lit(APART, readings, 12 * 3_600)
    assert lit(TOGETHER, [*readings, (49_990, "s-2", True)], 49_995)


def test_a_stuck_sensor_alone_keeps_the_light_on() -> None:
    readings = every("s-1", 0, 50_000, True)
    assert lit(TOGETHER, readings, 49_000)


samples = st.lists(st.tuples(st.integers(0, 600).map(lambda step: step * 100.0), st.booleans()), max_size=120).map(
    lambda found: sorted(dict(found).items())
)


@given(st.lists(samples, min_size=1, max_size=3), st.integers(0, 60_000))
def test_the_state_of_now_is_that_of_the_spans_once_nothing_more_arrives(
    sensors: list[list[tuple[float, bool]]], at: int
) -> None:
    """Spans know what comes later: a gap that is filled, or presence that lasts on. Up to now both say the same."""
    instant = START + timedelta(seconds=at)
    votes, watches = [], []
    for readings in sensors:
        state: SensorState | None = None
        past = [sample for sample in readings if sample[0] <= at]
        for second, present in past:
            state = after_reading(state, present, START + timedelta(seconds=second), TIMEOUT)
        if state is not None:
            votes.append(state.vote(TIMEOUT, instant))
        watches.append(scalar.Watch(past, TIMEOUT.total_seconds(), until=at + 1.0))
    here = [each for each in scalar.combined(watches, 300.0) if each[0] <= at < each[1]]
    expected = here[0][2] if here else "unknown"
    assert combined_state(votes).state == expected
