"""The production broker with its real start script and access list, in other folders and on another port."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.service import subscriptions
from smartwork.contracts.topics import MessageType, Topic
from smartwork.devstack import packages
from smartwork.devstack.errors import plain_environment
from smartwork.errors import ServiceUnavailable
from smartwork.transport.mqtt import MqttClient
from tests.support.project import ROOT

pytestmark = pytest.mark.services
READINGS = str(Topic("mons", MessageType.READINGS, "gateway"))
CONFIRMED = str(Topic("mons", MessageType.CONFIRMED, "gateway"))
POLICY = str(Topic("mons", MessageType.POLICY))


@dataclass(frozen=True)
class Broker:
    port: int
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def client(self, user: str, subscriptions: list[str], password: str | None = None) -> MqttClient:
        address = f"mqtt://{user}:{password or f'{user}-secret'}@127.0.0.1:{self.port}"
        return MqttClient(address, f"test-{user}", subscriptions=subscriptions)

    def healthy(self) -> bool:
        script = self.folder / "broker" / "healthy.sh"
        return subprocess.run(["sh", script], env=self.environment, check=False, timeout=10).returncode == 0


def relocated(folder: Path, port: int) -> None:
    """A copy of broker/ whose absolute folders lie in `folder`."""
    for name in ("broker", "run", "data"):
        (folder / name).mkdir()
    for source in (ROOT / "broker").iterdir():
        text = source.read_text()
        for old, new in (
            ("/smartwork/broker", folder / "broker"),
            ("/run/smartwork", folder / "run"),
            ("/mosquitto/data", folder / "data"),
            ("listener 1883", f"listener {port} 127.0.0.1\n{'user root' if os.geteuid() == 0 else ''}"),
            ("-p 1883", f"-p {port}"),
        ):
            text = text.replace(old, str(new))
        (folder / "broker" / source.name).write_text(text)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    tree = packages.install(packages.SERVICES, os.environ, lambda *_: None)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("broker")
    relocated(folder, port)
    environment = {
        **plain_environment(),
        "PATH": f"{tree}/usr/bin:{tree}/usr/sbin:{os.environ['PATH']}",
        "BROKER_PASSWORD_ingest": "ingest-secret",
        "BROKER_PASSWORD_operator": "operator-secret",
        "BROKER_PASSWORD_devices": "devices-secret",
        "BROKER_PASSWORD_mons": "mons-secret",
        "BROKER_PASSWORD_la_louviere": "la-louviere-secret",
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["sh", folder / "broker" / "start.sh"], env=environment, stdout=log, stderr=log)
    found = Broker(port, folder, environment, process)
    try:
        deadline = time.monotonic() + 10
        while not found.healthy():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.wait(10)


def received_topics(client: MqttClient) -> list[str]:
    return [delivery.topic for delivery in client.receive(10, timeout_s=3)]


def topics_of(client: MqttClient, many: int) -> list[str]:
    """The topics of the next `many` messages, or of those that arrive before the time limit."""
    found: list[str] = []
    while len(found) < many and (more := received_topics(client)):
        found += more
    return found


def test_readings_reach_ingest_and_its_confirmation_the_edge(broker: Broker) -> None:
    with broker.client("mons", [CONFIRMED, POLICY]) as edge, broker.client("ingest", subscriptions()) as ingest:
        edge.wait_connected(5)
        ingest.wait_connected(5)
        edge.publish(READINGS, b"{}").wait_for_publish(5)
        assert received_topics(ingest) == [READINGS]
        ingest.publish(CONFIRMED, b"{}").wait_for_publish(5)
        assert received_topics(edge) == [CONFIRMED]


def test_a_policy_comes_from_the_operator_only(broker: Broker) -> None:
    with broker.client("la-louviere", [str(Topic("la-louviere", MessageType.POLICY))]) as edge:
        edge.wait_connected(5)
        with broker.client("operator", []) as operator, broker.client("mons", []) as other:
            for client in (operator, other):
                client.wait_connected(5)
            other.publish(str(Topic("la-louviere", MessageType.POLICY)), b"false").wait_for_publish(5)
            operator.publish(str(Topic("la-louviere", MessageType.POLICY)), b"true").wait_for_publish(5)
        assert [d.payload for d in edge.receive(10, timeout_s=3)] == [b"true"]


def test_an_edge_cannot_publish_for_another_centre(broker: Broker) -> None:
    with broker.client("ingest", subscriptions()) as ingest, broker.client("la-louviere", []) as edge:
        ingest.wait_connected(5)
        edge.wait_connected(5)
        edge.publish(READINGS, b"{}").wait_for_publish(5)
        edge.publish(str(Topic("la-louviere", MessageType.READINGS, "gateway")), b"{}").wait_for_publish(5)
        assert received_topics(ingest) == ["sw/v1/la-louviere/readings/gateway"]


def test_an_edge_hears_the_devices_of_its_own_centre_only(broker: Broker) -> None:
    with broker.client("mons", ["zigbee2mqtt/mons/desk-01", "zigbee2mqtt/liege/desk-01"]) as edge:
        with broker.client("devices", []) as devices:
            devices.wait_connected(5)
            deadline = time.monotonic() + 5
            while not (found := edge.receive(10, timeout_s=0.2)) and time.monotonic() < deadline:
                devices.publish("zigbee2mqtt/liege/desk-01", b"{}")
                devices.publish("zigbee2mqtt/mons/desk-01", b"{}").wait_for_publish(5)
        assert {delivery.topic for delivery in found} == {"zigbee2mqtt/mons/desk-01"}


def test_a_centre_appears_in_its_home_assistant_and_is_commanded_from_there(broker: Broker) -> None:
    config, state = "homeassistant/device/smartwork_mons_gateway/config", "smartwork/mons/light/l-1/state"
    wish, birth = "smartwork/mons/light/l-1/set", "homeassistant/status"
    with (
        broker.client("mons", [wish, birth]) as edge,
        broker.client("devices", [config, state, "zigbee2mqtt/mons/l-1/set"]) as home,
    ):
        edge.wait_connected(5)
        home.wait_connected(5)
        for topic in (config, state, "zigbee2mqtt/mons/l-1/set"):
            edge.publish(topic, b"{}").wait_for_publish(5)
        assert topics_of(home, 3) == [config, state, "zigbee2mqtt/mons/l-1/set"]
        home.publish(birth, b"online").wait_for_publish(5)
        home.publish(wish, b"{}").wait_for_publish(5)
        assert topics_of(edge, 2) == [birth, wish]


def test_another_centre_cannot_publish_for_it_in_home_assistant(broker: Broker) -> None:
    with broker.client("devices", ["smartwork/#", "homeassistant/device/+/config"]) as home:
        home.wait_connected(5)
        with broker.client("la-louviere", []) as other:
            other.wait_connected(5)
            other.publish("homeassistant/device/smartwork_mons_gateway/config", b"").wait_for_publish(5)
            other.publish("smartwork/mons/gateway/availability", b"offline").wait_for_publish(5)
            other.publish("smartwork/la-louviere/gateway/availability", b"online").wait_for_publish(5)
        assert received_topics(home) == ["smartwork/la-louviere/gateway/availability"]


@pytest.mark.parametrize("user", ["mons", "nobody"])
def test_a_wrong_name_or_password_is_refused(broker: Broker, user: str) -> None:
    with broker.client(user, [], "wrong") as client, pytest.raises(ServiceUnavailable):
        client.wait_connected(1.5)


def test_nobody_gets_in_without_a_password(broker: Broker) -> None:
    with MqttClient(f"mqtt://127.0.0.1:{broker.port}", "anonymous") as client, pytest.raises(ServiceUnavailable):
        client.wait_connected(1.5)


def test_no_password_lies_in_the_clear_and_none_is_left_in_the_server(broker: Broker) -> None:
    passwords = (broker.folder / "run" / "passwords").read_text()
    assert len(passwords.splitlines()) == 6
    assert "secret" not in passwords
    assert (broker.folder / "run" / "passwords").stat().st_mode & 0o077 == 0
    assert "la-louviere:$7$" in passwords
    assert b"secret" not in Path(f"/proc/{broker.process.pid}/environ").read_bytes()
