"""A centre's day through real parts, with every device family and everything that goes wrong."""

import pytest

from smartwork.scenarios.simulated_day import CUT, JOINED, KILLS, simulate_day

pytestmark = pytest.mark.services


def test_a_day_with_the_network_cut_and_the_edge_killed_twice_loses_nothing_and_leaves_nobody_in_the_dark() -> None:
    figures = simulate_day(seed=1)
    assert figures.kills == len(KILLS) == 2
    assert figures.cut_h == JOINED.hour - CUT.hour == 2
    assert figures.numbered == figures.stored > figures.messages
    assert (figures.missing, figures.in_outbox, figures.rejected) == (0, 0, 0)
    assert figures.present_h > 20
    assert figures.dark_s == 0
    assert 0 < figures.lighting_kwh < figures.always_on_kwh
    assert 0.2 < figures.saved_share < 0.9
