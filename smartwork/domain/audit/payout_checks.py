"""Audit check of payouts: orders, payment files, postings and self-billed documents agree."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.audit.audit_data import AuditData, Payout, StoredOrder, StoredPosting, sign
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.payment_file import PaymentFile

_ZERO = Decimal(0)
PostedDocuments = Sequence[tuple[int, Invoice]]
"""A centre's self-billed documents, in the order of issue, each with the key of its posting."""


def payouts_match_files_and_postings(data: AuditData) -> Iterator[str]:
    """Differences between orders, their files, payouts and postings, and centres that are owed another sum."""
    postings = {posting.posting_id: posting for posting in data.postings}
    issued = _posted_documents(data)
    for order in data.orders:
        yield from _order_mismatches(order, issued)
        for payout in order.payouts:
            yield from _posting_mismatches(f"{order.name}, {payout.centre}", payout, postings)
    payout_counts = Counter(payout.posting_id for order in data.orders for payout in order.payouts)
    for posting in data.postings:
        if posting.kind == "payout" and payout_counts[posting.posting_id] != 1:
            yield f"posting {posting.posting_id} (payout) belongs to {payout_counts[posting.posting_id]} payouts"
    yield from _payable_mismatches(data)


def _posted_documents(data: AuditData) -> dict[str, list[tuple[int, Invoice]]]:
    documents = {document.number: document for document in data.self_billed_documents()}
    by_account: dict[str, list[tuple[int, Invoice]]] = defaultdict(list)
    for posting in data.postings:
        if posting.kind == "settlement" and (document := documents.get(posting.document or "")):
            by_account[document.account].append((posting.posting_id, document))
    return by_account


def _order_mismatches(order: StoredOrder, issued: Mapping[str, PostedDocuments]) -> Iterator[str]:
    total = sum((payout.amount for payout in order.payouts), _ZERO)
    if order.total != total:
        yield f"{order.name}: the order's total is {order.total}, its payouts add up to {total}"
    if order.file is None:
        yield f"{order.name}: the payment file cannot be read"
        return
    payments = order.file.payments
    count, amount = len(payments), sum((payment.amount for payment in payments), _ZERO)
    for stated_count, stated_sum in order.file.stated_sums:
        if (stated_count, stated_sum) != (count, amount):
            yield f"{order.name}: the file states {stated_count} payments of {stated_sum}, and has {count} of {amount}"
    if count != len(order.payouts):
        yield f"{order.name}: the file has {count} payments, the order {len(order.payouts)}"
        return
    yield from _payment_mismatches(order, order.file, issued)


def _payment_mismatches(order: StoredOrder, file: PaymentFile, issued: Mapping[str, PostedDocuments]) -> Iterator[str]:
    """Payments whose amount or account differs from the payout and from the centre's last document before it."""
    for payment, payout in zip(file.payments, order.payouts, strict=True):
        where = f"{order.name}, {payout.centre}"
        if payment.amount != payout.amount:
            yield f"{where}: the file pays {payment.amount}, the order {payout.amount}"
        earlier = [posted for posted in issued.get(payout.centre, ()) if posted[0] < payout.posting_id]
        if not earlier:
            continue
        _, document = max(earlier, key=lambda posted: posted[0])
        if payment.iban != document.seller.iban:
            yield f"{where}: the file pays to {payment.iban}, {document.number} has {document.seller.iban}"
        for payer in file.payer_ibans:
            if document.buyer.iban not in (payer, None):
                yield f"{order.name}: the file pays from {payer}, {document.number} has {document.buyer.iban}"


def _posting_mismatches(where: str, payout: Payout, postings: Mapping[int, StoredPosting]) -> Iterator[str]:
    posting = postings.get(payout.posting_id)
    if posting is None or posting.kind != "payout":
        yield f"{where}: posting {payout.posting_id} is no payout"
    elif posting.amounts != {accounts.payable(payout.centre): payout.amount, accounts.BANK: -payout.amount}:
        posted = ", ".join(f"{amount} to {account}" for account, amount in posting.amounts.items()) or "nothing"
        yield f"{where}: posting {payout.posting_id} posts {posted}, the order pays {payout.amount}"


def _payable_mismatches(data: AuditData) -> Iterator[str]:
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for document in data.self_billed_documents():
        owed[accounts.payable(document.account)] += sign(document) * document.gross
    for order in data.orders:
        for payout in order.payouts:
            owed[accounts.payable(payout.centre)] -= payout.amount
    balances = data.balances()
    for account in sorted({code for code in balances if code.startswith(accounts.PAYABLE_PREFIX)} | set(owed)):
        balance = -balances.get(account, _ZERO)
        if balance != owed[account]:
            yield f"{account}: the balance is {balance}, documents less payouts give {owed[account]}"
