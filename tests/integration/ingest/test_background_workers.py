"""Whatever happens to a background worker of a real ingest is seen from outside, and ends the process if it does not pass."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from ingest.background_worker import BackgroundWorker, background_workers
from ingest.worker_health import STALE_AFTER_S, WorkerHealth
from smartwork.clock import now
from smartwork.db.core.connection import Connection
from smartwork.db.network_setup import install
from tests.integration.ingest.test_metrics import figures
from tests.support.factory import small_network
from tests.support.http import ask, free_port
from tests.support.program import Program, eventually

LOG = logging.getLogger("ingest.test")
pytestmark = pytest.mark.services

BROKEN_BY = {
    "span_derivation_1": "ALTER TABLE span_queue RENAME COLUMN last_at TO lost",
    "early_release": "ALTER TABLE release_policy RENAME COLUMN left_min TO lost",
    "retention": "ALTER TABLE retention RENAME TO lost",
    "silent_gateways": "ALTER TABLE edge_status RENAME COLUMN last_message_at TO lost",
    "quota_watch": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF current_query() LIKE '%over_quota%' THEN RAISE 'lost'; END IF; RETURN NULL; END $$;"
        "CREATE TRIGGER refuse BEFORE UPDATE ON alarm EXECUTE FUNCTION refuse()"
    ),
}
"""A change to the database that makes each worker fail at every attempt, with an error that nobody expected."""


def settings(database_url: str, broker_url: str, **more: object) -> dict[str, object]:
    often = {"release_every_s": 1, "retention_every_s": 1, "gateway_silent_after_s": 4}
    return {"database_url": database_url, "broker_url": broker_url, "metrics_port": free_port(), **often, **more}


def last_success(port: int, worker: str) -> float:
    return figures(port).get(f"background_last_success_timestamp_seconds/{worker}", 0.0)


def all_succeeded_since(port: int, at: float) -> bool:
    return all(last_success(port, worker) > at for worker in BROKEN_BY)


@pytest.mark.parametrize("worker", BROKEN_BY)
def test_a_worker_that_keeps_failing_ends_the_process_with_an_error(
    database_url: str, broker_url: str, connection: Connection, tmp_path: Path, worker: str
) -> None:
    install(connection, small_network())
    given = settings(database_url, broker_url, worker_failures=3)
    port = int(str(given["metrics_port"]))
    with Program("ingest", given, tmp_path / "log") as ingest:
        eventually(lambda: last_success(port, worker) > 0, lambda: ask(port, "/healthz")[1] + ingest.log_text, 30)
        assert f"{worker}: last success 20" in ask(port, "/healthz")[1]
        connection.execute(BROKEN_BY[worker].encode())
        assert ingest.wait(30) == 1, ingest.log_text
    assert f"the background worker {worker.removesuffix('_1')}" in ingest.log_text
    assert "failed 3 times in a row" in ingest.log_text
    assert "Traceback (most recent call last)" not in "\n".join(
        line for line in ingest.log_text.splitlines() if not line.startswith("{")
    )


def test_workers_whose_connections_are_cut_again_and_again_come_back_and_the_process_lives(
    database_url: str, broker_url: str, connection: Connection, tmp_path: Path
) -> None:
    install(connection, small_network())
    given = settings(database_url, broker_url, worker_failures=2)
    port = int(str(given["metrics_port"]))
    with Program("ingest", given, tmp_path / "log") as ingest:
        for _ in range(4):
            cut_at = time.time()
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            eventually(partial(all_succeeded_since, port, cut_at), lambda: ask(port, "/healthz")[1] + ingest.log_text, 40)
        assert ask(port, "/healthz")[0] == 200
        assert ingest.stop() == 0


@pytest.mark.parametrize("death", [SystemExit(0), KeyboardInterrupt(), MemoryError(), ZeroDivisionError()])
def test_a_thread_that_ends_is_a_fault_whatever_ended_it(database_url: str, death: BaseException) -> None:
    health = WorkerHealth(now, most_failures=1)

    def die(_: Connection) -> None:
        raise death

    with run_worker(database_url, health, die):
        eventually(lambda: bool(health.fault))
        assert "the background worker one" in health.fault
        assert health.faults()


def test_a_worker_that_stops_by_itself_is_a_fault(database_url: str) -> None:
    health = WorkerHealth(now, most_failures=1)
    with run_worker(database_url, health, lambda _: None, rounds=2):
        eventually(lambda: "one has ended: it stopped by itself" in health.fault)


def test_a_worker_that_waits_raises_no_alarm_and_one_whose_wait_fails_does(database_url: str) -> None:
    health = WorkerHealth(now, most_failures=1)

    def fail_to_wait() -> bool:
        raise RuntimeError("no clock")

    worker = BackgroundWorker("one", fail_to_wait, lambda _: None, 1.0, LOG)
    with background_workers(database_url, [worker], health, threading.Event()):
        eventually(lambda: "no clock" in health.fault)


def test_a_worker_that_hangs_is_a_fault_and_one_that_waits_for_the_database_is_not(database_url: str) -> None:
    at = 0.0
    health = WorkerHealth(now, most_failures=1, monotonic=lambda: at)
    release = threading.Event()

    def hang(_: Connection) -> None:
        release.wait(20)

    with run_worker(database_url, health, hang):
        eventually(lambda: "waits" not in health.report()[0])
        at = STALE_AFTER_S + 10
        assert health.faults() == [f"the background worker one has not succeeded for {at:.0f} s"]
        release.set()
        eventually(lambda: health.faults() == [])
    with run_worker("postgresql://127.0.0.1:1/nothing", health, lambda _: None):
        eventually(lambda: "waits for the database" in health.report()[0])
        at *= 3
        assert health.faults() == []


def run_worker(
    database_url: str, health: WorkerHealth, work: Callable[[Connection], None], rounds: int = 1_000_000
) -> AbstractContextManager[None]:
    """Run a worker named `one` that works at once and every 50 ms."""
    stop, left = threading.Event(), iter(range(rounds))
    worker = BackgroundWorker("one", lambda: not stop.wait(0.05) and next(left, None) is not None, work, 1.0, LOG)
    return background_workers(database_url, [worker], health, stop)
