"""With the database away the broker keeps new messages, and ingest holds no more than it may have in flight."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest

from smartwork.bench.machine import peak_rss_mb
from smartwork.contracts.metrics import Metric
from smartwork.db.core.connection import connect
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.settings import IngestSettings
from smartwork.transport.load_publisher import publish_packets, send_packets
from tests.support.factory import NOON, Measurement, batch, small_network
from tests.support.program import Program, eventually

pytestmark = [pytest.mark.faults, pytest.mark.services]
CENTRES = [f"centre-{i}" for i in range(8)]
"""Each sends less than its quota of bytes."""
READINGS = 400
"""The largest batch of an outbox."""
BATCHES = 8_000
LIMIT_MB = 150
PER_MB = 1_000_000


def messages_of_edges() -> list[tuple[str, bytes]]:
    """Batches of one edge in each centre, equal except for their numbers."""
    measurements: list[Measurement] = [
        (NOON - timedelta(minutes=i), "s-1", Metric.TEMPERATURE_C, 20 + i % 50 / 10) for i in range(READINGS)
    ]
    payload = batch(1, measurements).model_dump_json()
    topics = [f"sw/v1/{centre}/readings/gateway" for centre in CENTRES]
    return [
        (topics[i % 8], payload.replace('"first":1,', f'"first":{1 + i // 8 * READINGS},').encode()) for i in range(BATCHES)
    ]


def test_with_the_database_away_memory_stays_bounded_and_the_broker_keeps_the_rest(
    outage: Stack, tmp_path: Path, print_figure: Callable[[str], None]
) -> None:
    url, broker = outage.endpoints.database_url, outage.endpoints.broker_url
    with closing(connect(url)) as connection:
        centres = [small_network(centre).centres[0] for centre in CENTRES]
        install(connection, replace(small_network(), centres=tuple(centres)))
    messages = messages_of_edges()
    payload_mb = sum(len(payload) for _, payload in messages) / PER_MB
    in_flight_mb = IngestSettings.model_fields["max_in_flight"].default * len(messages[0][1]) / PER_MB
    assert payload_mb > 5 * in_flight_mb
    with Program("ingest", {"database_url": url, "broker_url": broker}, tmp_path / "log") as ingest:
        ingest.wait_for_log("is subscribed")
        before = peak_rss_mb(ingest.pid)
        outage.postgres.stop()
        send_packets(broker, publish_packets(messages))
        sleep(3)
        away = peak_rss_mb(ingest.pid)
        outage.postgres.start()

        def stored() -> bool:
            with closing(connect(url)) as connection:
                (found,) = connection.execute("SELECT count(*) FROM batch").fetchall()
            return bool(found[0] == BATCHES)

        eventually(stored, lambda: ingest.log_text[-2_000:], timeout_s=120)
        after = peak_rss_mb(ingest.pid)
        assert ingest.stop(30) == 0
    print_figure(
        f"{payload_mb:.0f} MB of batches while the database was away; ingest held {before:.0f} MB before, "
        f"{away:.0f} MB while it waited, {after:.0f} MB at the most until all were stored"
    )
    assert away - before < 3 * in_flight_mb
    assert after < LIMIT_MB
