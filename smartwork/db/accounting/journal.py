"""The journal: postings in double entry."""

from datetime import date
from decimal import Decimal

from smartwork.db.billing.documents import checked_invoice
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import rows, sql
from smartwork.domain.accounting.journal_rows import RecordedPosting
from smartwork.domain.accounting.postings import Posting


def post(connection: Connection, posting: Posting) -> int:
    """Store a posting in the caller's transaction and return its key. A posting without amounts has no entries."""
    codes, amounts = list(posting.amounts), list(posting.amounts.values())
    connection.execute(sql("put_accounts"), {"codes": codes})
    fields = {
        "kind": posting.kind,
        "month": posting.month,
        "posted_on": posting.posted_on,
        "document": posting.document,
    }
    [(posting_id,)] = rows(connection, "put_posting", **fields)
    connection.execute(sql("put_entries"), {"posting_id": posting_id, "codes": codes, "amounts": amounts})
    return int(posting_id)


def postings_between(connection: Connection, since: date, until: date) -> list[RecordedPosting]:
    """The postings of the days of [since, until) with their documents, oldest first. Raises InvoiceAltered."""
    found = []
    with wrap_database_errors():
        records = rows(connection, "postings_between", since=since, until=until)
    for posting_id, kind, month, posted_on, number, document, digest, codes, amounts in records:
        posting = Posting(kind, month, posted_on, number, dict(zip(codes, amounts, strict=True)))
        found.append(RecordedPosting(posting_id, posting, checked_invoice(document, digest) if number else None))
    return found


def balances(connection: Connection) -> dict[str, Decimal]:
    """The balance of each account in EUR; debits are positive."""
    with wrap_database_errors():
        return dict(rows(connection, "balances"))
