"""The books: postings in double entry, hours bought ahead, settlements with centres, and payments ordered."""

from decimal import Decimal

from smartwork.db.core.connection import Connection, explained
from smartwork.db.core.queries import rows, sql
from smartwork.domain.accounting.postings import Posting


def post(connection: Connection, posting: Posting) -> int:
    """Write a posting and return its key; in the caller's transaction. Where nothing moves it has no entry."""
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


def balances(connection: Connection) -> dict[str, Decimal]:
    """What stands on each account, EUR."""
    with explained():
        return dict(rows(connection, "balances"))
