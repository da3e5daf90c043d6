"""Background workers: threads next to ingest's main loop, each with its own database connection, and their supervision."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ingest.worker_health import WorkerHealth
from smartwork.backoff import Backoff
from smartwork.db.core.connection import Connection, connect_with_retry
from smartwork.db.core.migrations import require_current_schema
from smartwork.errors import ServiceUnavailable, SmartworkError

_STOP_TIMEOUT_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Limits of the pauses after failures, each a random share of its limit."""


@dataclass(frozen=True, slots=True)
class BackgroundWorker:
    """Calls `work(connection)` every time `wait()` returns True, and stops when it returns False.

    `interval_s`: the longest time that `wait` takes.
    """

    name: str
    wait: Callable[[], bool]
    work: Callable[[Connection], None]
    interval_s: float
    log: logging.Logger

    def run(self, database_url: str, health: WorkerHealth, stop: threading.Event) -> None:
        """Run until `wait` returns False or `stop` is set; however it ends before that, `health` knows.

        No work is done on a database with another schema than this version's. After a failure the connection is opened again,
        after a pause that grows. The same failure is logged once.
        """
        try:
            self._run(database_url, health, stop)
        except BaseException as error:
            health.ended(self.name, f"{type(error).__name__}: {error}")
            self.log.critical("background worker %s ended", self.name, exc_info=True)
        else:
            if not stop.is_set():
                health.ended(self.name, "it stopped by itself")

    def _run(self, database_url: str, health: WorkerHealth, stop: threading.Event) -> None:
        connection: Connection | None = None
        backoff, last_failure = Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S), ""
        retries = False
        while retries or self.wait():
            is_new = connection is None
            if connection is None:
                health.waits_for_database(self.name)
                connection = connect_with_retry(database_url, self.log.debug, should_stop=stop.is_set)
                if connection is None:
                    return
            health.works(self.name)
            try:
                if is_new:
                    require_current_schema(connection)
                self.work(connection)
            except Exception as error:  # noqa: BLE001 - any failure is counted, and the work is tried again
                failure = f"{type(error).__name__}: {error}"
                if failure != last_failure:
                    self._log(error)
                last_failure = failure
                is_lost = isinstance(error, ServiceUnavailable) and connection.closed
                health.failed(self.name, failure, counts=not is_lost)
                connection.close()
                connection = None
                retries = not stop.wait(backoff.next_pause())
                if not retries:
                    return
            else:
                health.succeeded(self.name)
                backoff.reset()
                last_failure, retries = "", False
        if connection:
            connection.close()

    def _log(self, error: Exception) -> None:
        """Log a failure; one that nobody expects with its traceback."""
        if isinstance(error, SmartworkError):
            self.log.warning("%s", error)
        else:
            self.log.error("background worker %s failed", self.name, exc_info=error)


@contextmanager
def background_workers(
    database_url: str,
    workers: Sequence[BackgroundWorker],
    health: WorkerHealth,
    stop: threading.Event,
    wake: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Run each worker in a thread while the block lasts.

    At the end `stop` is set and `wake` is called; each worker finishes its round.
    """
    threads = [
        threading.Thread(target=worker.run, args=(database_url, health, stop), name=worker.name, daemon=True)
        for worker in workers
    ]
    for worker, thread in zip(workers, threads, strict=True):
        health.watch(worker.name, thread, worker.interval_s)
        thread.start()
    try:
        yield
    finally:
        stop.set()
        wake()
        for worker, thread in zip(workers, threads, strict=True):
            health.forget(worker.name)
            thread.join(_STOP_TIMEOUT_S)


@contextmanager
def periodic_worker(
    database_url: str,
    interval_s: float,
    work: Callable[[Connection], None],
    health: WorkerHealth,
    log: logging.Logger,
) -> Iterator[None]:
    """Call `work(connection)` every `interval_s` seconds in a background worker while the block lasts.

    The worker has the name of `log` without its first part.
    """
    stop = threading.Event()
    name = log.name.rpartition(".")[2]
    worker = BackgroundWorker(name, lambda: not stop.wait(interval_s), work, interval_s, log)
    with background_workers(database_url, [worker], health, stop):
        yield
