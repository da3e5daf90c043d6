"""What the audit reads: every document as stored, the books, and what the tables say beside them; one moment of all."""

from collections.abc import Callable
from typing import Any

from smartwork.db.billing.documents import open_items
from smartwork.db.core.connection import Connection, explained
from smartwork.db.core.queries import sql
from smartwork.domain.audit.stored import (
    Movement,
    Payout,
    Series,
    Stored,
    StoredDocument,
    StoredOrder,
    StoredPosting,
    StoredStatement,
    StoredTerms,
    Taken,
    Told,
)
from smartwork.domain.billing.invoice import Invoice, canonical_text, digest
from smartwork.domain.settlement.settlement import SettlementTerms
from smartwork.domain.settlement.statements import Statement
from smartwork.errors import SmartworkError

_APART = ("heads_apart", "lines_apart", "proofs_apart")


class DocumentUnreadable(SmartworkError):  # noqa: N818 - says what happened
    """A stored snapshot is no document any more."""


def stored(connection: Connection, told: Callable[[bytes], Told | None]) -> Stored:
    """All that is audited; `told` reads what an order's file says to the bank.

    Raises DocumentUnreadable, naming the document, where a snapshot cannot be read at all.
    """
    with explained(), connection.transaction():
        connection.execute(sql("billing_snapshot"))
        series, strangers = _series(connection)
        owed, moves = open_items(connection)
        return Stored(
            documents=[_document(*row) for row in _rows(connection, "all_documents")],
            postings=_postings(connection),
            movements=[Movement(*row) for row in _rows(connection, "pool_movements")],
            series=series,
            strangers=strangers,
            apart=[(str(number), str(what)) for name in _APART for number, what in _rows(connection, name)],
            stays=[(str(number), str(what)) for number, what in _rows(connection, "stays_apart")],
            billed={(company, month): text for company, month, text in _rows(connection, "billed_months")},
            owed=owed,
            moves=moves,
            orders=_orders(connection, told),
            taken=[Taken(*row) for row in _rows(connection, "all_taken_in")],
            terms=[
                StoredTerms(centre, month, SettlementTerms(*its), desks)
                for centre, month, desks, *its in _rows(connection, "terms_kept")
            ],
            statements=[_statement(*row) for row in _rows(connection, "all_statements")],
        )


def _document(number: str, content: Any, seal: bytes, *figures: Any) -> StoredDocument:  # noqa: ANN401 - JSON values
    try:
        invoice = Invoice.parse(content)
    except ValueError as error:
        raise DocumentUnreadable(f"{number} cannot be read: {error}. Restore its row from a backup.") from error
    return StoredDocument(invoice, digest(canonical_text(content)) == bytes(seal), *figures)


def _postings(connection: Connection) -> list[StoredPosting]:
    found: dict[int, StoredPosting] = {}
    for posting_id, kind, month, number, account, amount in _rows(connection, "postings"):
        one = found.setdefault(posting_id, StoredPosting(posting_id, kind, month, number, {}))
        if account is not None:
            one.amounts[account] = amount
    return list(found.values())


def _statement(number: str | None, content: Any, seal: bytes) -> StoredStatement:  # noqa: ANN401 - JSON values
    try:
        found = Statement.parse(content)
    except ValueError:
        found = None
    return StoredStatement(number or "", digest(canonical_text(content)) == bytes(seal), found)


def _orders(connection: Connection, told: Callable[[bytes], Told | None]) -> list[StoredOrder]:
    paid: dict[str, list[Payout]] = {}
    for name, *payout in _rows(connection, "payouts"):
        paid.setdefault(name, []).append(Payout(*payout))
    return [
        StoredOrder(name, total, told(bytes(document)), tuple(paid.get(name, ())))
        for name, total, document in _rows(connection, "all_payout_orders")
    ]


def _series(connection: Connection) -> tuple[list[Series], list[str]]:
    found = [Series(name, last, tuple(numbers)) for name, last, numbers in _rows(connection, "series_numbers")]
    return found, [number for (number,) in _rows(connection, "strangers_to_series")]


def _rows(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql(name)).fetchall()
