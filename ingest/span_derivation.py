"""Background workers that derive spans from new readings."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from ingest.background_worker import BackgroundWorker, background_workers
from ingest.worker_health import WorkerHealth
from smartwork.db.core.connection import Connection
from smartwork.db.presence.spans import derive_queued_spans

log = logging.getLogger("ingest.span_derivation")

INTERVAL_S = 0.25
QUIET_FOR, AT_MOST_AFTER = timedelta(seconds=0.25), timedelta(seconds=10)
"""Under load, a sensor's spans are derived once it has sent nothing for QUIET_FOR, or AT_MOST_AFTER its first reading in the
queue; not again for each batch of a sensor that sends all the time."""
THREADS = 2
"""One thread computes while the database works for the other."""


@contextmanager
def span_derivation(database_url: str, health: WorkerHealth) -> Iterator[Callable[[], None]]:
    """Derive the spans of the queue while the block lasts. The yielded function requests all of them at once.

    What is still queued at the end stays in the database: the next worker derives it.
    """
    stop = threading.Event()
    rounds = [_Rounds(stop) for _ in range(THREADS)]

    def derive_all() -> None:
        for thread_rounds in rounds:
            thread_rounds.all_requested.set()

    workers = [
        BackgroundWorker(f"span_derivation_{number}", thread_rounds.wait, thread_rounds.derive, INTERVAL_S, log)
        for number, thread_rounds in enumerate(rounds, 1)
    ]
    with background_workers(database_url, workers, health, stop, wake=derive_all):
        yield derive_all


class _Rounds:
    """The rounds of one thread: the whole queue where that was requested, otherwise the sensors that are quiet."""

    def __init__(self, stop: threading.Event) -> None:
        self.all_requested = threading.Event()
        self._stop = stop
        self._derive_all = False

    def wait(self) -> bool:
        """Wait for the next round; False if there is none."""
        self._derive_all = self.all_requested.wait(INTERVAL_S)
        self.all_requested.clear()
        return not self._stop.is_set()

    def derive(self, connection: Connection) -> None:
        """Do one round."""
        if self._derive_all:
            derive_queued_spans(connection)
        else:
            derive_queued_spans(connection, QUIET_FOR, AT_MOST_AFTER)
