"""Audit checks of the books: their hash chain, and the rows that it records."""

from collections.abc import Iterator

from smartwork.domain.audit.audit_data import AuditData
from smartwork.domain.audit.book_chain import RowDifference, not_contained


def chain_is_unbroken(data: AuditData) -> Iterator[str]:
    """Places where an entry does not follow from the one before it, and heads kept elsewhere that the books lack."""
    yield from data.books.broken
    for known in data.books.missing:
        yield not_contained(known, data.books.head)


def rows_are_as_recorded(data: AuditData) -> Iterator[str]:
    """Rows that were changed, deleted or inserted by something else than smartwork."""
    for difference in data.books.differences:
        yield described(difference)


def described(difference: RowDifference) -> str:
    """A sentence that names the row and what happened to it."""
    row = f"{difference.kind} {difference.key}" + (f" ({difference.name})" if difference.name else "")
    if difference.number is None or difference.recorded_at is None:
        return f"{row}: no entry records it; it was not written by smartwork"
    entry = f"entry {difference.number} of {difference.recorded_at:%Y-%m-%d %H:%M}"
    if difference.content is None:
        return f"{row}: {entry} records that it was removed, and it is there"
    if difference.stored is None:
        return f"{row}: it is missing; {entry} records it"
    return f"{row}: it was changed since {entry} recorded it"
