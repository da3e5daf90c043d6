"""The exported journal is the journal of the books, by account number, product and VAT code."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.accounting.account_numbers import ChartOfAccounts
from smartwork.domain.accounting.journal_rows import Counterpart, JournalRow, RecordedPosting, journal_rows
from smartwork.domain.accounting.postings import (
    Posting,
    document_posting,
    expiry_posting,
    margin_posting,
    payment_posting,
    settlement_posting,
)
from smartwork.domain.billing.account_number import AccountNumber
from smartwork.domain.billing.invoice import Drawdown, Invoice
from tests.support.documents import ISSUED, MONTH, every_kind, mixed_invoice, ordered_invoice

_ZERO = Decimal(0)
CHART = ChartOfAccounts()


def recorded(invoice: Invoice) -> RecordedPosting:
    """The posting of a document."""
    if invoice.is_self_billed:
        return RecordedPosting(1, settlement_posting(invoice, Decimal("100.00")), invoice)
    return RecordedPosting(1, document_posting(invoice), invoice)


def balances(rows: list[JournalRow]) -> dict[str, Decimal]:
    """What the rows come to on each account; debits are positive."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.account] += row.debit - row.credit
    return dict(sums)


@pytest.mark.parametrize(
    "invoice", every_kind("fr"), ids=lambda invoice: f"{invoice.number} {invoice.vat_totals[0].category}"
)
def test_rows_of_a_document_balance_and_are_those_of_its_posting(invoice: Invoice) -> None:
    of_document = recorded(invoice)
    rows = journal_rows([of_document], CHART, {})
    assert sum((row.debit - row.credit for row in rows), _ZERO) == 0
    assert all(min(row.debit, row.credit) == 0 < max(row.debit, row.credit) for row in rows)
    by_prefix: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in of_document.posting.amounts.items():
        by_prefix[account.partition(":")[0] if account not in ("vat:due", "vat:recoverable") else account] += amount
    found = defaultdict(Decimal, balances(rows))
    if invoice.is_self_billed:
        assert found["440000"] == by_prefix["payable"]
        assert found["411000"] == by_prefix["vat:recoverable"]
        assert found["610000"] == by_prefix["charges"] + by_prefix["margin"]
    else:
        assert found["400000"] == by_prefix["receivable"]
        assert found["451000"] == by_prefix["vat:due"]
        assert found["493000"] == by_prefix["pool"]
        assert found["700000"] == by_prefix["charges"] + by_prefix["sales"]


def test_revenue_is_booked_by_product_and_vat_code_on_the_accounts_of_the_agreements() -> None:
    chart = ChartOfAccounts(
        (
            AccountNumber("membership", "705100", "Memberships"),
            AccountNumber("desk", "704000", "Desks"),
            AccountNumber("desk", "704021", "Desks at 21 %", "S21"),
            AccountNumber("desk", "704099", "Desks, reverse charge", "AE"),
        )
    )
    rows = journal_rows([recorded(ordered_invoice())], chart, {"acme": Counterpart("Acme & Søn <SA>", "BE0403170701")})
    assert {(row.account, row.account_name, row.product, row.vat_code) for row in rows if row.account.startswith("70")} == {
        ("705100", "Memberships", "membership", "S21"),
        ("704021", "Desks at 21 %", "desk", "S21"),
        ("700000", "Services", "print", "S21"),
        ("700000", "Services", "locker", "S21"),
        ("700000", "Services", "coffee", "S21"),
    }
    assert {(row.counterpart, row.counterpart_vat, row.journal) for row in rows} == {
        ("Acme & Søn <SA>", "BE0403170701", "SALES")
    }


def test_prepaid_hours_are_deferred_when_sold_and_revenue_when_used() -> None:
    invoice = mixed_invoice()
    rows = journal_rows([recorded(invoice)], CHART, {})
    sold = sum((line.net for line in invoice.lines if line.kind in ("credits_bought", "overdraft")), _ZERO)
    used = sum((drawn.value for line in invoice.lines for drawn in line.drawdowns), _ZERO)
    deferred = {row.vat_code: row.debit - row.credit for row in rows if row.product.startswith("prepaid_")}
    assert deferred == {"S21": -sold, "": used}


def test_a_movement_of_a_bank_statement_is_booked_on_the_bank_until_it_is_explained() -> None:
    amounts = {"bank:BE68539007547034": Decimal("50.00"), "suspense": Decimal("-50.00")}
    rows = journal_rows([RecordedPosting(1, Posting("bank", MONTH, ISSUED, None, amounts), None)], CHART, {})
    assert [(row.journal, row.account, row.product, row.debit - row.credit) for row in rows] == [
        ("BANK", "550000", "", Decimal("50.00")),
        ("BANK", "499000", "", Decimal("-50.00")),
    ]


def test_other_postings_are_booked_on_the_accounts_of_their_parts() -> None:
    invoice = mixed_invoice()
    expired = expiry_posting("acme", MONTH, ISSUED, [Drawdown("A", date(2026, 10, 1), Decimal(1), Decimal("6.00"))])
    rows = journal_rows(
        [
            RecordedPosting(1, payment_posting(invoice, ISSUED, Decimal("50.00")), invoice),
            RecordedPosting(2, expired, None),
            RecordedPosting(3, margin_posting("namur", MONTH, ISSUED, Decimal("7.00")), None),
            RecordedPosting(4, Posting("payment", MONTH, ISSUED, None, {"new part": Decimal(3), "bank": Decimal(-3)}), None),
        ],
        CHART,
        {},
    )
    assert [(row.posting_id, row.journal, row.account, row.product, f"{row.debit - row.credit:.0f}") for row in rows] == [
        (1, "BANK", "550000", "", "50"),
        (1, "BANK", "400000", "", "-50"),
        (2, "MISC", "743000", "", "-6"),
        (2, "MISC", "493000", "", "6"),
        (4, "BANK", "499000", "new part", "3"),
        (4, "BANK", "550000", "", "-3"),
    ]
