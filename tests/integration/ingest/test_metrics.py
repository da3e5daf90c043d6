"""What a monitor, an orchestrator and an operator see of ingest: figures, probes, log lines, an orderly stop."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingest.metrics import DEAD_AFTER_S, Metrics
from ingest.metrics_server import metrics_server
from ingest.worker_health import WorkerHealth
from smartwork.clock import now
from smartwork.contracts.messages import Batch
from smartwork.db.core.connection import Connection, connect
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.errors import SettingError
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import EPOCH, small_network
from tests.support.http import ask, free_port
from tests.support.program import Program, eventually

READINGS = "sw/v1/mons/readings/gateway"
MARK = "whose-desk-is-this"
PER_BATCH = 20


def healthz(port: int) -> tuple[int, str]:
    """Status and first line of `/healthz`; a line for each background worker follows it."""
    status, body = ask(port, "/healthz")
    return status, body.partition("\n")[0] + "\n"


def workers() -> WorkerHealth:
    return WorkerHealth(now, most_failures=6)


def figures(port: int) -> dict[str, float]:
    """Every sample by name, with `{to}` behind the name where it has that label; buckets are left out."""
    found = {}
    for family in text_string_to_metric_families(ask(port, "/metrics")[1]):
        for sample in family.samples:
            if "le" not in sample.labels:
                found["/".join([sample.name.removeprefix("smartwork_ingest_"), *sample.labels.values()])] = sample.value
    return found


def buckets(port: int, name: str) -> dict[float, float]:
    """How many observations of a histogram lie at or below each bound."""
    families = text_string_to_metric_families(ask(port, "/metrics")[1])
    samples = [sample for family in families for sample in family.samples if sample.name == f"smartwork_ingest_{name}_bucket"]
    return {float(sample.labels["le"]): sample.value for sample in samples}


def fresh(first: int, device: str = "s-1", age_s: float = 1.0) -> Batch:
    """A batch of today whose newest event is `age_s` seconds old."""
    at = now() - timedelta(seconds=age_s)
    at_ms = int(at.timestamp() * 1000)
    return Batch(
        epoch=EPOCH,
        first=first,
        day=(at + timedelta(hours=1)).date().isoformat(),
        devices=[device],
        at_ms=[at_ms] * PER_BATCH,
        device=[0] * PER_BATCH,
        metric=[1] * PER_BATCH,
        value=[1.0] * PER_BATCH,
    )


def number(connection: Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row
    return int(row[0] or 0)


@pytest.fixture
def publisher(broker_url: str) -> Iterator[MqttClient]:
    with MqttClient(broker_url, "test-edge") as client:
        client.wait_connected(10)
        yield client


@pytest.mark.services
def test_what_ingest_did_is_counted_and_no_payload_is_in_its_log(
    database_url: str, broker_url: str, connection: Connection, publisher: MqttClient, tmp_path: Path
) -> None:
    install(connection, small_network())
    port = free_port()
    settings = {"database_url": database_url, "broker_url": broker_url, "metrics_port": port}
    with Program("ingest", settings, tmp_path / "log") as ingest:
        ingest.wait_for_log("is subscribed")
        for content in (fresh(1, MARK), fresh(1 + PER_BATCH), fresh(1 + 2 * PER_BATCH)):
            publisher.publish(READINGS, content.model_dump_json().encode())
        again = fresh(1 + 3 * PER_BATCH).model_dump_json().encode()
        publisher.publish(READINGS, again)
        publisher.publish(READINGS, again)
        publisher.publish(READINGS, f'{{"v": 1, "{MARK}": "{MARK}"}}'.encode())
        eventually(lambda: figures(port).get("rejected_total") == 1, lambda: ask(port, "/metrics")[1])
        seen = figures(port)
        assert (seen["readings_total"], seen["batches_total"], seen["resends_total"]) == (4 * PER_BATCH, 4, 1)
        assert (seen["connected/broker"], seen["connected/database"]) == (1, 1)
        assert (seen["reconnects_total/broker"], seen["reconnects_total/database"]) == (0, 0)
        assert seen["lag_seconds_count"] == 5
        assert 5 <= seen["lag_seconds_sum"] < 5 * 20
        lag = buckets(port, "lag_seconds")
        assert (lag[0.5], lag[30], lag[float("inf")]) == (0, 5, 5)
        assert list(lag.values()) == sorted(lag.values())
        assert 1 <= seen["commit_seconds_count"] <= 6
        assert seen["process_resident_memory_bytes"] > 10_000_000
        eventually(lambda: figures(port)["in_flight"] == 0)
        assert ingest.stop() == 0
    lines = [json.loads(line) for line in ingest.log_text.splitlines()]
    assert all(line["worker"] == "1" and line["logger"] and line["at"].endswith("+00:00") for line in lines)
    assert [line["rejected"] for line in lines if "rejected" in line] == [1]
    assert MARK not in ingest.log_text


@pytest.mark.services
def test_a_worker_without_its_database_or_broker_lives_but_is_not_ready(outage: Stack, tmp_path: Path) -> None:
    with closing(connect(outage.endpoints.database_url)) as connection:
        install(connection, small_network())
    port = free_port()
    settings = {
        "database_url": outage.endpoints.database_url,
        "broker_url": outage.endpoints.broker_url,
        "metrics_port": port,
    }
    ready = (200, "ok\n")
    with Program("ingest", settings, tmp_path / "log") as ingest:
        eventually(lambda: ask(port, "/readyz") == ready, lambda: ingest.log_text)
        outage.postgres.kill()
        eventually(lambda: ask(port, "/readyz") == (503, "not connected to the database\n"))
        assert healthz(port) == ready
        outage.postgres.start()
        eventually(lambda: ask(port, "/readyz") == ready, lambda: ingest.log_text, 30)
        outage.mosquitto.kill()
        eventually(lambda: ask(port, "/readyz") == (503, "not connected to the broker\n"))
        assert healthz(port) == ready
        outage.mosquitto.start()
        eventually(lambda: ask(port, "/readyz") == ready, lambda: ingest.log_text, 30)
        seen = figures(port)
        assert (seen["reconnects_total/broker"], seen["reconnects_total/database"]) == (1, 1)
        assert ingest.stop() == 0


@pytest.mark.services
def test_asked_to_stop_in_mid_stream_it_acknowledges_all_that_it_committed_and_nothing_else(
    database_url: str, broker_url: str, connection: Connection, publisher: MqttClient, tmp_path: Path
) -> None:
    install(connection, small_network())
    settings = {"database_url": database_url, "broker_url": broker_url, "max_in_flight": 50}
    many = 3_000
    with Program("ingest", settings, tmp_path / "log") as ingest:
        ingest.wait_for_log("is subscribed")
        for i in range(many):
            publisher.publish(READINGS, fresh(1 + i * PER_BATCH).model_dump_json().encode())
        eventually(lambda: number(connection, "SELECT count(*) FROM batch") > 0)
        assert ingest.stop() == 0
        assert 0 < number(connection, "SELECT count(*) FROM batch") < many
        ingest.start()
        eventually(lambda: number(connection, "SELECT count(*) FROM batch") == many, lambda: ingest.log_text, 60)
        assert ingest.stop() == 0
    assert number(connection, "SELECT sum(resends) FROM batch") == 0
    assert number(connection, "SELECT count(*) FROM reading") == many * PER_BATCH


def test_a_loop_that_hangs_is_not_alive() -> None:
    at = 0.0
    metrics = Metrics(lambda: at)
    port = free_port()
    with metrics_server(metrics, workers(), "127.0.0.1", port):
        at = DEAD_AFTER_S - 1
        assert ask(port, "/healthz") == (200, "ok\n")
        at = DEAD_AFTER_S
        assert ask(port, "/healthz") == (503, "the main loop has not run for a minute\n")
        metrics.heartbeat()
        assert ask(port, "/healthz") == (200, "ok\n")


def test_it_listens_on_loopback_only_where_asked_and_leaves_no_listener() -> None:
    port = free_port()
    with metrics_server(Metrics(), workers(), "127.0.0.1", port):
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/secrets")
        assert connection.getresponse().status == 404
        connection.close()
        with (
            pytest.raises(SettingError, match=f"SMARTWORK_METRICS_PORT is {port}"),
            metrics_server(Metrics(), workers(), "127.0.0.1", port),
        ):
            pass
    assert ask(port, "/healthz")[0] == 0


def test_port_nought_listens_nowhere() -> None:
    with metrics_server(Metrics(), workers(), "no such host", 0):
        pass
