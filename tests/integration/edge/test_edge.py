"""From device messages to database rows: whatever process is killed, no reading is missing."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest

from edge.gateway import Gateway
from smartwork.clock import now
from smartwork.contracts.policy import PolicyApplied
from smartwork.db.core.connection import Connection, connect
from smartwork.db.ledger.ledger import ledger
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.domain.ledger.ledger_day import LedgerTotal, ledger_total
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.settings import EdgeSettings
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import small_network, small_policy
from tests.support.program import Program, eventually
from tests.support.threads import running

pytestmark = pytest.mark.services
POLICY = "sw/v1/mons/policy"
APPLIED = "sw/v1/mons/policy/applied/gateway"


@pytest.fixture
def database(outage: Stack) -> Iterator[Connection]:
    with closing(connect(outage.endpoints.database_url)) as connection:
        install(connection, small_network())
        yield connection


@pytest.fixture
def centre(outage: Stack, database: Connection) -> Iterator[MqttClient]:
    """A client that publishes as the centre's devices; the registry's policy is published."""
    with MqttClient(outage.endpoints.broker_url, "devices", subscriptions=[APPLIED]) as client:
        client.wait_connected(10)
        publish_policies(database, client, now())
        yield client


def edge(outage: Stack, folder: Path) -> Program:
    settings = {"centre": "mons", "broker_url": outage.endpoints.broker_url, "outbox": folder / "outbox.sqlite"}
    return Program("edge", settings, folder / "edge.log")


def ingest(outage: Stack, folder: Path) -> Program:
    settings = {"database_url": outage.endpoints.database_url, "broker_url": outage.endpoints.broker_url}
    return Program("ingest", settings, folder / "ingest.log")


def report(client: MqttClient, times: int, desk: int = 1) -> None:
    """A sensor publishes so many times: two readings in each message."""
    for i in range(times):
        payload = json.dumps({"occupancy": i % 2 == 0, "battery": 90, "no_such_thing": i})
        client.publish(f"zigbee2mqtt/mons/desk {desk}", payload.encode()).wait_for_publish(20)


def total(connection: Connection) -> LedgerTotal:
    found = ledger(connection)
    assert set(found) <= {"mons"}
    return ledger_total(found.get("mons", []))


def wait_until_balanced(connection: Connection, readings: int, log: Program) -> None:
    """Wait until at least so many readings are stored, each number once, with nothing missing and the outbox empty.

    There may be more than were published: a broker that is killed may forget an acknowledgement.
    """

    def holds() -> bool:
        found = total(connection)
        return found.stored >= readings and (found.numbered, found.in_outbox, found.missing) == (found.stored, 0, 0)

    eventually(holds, lambda: f"{total(connection)}\n{log.log_text}", timeout_s=20)
    assert connection.execute("SELECT count(*), count(DISTINCT n) FROM reading").fetchone() == (total(connection).stored,) * 2


def test_device_messages_become_rows_and_invalid_ones_stop_nothing(
    outage: Stack, database: Connection, centre: MqttClient, tmp_path: Path
) -> None:
    with edge(outage, tmp_path) as gateway, ingest(outage, tmp_path) as server:
        gateway.wait_for_log("policy 1 is in force")
        server.wait_for_log("is subscribed")
        eventually(lambda: bool(centre.receive(1, 0.1)))
        for invalid in (b"", b"\xff", b'{"power": NaN}', b"[" * 30_000):
            centre.publish("zigbee2mqtt/mons/desk 1", invalid)
        report(centre, 5)
        centre.publish("zigbee2mqtt/mons/ceiling", b'{"state": "ON", "energy": 1.5}').wait_for_publish(10)
        wait_until_balanced(database, 12, gateway)
        assert total(database).stored == 12
        assert gateway.stop() == 0
        assert "Traceback" not in gateway.log_text
        eventually(lambda: database.execute("SELECT state FROM edge_status").fetchall() == [("offline",)])
    rows = database.execute("SELECT DISTINCT slug FROM reading JOIN device USING (device_id) ORDER BY 1").fetchall()
    assert rows == [("l-1",), ("s-1",)]


def test_a_sensor_that_repeats_itself_stays_known_and_does_not_fill_the_database(
    outage: Stack, database: Connection, centre: MqttClient, tmp_path: Path
) -> None:
    database.execute("UPDATE device SET interval_s = 1 WHERE slug = 's-1'")
    publish_policies(database, centre, now())
    with edge(outage, tmp_path) as gateway, ingest(outage, tmp_path) as server:
        gateway.wait_for_log("policy 2 is in force")
        server.wait_for_log("is subscribed")
        for _ in range(30):
            centre.publish("zigbee2mqtt/mons/desk 1", b'{"occupancy": true}').wait_for_publish(10)
            sleep(0.2)
        wait_until_balanced(database, 4, gateway)
    assert total(database).stored < 20
    gap = "SELECT max(gap) FROM (SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM reading) AS g"
    row = database.execute(gap).fetchone()
    assert row is not None
    assert timedelta(0) < row[0] < timedelta(seconds=2.5)


def test_an_invalid_policy_is_refused_and_the_old_one_stays_in_force(
    outage: Stack, centre: MqttClient, tmp_path: Path
) -> None:
    with edge(outage, tmp_path) as gateway:
        gateway.wait_for_log("policy 1 is in force")
        bad = small_policy(version=2).model_dump_json().replace("Europe/Brussels", "Europe/Atlantis")
        centre.publish(POLICY, bad.encode(), retain=True)
        gateway.wait_for_log("Europe/Atlantis")
        gateway.kill()
        gateway.start()
        answers = []
        eventually(lambda: answers.extend(centre.receive(9, 0.2)) or len(answers) >= 3)  # type: ignore[func-returns-value]
        last = PolicyApplied.model_validate_json(answers[-1].payload)
        assert last.version == 1
        assert "Europe/Atlantis" in (last.refused or "")
        assert "Traceback" not in gateway.log_text


def test_nothing_is_lost_when_edge_ingest_and_broker_are_killed_and_restarted_in_turn(
    outage: Stack, database: Connection, centre: MqttClient, tmp_path: Path
) -> None:
    with edge(outage, tmp_path) as gateway, ingest(outage, tmp_path) as server:
        gateway.wait_for_log("policy 1 is in force")
        server.wait_for_log("is subscribed")
        eventually(lambda: bool(centre.receive(1, 0.1)))
        report(centre, 20)
        gateway.kill()
        report(centre, 20, desk=2)  # the centre's broker keeps them for the gateway
        gateway.start()
        wait_until_balanced(database, 80, gateway)
        server.kill()
        report(centre, 20)
        server.start()
        wait_until_balanced(database, 120, gateway)
        outage.mosquitto.restart()
        centre.wait_connected(20)
        eventually(lambda: gateway.log_text.count("was lost") >= 1, lambda: gateway.log_text)
        report(centre, 20, desk=2)
        wait_until_balanced(database, 160, gateway)


def test_a_gateway_without_its_broker_stops_on_request(outage: Stack, tmp_path: Path) -> None:
    outage.mosquitto.stop()
    with edge(outage, tmp_path) as gateway:
        gateway.wait_for_log("does not answer. Trying again")
        assert gateway.stop(timeout_s=10) == 0


def test_a_message_that_the_broker_delivers_again_is_recorded_once(
    outage: Stack, database: Connection, centre: MqttClient, tmp_path: Path
) -> None:
    """The gateway stops after it has recorded messages, and before the broker has its acknowledgement."""
    settings = EdgeSettings(centre="mons", broker_url=outage.endpoints.broker_url, outbox=str(tmp_path / "outbox.sqlite"))
    for round_number in (1, 2, 3):
        with running(lambda stop, is_last=round_number == 3: run_gateway(settings, stop, acknowledges=is_last)):  # type: ignore[misc]
            if round_number == 1:
                eventually(lambda: bool(centre.receive(1, 0.1)))
            report(centre, 10)
            eventually(lambda many=20 * round_number: numbered(tmp_path) >= many)  # type: ignore[misc]
            sleep(0.5)
        assert numbered(tmp_path) == 20 * round_number
    with edge(outage, tmp_path) as last, ingest(outage, tmp_path):
        wait_until_balanced(database, 60, last)
    assert total(database).stored == 60


def run_gateway(settings: EdgeSettings, stop: Callable[[], bool], *, acknowledges: bool) -> None:
    gateway = Gateway(settings, now)
    if not acknowledges:
        gateway._devices.acknowledge = lambda deliveries: None  # type: ignore[method-assign]  # noqa: ARG005
    gateway.run(stop)


def numbered(folder: Path) -> int:
    """The last number of the outbox."""
    with closing(sqlite3.connect(folder / "outbox.sqlite")) as outbox:
        return int(outbox.execute("SELECT value FROM meta WHERE name = 'last'").fetchone()[0])
