"""The author of what is written: the database stores it as `recorded_by` of events, postings, agreements and bookings."""

from collections.abc import Iterator
from contextlib import contextmanager

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import rows, sql


def set_session_author(connection: Connection, author: str) -> None:
    """Name who uses this connection, for example `cli alice`. Without it, rows are recorded by `smartwork`."""
    connection.execute(sql("set_session_author"), {"author": author})


@contextmanager
def recorded_as(connection: Connection, author: str, reason: str = "") -> Iterator[None]:
    """Record what is written in this block by `author`; in the caller's transaction.

    The author of the connection, or of a block around this one, is named after it: `import october.csv by cli alice`.
    `reason` is stored in the history of bookings.
    """
    [(author_before, reason_before, *_)] = rows(connection, "set_author", author=author, reason=reason)
    yield
    connection.execute(sql("restore_author"), {"author": author_before, "reason": reason_before})
