"""The hash chain over the books: what an entry commits to, and where a chain of entries is broken.

The database makes the entries by the same rule (migration 0059).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.canonical_json import canonical_text, digest

Action = Literal["added", "changed", "removed", "found"]
"""What an entry records of a row. `found`: a migration found it, or changed it."""
START = bytes(32)
"""The head before the first entry."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """An entry: what happened to the row `key` of the table `kind`; `content` is None where it was removed."""

    number: int
    recorded_at: datetime
    kind: str
    key: str
    action: Action
    content: bytes | None
    head: bytes


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that is not as the books record it.

    `number` and `recorded_at` are those of its newest entry, None where it has none. `content` is the digest in that entry,
    `stored` that of the row; None where the row was removed, or is not there.
    """

    kind: str
    key: str
    number: int | None
    recorded_at: datetime | None
    content: bytes | None
    stored: bytes | None


@dataclass(frozen=True, slots=True)
class Books:
    """The books as they were read: their head, where their chain is broken, and the rows that are not as it records them.

    `known` is a head that was kept elsewhere, and `contains_known` whether the chain contains it.
    """

    head: BookHead
    broken: tuple[str, ...]
    differences: tuple[RowDifference, ...]
    known: BookHead | None = None
    contains_known: bool = True


def content(columns: Mapping[str, str | None]) -> bytes:
    """The digest of a row: SHA-256 of its columns that are not None, as canonical JSON."""
    return digest(canonical_text({name: text for name, text in columns.items() if text is not None}))


def head_after(previous: bytes, entry: BookEntry) -> bytes:
    """The head of `entry` after the head `previous`: SHA-256 of both, the entry as canonical JSON without its head."""
    text = canonical_text(
        {
            "action": entry.action,
            "content": None if entry.content is None else entry.content.hex(),
            "key": entry.key,
            "kind": entry.kind,
            "number": entry.number,
            "recorded_at": f"{entry.recorded_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        }
    )
    return hashlib.sha256(previous + text.encode()).digest()


def verified(entries: Iterable[BookEntry], known: BookHead | None = None) -> tuple[BookHead, list[str], bool]:
    """Read all entries in order. Returns the head after them, a sentence for each place where the chain is broken, and
    whether they contain the head `known`; an empty chain contains only the head before the first entry.
    """
    broken: list[str] = []
    last, head = 0, START
    contains = known is None or (known.entry, known.head) == (0, START.hex())
    for entry in entries:
        if entry.number != last + 1:
            broken.append(_gap(last, entry.number))
        if head_after(head, entry) != entry.head:
            broken.append(f"entry {entry.number} ({entry.kind} {entry.key}) does not follow from the entry before it")
        last, head = entry.number, entry.head
        if known is not None and last == known.entry:
            contains = head.hex() == known.head
    return BookHead(last, head.hex()), broken, contains


def _gap(last: int, number: int) -> str:
    if number <= last:
        return f"entry {number} comes after entry {last}"
    missing = f"entry {last + 1} is" if number == last + 2 else f"entries {last + 1} to {number - 1} are"
    return f"{missing} missing"
