"""The forwarder: everything goes out in order, and again until it is confirmed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.forwarder import REPORT_EVERY_S, RESEND_AFTER_S, WINDOW, Forwarder
from edge.outbox import Outbox
from smartwork.contracts.messages import Batch, Confirmation, LedgerReport
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import Delivery
from tests.support.client import NotingClient
from tests.support.factory import EPOCH, NOON, ZONE, Clock


class Bench:
    """A forwarder between a real outbox and a client that notes."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.client = NotingClient()
        self.outbox = Outbox(Path(":memory:"), ZONE, lambda: EPOCH)
        self.forwarder = Forwarder(self.client, self.outbox, "mons", "gateway", self.clock)

    def measure(self, batches: int = 1) -> None:
        """Put so many batches of one reading into the outbox."""
        for _ in range(batches):
            self.outbox.append([Reading(round(NOON.timestamp() * 1000), "s-1", Metric.PRESENCE, 1.0)])

    def pushed(self) -> list[int]:
        """Push once; the first numbers of the batches that went out."""
        before = len(self.client.said)
        self.forwarder.publish_batches()
        sent = [payload for topic, payload, _ in self.client.said[before:] if topic == "sw/v1/mons/readings/gateway"]
        return [Batch.model_validate_json(payload).first for payload in sent]

    def reports(self) -> list[LedgerReport]:
        """The books said so far."""
        return [LedgerReport.model_validate_json(p) for topic, p, kept in self.client.said if "ledger" in topic and kept]

    def confirm(self, *firsts: int, epoch: str = EPOCH, topic: str = "sw/v1/mons/confirmed/gateway") -> None:
        """The server's word that the batches of one reading with these numbers are committed."""
        payload = Confirmation(epoch=epoch, runs=[(n, n) for n in firsts]).model_dump_json().encode()
        self.forwarder.handle_confirmations([Delivery(topic, payload, retained=False, qos=1, mid=1, connection=1)])


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.outbox.close()


def test_each_batch_goes_out_once_and_in_order(bench: Bench) -> None:
    bench.measure(3)
    assert bench.pushed() == [1, 2, 3]
    bench.measure()
    assert bench.pushed() == [4]
    assert bench.pushed() == []


def test_what_is_confirmed_is_forgotten_and_nothing_else(bench: Bench) -> None:
    bench.measure(3)
    bench.pushed()
    bench.confirm(1, 3)
    assert [s.first for s in bench.outbox.unconfirmed(0, 9)] == [2]


@pytest.mark.parametrize(
    ("epoch", "topic"),
    [("ffffffffffff", "sw/v1/mons/confirmed/gateway"), (EPOCH, "sw/v1/mons/policy"), (EPOCH, "nonsense")],
)
def test_the_word_for_another_outbox_or_on_another_topic_forgets_nothing(bench: Bench, epoch: str, topic: str) -> None:
    bench.measure()
    bench.pushed()
    bench.confirm(1, epoch=epoch, topic=topic)
    assert bench.outbox.unconfirmed_count() == 1


def test_after_silence_everything_that_waits_is_sent_again_byte_by_byte(bench: Bench) -> None:
    bench.measure(2)
    bench.pushed()
    bench.clock.move(RESEND_AFTER_S)
    assert bench.pushed() == []
    bench.clock.move(0.1)
    assert bench.pushed() == [1, 2]
    sent = [payload for topic, payload, _ in bench.client.said if "readings" in topic]
    assert sent[:2] == sent[2:]


def test_progress_puts_the_resend_off(bench: Bench) -> None:
    bench.measure(3)
    bench.pushed()
    for number in (1, 2):
        bench.clock.move(RESEND_AFTER_S - 1)
        bench.confirm(number)
        assert bench.pushed() == []


def test_a_batch_that_was_lost_is_sent_again_although_later_ones_are_confirmed(bench: Bench) -> None:
    bench.measure()
    assert bench.pushed() == [1]
    sent_again = False
    for number in range(2, 12):
        bench.measure()
        bench.clock.move(10)
        sent_again = sent_again or 1 in bench.pushed()
        bench.confirm(number)
    assert sent_again


def test_a_new_connection_begins_with_the_oldest_again(bench: Bench) -> None:
    bench.measure(2)
    bench.pushed()
    bench.client.is_connected = False
    assert bench.pushed() == []
    bench.measure()
    bench.client.is_connected = True
    assert bench.pushed() == [1, 2, 3]


def test_at_most_a_window_is_on_the_way(bench: Bench) -> None:
    bench.measure(WINDOW + 5)
    assert len(bench.pushed()) == WINDOW
    assert bench.pushed() == []
    bench.confirm(1, 2)
    assert bench.pushed() == [WINDOW + 1, WINDOW + 2]


def test_the_book_is_said_soon_after_a_change_and_now_and_then_without_one(bench: Bench) -> None:
    bench.pushed()
    bench.measure()
    bench.pushed()
    bench.clock.move(1)
    bench.pushed()
    assert [(r.last, [d.in_outbox for d in r.days]) for r in bench.reports()] == [(0, []), (1, [1])]
    bench.confirm(1)
    bench.clock.move(1)
    bench.pushed()
    assert bench.reports()[-1].days[0].in_outbox == 0
    said = len(bench.reports())
    bench.clock.move(REPORT_EVERY_S - 1)
    bench.pushed()
    assert len(bench.reports()) == said
    bench.clock.move(1)
    bench.pushed()
    assert len(bench.reports()) == said + 1
