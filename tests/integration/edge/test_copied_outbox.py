"""An outbox file that is put back, or runs twice: every reading is stored once, or shown missing with its numbers."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from smartwork.clock import now
from smartwork.db.core.connection import Connection, connect
from smartwork.db.ledger.ledger import gaps, ledger
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.domain.ledger.ledger_day import LedgerTotal, ledger_total
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import small_network
from tests.support.fault_checks import unconfirmed
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services


@pytest.fixture
def database(outage: Stack) -> Iterator[Connection]:
    with closing(connect(outage.endpoints.database_url)) as connection:
        install(connection, small_network())
        yield connection


@pytest.fixture
def devices(outage: Stack, database: Connection) -> Iterator[MqttClient]:
    with MqttClient(outage.endpoints.broker_url, "devices") as client:
        client.wait_connected(10)
        publish_policies(database, client, now())
        yield client


@pytest.fixture
def server(outage: Stack, tmp_path: Path) -> Iterator[Program]:
    settings = {"database_url": outage.endpoints.database_url, "broker_url": outage.endpoints.broker_url}
    with Program("ingest", settings, tmp_path / "ingest.log") as ingest:
        ingest.wait_for_log("is subscribed")
        yield ingest


def gateway(outage: Stack, folder: Path, name: str = "outbox") -> Program:
    settings = {"centre": "mons", "broker_url": outage.endpoints.broker_url, "outbox": folder / f"{name}.sqlite"}
    return Program("edge", settings, folder / f"{name}.log")


class Sensor:
    """A meter whose every reading has another value."""

    def __init__(self, client: MqttClient) -> None:
        self._client = client
        self.sent: list[float] = []

    def send(self, count: int) -> None:
        for _ in range(count):
            self.sent.append(1_000.0 + len(self.sent))
            payload = json.dumps({"energy": self.sent[-1] / 1_000})
            self._client.publish("zigbee2mqtt/mons/ceiling", payload.encode()).wait_for_publish(20)


def values(connection: Connection) -> list[float]:
    return sorted(value for (value,) in connection.execute("SELECT value FROM reading"))


def total(connection: Connection) -> LedgerTotal:
    return ledger_total(ledger(connection).get("mons", []))


def kinds(connection: Connection) -> set[str]:
    return {alarm.kind for alarm in active_alarms(connection, "mons")}


def wait_stored(connection: Connection, expected: list[float], *programs: Program) -> None:
    logs = "".join(program.log_text for program in programs)
    eventually(
        lambda: values(connection) == sorted(expected),
        lambda: f"{values(connection)}\n{logs}{[p.log_text for p in programs]}",
        timeout_s=30,
    )


def waiting(outbox: Path) -> int:
    """Readings that are in the outbox, in batches or not yet."""
    with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True)) as box:
        return int(box.execute("SELECT (SELECT count(*) FROM batch) + (SELECT count(*) FROM numbered)").fetchone()[0])


def copy_of(outbox: Path, to: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        if (source := outbox.with_name(outbox.name + ending)).exists():
            shutil.copy(source, to.with_name(to.name + ending))


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_restored_outbox_loses_nothing(
    outage: Stack, database: Connection, devices: MqttClient, tmp_path: Path, whole_folder: bool
) -> None:
    """The copy has no unconfirmed batch. Only the file is put back, or the whole folder with the note of the last number."""
    sensor, folder, copy = Sensor(devices), tmp_path / "gateway", tmp_path / "copy"
    folder.mkdir()
    with gateway(outage, folder) as edge:
        edge.wait_for_log("policy 1 is in force")
        sensor.send(12)
        wait_stored(database, sensor.sent, edge)
        eventually(lambda: unconfirmed(folder / "outbox.sqlite") == 0)
        assert edge.stop() == 0
        shutil.copytree(folder, copy)
        edge.start()
        sensor.send(20)
        wait_stored(database, sensor.sent, edge)
        assert edge.stop() == 0
        if whole_folder:
            shutil.rmtree(folder)
            shutil.copytree(copy, folder)
        else:
            shutil.copy(copy / "outbox.sqlite", folder / "outbox.sqlite")
        edge.start()
        sensor.send(16)
        wait_stored(database, sensor.sent, edge)
        eventually(lambda: unconfirmed(folder / "outbox.sqlite") == 0)
        eventually(lambda: (total(database).in_outbox, total(database).missing) == (0, 0), lambda: str(total(database)))
    assert total(database).stored == len(sensor.sent)
    assert gaps(database) == []
    assert database.execute("SELECT count(*) FROM rejected WHERE outbox_id IS NOT NULL").fetchone() == (0,)
    assert ("outbox_restored" in kinds(database)) == whole_folder


def test_what_an_older_copy_cannot_send_is_missing_with_its_numbers(
    outage: Stack, database: Connection, devices: MqttClient, server: Program, tmp_path: Path
) -> None:
    """The newest readings were never sent: the copy that is put back does not have them."""
    sensor, folder = Sensor(devices), tmp_path / "gateway"
    folder.mkdir()
    with gateway(outage, folder) as edge:
        edge.wait_for_log("policy 1 is in force")
        sensor.send(12)
        wait_stored(database, sensor.sent, edge)
        assert edge.stop() == 0
        shutil.copy(folder / "outbox.sqlite", tmp_path / "copy")
        assert server.stop() == 0
        edge.start()
        sensor.send(5)
        eventually(lambda: unconfirmed(folder / "outbox.sqlite") > 0)
        edge.kill()
        for file in folder.glob("outbox.sqlite-*"):
            file.unlink()
        shutil.copy(tmp_path / "copy", folder / "outbox.sqlite")
        edge.start()
        server.start()
        sensor.send(4)
        eventually(lambda: set(sensor.sent[-4:]) <= set(values(database)), lambda: edge.log_text, timeout_s=30)
        eventually(lambda: total(database).in_outbox == 0)
        lost = set(sensor.sent) - set(values(database))
        eventually(lambda: total(database).missing == len(lost), lambda: f"{total(database)} {lost}")
        assert [(gap.first, gap.last) for gap in gaps(database)] == ([(18 - len(lost), 17)] if lost else [])


@pytest.mark.usefixtures("server")
def test_two_gateways_on_copies_of_one_outbox_lose_nothing(
    outage: Stack, database: Connection, devices: MqttClient, tmp_path: Path
) -> None:
    """The second one is refused, keeps its readings, and sends them when the first has stopped."""
    sensor = Sensor(devices)
    with gateway(outage, tmp_path, "one") as one, gateway(outage, tmp_path, "two") as two:
        two.stop()
        one.wait_for_log("policy 1 is in force")
        sensor.send(10)
        wait_stored(database, sensor.sent, one)
        copy_of(tmp_path / "one.sqlite", tmp_path / "two.sqlite")
        two.start()
        two.wait_for_log("another gateway of this name", timeout_s=40)
        eventually(lambda: "two_gateways" in kinds(database))
        sensor.send(10)  # both gateways receive some: they take the devices' session from each other, too
        assert (one.stop(), two.stop()) == (0, 0)
        assert total(database).missing == 0
        if waiting(tmp_path / "one.sqlite"):  # it was stopped before it was connected again
            one.start()
            eventually(lambda: waiting(tmp_path / "one.sqlite") == 0, lambda: one.log_text, timeout_s=30)
            assert one.stop() == 0
        two.start()
        eventually(lambda: set(values(database)) == set(sensor.sent), lambda: two.log_text, timeout_s=30)
        eventually(lambda: (total(database).in_outbox, total(database).missing) == (0, 0), lambda: str(total(database)))
        assert total(database).stored == total(database).numbered
