"""Reads the books' entries, and the rows that are not as they record them."""

from collections.abc import Iterator

from smartwork.db.core.book_entries import differences
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.audit.book_chain import BookEntry, Books, verified
from smartwork.domain.billing.book_head import BookHead

_AT_A_TIME = 10_000
"""Entries in memory."""


def read_books(connection: Connection, known: BookHead | None = None) -> Books:
    """The books; `known` is a head that was kept elsewhere. In the caller's transaction."""
    head, broken, contains = verified(_entries(connection), known)
    return Books(head, tuple(broken), tuple(differences(connection)), known, contains_known=contains)


def _entries(connection: Connection) -> Iterator[BookEntry]:
    """All entries in order, a few thousand in memory at a time."""
    with connection.cursor("book_entries", withhold=False) as cursor:
        cursor.itersize = _AT_A_TIME
        for row in cursor.execute(sql("book_entries")):
            yield BookEntry(*row)
