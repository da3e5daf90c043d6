"""The background worker of ingest that runs retention, unless the database server does."""

from datetime import timedelta

import pytest

from ingest.retention import retention_worker
from ingest.worker_health import WorkerHealth
from smartwork.clock import now
from smartwork.db.core.connection import Connection
from smartwork.db.ingest.store import IngestStore
from smartwork.db.network_setup import install
from smartwork.db.presence import retention
from smartwork.db.presence.spans import derive_queued_spans
from smartwork.settings import IngestSettings
from tests.support.factory import NOON, batch, portion_of, presence, small_network
from tests.support.program import eventually

pytestmark = pytest.mark.services
TWO_YEARS = timedelta(days=730)


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()[0][0])


def test_a_running_ingest_sums_up_and_lets_old_readings_go(
    connection: Connection, database_url: str, broker_url: str
) -> None:
    install(connection, small_network())
    if retention.server_runs_retention(connection):
        pytest.skip("SKIPPED LOUDLY: the server of this run is a Community server, so our own job is not tested")
    readings = presence("s-1", NOON - timedelta(hours=3), [True, False] * 30)
    IngestStore(connection).commit(portion_of(batch(1, readings)), NOON)
    derive_queued_spans(connection)
    expected = connection.execute("SELECT * FROM reading_hour ORDER BY hour").fetchall()
    settings = IngestSettings(database_url=database_url, broker_url=broker_url, retention_every_s=1)
    health = WorkerHealth(now, most_failures=6)
    with retention_worker(settings, health, lambda: NOON + timedelta(days=1)):
        eventually(lambda: count(connection, "reading_hour_stored") > 0)
    assert count(connection, "reading") == 60
    with retention_worker(settings, health, lambda: NOON + TWO_YEARS):
        eventually(lambda: count(connection, "reading") == 0)
    assert connection.execute("SELECT * FROM reading_hour ORDER BY hour").fetchall() == expected
