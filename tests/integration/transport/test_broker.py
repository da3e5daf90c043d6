"""The network broker of docker-compose.yml: who may publish and receive what, and who may take whose place."""

import itertools
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from edge.gateway import Gateway
from ingest.service import CLIENT_ID, subscriptions
from smartwork.clock import now
from smartwork.contracts import access_list
from smartwork.contracts.access_list import RESERVED_USERS, edge_topic
from smartwork.contracts.asyncapi import EXAMPLES
from smartwork.contracts.exchanges import EXCHANGES
from smartwork.contracts.handshake import Answer, Hello
from smartwork.contracts.topics import MessageType, Topic, all_centres_filter
from smartwork.errors import PublicationRefused, ServiceUnavailable
from smartwork.settings import EdgeSettings
from smartwork.transport.mqtt import MqttClient
from tests.support.production_broker import ProductionBroker, production_broker
from tests.support.threads import running

pytestmark = pytest.mark.services
CENTRES = ("mons", "la-louviere")
USERS = ("ingest", "operator", *CENTRES)
READINGS = str(Topic("mons", MessageType.READINGS, "gateway"))
CONFIRMED = str(Topic("mons", MessageType.CONFIRMED, "gateway"))
THIEVES = 40


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductionBroker]:
    thieves = [f"thief-{i}" for i in range(THIEVES)]
    with production_broker(tmp_path_factory.mktemp("broker"), [*USERS, *thieves]) as running:
        yield running


def topic_of(message_type: MessageType, centre: str) -> str:
    return edge_topic(message_type, centre).replace("+", "lamp-1")


def may(user: str, message_type: MessageType, centre: str, side: str) -> bool:
    """Whether the table of exchanges lets the user publish (`sender`) or receive (`receiver`) this message of the centre."""
    actor = getattr(EXCHANGES[message_type], side)
    return actor == user or (actor == "edge" and user == centre)


def received_topics(client: MqttClient, timeout_s: float = 3) -> list[str]:
    return [delivery.topic for delivery in client.receive(100, timeout_s)]


def test_the_committed_access_list_is_the_generated_one() -> None:
    assert access_list.PATH.read_text() == access_list.text(), "run: python -m smartwork.contracts.access_list"


@pytest.mark.parametrize("user", USERS)
def test_a_user_publishes_exactly_what_the_table_of_exchanges_says(broker: ProductionBroker, user: str) -> None:
    accepted, refusals = set(), []
    with broker.client(user) as client:
        client.wait_connected(5)
        for message_type, centre in itertools.product(MessageType, CENTRES):
            try:
                client.deliver(topic_of(message_type, centre), b"{}")
            except PublicationRefused as refused:
                refusals.append((str(refused), topic_of(message_type, centre)))
            else:
                accepted.add((message_type, centre))
    expected = {(t, c) for t, c in itertools.product(MessageType, CENTRES) if may(user, t, c, "sender")}
    assert accepted == expected
    assert all(f"{user} publishes on {topic}: Not authorized" in text for text, topic in refusals)
    assert client.refused == len(refusals) == len(MessageType) * len(CENTRES) - len(expected)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("user", USERS)
def test_a_user_receives_exactly_what_the_table_of_exchanges_says(broker: ProductionBroker, user: str, shared: bool) -> None:
    """With plain subscriptions to everything, and as the only member of shared ones."""
    filters = ["sw/#", "#", "+/+/+/#"] if not shared else ["$share/a/sw/#", "$share/b/#"]
    sent = {(t, c): EXCHANGES[t].sender for t, c in itertools.product(MessageType, CENTRES)}
    found: set[str] = set()
    with broker.client(user, filters) as client:
        client.wait_connected(5)
        for publisher in [other for other in USERS if other != user]:
            with broker.client(publisher) as other:
                other.wait_connected(5)
                for (message_type, centre), sender in sent.items():
                    if publisher == (centre if sender == "edge" else sender):
                        other.deliver(topic_of(message_type, centre), b"{}")
        while topics := received_topics(client, 1):
            found |= set(topics)
    own_sender = {user} | ({"edge"} if user in CENTRES else set())
    expected = {
        topic_of(t, c)
        for (t, c), sender in sent.items()
        if may(user, t, c, "receiver") and not (sender in own_sender and (sender != "edge" or c == user))
    }
    assert {t for t in found if t.startswith("sw/")} == expected
    assert not {t for t in found if not t.startswith("sw/")}


