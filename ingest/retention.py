"""A background worker that runs retention, unless the database server runs it itself."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ingest.background_worker import periodic_worker
from ingest.worker_health import WorkerHealth
from smartwork.db.core.connection import Connection
from smartwork.db.presence import retention
from smartwork.settings import IngestSettings

log = logging.getLogger("ingest.retention")


def run_once(connection: Connection, at: datetime) -> None:
    """Run retention at the instant `at`, as `smartwork retention run` does. Other workers wait and find nothing left."""
    if retention.server_runs_retention(connection):
        return
    hours, _, dropped = retention.run_retention(connection, at)
    if hours.days or hours.late_days or dropped:
        extra = {"days": hours.days, "late_days": hours.late_days, "chunks_dropped": len(dropped)}
        log.info("readings summed up by hour", extra=extra)


@contextmanager
def retention_worker(settings: IngestSettings, health: WorkerHealth, clock: Callable[[], datetime]) -> Iterator[None]:
    """Run retention every `retention_every_s` seconds while the block lasts; never if the setting is 0."""
    if not settings.retention_every_s:
        yield
        return

    def work(connection: Connection) -> None:
        run_once(connection, clock())

    with periodic_worker(settings.database_url, settings.retention_every_s, work, health, log):
        yield
