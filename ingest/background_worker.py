"""Work that goes on beside the loop of ingest, in a thread and on a connection of its own."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from smartwork.db.core.connection import Connection, connect_with_retry
from smartwork.errors import SmartworkError


def repeat(
    database_url: str,
    due: Callable[[], bool],
    work: Callable[[Connection], None],
    ended: threading.Event,
    log: logging.Logger,
) -> None:
    """Do `work` each time that `due` returns true, until it returns false.

    Where the database is away or not set up, which is said once, it is tried again the next time; once `ended` is set,
    nobody waits for it any more.
    """
    connection: Connection | None = None
    said = ""
    while due():
        try:
            connection = connection or connect_with_retry(database_url, log.debug, should_stop=ended.is_set)
            if connection is None:
                return
            work(connection)
            said = ""
        except SmartworkError as error:
            if str(error) != said:
                said = str(error)
                log.warning("%s", error)
            if connection:
                connection.close()
            connection = None
    if connection:
        connection.close()


@contextmanager
def running(*loops: threading.Thread, ended: threading.Event, wake: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Run these while the block lasts: then `ended` is set, `wake` is called, and each finishes what it is at."""
    for loop in loops:
        loop.start()
    try:
        yield
    finally:
        ended.set()
        wake()
        for loop in loops:
            loop.join(30)
