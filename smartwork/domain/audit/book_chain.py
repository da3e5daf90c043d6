"""The hash chain over the books: what an entry commits to, and where a chain of entries is broken.

The database makes the entries by the same rule (migration 0059).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.canonical_json import canonical_text, digest

Action = Literal["added", "changed", "removed", "found", "altered"]
"""What an entry records of a row. `found`: a migration found it, or changed it. `altered`: something else than smartwork had
changed it when smartwork changed it again."""
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
    `name` is the document's number, or the slug or order that the row has; None where it has none, or is not there.
    """

    kind: str
    key: str
    number: int | None
    recorded_at: datetime | None
    content: bytes | None
    stored: bytes | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Books:
    """The books as they were read: their head, where their chain is broken, and the rows that are not as it records them.

    `missing` are heads that were kept elsewhere and that the chain does not contain.
    """

    head: BookHead
    broken: tuple[str, ...]
    differences: tuple[RowDifference, ...]
    missing: tuple[BookHead, ...] = ()


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
            "recorded_at": f"{entry.recorded_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
        }
    )
    return hashlib.sha256(previous + text.encode()).digest()


def verified(entries: Iterable[BookEntry], known: Collection[BookHead] = ()) -> tuple[BookHead, list[str], list[BookHead]]:
    """Read all entries in order. Returns the head after them, a sentence for each place where the chain is broken or records
    an altered row, and the heads of `known` that they do not contain.
    """
    broken: list[str] = []
    missing = set(known)
    last, head = 0, START
    missing.discard(BookHead(last, head.hex()))
    asked = {each.entry for each in missing}
    for entry in entries:
        if entry.number != last + 1:
            broken.append(_gap(last, entry.number))
        if head_after(head, entry) != entry.head:
            broken.append(f"entry {entry.number} ({entry.kind} {entry.key}) does not follow from the entry before it")
        if entry.action == "altered":
            broken.append(f"{entry.kind} {entry.key}: entry {entry.number} found it changed by something else than smartwork")
        last, head = entry.number, entry.head
        if last in asked:
            missing.discard(BookHead(last, head.hex()))
    return BookHead(last, head.hex()), broken, [each for each in known if each in missing]


def not_contained(known: BookHead, head: BookHead) -> str:
    """Why books with the head `head` do not contain the head `known`."""
    if known.entry > head.entry:
        return f"entry {known.entry}, whose head is kept elsewhere, is missing: the books end at entry {head.entry}"
    return f"entry {known.entry} has another head than the one kept elsewhere: it, or an entry before it, was changed"


def _gap(last: int, number: int) -> str:
    if number <= last:
        return f"entry {number} comes after entry {last}"
    missing = f"entry {last + 1} is" if number == last + 2 else f"entries {last + 1} to {number - 1} are"
    return f"{missing} missing"
