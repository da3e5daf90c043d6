"""The head of the books, and proofs that they contain a head or a document that was kept elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from smartwork.db.audit.books import RecordedDocument, read_chain, recorded_document
from smartwork.db.core.book_entries import newest_head, recorded_at
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.documents.document_file import read
from smartwork.domain.audit.book_chain import START, not_contained
from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import InputError
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared with what is kept elsewhere.

    `head` is the head of the books now, `proven` are the heads that they contain, `faults` sentences about what does not
    hold. `number` is the document in hand, if one was given, and `entry` the entry that records it.
    """

    head: BookHead
    proven: tuple[BookHead, ...]
    faults: tuple[str, ...]
    number: str | None = None
    entry: int | None = None
    states_no_head: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def head_now(connection: Connection) -> tuple[BookHead, datetime | None]:
    """The head of the books, and when its entry was recorded; None where they have no entry."""
    with wrap_database_errors():
        head = newest_head(connection)
        return (head, recorded_at(connection, head.entry)) if head else (BookHead(0, START.hex()), None)


def prove(connection: Connection, known: Collection[BookHead], document: Path | None, progress: Progress) -> Proof:
    """Compare the books with heads, and with a document, that were kept elsewhere. Changes nothing.

    Raises InputError if the file is no document of smartwork.
    """
    progress("Following the chain", 0, 1)
    in_hand = _document(document) if document else None
    stated = in_hand[0].book_head if in_hand else None
    asked = [*known, *([stated] if stated else [])]
    head, broken, missing = read_chain(connection, asked)
    faults = [*broken, *(not_contained(each, head) for each in missing)]
    proven = tuple(each for each in asked if each not in missing and not broken)
    progress("Following the chain", 1, 1)
    if in_hand is None:
        return Proof(head, proven, tuple(faults))
    invoice, canonical = in_hand
    recorded = recorded_document(connection, invoice.number)
    faults += _document_faults(invoice, canonical, recorded)
    entry = recorded.entry if recorded else None
    return Proof(head, proven, tuple(faults), invoice.number, entry, states_no_head=stated is None)


def _document(path: Path) -> tuple[Invoice, str]:
    """The document in a file, with the canonical text of its snapshot."""
    snapshots = set(read(path).snapshots.values())
    try:
        [canonical] = snapshots  # a PDF has two, which must be the same
        return Invoice.read(canonical), canonical
    except ValueError:
        raise InputError(f"{path} does not hold. To see where: smartwork verify {path}") from None


def _document_faults(invoice: Invoice, canonical: str, recorded: RecordedDocument | None) -> list[str]:
    if recorded is None:
        return [f"{invoice.number} is not in the books: it was removed, is of other books, or the books are an older backup"]
    if recorded.digest != digest(canonical):
        stored, in_hand = recorded.digest.hex(), digest(canonical).hex()
        return [f"{invoice.number} has the SHA-256 {stored} in the books and {in_hand} in hand; see also: smartwork verify"]
    if recorded.entry is None:
        return [f"{invoice.number} is stored, and no entry of the books records it"]
    if invoice.book_head is not None and recorded.entry <= invoice.book_head.entry:
        return [f"{invoice.number} states the head of entry {invoice.book_head.entry}, and entry {recorded.entry} records it"]
    return []
