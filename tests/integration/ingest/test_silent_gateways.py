"""A gateway from which nothing arrives is an alarm of the server, and ends when the gateway returns."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.silent_gateways import SilenceWatch
from smartwork.clock import now
from smartwork.contracts.edge_reports import Alarms
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, connect
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network.edge_reports import store_edge_reports
from smartwork.db.network.silent_gateways import begin_silence_alarms
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import NOON, Clock, small_network, small_policy
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services
SILENT_AFTER_S = 3


@contextmanager
def reporting_sensor(broker_url: str) -> Iterator[None]:
    """A sensor of the centre that reports several times a second."""
    stop = threading.Event()

    def report() -> None:
        with MqttClient(broker_url, "sensor") as client:
            i = 0
            while not stop.wait(0.2):
                i += 1
                client.publish("zigbee2mqtt/mons/desk 1", json.dumps({"occupancy": True, "battery": i % 100}).encode())

    thread = threading.Thread(target=report)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def kinds(connection: Connection) -> list[str]:
    """The active alarms about the gateway. Sensors that send nothing in these tests may be alarms of their own."""
    return [alarm.kind for alarm in active_alarms(connection, "mons") if not alarm.device]


def edge_state(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT edge, state FROM edge_status").fetchall()


@contextmanager
def chain(outage: Stack, folder: Path) -> Iterator[tuple[Program, Program]]:
    """A gateway with its policy, and an ingest that is not started yet."""
    url = outage.endpoints.broker_url
    gateway = Program("edge", {"centre": "mons", "broker_url": url, "outbox": folder / "outbox.sqlite"}, folder / "edge.log")
    settings = {
        "database_url": outage.endpoints.database_url,
        "broker_url": url,
        "gateway_silent_after_s": SILENT_AFTER_S,
    }
    ingest = Program("ingest", settings, folder / "ingest.log")
    with MqttClient(url, "operator") as client:
        client.wait_connected(10)
        client.publish("sw/v1/mons/policy", small_policy().model_dump_json().encode(), retain=True).wait_for_publish(10)
    with reporting_sensor(url), gateway:
        gateway.wait_for_log("policy 1 is in force")
        try:
            yield gateway, ingest
        finally:
            ingest.kill()


def test_a_gateway_that_hangs_is_an_alarm_until_it_returns(outage: Stack, tmp_path: Path) -> None:
    with closing(connect(outage.endpoints.database_url)) as connection, chain(outage, tmp_path) as (gateway, ingest):
        install(connection, small_network())
        ingest.start()
        eventually(lambda: edge_state(connection) == [("gateway", "online")])
        os.kill(gateway.pid, signal.SIGSTOP)
        eventually(lambda: kinds(connection) == ["gateway_silent"], lambda: ingest.log_text, 20)
        (alarm,) = [alarm for alarm in active_alarms(connection) if not alarm.device]
        assert "nothing has arrived from the gateway since" in alarm.message
        os.kill(gateway.pid, signal.SIGCONT)
        eventually(lambda: kinds(connection) == [], lambda: ingest.log_text, 20)
        ended = connection.execute("SELECT kind, ended_at > since FROM alarm WHERE device = ''").fetchall()
        assert ended == [("gateway_silent", True)]
        assert "gateway is silent" in ingest.log_text
        assert "gateway is back" in ingest.log_text


def test_an_ingest_that_starts_later_and_a_centre_that_is_registered_later_show_the_gateway_online(
    outage: Stack, tmp_path: Path
) -> None:
    with closing(connect(outage.endpoints.database_url)) as connection, chain(outage, tmp_path) as (_, ingest):
        ingest.start()
        ingest.wait_for_log("is subscribed")
        eventually(lambda: connection.execute("SELECT FROM rejected WHERE reason LIKE 'unknown centre%'").fetchall() != [])
        assert edge_state(connection) == []
        install(connection, small_network())
        eventually(lambda: edge_state(connection) == [("gateway", "online")], lambda: ingest.log_text)


def test_an_ingest_that_was_away_accuses_no_gateway(outage: Stack, tmp_path: Path) -> None:
    with closing(connect(outage.endpoints.database_url)) as connection, chain(outage, tmp_path) as (_, ingest):
        install(connection, small_network())
        ingest.start()
        eventually(lambda: edge_state(connection) == [("gateway", "online")])
        ingest.kill()
        connection.execute("UPDATE edge_status SET last_message_at = last_message_at - interval '1 hour'")
        ingest.start()
        outage.postgres.kill()
        outage.postgres.start()
        with closing(connect(outage.endpoints.database_url)) as again:
            recent = "SELECT FROM edge_status WHERE last_message_at > now() - interval '2 s'"
            eventually(lambda: again.execute(recent).fetchall() != [], lambda: ingest.log_text, 30)
            assert again.execute("SELECT kind FROM alarm WHERE device = ''").fetchall() == []


def test_only_a_watch_that_listened_long_enough_raises_alarms(connection: Connection) -> None:
    install(connection, small_network())
    connection.execute("INSERT INTO edge_status SELECT centre_id, 'gateway', 'online', %s, %s FROM centre", (NOON, NOON))
    clock, monotonic = Clock(NOON + timedelta(hours=1)), iter([0.0, 9.0, 18.0, 100.0, 109.0, 118.0, 127.0, 136.0, 145.0])
    connected = True
    watch = SilenceWatch(40, lambda: connected, clock, lambda: next(monotonic))
    found = []
    for round_ in range(9):
        connected = round_ != 0
        watch.check(connection)
        found.append(bool(kinds(connection)))
    assert found == [False] * 8 + [True]  # from 100 s on without a break: 145 s is the first round after 40 s more


def test_an_edges_own_report_does_not_end_the_servers_alarm(connection: Connection) -> None:
    install(connection, small_network())
    connection.execute("INSERT INTO edge_status SELECT centre_id, 'gateway', 'online', %s, %s FROM centre", (NOON, NOON))
    begin_silence_alarms(connection, now())
    begin_silence_alarms(connection, now())
    report = Alarms(reported_ms=round(now().timestamp() * 1000), alarms=[])
    store_edge_reports(connection, [(Topic("mons", MessageType.ALARMS, "gateway"), report)])
    assert kinds(connection) == ["gateway_silent"]
