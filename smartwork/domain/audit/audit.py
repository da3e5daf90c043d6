"""The audit: a list of checks, each a rule that must hold over all that is stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smartwork.domain.audit import (
    bank_checks,
    book_checks,
    document_checks,
    payout_checks,
    posting_checks,
    prepaid_hours_checks,
    settlement_checks,
    statement_checks,
)
from smartwork.domain.audit.audit_data import AuditData

CheckFunction = Callable[[AuditData], Iterator[str]]
"""Yields one sentence for each mismatch."""

_CHECKS: tuple[tuple[str, str, CheckFunction], ...] = (
    (
        "documents",
        "Every document is unchanged since it was issued, and its rows agree with it",
        document_checks.documents_match_their_rows,
    ),
    (
        "figures",
        "Every figure of a document follows from the evidence and terms in it",
        document_checks.figures_follow_from_evidence,
    ),
    ("numbers", "Every series is numbered without gaps", document_checks.series_have_no_gaps),
    ("evidence", "Every line has evidence", document_checks.lines_have_evidence),
    ("minutes", "Every minute and every booking is billed at most once", document_checks.time_is_billed_once),
    (
        "orders",
        "Every order, and every day of a subscription, is billed at most once",
        document_checks.orders_are_billed_once,
    ),
    (
        "billed",
        "Billed occupancy and billed months agree with the documents",
        document_checks.billed_occupancy_matches_documents,
    ),
    (
        "postings",
        "Every posting balances, and every document is posted once, with its figures",
        posting_checks.documents_are_posted_once,
    ),
    (
        "payments",
        "Every payment and write-off is posted once, set-offs agree, and companies owe what is open on their documents",
        posting_checks.payments_are_posted_once,
    ),
    (
        "centres",
        "Charges to companies = credits to centres + margin of the network + charges not settled yet",
        posting_checks.charges_are_accounted_for,
    ),
    (
        "settled",
        "Every charge is settled with its centre once, or is counted as not settled yet",
        settlement_checks.charges_are_settled_once,
    ),
    (
        "terms",
        "What each centre is owed for a month follows from the stored terms and the month's charges",
        settlement_checks.settlements_follow_stored_terms,
    ),
    (
        "payouts",
        "Payment files agree with the payouts and postings, and centres are owed what is not paid out",
        payout_checks.payouts_match_files_and_postings,
    ),
    (
        "statements",
        "Every statement of a centre is unchanged, and agrees with its self-billed document",
        statement_checks.statements_match_settlements,
    ),
    (
        "bank",
        "Bank accounts have the closing balance of their latest statement, and undecided movements stand in suspense",
        bank_checks.bank_accounts_match_statements,
    ),
    ("VAT", "VAT on the accounts is the VAT of the documents", posting_checks.vat_accounts_match_documents),
    (
        "pools",
        "The value of prepaid hours on the accounts is what was bought less what was used or expired",
        prepaid_hours_checks.pool_accounts_match_lots,
    ),
    ("chain", "Every entry of the books follows from the entry before it", book_checks.chain_is_unbroken),
    ("books", "Every row of the books is as its newest entry records it", book_checks.rows_are_as_recorded),
)


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: the rule, and where it does not hold. Without mismatches the check passed."""

    name: str
    rule: str
    mismatches: tuple[str, ...]


def audit(data: AuditData) -> list[Check]:
    """Run every check, in a fixed order."""
    return [Check(name, rule, tuple(find_mismatches(data))) for name, rule, find_mismatches in _CHECKS]
