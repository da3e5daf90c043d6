"""The handshake: no batch is published before the server has answered, unless the server is of an earlier version."""

from pathlib import Path

import pytest

from edge.forwarder import Forwarder
from edge.handshake import LOST_S, PROBE, UNANSWERED_S, WINDOW, Handshake
from edge.outbox import Outbox
from edge.sealed_batch import digest_of
from smartwork.contracts.handshake import Answer, Hello
from smartwork.contracts.messages import Batch, Confirmation, RefusedRun, WireModel
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import Delivery
from tests.support.client import RecordingClient
from tests.support.factory import NOON, ZONE, Clock

START = round(NOON.timestamp() * 1000)


class Rig:
    """A gateway's forwarder and handshake over a real outbox file, and a client without a broker."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.seconds = 0.0
        self.client = RecordingClient()
        self.outbox = Outbox(path, ZONE)
        topic = ("mons", "gateway")
        self.handshake = Handshake(self.client, self.outbox, topic, self.clock, lambda: self.seconds)
        self.forwarder = Forwarder(
            self.client, self.outbox, topic, self.clock, lambda: self.seconds, handshake=self.handshake
        )

    def is_absent(self) -> bool:
        return self.handshake.should_be_absent

    def is_open(self) -> bool:
        return self.forwarder.is_open

    def append(self, count: int = 1) -> None:
        for _ in range(count):
            self.outbox.append([Reading(START, "s-1", Metric.PRESENCE, 1.0)], unsealed=not self.forwarder.is_open)

    def hello(self) -> Hello:
        return [Hello.model_validate_json(payload) for topic, payload, _ in self.client.published if "hello" in topic][-1]

    def published(self) -> list[Batch]:
        """The batches that one round publishes."""
        before = len(self.client.published)
        self.forwarder.publish_batches()
        sent = self.client.published[before:]
        return [Batch.model_validate_json(payload) for topic, payload, _ in sent if "readings" in topic]

    def receive(self, message: WireModel) -> None:
        name = "answer" if isinstance(message, Answer) else "confirmed"
        payload = message.model_dump_json(exclude_none=True).encode()
        delivery = Delivery(f"sw/v1/mons/{name}/gateway", payload, retained=False, qos=1, mid=1, connection=1)
        self.handshake.handle_answers([delivery])
        self.forwarder.handle_confirmations([delivery])

    def answer(self, gateway: str = "accepted", known: int = 0, ahead_ms: int = 0, instance: str | None = None) -> None:
        hello = self.hello()
        answer = Answer.model_validate(
            {
                "instance": instance or hello.instance,
                "epoch": hello.epoch,
                "gateway": gateway,
                "known": known,
                "sent_ms": hello.sent_ms,
                "server_ms": hello.sent_ms - ahead_ms,
            }
        )
        self.receive(answer)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path / "outbox.sqlite")


def test_nothing_is_published_before_the_server_has_accepted_the_gateway(rig: Rig) -> None:
    rig.append(3)
    assert rig.published() == []
    assert not any("ledger" in topic for topic, _, _ in rig.client.published)
    rig.answer(instance="ffffffffffff")
    assert rig.published() == []
    rig.answer("wait")
    assert rig.published() == []
    rig.answer()
    assert [(batch.first, batch.last) for batch in rig.published()] == [(1, 3)]
    assert any("ledger" in topic for topic, _, _ in rig.client.published)


def test_a_server_that_knows_a_higher_number_makes_the_outbox_open_a_new_epoch(rig: Rig) -> None:
    epoch = rig.outbox.epoch
    rig.append(4)
    rig.published()
    rig.answer(known=100)
    rig.published()
    assert rig.outbox.epoch != epoch
    assert (rig.hello().epoch, [left.epoch for left in rig.hello().former]) == (rig.outbox.epoch, [epoch])
    rig.answer()
    assert [(batch.epoch, batch.first) for batch in rig.published()] == [(rig.outbox.epoch, 1)]


def test_a_server_of_an_earlier_version_gets_one_batch_as_a_probe_and_then_all(rig: Rig) -> None:
    rig.append(500)
    assert rig.published() == []
    rig.seconds += UNANSWERED_S
    [probe] = rig.published()
    assert PROBE == 1
    assert rig.published() == []
    rig.receive(Confirmation(epoch=probe.epoch, runs=[(probe.first, probe.last)]))
    assert rig.handshake.window() == WINDOW
    assert [batch.first for batch in rig.published()] == [probe.last + 1]


def test_a_confirmation_without_the_digest_is_not_believed_once_the_server_answers(rig: Rig) -> None:
    rig.published()
    rig.answer()
    rig.append(2)
    first, second = rig.published()
    rig.receive(Confirmation(epoch=first.epoch, runs=[(first.first, first.last)]))
    rig.receive(Confirmation(epoch=first.epoch, runs=[(first.first, first.last)], digests=["0" * 16]))
    assert rig.outbox.unconfirmed_count() == 2
    digest = digest_of(rig.outbox.unconfirmed(0, 1)[0].payload)
    rig.receive(Confirmation(epoch=first.epoch, runs=[(first.first, first.last)], digests=[digest]))
    assert [batch.first for batch in rig.outbox.unconfirmed(0, 9)] == [second.first]


def test_a_refused_batch_comes_again_in_a_new_epoch_and_its_gateway_under_a_new_name(rig: Rig) -> None:
    rig.published()
    rig.answer()
    rig.append(2)
    first, second = rig.published()
    instance = rig.hello().instance
    digest = digest_of(rig.outbox.unconfirmed(0, 1)[0].payload)
    rig.receive(Confirmation(epoch=first.epoch, runs=[], refused=[RefusedRun(first=1, last=1, digest=digest)]))
    assert rig.hello().instance != instance
    rig.answer()
    rig.seconds += 31
    again = {(batch.epoch, batch.first): batch.at_ms for batch in rig.published()}
    assert again == {(second.epoch, second.first): second.at_ms, (rig.outbox.epoch, 1): first.at_ms}


def test_a_refused_gateway_leaves_the_broker_for_a_while(rig: Rig) -> None:
    rig.append()
    rig.published()
    rig.answer("refused")
    assert rig.is_absent()
    assert rig.published() == []
    rig.seconds += 100
    assert not rig.is_absent()


def test_a_new_connection_and_a_server_that_falls_silent_are_asked_again(rig: Rig) -> None:
    rig.published()
    rig.answer()
    assert rig.is_open()
    rig.client.is_connected = False
    rig.published()
    rig.client.is_connected = True
    rig.published()
    assert not rig.is_open()
    rig.answer()
    rig.seconds += LOST_S + 1
    rig.published()
    assert not rig.is_open()


def test_the_gateway_tells_the_server_how_far_its_clock_is_ahead(rig: Rig) -> None:
    rig.published()
    assert rig.hello().ahead_ms is None
    rig.answer(ahead_ms=86_400_000)
    rig.seconds += 60
    rig.published()
    assert rig.hello().ahead_ms == 86_400_000


@pytest.mark.parametrize("step_s", [-86_400, 86_400])
def test_a_clock_that_is_set_changes_no_wait(rig: Rig, step_s: int) -> None:
    rig.published()
    rig.answer()
    rig.append()
    assert len(rig.published()) == 1
    rig.clock.move(step_s)
    assert rig.published() == []
    reports = len([topic for topic, _, _ in rig.client.published if "ledger" in topic])
    rig.seconds += 31
    rig.handshake.say_hello()
    rig.answer()
    assert len(rig.published()) == 1
    assert len([topic for topic, _, _ in rig.client.published if "ledger" in topic]) > reports


def test_an_edge_that_said_no_hello_gets_the_confirmation_of_the_earlier_version() -> None:
    """Edges of that version refuse a message with fields that they do not know."""
    confirmation = Confirmation(epoch="0123456789ab", runs=[(1, 3)])
    assert confirmation.model_dump_json(exclude_none=True) == '{"v":1,"epoch":"0123456789ab","runs":[[1,3]]}'
