"""Messages that a broker delivers again: their readings count once, and no other message is taken for one of them."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.outbox import Outbox
from edge.recorded_messages import RecordedMessages
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import RECEIVE_MAXIMUM, Delivery

READING = Reading(1_760_000_000_000, "s-1", Metric.PRESENCE, 1.0, by_arrival=True)


def message(mid: int, text: str = "on", *, again: bool = False, session: int = 0, qos: int = 1) -> Delivery:
    return Delivery("z/desk", text.encode(), retained=False, qos=qos, mid=mid, connection=1, duplicate=again, session=session)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels")


def reopened(outbox: Outbox, tmp_path: Path) -> Outbox:
    outbox.close()
    return Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels")


def test_a_message_that_comes_again_after_a_restart_is_known(outbox: Outbox, tmp_path: Path) -> None:
    outbox.append([READING], messages=[message(7)])
    again = reopened(outbox, tmp_path)
    assert again.recorded.has(message(7, again=True))
    assert not again.recorded.has(message(7, "off", again=True))
    assert not again.recorded.has(message(8, again=True))


def test_a_new_message_with_the_packet_identifier_of_an_earlier_one_counts(outbox: Outbox) -> None:
    outbox.append([READING], messages=[message(7)])
    assert not outbox.recorded.has(message(7))
    assert not outbox.recorded.has(message(7, again=True)), "what comes again is the new message, which was not recorded"


def test_in_a_new_session_no_earlier_message_comes_again(outbox: Outbox, tmp_path: Path) -> None:
    outbox.append([READING], messages=[message(7), message(8)])
    assert not outbox.recorded.has(message(7, again=True, session=1))
    outbox.append([READING], messages=[message(9, session=1)])
    again = reopened(outbox, tmp_path)
    assert not again.recorded.has(message(8, again=True))
    assert again.recorded.has(message(9, again=True))


def test_messages_are_recorded_only_with_their_readings(outbox: Outbox, tmp_path: Path) -> None:
    wrong = Reading(-1, "s-1", Metric.PRESENCE, 1.0)
    with pytest.raises(ValueError, match="day"):
        outbox.append([wrong], messages=[message(7)])
    assert not outbox.recorded.has(message(7, again=True))
    assert not reopened(outbox, tmp_path).recorded.has(message(7, again=True))


def test_only_what_can_come_again_is_kept(outbox: Outbox, tmp_path: Path) -> None:
    for start in range(1, 3 * RECEIVE_MAXIMUM, 500):
        outbox.append([READING], messages=[message(start + n) for n in range(500)])
    again = reopened(outbox, tmp_path)
    with sqlite3.connect(tmp_path / "outbox.sqlite") as db:
        assert db.execute("SELECT count(*) FROM recorded_message").fetchone() == (RECEIVE_MAXIMUM,)
    assert again.recorded.has(message(3 * RECEIVE_MAXIMUM, again=True))
    assert not again.recorded.has(message(1, again=True))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(("new", "acknowledged", "restart", "again")), max_size=40), st.lists(st.booleans(), min_size=40)
)
def test_whatever_is_delivered_again_each_message_counts_once(steps: list[str], recorded_of: list[bool]) -> None:
    """A broker with a window of unacknowledged messages, and a receiver that stops between recording and acknowledging."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    messages = RecordedMessages(db)
    window: list[Delivery] = []
    counted: list[Delivery] = []
    received = 0
    for number, step in enumerate(steps):
        if step == "new":
            received += 1
            delivery = message(received)  # a broker uses an identifier again after 65,535 messages
            window.append(delivery)
            if not messages.has(delivery) and recorded_of[number]:
                messages.write([delivery])
                messages.committed([delivery])
                counted.append(delivery)
        elif step == "acknowledged" and window and any(each is window[0] for each in counted):
            window.pop(0)
        elif step == "restart":
            messages = RecordedMessages(db)
        elif step == "again":
            for index, each in enumerate(window):
                delivery = each._replace(duplicate=True)
                is_counted = any(other is each for other in counted)
                assert messages.has(delivery) == is_counted
                if not is_counted:
                    messages.write([delivery])
                    messages.committed([delivery])
                    window[index] = delivery
                    counted.append(delivery)
