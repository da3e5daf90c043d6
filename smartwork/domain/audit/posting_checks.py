"""Audit checks of postings: every document and payment is posted once, and the accounts agree with the documents."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.accounting.postings import document_posting, settlement_posting
from smartwork.domain.audit.audit_data import AuditData, StoredPosting, sign
from smartwork.domain.audit.totals import totals
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.payments import Position, positions, receivable

_ZERO = Decimal(0)


def documents_are_posted_once(data: AuditData) -> Iterator[str]:
    """Postings that do not balance, and documents that are not posted, posted twice, or posted with other amounts."""
    by_document: dict[str, list[StoredPosting]] = defaultdict(list)
    for posting in data.postings:
        rest = sum(posting.amounts.values(), _ZERO)
        if rest:
            where = f"posting {posting.posting_id} ({posting.kind} {posting.document or ''})"
            yield f"{where} does not balance: {rest} EUR are left"
        if posting.document and posting.kind in ("document", "settlement"):
            by_document[posting.document].append(posting)
    for stored in data.documents:
        yield from _posting_mismatches(stored.invoice, by_document.get(stored.invoice.number, []))


def _posting_mismatches(document: Invoice, postings: Sequence[StoredPosting]) -> Iterator[str]:
    expected = _expected_amounts(document)
    if not postings:
        if any(expected.values()):
            yield f"{document.number} is not posted"
        return
    for repeated in postings[1:]:
        yield f"{document.number} is posted again, in posting {repeated.posting_id}"
    posting = postings[0]
    if posting.month != document.month:
        yield f"{document.number} is of {document.month:%Y-%m}, and posted to {posting.month:%Y-%m}"
    for account in sorted(set(expected) | (set() if document.is_self_billed else set(posting.amounts))):
        posted, computed = posting.amounts.get(account, _ZERO), expected.get(account, _ZERO)
        if posted != computed:
            yield f"{document.number} posts {posted} to {account}, its lines give {computed}"


def _expected_amounts(document: Invoice) -> dict[str, Decimal]:
    """What a document must have posted, by account.

    For a self-billed document, only the accounts that its own figures determine; `charges_are_settled_once` checks the rest.
    """
    if not document.is_self_billed:
        return dict(document_posting(document).amounts)
    determined = (accounts.payable(document.account), accounts.VAT_RECOVERABLE)
    amounts = settlement_posting(document, _ZERO).amounts
    return {account: amount for account, amount in amounts.items() if account in determined}


def payments_are_posted_once(data: AuditData) -> Iterator[str]:
    """Documents whose payments or write-offs differ from the posted ones, set-offs that only one of two documents has, and
    receivables that differ from what is open.
    """
    posted: dict[str, Decimal] = defaultdict(Decimal)
    lost: dict[str, Decimal] = defaultdict(Decimal)
    for posting in data.postings:
        if posting.kind == "payment" and posting.document:
            posted[posting.document] += posting.amounts.get(accounts.BANK, _ZERO)
        if posting.kind == "write_off" and posting.document:
            lost[posting.document] += posting.amounts.get(accounts.BAD_DEBTS, _ZERO)
    standing = positions(data.owed, data.moves)
    for document in data.owed:
        recorded = -standing[document.number].paid if document.is_credit else standing[document.number].paid
        if posted[document.number] != recorded:
            yield f"{document.number}: {recorded} were paid, and {posted[document.number]} are posted"
        written_off = standing[document.number].written_off
        if lost[document.number] != written_off:
            yield f"{document.number}: {written_off} are written off, and {lost[document.number]} are posted"
    yield from _set_off_mismatches(data, standing)
    balances = data.balances()
    for company, owed in sorted(receivable(data.owed, standing).items()):
        balance = balances.get(accounts.receivable(company), _ZERO)
        if balance != owed:
            yield f"{accounts.receivable(company)}: the balance is {balance}, {owed} are open on its documents"


def _set_off_mismatches(data: AuditData, standing: Mapping[str, Position]) -> Iterator[str]:
    """Set-offs between documents that do not have the same amount on both, or are not a credit note and an invoice of one
    company; and documents of which more is set off or written off than they ask for.
    """
    owed = {document.number: document for document in data.owed}
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for change in data.moves:
        if change.kind in ("offset", "offset_reversed"):
            amount = change.amount or _ZERO
            amounts[change.number, change.by or ""] += amount if change.kind == "offset" else -amount
    for (number, other), amount in list(amounts.items()):
        if amounts[other, number] != amount or amount < 0:
            yield f"{number}: {amount} are set off against {other}, which has {amounts[other, number]} set off against it"
        one, another = owed.get(number), owed.get(other)
        if one and another and (one.account, one.is_credit) != (another.account, not another.is_credit):
            yield f"{number} and {other} are set off, and are not a credit note and an invoice of one company"
    for number, at in standing.items():
        if min(at.credited, at.offset, at.written_off) < 0 or at.credited + at.offset + at.written_off > at.gross:
            yield f"{number}: {at.offset} are set off and {at.written_off} written off of {at.gross}"


def charges_are_accounted_for(data: AuditData) -> Iterator[str]:
    """Whether charges to companies equal credits to centres, margin and charges that are not settled yet."""
    sums = totals(data)
    difference = sums.charged - (sums.centre_credits + sums.margin + sums.unsettled)
    if difference:
        yield (
            f"companies were charged {sums.charged}, but centres are credited {sums.centre_credits}, margin is "
            f"{sums.margin} and {sums.unsettled} are not settled: {difference} EUR are left"
        )


def vat_accounts_match_documents(data: AuditData) -> Iterator[str]:
    """VAT accounts whose balance differs from the VAT of the documents."""
    sums = totals(data)
    due = sum((sign(document) * document.vat for document in data.company_documents()), _ZERO)
    recoverable = sum((sign(document) * document.vat for document in data.self_billed_documents()), _ZERO)
    if sums.vat_due != due:
        yield f"{accounts.VAT_DUE}: the balance is {sums.vat_due}, the documents to companies give {due}"
    if sums.vat_recoverable != recoverable:
        yield f"{accounts.VAT_RECOVERABLE}: the balance is {sums.vat_recoverable}, self-billed documents give {recoverable}"
