"""The whole way: device messages in, database rows out, whatever is killed on the way; nothing is missing."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from smartwork.clock import now
from smartwork.contracts.policy import PolicyApplied
from smartwork.db.core.connection import Connection, connect
from smartwork.db.ledger.ledger import ledger
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.domain.ledger.ledger_day import LedgerTotal, ledger_total
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.transport.mqtt import Client
from tests.support.factory import small_network, small_policy
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services
POLICY = "sw/v1/mons/policy"
APPLIED = "sw/v1/mons/policy/applied/gateway"


@pytest.fixture
def database(outage: Stack) -> Iterator[Connection]:
    with closing(connect(outage.endpoints.database_url)) as connection:
        install(connection, small_network())
        yield connection


@pytest.fixture
def centre(outage: Stack, database: Connection) -> Iterator[Client]:
    """A client in the centre, which speaks as its devices do; the policy of the registry is published."""
    with Client(outage.endpoints.broker_url, "devices", subscriptions=[APPLIED]) as client:
        client.wait_connected(10)
        publish_policies(database, client, now())
        yield client


def edge(outage: Stack, folder: Path) -> Program:
    settings = {"centre": "mons", "broker_url": outage.endpoints.broker_url, "outbox": folder / "outbox.sqlite"}
    return Program("edge", settings, folder / "edge.log")


def ingest(outage: Stack, folder: Path) -> Program:
    settings = {"database_url": outage.endpoints.database_url, "broker_url": outage.endpoints.broker_url}
    return Program("ingest", settings, folder / "ingest.log")


def measure(client: Client, many: int, desk: int = 1) -> None:
    """A sensor says so many times whether somebody is there: two readings a message."""
    for i in range(many):
        payload = json.dumps({"occupancy": i % 2 == 0, "battery": 90, "no_such_thing": i})
        client.publish(f"zigbee2mqtt/mons/desk {desk}", payload.encode()).wait_for_publish(20)


def book(connection: Connection) -> LedgerTotal:
    found = ledger(connection)
    assert set(found) <= {"mons"}
    return ledger_total(found.get("mons", []))


def balanced(connection: Connection, readings: int, log: Program) -> None:
    """Wait until at least so many readings are stored, each number once, with nothing missing and nothing on its way.

    More than were said, where a gateway was killed before it could tell the centre's broker what it has on disk.
    """

    def holds() -> bool:
        found = book(connection)
        return found.stored >= readings and (found.numbered, found.in_outbox, found.missing) == (found.stored, 0, 0)

    eventually(holds, lambda: f"{book(connection)}\n{log.said}", timeout_s=20)
    assert connection.execute("SELECT count(*), count(DISTINCT n) FROM reading").fetchone() == (book(connection).stored,) * 2


def test_what_devices_say_becomes_rows_and_what_they_mumble_stops_nothing(
    outage: Stack, database: Connection, centre: Client, tmp_path: Path
) -> None:
    with edge(outage, tmp_path) as gateway, ingest(outage, tmp_path) as server:
        gateway.wait_until_it_says("policy 1 is in force")
        server.wait_until_it_says("is subscribed")
        eventually(lambda: bool(centre.receive(1, 0.1)))
        for mumble in (b"", b"\xff", b'{"power": NaN}', b'{"occupancy": true, "last_seen": 5000}', b"[" * 30_000):
            centre.publish("zigbee2mqtt/mons/desk 1", mumble)
        measure(centre, 5)
        centre.publish("zigbee2mqtt/mons/ceiling", b'{"state": "ON", "energy": 1.5}').wait_for_publish(10)
        balanced(database, 12, gateway)
        assert book(database).stored == 12
        assert gateway.stop() == 0
        assert "Traceback" not in gateway.said
        eventually(lambda: database.execute("SELECT state FROM edge_status").fetchall() == [("offline",)])
    rows = database.execute("SELECT DISTINCT slug FROM reading JOIN device USING (device_id) ORDER BY 1").fetchall()
    assert rows == [("l-1",), ("s-1",)]


def test_a_policy_that_cannot_be_lived_by_is_refused_and_the_old_one_stays(
    outage: Stack, centre: Client, tmp_path: Path
) -> None:
    with edge(outage, tmp_path) as gateway:
        gateway.wait_until_it_says("policy 1 is in force")
        bad = small_policy(version=2).model_dump_json().replace("Europe/Brussels", "Europe/Atlantis")
        centre.publish(POLICY, bad.encode(), retain=True)
        gateway.wait_until_it_says("Europe/Atlantis")
        gateway.kill()
        gateway.start()
        answers = []
        eventually(lambda: answers.extend(centre.receive(9, 0.2)) or len(answers) >= 3)  # type: ignore[func-returns-value]
        last = PolicyApplied.model_validate_json(answers[-1].payload)
        assert last.version == 1
        assert "Europe/Atlantis" in (last.refused or "")
        assert "Traceback" not in gateway.said


def test_nothing_is_lost_when_edge_ingest_and_broker_are_killed_and_restarted_in_turn(
    outage: Stack, database: Connection, centre: Client, tmp_path: Path
) -> None:
    with edge(outage, tmp_path) as gateway, ingest(outage, tmp_path) as server:
        gateway.wait_until_it_says("policy 1 is in force")
        server.wait_until_it_says("is subscribed")
        eventually(lambda: bool(centre.receive(1, 0.1)))
        measure(centre, 20)
        gateway.kill()
        measure(centre, 20, desk=2)  # the centre's broker keeps them for the gateway
        gateway.start()
        balanced(database, 80, gateway)
        server.kill()
        measure(centre, 20)
        server.start()
        balanced(database, 120, gateway)
        outage.mosquitto.restart()
        centre.wait_connected(20)
        eventually(lambda: gateway.said.count("was lost") >= 1, lambda: gateway.said)
        measure(centre, 20, desk=2)
        balanced(database, 160, gateway)


def test_a_gateway_whose_broker_is_away_ends_when_it_is_told_to(outage: Stack, tmp_path: Path) -> None:
    outage.mosquitto.stop()
    with edge(outage, tmp_path) as gateway:
        gateway.wait_until_it_says("does not answer. Trying again")
        assert gateway.stop(timeout_s=10) == 0
