"""The forwarder: batches are published in order, and again until they are confirmed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.forwarder import REPORT_EVERY_S, RESEND_AFTER_S, Forwarder
from edge.handshake import WINDOW
from edge.outbox import Outbox
from smartwork.contracts.messages import Batch, Confirmation, LedgerReport
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import Delivery
from tests.support.client import RecordingClient
from tests.support.factory import EPOCH, NOON, ZONE, Clock


class Rig:
    """A forwarder between a real outbox and a client without a broker."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.client = RecordingClient()
        self.outbox = Outbox(Path(":memory:"), ZONE, lambda: EPOCH)
        self.forwarder = Forwarder(self.client, self.outbox, ("mons", "gateway"), self.clock, self._seconds)

    def _seconds(self) -> float:
        return self.clock.at.timestamp()

    def append(self, batches: int = 1) -> None:
        """Append so many batches of one reading each."""
        for _ in range(batches):
            self.outbox.append([Reading(round(NOON.timestamp() * 1000), "s-1", Metric.PRESENCE, 1.0)])

    def published(self) -> list[int]:
        """Publish once; returns the first numbers of the published batches."""
        before = len(self.client.published)
        self.forwarder.publish_batches()
        sent = [payload for topic, payload, _ in self.client.published[before:] if topic == "sw/v1/mons/readings/gateway"]
        return [Batch.model_validate_json(payload).first for payload in sent]

    def reports(self) -> list[LedgerReport]:
        """The ledger reports published so far."""
        return [LedgerReport.model_validate_json(p) for topic, p, kept in self.client.published if "ledger" in topic and kept]

    def confirm(self, *firsts: int, epoch: str = EPOCH, topic: str = "sw/v1/mons/confirmed/gateway") -> None:
        """Receive the server's confirmation of the batches of one reading with these numbers."""
        payload = Confirmation(epoch=epoch, runs=[(n, n) for n in firsts]).model_dump_json().encode()
        self.forwarder.handle_confirmations([Delivery(topic, payload, retained=False, qos=1, mid=1, connection=1)])


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.outbox.close()


def test_each_batch_is_published_once_and_in_order(rig: Rig) -> None:
    rig.append(3)
    assert rig.published() == [1, 2, 3]
    rig.append()
    assert rig.published() == [4]
    assert rig.published() == []


def test_only_confirmed_batches_are_deleted(rig: Rig) -> None:
    rig.append(3)
    rig.published()
    rig.confirm(1, 3)
    assert [s.first for s in rig.outbox.unconfirmed(0, 9)] == [2]


@pytest.mark.parametrize(
    ("epoch", "topic"),
    [("ffffffffffff", "sw/v1/mons/confirmed/gateway"), (EPOCH, "sw/v1/mons/policy"), (EPOCH, "nonsense")],
)
def test_a_confirmation_for_another_outbox_or_on_another_topic_deletes_nothing(rig: Rig, epoch: str, topic: str) -> None:
    rig.append()
    rig.published()
    rig.confirm(1, epoch=epoch, topic=topic)
    assert rig.outbox.unconfirmed_count() == 1


def test_without_confirmations_all_batches_are_published_again_with_the_same_bytes(rig: Rig) -> None:
    rig.append(2)
    rig.published()
    rig.clock.move(RESEND_AFTER_S)
    assert rig.published() == []
    rig.clock.move(0.1)
    assert rig.published() == [1, 2]
    sent = [payload for topic, payload, _ in rig.client.published if "readings" in topic]
    assert sent[:2] == sent[2:]


def test_confirmations_delay_the_resend(rig: Rig) -> None:
    rig.append(3)
    rig.published()
    for number in (1, 2):
        rig.clock.move(RESEND_AFTER_S - 1)
        rig.confirm(number)
        assert rig.published() == []


def test_a_lost_batch_is_published_again_although_later_ones_are_confirmed(rig: Rig) -> None:
    rig.append()
    assert rig.published() == [1]
    published_again = False
    for number in range(2, 12):
        rig.append()
        rig.clock.move(10)
        published_again = published_again or 1 in rig.published()
        rig.confirm(number)
    assert published_again


def test_a_new_connection_starts_with_the_oldest_batch(rig: Rig) -> None:
    rig.append(2)
    rig.published()
    rig.client.is_connected = False
    assert rig.published() == []
    rig.append()
    rig.client.is_connected = True
    assert rig.published() == [1, 2, 3]


def test_at_most_a_window_of_batches_is_in_flight(rig: Rig) -> None:
    rig.append(WINDOW + 5)
    assert len(rig.published()) == WINDOW
    assert rig.published() == []
    rig.confirm(1, 2)
    assert rig.published() == [WINDOW + 1, WINDOW + 2]


def test_the_ledger_is_published_soon_after_a_change_and_regularly_without_one(rig: Rig) -> None:
    rig.published()
    rig.append()
    rig.published()
    rig.clock.move(1)
    rig.published()
    assert [(r.last, [d.in_outbox for d in r.days]) for r in rig.reports()] == [(0, []), (1, [1])]
    rig.confirm(1)
    rig.clock.move(1)
    rig.published()
    assert rig.reports()[-1].days[0].in_outbox == 0
    published = len(rig.reports())
    rig.clock.move(REPORT_EVERY_S - 1)
    rig.published()
    assert len(rig.reports()) == published
    rig.clock.move(1)
    rig.published()
    assert len(rig.reports()) == published + 1
