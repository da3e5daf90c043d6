"""Reads the books' entries, and what is not as they record it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from smartwork.db.core.book_entries import differences
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.audit.book_chain import BookEntry, Books, verified
from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.canonical_json import canonical_text, digest

_AT_A_TIME = 10_000
"""Entries in memory."""


@dataclass(frozen=True, slots=True)
class RecordedDocument:
    """The digest of a stored snapshot, and the newest entry that records its row; None if there is none."""

    digest: bytes
    entry: int | None


def read_books(connection: Connection, known: Collection[BookHead] = ()) -> Books:
    """The books, with the rows that differ from them; `known` are heads that were kept elsewhere."""
    head, broken, missing = read_chain(connection, known)
    return Books(head, tuple(broken), tuple(differences(connection)), tuple(missing))


def read_chain(connection: Connection, known: Collection[BookHead]) -> tuple[BookHead, list[str], list[BookHead]]:
    """The head of the books, where their chain is broken, and the heads of `known` that they do not contain."""
    with wrap_database_errors(), connection.transaction():
        return verified(_entries(connection), known)


def recorded_document(connection: Connection, number: str) -> RecordedDocument | None:
    """The stored document with this number, as it is now; None if there is none."""
    with wrap_database_errors():
        found = rows(connection, "recorded_document", number=number)
    return RecordedDocument(digest(canonical_text(found[0][0])), found[0][1]) if found else None


def _entries(connection: Connection) -> Iterator[BookEntry]:
    """All entries in order, a few thousand in memory at a time."""
    with connection.cursor("book_entries") as cursor:
        cursor.itersize = _AT_A_TIME
        for row in cursor.execute(sql("book_entries"), binary=True):
            yield BookEntry(*row)