def test_a_last_will_reaches_somebody_only_where_its_author_may_publish(broker: ProductionBroker) -> None:
    """The edge of mons dies once for each topic of each centre; every receiver watches."""
    wills = {topic_of(t, c): may("mons", t, c, "sender") for t, c in itertools.product(MessageType, CENTRES)}
    payload = str(time.monotonic()).encode()
    watchers = ("ingest", "operator", "la-louviere")
    with ExitStack() as opened:
        clients = [opened.enter_context(broker.client(user, ["sw/#"])) for user in watchers]
        for client in clients:
            client.wait_connected(5)
        for topic in wills:
            with socket.create_connection(("127.0.0.1", broker.port)) as dying:
                dying.sendall(connect_packet("mons", topic, payload))
                assert dying.recv(100)[:1] == b"\x20"  # closed without a DISCONNECT: the broker publishes the will
        found: set[str] = set()
        for client in clients:
            while more := client.receive(100, 1):
                found |= {delivery.topic for delivery in more if delivery.payload == payload}
    assert found == {topic for topic, allowed in wills.items() if allowed}


def connect_packet(user: str, topic: str, payload: bytes) -> bytes:
    """An MQTT 5 CONNECT with a last will of QoS 1."""

    def text(value: bytes) -> bytes:
        return len(value).to_bytes(2) + value

    flags = 0b1100_1110  # user, password, will with QoS 1, clean start
    body = text(b"MQTT") + bytes([5, flags, 0, 60, 0]) + text(b"dying") + b"\0" + text(topic.encode()) + text(payload)
    body += text(user.encode()) + text(f"{user}-secret".encode())
    assert len(body) < 16_384
    return bytes([0x10, len(body) & 0x7F | 0x80, len(body) >> 7]) + body


@pytest.mark.parametrize("user", USERS)
def test_no_topic_outside_the_grammar_can_be_published_or_retained(broker: ProductionBroker, user: str) -> None:
    """A centre has one retained topic for each type of message, whatever names it invents: that bounds the memory."""
    strange = [
        "sw/v1/mons/readings/other",
        "sw/v1/mons/status/gateway/x",
        "sw/v2/mons/readings/gateway",
    ]
    with broker.client(user) as client:
        client.wait_connected(5)
        for topic in (*strange, "homeassistant/status", "zigbee2mqtt/mons/desk-01", "a"):
            with pytest.raises(PublicationRefused):
                client.deliver(topic, b"x", retain=True)


def test_forty_members_of_a_shared_subscription_take_nothing_from_ingest(broker: ProductionBroker) -> None:
    with ExitStack() as opened:
        for i in range(THIEVES):
            filters = [f"$share/{group}/{topic}" for group in ("ingest", "other") for topic in subscriptions()]
            opened.enter_context(broker.client(f"thief-{i}", filters)).wait_connected(5)
        ingest = opened.enter_context(broker.client("ingest", subscriptions()))
        ingest.wait_connected(5)
        edge = opened.enter_context(broker.client("mons"))
        edge.wait_connected(5)
        for i in range(100):
            edge.publish(READINGS, str(i).encode())
        found: list[bytes] = []
        while more := [d for d in ingest.receive(100, 2) if d.topic == READINGS and not d.retained]:
            found += [delivery.payload for delivery in more]
    assert found == [str(i).encode() for i in range(100)]


@pytest.mark.parametrize("claimed", [CLIENT_ID, "ingest-1", "la-louviere", "edge-la-louviere", "operator", ""])
@pytest.mark.parametrize("victim", ["ingest", "la-louviere"])
def test_nobody_takes_the_place_of_another_client_by_its_id(broker: ProductionBroker, victim: str, claimed: str) -> None:
    problems: list[str] = []
    name = CLIENT_ID if victim == "ingest" else "edge-la-louviere"
    topics = subscriptions() if victim == "ingest" else [str(Topic(victim, MessageType.POLICY))]
    with MqttClient(broker.url(victim), name, subscriptions=topics, session_s=60, report=problems.append) as client:
        client.wait_connected(5)
        for session_s in (0, 60):
            with MqttClient(broker.url("mons"), claimed, subscriptions=topics, session_s=session_s) as attacker:
                attacker.wait_connected(5)
                assert attacker.receive(10, 0.1) == []
        time.sleep(0.2)
        assert client.connected
    assert problems == []


