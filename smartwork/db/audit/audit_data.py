"""Reads what the audit compares, in one snapshot of the database."""

from collections.abc import Callable, Collection
from typing import Any

from smartwork.db.audit.books import read_books
from smartwork.db.banking.allocations import allocation_log
from smartwork.db.banking.statements import listed_entries, statement_heads
from smartwork.db.billing.documents import open_items
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.db.settlement.acceptance import acceptances
from smartwork.domain.audit.audit_data import (
    AuditData,
    BankAllocationRow,
    BankData,
    BankRow,
    BilledMonth,
    LotMovement,
    Payout,
    PayoutStep,
    Series,
    SettlementItem,
    StoredDocument,
    StoredOrder,
    StoredPosting,
    StoredStatement,
    StoredTerms,
)
from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.canonical_json import canonical_text, digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.payment_file import PaymentFile
from smartwork.domain.settlement.settlement import SettlementTerms
from smartwork.domain.settlement.statements import Statement
from smartwork.domain.time import Interval
from smartwork.errors import SmartworkError

_TABLE_MISMATCHES = ("document_mismatches", "line_mismatches", "proof_mismatches", "supply_mismatches")


class DocumentUnreadable(SmartworkError):  # noqa: N818 - names the state of the document
    """A stored snapshot can no longer be parsed as a document."""


def read_audit_data(
    connection: Connection, parse_payment_file: Callable[[bytes], PaymentFile | None], known: Collection[BookHead] = ()
) -> AuditData:
    """Read all that is audited; `known` are heads of the books that were kept elsewhere.

    Raises DocumentUnreadable that names the document if a snapshot cannot be parsed.
    """
    with wrap_database_errors(), connection.transaction():
        connection.execute(sql("billing_snapshot"))
        owed, moves = open_items(connection)
        return AuditData(
            documents=[_document(*row) for row in _rows(connection, "all_documents")],
            postings=_postings(connection),
            movements=[LotMovement(*row) for row in _rows(connection, "pool_movements")],
            series=[Series(name, last, tuple(numbers)) for name, last, numbers in _rows(connection, "series_numbers")],
            documents_without_series=[str(number) for (number,) in _rows(connection, "documents_without_series")],
            table_mismatches=[pair for query in _TABLE_MISMATCHES for pair in _mismatches(connection, query)],
            billed_occupancy={
                (str(number), line, proof): Interval(start, end) if is_of_visit else None
                for number, line, proof, is_of_visit, start, end in _rows(connection, "audited_occupancy")
            },
            billed_months=[BilledMonth(*row) for row in _rows(connection, "billed_months")],
            shared_booking_ids=frozenset(str(row[0]) for row in _rows(connection, "shared_booking_ids")),
            owed=owed,
            moves=moves,
            orders=_orders(connection, parse_payment_file),
            acceptances=acceptances(connection),
            agreed_ibans=frozenset(str(iban) for (iban,) in _rows(connection, "agreed_ibans")),
            settlement_items=[SettlementItem(*row) for row in _rows(connection, "settlement_items")],
            terms=[
                StoredTerms(centre, month, SettlementTerms(*terms), desks)
                for centre, month, desks, *terms in _rows(connection, "stored_terms")
            ],
            statements=[_statement(*row) for row in _rows(connection, "all_statements")],
            bank=_bank(connection),
            books=read_books(connection, known),
        )


def _bank(connection: Connection) -> BankData:
    log = [row for rows in allocation_log(connection).values() for row in rows]
    return BankData(
        statement_heads(connection),
        [
            BankRow(each.entry_id, each.account, each.entry.booked_on, each.entry.amount, each.posting_id)
            for each in listed_entries(connection)
        ],
        [BankAllocationRow(row.bank_entry_id, row.kind, row.target, row.amount, row.posting_id) for row in log],
    )


def _document(number: str, content: Any, stored_digest: bytes, *figures: Any) -> StoredDocument:  # noqa: ANN401 - JSON values
    try:
        invoice = Invoice.parse(content)
    except ValueError as error:
        raise DocumentUnreadable(f"{number} cannot be read: {error}. Restore its row from a backup.") from error
    return StoredDocument(invoice, digest(canonical_text(content)) == bytes(stored_digest), *figures)


def _postings(connection: Connection) -> list[StoredPosting]:
    by_id: dict[int, StoredPosting] = {}
    for posting_id, kind, month, number, account, amount in _rows(connection, "postings"):
        posting = by_id.setdefault(posting_id, StoredPosting(posting_id, kind, month, number, {}))
        if account is not None:
            posting.amounts[account] = amount
    return list(by_id.values())


def _statement(number: str | None, content: Any, stored_digest: bytes) -> StoredStatement:  # noqa: ANN401 - JSON values
    try:
        statement: Statement | None = Statement.parse(content)
    except ValueError:
        statement = None
    return StoredStatement(number or "", digest(canonical_text(content)) == bytes(stored_digest), statement)


def _orders(connection: Connection, parse_payment_file: Callable[[bytes], PaymentFile | None]) -> list[StoredOrder]:
    payouts: dict[str, list[Payout]] = {}
    for name, centre, amount, posting_id, iban, numbers, states, step_ids in _rows(connection, "audited_payouts"):
        steps = tuple(map(PayoutStep, states, step_ids))
        payouts.setdefault(name, []).append(Payout(centre, amount, posting_id, iban, tuple(numbers), steps))
    return [
        StoredOrder(name, total, parse_payment_file(bytes(payment_file)), tuple(payouts.get(name, ())))
        for name, total, payment_file in _rows(connection, "all_payout_orders")
    ]


def _mismatches(connection: Connection, query: str) -> list[tuple[str, str]]:
    return [(str(number), str(what)) for number, what in _rows(connection, query)]


def _rows(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    return connection.execute(sql(name)).fetchall()
