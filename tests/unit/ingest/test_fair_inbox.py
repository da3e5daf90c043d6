"""The inbox of ingest: the centres in turn, each in order, and nothing beyond a centre's limits."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fair_inbox import EDGE_WINDOW, MAX_CENTRE_BYTES, PAUSE_S, FairInbox
from smartwork.contracts.topics import MessageType
from smartwork.domain.network.quota import ALLOWANCES, Quota
from smartwork.transport.mqtt import Delivery


def message(centre: str, i: int = 0, size: int = 10, message_type: str = "readings") -> Delivery:
    return Delivery(
        f"sw/v1/{centre}/{message_type}/gateway", i.to_bytes(4).ljust(size), retained=False, qos=1, mid=i, connection=1
    )


def inbox(max_messages: int = 1_000) -> tuple[FairInbox, Callable[[float], None]]:
    """An inbox and a function that moves its clock."""
    at = [0.0]

    def move(seconds: float) -> None:
        at[0] += seconds

    return FairInbox(max_messages, lambda: at[0]), move


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 60_000)), max_size=200), st.integers(1, 50))
def test_every_message_is_taken_once_and_those_of_a_centre_in_order(sent: list[tuple[str, int]], most: int) -> None:
    box, _ = inbox()
    messages = [message(centre, i, size) for i, (centre, size) in enumerate(sent)]
    assert all(box.put(each) for each in messages)
    taken: list[Delivery] = []
    while found := box.take(most, 0.0, 500_000):
        assert len(found) <= most
        taken += found
    assert len(box) == 0
    assert sorted(taken, key=lambda d: d.mid) == messages
    for centre in "abc":
        own = [d for d in messages if d.topic.split("/")[2] == centre]
        assert [d for d in taken if d.topic.split("/")[2] == centre] == own


def test_a_message_behind_a_flood_of_another_centre_is_in_the_next_portion() -> None:
    box, _ = inbox()
    for i in range(400):
        box.put(message("greedy", i))
    box.put(message("honest"))
    assert "sw/v1/honest/readings/gateway" in {d.topic for d in box.take(64, 0.0)}


def test_the_window_of_an_honest_edge_is_always_kept() -> None:
    box, _ = inbox()
    for centre in range(4):
        assert all(box.put(message(f"c{centre}", i)) for i in range(200))


def test_a_centre_beyond_the_window_of_an_edge_is_cut_only_where_others_send_and_ingest_is_behind() -> None:
    box, move = inbox()
    assert all(box.put(message("alone", i)) for i in range(900))
    assert box.put(message("other"))
    assert not box.put(message("alone", 901))
    assert box.put(message("other", 2))
    assert box.over_quota() == {("alone", Quota.WAITING): 1}
    while box.take(500, 0.0):
        pass
    assert all(box.put(message("alone", i)) for i in range(EDGE_WINDOW))
    move(61)
    assert all(box.put(message("alone", i)) for i in range(500))


def test_what_waits_for_one_centre_is_bounded_in_bytes() -> None:
    box, _ = inbox()
    kept = sum(box.put(message("mons", i, 1_000_000)) for i in range(100))
    assert kept == MAX_CENTRE_BYTES // 1_000_000
    assert box.put(message("liege", 1, 1_000_000))


def test_a_centre_beyond_its_bytes_waits_and_gets_them_back_by_the_minute() -> None:
    box, move = inbox()
    allowance = ALLOWANCES[Quota.BYTES]
    kept = 0
    while box.put(message("mons", kept, 1_000_000)):
        box.take(1, 0.0)
        kept += 1
    assert kept == allowance.at_once // 1_000_000
    move(60)
    assert box.put(message("mons", 1, 1_000_000))


def test_a_paused_centre_is_dropped_for_its_types_only_and_for_a_time() -> None:
    box, move = inbox()
    waiting = [message("mons", 1), message("mons", 2, message_type="status"), message("liege", 3)]
    for each in waiting:
        box.put(each)
    assert box.pause("mons", [MessageType.READINGS]) == [waiting[0]]
    assert not box.put(message("mons", 4))
    assert box.put(message("mons", 5, message_type="alarms"))
    assert box.put(message("liege", 6))
    move(PAUSE_S)
    assert box.put(message("mons", 7))
    assert {d.mid for d in box.take(10, 0.0)} == {2, 3, 5, 6, 7}


@pytest.mark.parametrize("topic", ["", "a", "a/b/c", "sw/v1/" + "x" * 60_000 + "/readings/gateway", "$SYS/broker/uptime/x"])
def test_strange_topics_are_kept_like_others(topic: str) -> None:
    box, _ = inbox()
    assert box.put(Delivery(topic, b"x", retained=False, qos=1, mid=1, connection=1))
    assert len(box.take(5, 0.0)) == 1
