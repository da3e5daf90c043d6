"""The lease of a gateway's name: one process at a time, and two that run are always noticed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.ledger.gateway_lease import LIVE, WAIT, GatewayLease, judge_hello
from tests.support.factory import NOON

FIRST, SECOND, THIRD = "a" * 12, "b" * 12, "c" * 12


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_a_gateway_that_starts_again_after_its_connection_ended_is_accepted_at_once() -> None:
    lease, verdict = judge_hello(None, FIRST, NOON)
    assert verdict == "accepted"
    lease, verdict = judge_hello(replace(lease, ended=True), SECOND, NOON + after(1))
    assert (lease.instance, verdict, lease.refused_at) == (SECOND, "accepted", None)


def test_a_gateway_that_starts_again_after_a_power_cut_waits_until_the_old_one_is_silent() -> None:
    lease, _ = judge_hello(None, FIRST, NOON)
    verdicts = []
    for second in range(0, 20, 2):
        lease, verdict = judge_hello(lease, SECOND, NOON + after(second + 1))
        verdicts.append(verdict)
    assert verdicts[0] == "wait"
    assert verdicts[-1] == "accepted"
    assert verdicts.index("accepted") * 2 >= WAIT.total_seconds() - 2


def test_a_newcomer_is_refused_while_the_other_one_says_hello() -> None:
    lease, _ = judge_hello(None, FIRST, NOON)
    lease, verdict = judge_hello(lease, SECOND, NOON + after(1))
    assert verdict == "wait"
    lease, verdict = judge_hello(lease, FIRST, NOON + after(2))
    assert verdict == "accepted"
    lease, verdict = judge_hello(lease, SECOND, NOON + after(3))
    assert (verdict, lease.instance, lease.is_contested(NOON + after(3))) == ("refused", FIRST, True)


def test_two_gateways_that_end_each_others_connections_are_noticed_and_the_first_one_keeps_the_name() -> None:
    """With one client id, each connection ends the other one, and the broker publishes the other one's last will."""
    lease, _ = judge_hello(None, FIRST, NOON)
    verdicts = []
    for second in range(1, 9):
        instance = SECOND if second % 2 else FIRST
        lease, verdict = judge_hello(replace(lease, ended=True), instance, NOON + after(second))
        verdicts.append(verdict)
    assert verdicts[:3] == ["accepted", "accepted", "refused"]
    assert set(verdicts[1::2]) == {"accepted"}
    assert set(verdicts[2::2]) == {"refused"}
    assert lease.instance == FIRST


def test_a_refused_gateway_is_accepted_when_the_other_one_has_gone() -> None:
    lease = GatewayLease(FIRST, NOON, NOON, ended=True, rival=SECOND, rival_since=NOON + after(1), refused_at=NOON)
    lease, verdict = judge_hello(lease, SECOND, NOON + LIVE)
    assert (lease.instance, verdict) == (SECOND, "accepted")
    assert not lease.is_contested(NOON + after(600))


@given(st.lists(st.tuples(st.sampled_from([FIRST, SECOND, THIRD]), st.floats(0, 90), st.booleans()), max_size=60))
def test_at_most_one_process_has_the_lease(hellos: list[tuple[str, float, bool]]) -> None:
    lease: GatewayLease | None = None
    now = NOON
    for instance, passed_s, ended in hellos:
        now += after(passed_s)
        lease, verdict = judge_hello(lease and replace(lease, ended=lease.ended or ended), instance, now)
        assert (lease.instance == instance) == (verdict == "accepted")


@pytest.mark.parametrize("interval_s", [1, 5, 10])
def test_of_two_gateways_that_both_go_on_one_is_refused_within_a_minute(interval_s: int) -> None:
    lease, _ = judge_hello(None, FIRST, NOON)
    verdicts = []
    for round_ in range(1, 60 // interval_s):
        for instance, offset in ((FIRST, 0.0), (SECOND, 0.5)):
            lease, verdict = judge_hello(lease, instance, NOON + after(round_ * interval_s + offset))
            verdicts.append((instance, verdict))
    assert (SECOND, "refused") in verdicts
    assert (FIRST, "refused") not in verdicts
