"""The loop that keeps figures by hour and lets raw readings go, where the database server does not do it by itself."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ingest.background_worker import repeat, running
from smartwork.db.core.connection import Connection
from smartwork.db.presence import retention
from smartwork.settings import IngestSettings

log = logging.getLogger("ingest.retention")


def keep(connection: Connection, at: datetime) -> None:
    """Do what is due at the instant `at`, as `smartwork keep` does; workers do it by turns and find nothing left."""
    if retention.kept_by_server(connection):
        return
    hours, _, dropped = retention.keep(connection, at)
    if hours.days or hours.late_days or dropped:
        facts = {"days": hours.days, "late_days": hours.late_days, "chunks_dropped": len(dropped)}
        log.info("readings summed up by hour", extra={"facts": facts})


@contextmanager
def keeping(settings: IngestSettings, clock: Callable[[], datetime]) -> Iterator[None]:
    """Do it every so often while the block lasts; not at all where the setting is 0."""
    if not settings.keep_every_s:
        yield
        return
    ended = threading.Event()

    def due() -> bool:
        return not ended.wait(settings.keep_every_s)

    def work(connection: Connection) -> None:
        keep(connection, clock())

    arguments = (settings.database_url, due, work, ended, log)
    with running(threading.Thread(target=repeat, args=arguments, name="ingest.retention", daemon=True), ended=ended):
        yield
