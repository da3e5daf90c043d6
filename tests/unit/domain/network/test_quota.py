"""Quotas of a centre as token buckets."""

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.network.quota import Allowance, CentreQuota

amounts = st.lists(st.tuples(st.integers(1, 300), st.floats(0, 120)), max_size=60)


@given(amounts)
def test_what_is_granted_in_a_time_is_bounded_by_the_allowance_and_one_amount(asked: list[tuple[int, float]]) -> None:
    quota, at, granted = CentreQuota(Allowance(100, 60)), 0.0, 0
    for amount, pause in asked:
        at += pause
        granted += amount if quota.take("mons", amount, at) else 0
    assert granted <= 100 + at * 1.0 + 300


@given(amounts)
def test_one_centre_takes_nothing_from_another(asked: list[tuple[int, float]]) -> None:
    quota = CentreQuota(Allowance(100, 60))
    for amount, at in asked:
        quota.take("mons", amount, at)
    assert quota.left("liege", 0.0) == 100
    assert quota.take("liege", 1, 0.0)


def test_an_amount_above_the_whole_allowance_is_granted_once_and_owed() -> None:
    quota = CentreQuota(Allowance(100, 60))
    assert quota.take("mons", 160, 0.0)
    assert not quota.take("mons", 1, 59.0)
    assert quota.take("mons", 1, 61.0)


def test_a_clock_that_steps_back_grants_nothing_more() -> None:
    quota = CentreQuota(Allowance(10, 60))
    assert quota.take("mons", 10, 100.0)
    assert not quota.take("mons", 1, 50.0)
