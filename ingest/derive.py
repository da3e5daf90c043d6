"""The threads that keep spans in step with readings: beside the loop of ingest, on connections of their own."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from smartwork.db.connection import Connection, connect_patiently
from smartwork.db.spans import derive_stale
from smartwork.errors import SmartworkError

log = logging.getLogger("ingest.derive")

EVERY_S = 0.5
QUIET, LONGEST = timedelta(seconds=1), timedelta(seconds=10)
"""Under load a sensor is derived once it is quiet for so long, or at the latest so long after it was touched first: not
again for each batch of one that speaks all the time. Where nothing comes in, at once."""
THREADS = 2
"""One computes while the database works for the other."""


@contextmanager
def deriving(database_url: str) -> Iterator[Callable[[], None]]:
    """Derive the spans of what readings touched: under load by and by, and all of them when the yielded function is called.

    What was touched by the end of the block is derived before it is left, if the database answers.
    """
    ended = threading.Event()
    asked = [threading.Event() for _ in range(THREADS)]
    loops = [
        threading.Thread(target=_run, args=(database_url, each, ended), name=f"ingest.derive-{i}", daemon=True)
        for i, each in enumerate(asked)
    ]

    def ask() -> None:
        for each in asked:
            each.set()

    for loop in loops:
        loop.start()
    try:
        yield ask
    finally:
        ended.set()
        ask()
        for loop in loops:
            loop.join()


def _run(database_url: str, asked: threading.Event, ended: threading.Event) -> None:
    connection: Connection | None = None
    said = ""
    last = False
    while not last:
        at_once = asked.wait(EVERY_S)
        asked.clear()
        last = ended.is_set()
        try:
            # That the database is away is said by the loop of ingest.
            connection = connection or connect_patiently(database_url, log.debug, should_stop=ended.is_set)
            if connection is None:
                return
            if at_once:
                derive_stale(connection)
            else:
                derive_stale(connection, QUIET, LONGEST)
            said = ""
        except SmartworkError as error:
            if str(error) != said:
                said = str(error)
                log.warning("Spans wait: %s", error)
            if connection:
                connection.close()
            connection = None
    if connection:
        connection.close()
