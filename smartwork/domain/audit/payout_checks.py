"""Audit check of payouts: orders, payment files, postings and self-billed documents agree."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.accounting.postings import payout_posting
from smartwork.domain.audit.audit_data import AuditData, Payout, StoredOrder, StoredPosting, sign
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.payment_file import PaymentFile
from smartwork.domain.settlement.payouts import PayoutState

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
            where = f"{order.name}, {payout.centre}"
            yield from _posting_mismatches(where, payout, postings)
            yield from _iban_mismatches(where, payout, issued, data.agreed_ibans)
    counts = Counter(key for order in data.orders for payout in order.payouts for key in _posting_ids(payout))
    for posting in data.postings:
        if posting.kind == "payout" and counts[posting.posting_id] != 1:
            yield f"posting {posting.posting_id} (payout) belongs to {counts[posting.posting_id]} payouts"
    yield from _document_mismatches(data)
    yield from _balance_mismatches(data)


def _posting_ids(payout: Payout) -> set[int]:
    return {payout.posting_id, *(step.posting_id for step in payout.steps)}


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
    """Payments whose amount or account differs from the payout, or which are from another account than its documents say."""
    for payment, payout in zip(file.payments, order.payouts, strict=True):
        where = f"{order.name}, {payout.centre}"
        if payment.amount != payout.amount:
            yield f"{where}: the file pays {payment.amount}, the order {payout.amount}"
        last = _last_document(payout, issued)
        iban = payout.iban or (last.seller.iban if last else None)
        if iban is not None and payment.iban != iban:
            yield f"{where}: the file pays to {payment.iban}, it was ordered to {iban}"
        for payer in file.payer_ibans:
            if last is not None and last.buyer.iban not in (payer, None):
                yield f"{order.name}: the file pays from {payer}, {last.number} has {last.buyer.iban}"


def _last_document(payout: Payout, issued: Mapping[str, PostedDocuments]) -> Invoice | None:
    """The last of the centre's documents that was issued before a payout was ordered, or None."""
    earlier = [posted for posted in issued.get(payout.centre, ()) if posted[0] < payout.posting_id]
    return max(earlier, key=lambda posted: posted[0])[1] if earlier else None


def _iban_mismatches(
    where: str, payout: Payout, issued: Mapping[str, PostedDocuments], agreed: frozenset[str]
) -> Iterator[str]:
    """Whether a payout was ordered to an account that neither its documents nor any agreements name."""
    named = {document.seller.iban for _, document in issued.get(payout.centre, ()) if document.number in payout.documents}
    if payout.iban is not None and payout.iban not in named | agreed:
        yield f"{where}: it was ordered to {payout.iban}, which no document of it and no agreements name"


def _posting_mismatches(where: str, payout: Payout, postings: Mapping[int, StoredPosting]) -> Iterator[str]:
    """Steps of a payout whose posting is missing or posts anything else."""
    before: PayoutState | None = None
    steps: list[tuple[PayoutState, int]] = [(step.state, step.posting_id) for step in payout.steps]
    if not (payout.steps and payout.steps[0].posting_id == payout.posting_id):  # an earlier version posted orders as paid
        steps.insert(0, ("ordered", payout.posting_id))
    for state, posting_id in steps:
        posting = postings.get(posting_id)
        if posting is None or posting.kind != "payout":
            yield f"{where}: posting {posting_id} is no payout"
        elif (
            posting.amounts
            != payout_posting(payout.centre, posting.month, posting.month, payout.amount, state, before).amounts
        ):
            posted = ", ".join(f"{amount} to {account}" for account, amount in posting.amounts.items()) or "nothing"
            yield f"{where}: posting {posting_id} posts {posted}, the order pays {payout.amount} and is {state}"
        before = state


def _document_mismatches(data: AuditData) -> Iterator[str]:
    """Payouts whose documents add up to another sum, and documents that two payouts pay."""
    documents = {document.number: document for document in data.self_billed_documents()}
    paid_by: dict[str, list[str]] = defaultdict(list)
    unaccepted = {each.number for each in data.acceptances if each.state(date.max) != "accepted"}
    for order in data.orders:
        for payout in order.payouts:
            where = f"{order.name}, {payout.centre}"
            paid = [documents[number] for number in payout.documents if number in documents]
            total = sum((sign(document) * document.gross for document in paid), _ZERO)
            if total != payout.amount:
                yield f"{where}: the payout is {payout.amount}, its documents add up to {total}"
            yield from (
                f"{where}: it pays {document.number}, which is of {document.account}"
                for document in paid
                if document.account != payout.centre
            )
            if not payout.is_refused:
                for document in paid:
                    paid_by[document.number].append(where)
                    if document.number in unaccepted:
                        yield f"{where}: it pays {document.number}, which the centre has not accepted"
    for number, by in paid_by.items():
        if len(by) > 1:
            yield f"{number} is paid by {len(by)} payouts: {'; '.join(by)}"


def _balance_mismatches(data: AuditData) -> Iterator[str]:
    """Accounts of centres, and that of payments in transit, whose balance differs from documents and payouts."""
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for document in data.self_billed_documents():
        owed[accounts.payable(document.account)] += sign(document) * document.gross
    for order in data.orders:
        for payout in order.payouts:
            if not payout.is_refused:
                owed[accounts.payable(payout.centre)] -= payout.amount
            if not payout.steps:
                owed[accounts.TRANSIT] += payout.amount
    balances = data.balances()
    centres = {code for code in balances if code.startswith(accounts.PAYABLE_PREFIX)}
    for account in sorted(centres | set(owed) | {accounts.TRANSIT}):
        balance = -balances.get(account, _ZERO)
        if balance != owed[account]:
            of = "payouts that are ordered" if account == accounts.TRANSIT else "documents less payouts"
            yield f"{account}: the balance is {balance}, {of} give {owed[account]}"
