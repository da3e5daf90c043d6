"""A pool of database connections for a process with many threads."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg_pool import ConnectionPool, PoolTimeout

from smartwork.db.core.connection import SESSION, Connection, wrap_database_errors
from smartwork.db.core.migrations import require_current_schema
from smartwork.errors import ServiceUnavailable

logging.getLogger("psycopg.pool").setLevel(logging.WARNING)  # at INFO it logs every connection that is taken and returned


class DatabasePool:
    """At most `size` connections, opened when they are first needed. One that is broken is replaced before it is used."""

    def __init__(self, database_url: str, size: int = 8, timeout_s: float = 3.0) -> None:
        self._unavailable = (
            f"No database connection within {timeout_s:g} s: the database is away, or all {size} connections are in use. "
            "Try again."
        )
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            database_url,
            kwargs=SESSION,
            min_size=0,
            max_size=size,
            timeout=timeout_s,
            reconnect_timeout=timeout_s,  # no longer, or a database that is back would have to wait for the next attempt
            check=ConnectionPool.check_connection,
            open=False,
        )
        self._is_schema_checked = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for the block, in autocommit.

        Raises ServiceUnavailable where the database does not answer or is lost, or every connection stays in use, and
        SchemaMismatch where the schema of the database is not that of this version.
        """
        self._pool.open()
        try:
            connection = self._pool.getconn()
        except PoolTimeout as error:
            raise ServiceUnavailable(self._unavailable) from error
        try:
            with wrap_database_errors():
                if not self._is_schema_checked:
                    require_current_schema(connection)
                    self._is_schema_checked = True
                yield connection
        finally:
            self._pool.putconn(connection)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
