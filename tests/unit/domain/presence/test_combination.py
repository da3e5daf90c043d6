"""Several sensors of one place: the columns, the oracle and the rule for one instant give the same state."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.presence.combination import PlaceState, SensorVote, combined_state
from smartwork.domain.presence.derivation import (
    STATES,
    Integers,
    PlaceSpans,
    combine,
    concatenated,
    fill_gaps,
    states,
    within_watch,
)
from tests.support import scalar_occupancy as scalar
from tests.support.scalar_occupancy import PlaceStretch, Watch

SECOND, HOUR = 1_000_000, 3_600.0
MAX_GAP = timedelta(minutes=5)
TIMEOUTS = (150.0, 20_000.0)
"""Of a sensor that reports every minute, and of one that reports so seldom that a few readings make it stuck."""
FOREVER_US = 4_000_000_000 * SECOND

ALWAYS = (float("-inf"), float("inf"))
samples = st.lists(st.tuples(st.integers(0, 1_500).map(lambda step: step * 100.0), st.booleans()), max_size=14).map(
    lambda found: sorted(dict(found).items())
)
watches = st.builds(
    lambda found, timeout, period: Watch(found, timeout, *period),
    samples,
    st.sampled_from(TIMEOUTS),
    st.sampled_from([ALWAYS, ALWAYS, (0.0, 20_000.0), (20_000.0, float("inf")), (30_050.0, 90_050.0), ALWAYS]),
)
places = st.lists(watches, max_size=4)


def columns(of_places: list[list[Watch]]) -> PlaceSpans:
    """The spans of places by the columns."""
    flat = [(index, watch) for index, of_place in enumerate(of_places) for watch in of_place]
    parts = []
    for sensor, (_, watch) in enumerate(flat):
        own = [sample for sample in watch.samples if watch.since <= sample[0] < watch.until]
        at = np.array([round(sample[0] * SECOND) for sample in own], dtype=np.int64)
        present = np.array([sample[1] for sample in own], dtype=np.bool_)
        timeout = np.full(len(flat), round(watch.silence_timeout_s * SECOND), dtype=np.int64)
        parts.append(states(np.full(len(own), sensor, dtype=np.int64), at, present, timeout))
    until = [FOREVER_US if watch.until == float("inf") else round(watch.until * SECOND) for _, watch in flat]
    place: Integers = np.array([index for index, _ in flat], dtype=np.int64)
    found = within_watch(concatenated(parts), np.array(until, dtype=np.int64))
    return combine(fill_gaps(found, MAX_GAP), place, MAX_GAP)


def of_place(found: PlaceSpans, place: int) -> list[PlaceStretch]:
    spans = found.spans
    return [
        (
            spans.start[i] / SECOND,
            spans.end[i] / SECOND,
            STATES[spans.state[i]],
            bool(found.suspect[i]),
            bool(found.contradicted[i]),
        )
        for i in np.flatnonzero(spans.sensor == place).tolist()
    ]


def by_oracle(of_one: list[Watch]) -> list[PlaceStretch]:
    return scalar.combined(of_one, MAX_GAP.total_seconds())


def every(seconds: float, start: float, end: float, present: bool) -> list[tuple[float, bool]]:
    """Readings of one state at regular intervals over [start, end)."""
    return [(start + i * seconds, present) for i in range(int((end - start) / seconds))]


@given(st.lists(places, max_size=3))
def test_the_columns_give_the_spans_of_the_oracle_for_many_places_at_once(of_places: list[list[Watch]]) -> None:
    found = columns(of_places)
    for index, of_one in enumerate(of_places):
        assert of_place(found, index) == by_oracle(of_one)


@given(watches.map(lambda watch: Watch(watch.samples, watch.silence_timeout_s)))
def test_the_spans_of_one_sensor_are_those_of_a_place_with_that_sensor_alone(watch: Watch) -> None:
    alone = scalar.fill_gaps(scalar.states(watch.samples, watch.silence_timeout_s), MAX_GAP.total_seconds())
    assert of_place(columns([[watch]]), 0) == [(*each, scalar.is_suspect(each), False) for each in alone]


@given(places, st.randoms(use_true_random=False))
def test_the_order_of_the_sensors_does_not_matter(of_one: list[Watch], chance: object) -> None:
    shuffled = list(of_one)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert of_place(columns([shuffled]), 0) == of_place(columns([of_one]), 0)


@given(places)
def test_a_sensor_that_is_registered_twice_with_the_same_readings_changes_nothing(of_one: list[Watch]) -> None:
    assert of_place(columns([of_one + of_one]), 0) == of_place(columns([of_one]), 0)


@given(places)
def test_spans_of_a_place_have_no_gaps_and_neighbours_differ(of_one: list[Watch]) -> None:
    found = of_place(columns([of_one]), 0)
    assert all(start < end for start, end, *_ in found)
    assert all(a[1] == b[0] and a[2:] != b[2:] for a, b in pairwise(found))


@given(places, st.integers(0, 160_000))
def test_an_instant_has_the_state_that_the_rule_gives_by_its_sensors_except_in_filled_gaps(
    of_one: list[Watch], instant: int
) -> None:
    votes = []
    for watch in of_one:
        own = [sample for sample in watch.samples if watch.since <= sample[0] < watch.until]
        found = scalar.fill_gaps(
            [
                (start, min(end, watch.until), state)
                for start, end, state in scalar.states(own, watch.silence_timeout_s)
                if start < watch.until
            ],
            MAX_GAP.total_seconds(),
        )
        votes += [SensorVote(each[2], scalar.is_suspect(each)) for each in found if each[0] <= instant < each[1]]
    here = [each for each in of_place(columns([of_one]), 0) if each[0] <= instant < each[1]]
    assert len(here) == 1 or not votes
    expected = combined_state(votes)
    for _, _, state, _, contradicted in here:
        if state != expected.state:
            assert (expected.state, state) == ("vacant", "occupied")  # a gap between the detections of two sensors
        assert expected.contradicted or not contradicted


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([], PlaceState("unknown")),
        ([SensorVote("unknown"), SensorVote("unknown")], PlaceState("unknown")),
        ([SensorVote("unknown"), SensorVote("vacant")], PlaceState("vacant")),
        ([SensorVote("unknown"), SensorVote("occupied")], PlaceState("occupied")),
        ([SensorVote("vacant"), SensorVote("occupied")], PlaceState("occupied", contradicted=True)),
        ([SensorVote("vacant"), SensorVote("occupied", stuck=True)], PlaceState("vacant", contradicted=True)),
        ([SensorVote("unknown"), SensorVote("occupied", stuck=True)], PlaceState("occupied", suspect=True)),
        ([SensorVote("occupied"), SensorVote("occupied", stuck=True)], PlaceState("occupied")),
    ],
)
def test_the_state_of_a_place_follows_from_the_living_sensors(votes: list[SensorVote], expected: PlaceState) -> None:
    assert combined_state(votes) == expected


def test_a_dead_sensor_leaves_the_place_to_the_living_one() -> None:
    dies, lives = Watch(every(60, 0, 600, True), 150.0), Watch(every(60, 0, 3_600, False), 150.0)
    assert of_place(columns([[dies, lives]]), 0) == [
        (0.0, 690.0, "occupied", False, False),
        (690.0, 3_690.0, "vacant", False, False),
    ]


def test_a_stuck_sensor_does_not_outvote_a_good_one_and_the_contradiction_is_marked() -> None:
    stuck = Watch(every(300, 0, 14 * HOUR, True), 750.0)
    good = Watch(
        every(300, 0, 8 * HOUR, False) + every(300, 8 * HOUR, 10 * HOUR, True) + every(300, 10 * HOUR, 11 * HOUR, False),
        750.0,
    )
    assert of_place(columns([[stuck, good]]), 0) == [
        (0.0, 8 * HOUR, "vacant", False, True),
        (8 * HOUR, 10 * HOUR, "occupied", False, False),
        (10 * HOUR, 11 * HOUR + 450.0, "vacant", False, True),
        (11 * HOUR + 450.0, 14 * HOUR + 450.0, "occupied", True, False),
    ]


def test_a_contradiction_of_an_hour_is_not_marked_and_a_longer_one_is() -> None:
    def found(length: float) -> list[PlaceStretch]:
        one = Watch([(0.0, True), (length, False)], 20_000.0)
        other = Watch([(0.0, False)], 20_000.0)
        return of_place(columns([[one, other]]), 0)

    assert found(HOUR)[0] == (0.0, HOUR, "occupied", False, False)
    assert found(HOUR + 1)[0] == (0.0, HOUR + 1, "occupied", False, True)


def test_two_detections_of_different_sensors_with_a_short_gap_between_are_one_stay() -> None:
    one = Watch([(0.0, True), (600.0, False)], 20_000.0)
    other = Watch([(0.0, False), (890.0, True), (1_500.0, False)], 20_000.0)
    assert of_place(columns([[one, other]]), 0)[0] == (0.0, 1_500.0, "occupied", False, False)


def test_a_replaced_sensor_counts_up_to_its_end_and_its_successor_from_then_on() -> None:
    old = Watch(every(60, 0, 2_000, True), 150.0, until=1_000.0)
    new = Watch(every(60, 0, 2_000, False), 150.0, since=1_000.0)
    assert of_place(columns([[old, new]]), 0) == [
        (0.0, 1_000.0, "occupied", False, False),
        (1_000.0, 1_020.0, "unknown", False, False),
        (1_020.0, 1_920.0 + 150.0, "vacant", False, False),
    ]
