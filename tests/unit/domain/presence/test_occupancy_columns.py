"""Computed for many sensors at once, occupancy is what it is for each alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.presence import occupancy, occupancy_columns
from smartwork.domain.presence.occupancy_columns import SECOND, STATES, Pieces

GAP_S = 300.0
steps = st.sampled_from([0, 1, 20, 60, 149, 150, 151, 290, 300, 301, 1_500, 40_000, 50_000])
samples = st.lists(st.tuples(steps, st.booleans()), max_size=30)
sensors = st.lists(st.tuples(samples, st.sampled_from([1, 60, 61, 600])), max_size=6)


def at_once(said: list[tuple[list[tuple[int, bool]], int]]) -> Pieces:
    sensor, at, present = [], [], []
    for i, (told, _) in enumerate(said):
        for seconds, seen in zip(np.cumsum([step for step, _ in told]).tolist(), [seen for _, seen in told], strict=True):
            sensor.append(i)
            at.append(int(seconds) * SECOND)
            present.append(seen)
    patience = np.array([round(occupancy.patience(interval) * SECOND) for _, interval in said], dtype=np.int64)
    found = occupancy_columns.pieces(
        np.array(sensor, dtype=np.int64), np.array(at, dtype=np.int64), np.array(present, dtype=np.bool_), patience
    )
    return occupancy_columns.bridge(found, GAP_S)


@given(sensors)
def test_many_sensors_at_once_have_the_pieces_that_each_has_alone(said: list[tuple[list[tuple[int, bool]], int]]) -> None:
    found = at_once(said)
    rows = zip(
        found.sensor.tolist(), found.start.tolist(), found.end.tolist(), found.state.tolist(), found.is_suspect(), strict=True
    )
    together = [(i, (start / SECOND, end / SECOND, STATES[state]), bool(stuck)) for i, start, end, state, stuck in rows]
    alone = []
    for i, (told, interval) in enumerate(said):
        times = np.cumsum([step for step, _ in told]).tolist()
        one = [(float(at), seen) for at, (_, seen) in zip(times, told, strict=True)]
        expected = occupancy.bridge(occupancy.pieces(one, occupancy.patience(interval)), GAP_S)
        alone += [(i, piece, occupancy.is_suspect(piece)) for piece in expected]
    assert together == alone
