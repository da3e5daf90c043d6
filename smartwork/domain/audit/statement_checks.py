"""Audit check of the centres' statements."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from smartwork.domain.audit.audit_data import AuditData, StoredStatement, sign
from smartwork.domain.audit.settlement_checks import charged_by_posting
from smartwork.domain.billing.invoice import Invoice

_ZERO = Decimal(0)


def statements_match_settlements(data: AuditData) -> Iterator[str]:
    """Statements that are missing, altered, or differ from their self-billed document.

    A document that takes a refused one back has none. Self-billed documents from before statements existed have none. Those
    are the documents before the first one with a statement, unless they settle a company's document that contains ledger
    days, which were introduced at the same time.
    """
    statements = {statement.number: statement for statement in data.statements}
    settled = _settled_documents(data)
    statements_exist = False
    cancelling = set(data.cancellations().values())
    for document in data.self_billed_documents():
        if document.number in cancelling:
            continue
        settled_documents = settled.get(document.number, [])
        statement = statements.pop(document.number, None)
        statements_exist = statements_exist or statement is not None
        if statement is not None:
            yield from _statement_mismatches(document, statement, sum((amount for _, amount in settled_documents), _ZERO))
        elif statements_exist or any(_has_ledger_days(settled_document) for settled_document, _ in settled_documents):
            yield f"{document.number}: its statement is missing"
    for number in statements:
        yield f"a statement is stored with {number or 'no document'}, which is no self-billed document"


def _statement_mismatches(document: Invoice, stored: StoredStatement, charged: Decimal) -> Iterator[str]:
    if not stored.is_intact:
        yield f"{document.number}: the digest of its statement does not match the statement"
    statement = stored.statement
    if statement is None:
        yield f"{document.number}: its statement cannot be read"
        return
    for what, stated, computed in (
        ("number", statement.number, document.number),
        ("gross", statement.account.gross, sign(document) * document.gross),
        ("charged", statement.charged, charged),
    ):
        if stated != computed:
            yield f"{document.number}: {what} is {stated} in its statement, computed {computed}"


def _has_ledger_days(document: Invoice) -> bool:
    return any(billed.visit.ledger is not None for line in document.lines for billed in line.visits)


def _settled_documents(data: AuditData) -> dict[str, list[tuple[Invoice, Decimal]]]:
    """By self-billed document: the companies' documents that it settles, each with its charge for the centre."""
    documents = {document.number: document for document in data.company_documents()}
    number_of = {posting.posting_id: posting.document or "" for posting in data.postings}
    charged = charged_by_posting(data)
    settled: dict[str, list[tuple[Invoice, Decimal]]] = defaultdict(list)
    for item in data.settlement_items:
        if document := documents.get(number_of.get(item.posting_id, "")):
            amount = charged[item.posting_id, item.centre]
            settled[number_of.get(item.settlement_id, "")].append((document, amount))
    return settled
