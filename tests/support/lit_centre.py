"""A centre with a lamp and a real gateway, and a client that publishes as its devices do."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from smartwork.clock import now
from smartwork.db.core.connection import Connection, connect
from smartwork.db.lighting.zone_settings import install_zone_settings
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import NOON, small_network
from tests.support.program import Program, eventually

SET = "zigbee2mqtt/mons/ceiling/set"


@pytest.fixture
def database(outage: Stack) -> Iterator[Connection]:
    with closing(connect(outage.endpoints.database_url)) as connection:
        install(connection, small_network())
        install_zone_settings(connection, small_network().centres, NOON)
        yield connection


@pytest.fixture
def centre(outage: Stack, database: Connection) -> Iterator[MqttClient]:
    """A client on the centre's broker that publishes as its devices and receives the commands to its lamp."""
    with MqttClient(outage.endpoints.broker_url, "devices", subscriptions=[SET]) as client:
        client.wait_connected(10)
        publish_policies(database, client, now())
        yield client


@contextmanager
def edge(outage: Stack, folder: Path) -> Iterator[Program]:
    url = outage.endpoints.broker_url
    settings = {"centre": "mons", "broker_url": url, "centre_broker_url": url, "outbox": folder / "outbox.sqlite"}
    with Program("edge", settings, folder / "edge.log") as program:
        program.wait_for_log("is in force")
        yield program


def desk(client: MqttClient, occupied: bool, number: int = 1) -> None:
    state = json.dumps({"occupancy": occupied}).encode()
    client.publish(f"zigbee2mqtt/mons/desk {number}", state).wait_for_publish(10)


def lamp(client: MqttClient, **state: object) -> None:
    client.publish("zigbee2mqtt/mons/ceiling", json.dumps(state).encode()).wait_for_publish(10)


def next_command(client: MqttClient) -> dict[str, object]:
    """The next command that the lamp receives."""
    received: list[bytes] = []

    def command_arrived() -> bool:
        deliveries = client.receive(1, 0.1)
        client.acknowledge(deliveries)
        received.extend(delivery.payload for delivery in deliveries)
        return bool(received)

    eventually(command_arrived)
    found: dict[str, object] = json.loads(received[0])
    return found