def accept(ingest: MqttClient, hello: Hello) -> None:
    """Answer a hello as a server does that knows no other gateway and no number."""
    answer = Answer(
        instance=hello.instance,
        epoch=hello.epoch,
        gateway="accepted",
        known=0,
        sent_ms=hello.sent_ms,
        server_ms=hello.sent_ms,
    )
    ingest.publish(str(Topic("mons", MessageType.ANSWER, "gateway")), answer.model_dump_json().encode())


def test_the_chain_of_a_centre_works_under_the_access_lists(broker: ProductionBroker, tmp_path: Path) -> None:
    """The real gateway, with its centre's broker: policy in; readings, alarms, discovered devices and commands through."""
    with (
        production_broker(tmp_path / "centre", ["edge", "devices", "homeassistant"], role="centre") as centre,
        broker.client("ingest", [all_centres_filter(t) for t in MessageType if EXCHANGES[t].receiver == "ingest"]) as ingest,
        broker.client("operator") as operator,
        centre.client("devices", ["shellydimmer-a8032ab12345/rpc"]) as devices,
    ):
        for client in (ingest, operator, devices):
            client.wait_connected(5)
        settings = EdgeSettings(
            centre="mons",
            broker_url=broker.url("mons"),
            centre_broker_url=centre.url("edge"),
            outbox=str(tmp_path / "outbox.sqlite"),
        )
        with running(lambda stop: Gateway(settings, now).run(stop)):
            operator.deliver(
                str(Topic("mons", MessageType.POLICY)), EXAMPLES[MessageType.POLICY].model_dump_json().encode(), retain=True
            )
            seen = dict.fromkeys(("readings", "status", "ledger", "seen"), False)
            commanded = False
            deadline = time.monotonic() + 30
            while not (all(seen.values()) and commanded) and time.monotonic() < deadline:
                devices.publish("zigbee2mqtt/mons/desk 01", json.dumps({"occupancy": True}).encode())
                devices.publish("tele/plug-7/SENSOR", b'{"ENERGY":{"Power":35}}')
                operator.publish("sw/v1/mons/command/open-1-light", b'{"level":0.4,"until_ms":4102444800000}')
                for delivery in ingest.receive(100, 0.3):
                    seen[delivery.topic.split("/")[3]] = True
                    if f"/{MessageType.HELLO}/" in delivery.topic:
                        accept(ingest, Hello.model_validate_json(delivery.payload))
                commanded = commanded or any(d.topic.endswith("/rpc") for d in devices.receive(10, 0.1))
            assert all(seen.values()), (seen, broker.log_text[-1_000:])
            assert commanded
    assert "Session taken over" not in broker.log_text


@pytest.mark.parametrize("user", ["mons", "nobody"])
def test_a_wrong_name_or_password_is_refused(broker: ProductionBroker, user: str) -> None:
    with broker.client(user, [], "wrong") as client, pytest.raises(ServiceUnavailable):
        client.wait_connected(1.5)


def test_nobody_gets_in_without_a_password(broker: ProductionBroker) -> None:
    with MqttClient(f"mqtt://127.0.0.1:{broker.port}", "anonymous") as client, pytest.raises(ServiceUnavailable):
        client.wait_connected(1.5)


def test_no_password_lies_in_the_clear_and_none_is_left_in_the_server(broker: ProductionBroker) -> None:
    passwords = (broker.folder / "run" / "passwords").read_text()
    assert len(passwords.splitlines()) == len(USERS) + THIEVES + 1
    assert "secret" not in passwords
    assert (broker.folder / "run" / "passwords").stat().st_mode & 0o077 == 0
    assert "la-louviere:$7$" in passwords
    assert b"secret" not in Path(f"/proc/{broker.process.pid}/environ").read_bytes()


def test_the_users_of_services_are_reserved() -> None:
    assert {"ingest", "operator", "health"} == RESERVED_USERS
