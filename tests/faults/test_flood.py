"""A centre floods the network: ingest's memory and the database stay bounded, and other centres notice nothing."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import sleep

import pytest

from smartwork.bench.machine import peak_rss_mb
from smartwork.db.core.connection import Connection, connect
from smartwork.db.ledger.ledger import ledger
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from tests.support import flood
from tests.support.flood import GREEDY, HONEST, HonestCentre, Messages
from tests.support.program import Program, eventually

pytestmark = [pytest.mark.faults, pytest.mark.services]
SECONDS = 20.0
LIMITS = (200, 1.0, 100)
"""Memory of ingest in MB, p99 of the other centre's wait in seconds, growth of the database in MB."""
LIMITS_OF_VALID = (250, 15.0, 150)
"""Valid readings are stored, and delay other centres for longer: deriving the spans of a device with many readings holds up
the store."""


def size_mb(connection: Connection) -> float:
    [(size,)] = connection.execute("SELECT pg_database_size(current_database())").fetchall()
    return float(size) / 1_000_000


def quota_alarm(connection: Connection) -> str | None:
    """The text of the alarm that the greedy centre is over its quota. No other centre has one."""
    found = {alarm.centre: alarm.message for alarm in active_alarms(connection) if alarm.kind == "over_quota"}
    assert set(found) <= {GREEDY}
    return found.get(GREEDY)


@pytest.mark.parametrize(
    ("kind", "many", "alarms", "limits"),
    [
        (flood.invented_devices_and_epochs, 5_000, True, LIMITS),
        (flood.valid_batches, 5_000, True, LIMITS_OF_VALID),
        (flood.implausible_readings, 5_000, True, LIMITS),
        (flood.garbage, 5_000, False, LIMITS),
        (flood.invented_alarms, 1_000, True, LIMITS),
        (flood.invented_discoveries, 5_000, True, LIMITS),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_flood_of_one_centre_does_not_delay_another_or_fill_memory_and_disk(
    outage: Stack,
    tmp_path: Path,
    print_figure: Callable[[str], None],
    kind: Callable[[int], Messages],
    many: int,
    alarms: bool,
    limits: tuple[float, float, float],
) -> None:
    url, broker = outage.endpoints.database_url, outage.endpoints.broker_url
    with (
        closing(connect(url)) as connection,
        Program("ingest", {"database_url": url, "broker_url": broker}, tmp_path / "log") as ingest,
    ):
        install(connection, flood.two_centres())
        ingest.wait_for_log("is subscribed")
        messages = kind(many)
        before = size_mb(connection)
        with HonestCentre(broker) as honest:
            sleep(1)
            flood.publish_over(broker, messages, SECONDS)
            sleep(1)
        if alarms:
            eventually(lambda: quota_alarm(connection) is not None)
        figures = (peak_rss_mb(ingest.pid), flood.percentile_99(honest.waits_s), size_mb(connection) - before)
        print_figure(
            f"memory {figures[0]:.0f} MB, p99 of the other centre {figures[1] * 1000:.0f} ms, database +{figures[2]:.0f} MB; "
            f"alarm: {quota_alarm(connection)}"
        )
        assert len(honest.waits_s) == honest.published > SECONDS
        assert sum(row.stored for row in ledger(connection)[HONEST]) == honest.published
        assert ingest.stop(30) == 0
    assert [figure for figure, limit in zip(figures, limits, strict=True) if figure >= limit] == []
    assert "Traceback" not in ingest.log_text
