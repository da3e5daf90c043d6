"""A few connections for many threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from threading import BoundedSemaphore

from smartwork.db.core.connection import Connection, connect, wrap_database_errors
from smartwork.errors import ServiceAway


class Pool:
    """Lends at most `most` connections at a time; a connection that broke is closed and a new one opened for the next."""

    def __init__(self, database_url: str, most: int = 8, timeout_s: float = 10.0) -> None:
        self._database_url = database_url
        self._patience_s = timeout_s
        self._free: LifoQueue[Connection] = LifoQueue()
        self._room = BoundedSemaphore(most)

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """A connection for the block, back in autocommit afterwards.

        Raises ServiceAway where the database is away or lost, or every connection stays in use.
        """
        if not self._room.acquire(timeout=self._patience_s):
            raise ServiceAway("Every connection to the database is in use. Try again.")
        try:
            connection = self._healthy() or connect(self._database_url)
            try:
                with wrap_database_errors():
                    yield connection
            finally:
                if connection.closed or connection.broken:
                    connection.close()
                else:
                    self._free.put(connection)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close what is not lent."""
        while (connection := self._next()) is not None:
            connection.close()

    def _healthy(self) -> Connection | None:
        """A free connection whose server still answers: after a restart of the database all free ones are dead."""
        while (connection := self._next()) is not None:
            try:
                with wrap_database_errors():
                    connection.execute("SELECT 1")
            except ServiceAway:
                connection.close()
            else:
                return connection
        return None

    def _next(self) -> Connection | None:
        try:
            return self._free.get_nowait()
        except Empty:
            return None
