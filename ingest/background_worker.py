"""Background workers: threads next to ingest's main loop, each with its own database connection."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from smartwork.db.core.connection import Connection, connect_with_retry
from smartwork.db.core.migrations import require_current_schema
from smartwork.errors import SmartworkError

_STOP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class BackgroundWorker:
    """Calls `work(connection)` every time `wait()` returns True, and stops when it returns False."""

    wait: Callable[[], bool]
    work: Callable[[Connection], None]
    log: logging.Logger

    def run(self, database_url: str, stop: threading.Event) -> None:
        """Run until `wait` returns False, or `stop` is set while the database is away.

        No work is done on a database with another schema than this version's. After an error the connection is opened again
        in the next round. The same error is logged once.
        """
        connection: Connection | None = None
        last_error = ""
        while self.wait():
            try:
                if connection is None:
                    connection = connect_with_retry(database_url, self.log.debug, should_stop=stop.is_set)
                    if connection is None:
                        return
                    require_current_schema(connection)
                self.work(connection)
                last_error = ""
            except SmartworkError as error:
                if str(error) != last_error:
                    last_error = str(error)
                    self.log.warning("%s", error)
                if connection:
                    connection.close()
                connection = None
        if connection:
            connection.close()


@contextmanager
def background_workers(
    database_url: str,
    workers: Sequence[BackgroundWorker],
    stop: threading.Event,
    wake: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Run each worker in a thread while the block lasts.

    At the end `stop` is set and `wake` is called; each worker finishes its round.
    """
    threads = [
        threading.Thread(target=worker.run, args=(database_url, stop), name=f"{worker.log.name}-{i}", daemon=True)
        for i, worker in enumerate(workers)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        wake()
        for thread in threads:
            thread.join(_STOP_TIMEOUT_S)


@contextmanager
def periodic_worker(
    database_url: str, interval_s: float, work: Callable[[Connection], None], log: logging.Logger
) -> Iterator[None]:
    """Call `work(connection)` every `interval_s` seconds in a background worker while the block lasts."""
    stop = threading.Event()
    worker = BackgroundWorker(lambda: not stop.wait(interval_s), work, log)
    with background_workers(database_url, [worker], stop):
        yield
