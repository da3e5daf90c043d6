"""Audit check of bank statements: the journal has what they say, and what is undecided stands on one account."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal

from smartwork.domain.accounting import accounts
from smartwork.domain.accounting.postings import bank_allocation_posting, bank_entry_posting
from smartwork.domain.audit.audit_data import AuditData, StoredPosting
from smartwork.domain.banking.chain import latest

_ZERO = Decimal(0)


def bank_accounts_match_statements(data: AuditData) -> Iterator[str]:
    """Bank accounts whose balance is not the closing balance of the latest statement, and movements posted otherwise."""
    postings = {posting.posting_id: posting for posting in data.postings}
    yield from _entry_mismatches(data, postings)
    yield from _allocation_mismatches(data, postings)
    counts = Counter(
        key for key in (*(e.posting_id for e in data.bank.entries), *(a.posting_id for a in data.bank.allocations)) if key
    )
    for posting in data.postings:
        is_forward = any(account.startswith(accounts.BROUGHT_FORWARD_PREFIX) for account in posting.amounts)
        if posting.kind == "bank" and not is_forward and counts[posting.posting_id] != 1:
            yield f"posting {posting.posting_id} (bank) belongs to {counts[posting.posting_id]} movements of statements"
    balances = data.balances()
    for iban, heads in sorted(data.bank.statements.items()):
        head, balance = latest(heads), balances.get(accounts.bank_account(iban), _ZERO)
        if head is not None and head.closing != balance:
            account = accounts.bank_account(iban)
            yield f"{account}: the balance is {balance}, statement {head.number} closes with {head.closing}"
    yield from _suspense_mismatches(data, balances)


def _entry_mismatches(data: AuditData, postings: Mapping[int, StoredPosting]) -> Iterator[str]:
    for entry in data.bank.entries:
        posting, where = postings.get(entry.posting_id), f"entry {entry.entry_id} of {entry.iban}"
        expected = bank_entry_posting(entry.iban, entry.booked_on, entry.amount)
        if posting is None or posting.kind != "bank" or posting.amounts != expected.amounts:
            yield f"{where}: posting {entry.posting_id} does not post its {entry.amount} EUR"


def _allocation_mismatches(data: AuditData, postings: Mapping[int, StoredPosting]) -> Iterator[str]:
    """Allocations that are posted otherwise, and more than an entry allocated."""
    entries = {entry.entry_id: entry for entry in data.bank.entries}
    allocated: dict[int, Decimal] = defaultdict(Decimal)
    for each in data.bank.allocations:
        allocated[each.entry_id] += each.amount
        entry = entries.get(each.entry_id)
        if each.posting_id is None or entry is None:
            continue
        posting = postings.get(each.posting_id)
        is_elsewhere = each.kind == "elsewhere"
        expected = bank_allocation_posting(entry.booked_on, each.amount, is_elsewhere=is_elsewhere)
        if posting is None or posting.kind != "bank" or posting.amounts != expected.amounts:
            yield f"entry {each.entry_id}: posting {each.posting_id} does not post the {each.amount} EUR for {each.target}"
    for entry_id, amount in allocated.items():
        whole = entries[entry_id].amount if entry_id in entries else _ZERO
        if not min(whole, _ZERO) <= amount <= max(whole, _ZERO):
            yield f"entry {entry_id} is {whole} EUR, and {amount} of it are allocated"


def _suspense_mismatches(data: AuditData, balances: Mapping[str, Decimal]) -> Iterator[str]:
    """Whether the suspense account is what of all entries is undecided."""
    undecided = sum((entry.amount for entry in data.bank.entries), _ZERO)
    undecided -= sum((each.amount for each in data.bank.allocations), _ZERO)
    balance = -balances.get(accounts.SUSPENSE, _ZERO)
    if balance != undecided:
        yield f"{accounts.SUSPENSE}: the balance is {balance}, {undecided} of the entries of statements are undecided"
