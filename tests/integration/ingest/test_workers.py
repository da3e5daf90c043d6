"""Several ingest workers on one database and one broker: one is active, the others stand by or end."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from smartwork.db.core.connection import Connection
from smartwork.db.ledger.ledger import ledger
from smartwork.db.network_setup import install
from smartwork.scenarios.tcp_proxy import TcpProxy
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import small_network
from tests.support.program import Program, eventually
from tests.support.published_batches import confirmed, morning, publish_all

pytestmark = pytest.mark.services


def number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row
    return int(row[0])


def test_of_two_workers_one_stands_by_and_takes_over_when_the_other_is_killed(
    database_url: str, broker_url: str, connection: Connection, publisher: MqttClient, tmp_path: Path
) -> None:
    install(connection, small_network())
    settings = {"database_url": database_url, "broker_url": broker_url}
    with (
        Program("ingest", settings | {"worker": "one"}, tmp_path / "one") as one,
        Program("ingest", settings | {"worker": "two"}, tmp_path / "two") as two,
    ):
        eventually(lambda: {True, False} == {"is subscribed" in p.log_text for p in (one, two)})
        active, standby = (one, two) if "is subscribed" in one.log_text else (two, one)
        standby.wait_for_log("stands by")
        batches = [morning(1 + 10 * i, ("s-1", "s-2")[i % 2]) for i in range(60)]
        publish_all(publisher, batches + batches)
        confirmed(publisher, {b.first for b in batches})
        eventually(lambda: ledger(connection)["mons"][0].duplicates == 600)
        assert "is subscribed" not in standby.log_text
        active.kill()
        late = [morning(1 + 10 * i) for i in range(60, 80)]
        publish_all(publisher, late)
        standby.wait_for_log("is subscribed")
        confirmed(publisher, {b.first for b in late})
        active.start()
        eventually(lambda: "stands by" in active.log_text, lambda: active.log_text)
        eventually(lambda: number(connection, "SELECT count(*) FROM span_queue") == 0)
        assert (one.stop(), two.stop()) == (0, 0)
        assert "was disconnected" not in one.log_text + two.log_text
    [row] = ledger(connection)["mons"]
    assert (row.stored, row.missing, row.rejected) == (800, 0, 0)
    assert number(connection, "SELECT count(*) FROM reading") == 800


def test_a_second_worker_of_one_name_ends_and_says_so(
    database_url: str, broker_url: str, connection: Connection, publisher: MqttClient, tmp_path: Path
) -> None:
    install(connection, small_network())
    settings = {"database_url": database_url, "broker_url": broker_url}
    with Program("ingest", settings, tmp_path / "first") as stays:
        stays.wait_for_log("is subscribed")
        with Program("ingest", settings, tmp_path / "second") as ends:
            assert ends.wait(20) == 2
        assert "an ingest worker of that name runs already" in ends.log_text
        assert "Traceback" not in ends.log_text
        publish_all(publisher, [morning(1)])
        confirmed(publisher, {1})
        assert "was disconnected" not in stays.log_text
        assert stays.stop() == 0


def test_a_worker_whose_place_was_taken_while_its_database_connection_was_cut_stands_by(
    database_url: str, broker_url: str, connection: Connection, publisher: MqttClient, tmp_path: Path
) -> None:
    install(connection, small_network())

    def through(proxy: TcpProxy) -> str:
        server, own = urlsplit(database_url), urlsplit(proxy.url)
        return server._replace(netloc=f"{server.netloc.rpartition('@')[0]}@{own.netloc}").geturl()

    with (
        TcpProxy(database_url) as proxy,
        Program(
            "ingest", {"database_url": through(proxy), "broker_url": broker_url, "worker": "cut"}, tmp_path / "cut"
        ) as cut,
    ):
        cut.wait_for_log("is subscribed")
        with Program(
            "ingest", {"database_url": database_url, "broker_url": broker_url, "worker": "heir"}, tmp_path / "heir"
        ) as heir:
            heir.wait_for_log("stands by")
            proxy.cut()
            heir.wait_for_log("is subscribed", 30)
            proxy.restore()
            cut.wait_for_log("stands by", 30)
            before = heir.log_text.count("was disconnected")
            publish_all(publisher, [morning(1 + 10 * i) for i in range(20)])
            confirmed(publisher, {1 + 10 * i for i in range(20)})
            assert heir.log_text.count("was disconnected") == before == 0
            assert (heir.stop(), cut.stop()) == (0, 0)
