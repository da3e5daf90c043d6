"""Double entry: what each event posts to which account. Debits are positive, credits negative; a posting adds up to 0."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from smartwork.domain.accounting.accounts import (
    BAD_DEBTS,
    BANK,
    ELSEWHERE,
    EXPIRED,
    MARGIN,
    SALES,
    SUSPENSE,
    TRANSIT,
    VAT_DUE,
    VAT_RECOVERABLE,
    bank_account,
    brought_forward,
    charges,
    payable,
    pool,
    receivable,
)
from smartwork.domain.billing.invoice import Drawdown, Invoice, Line
from smartwork.domain.billing.prepaid_hours import GivenBack
from smartwork.domain.settlement.payouts import PayoutState

PostingKind = Literal["document", "settlement", "expiry", "payment", "payout", "write_off", "bank"]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Posting:
    """Amounts in EUR by account; they add up to 0. `document` is the number of the document that it posts, if any."""

    kind: PostingKind
    month: date
    posted_on: date
    document: str | None
    amounts: Mapping[str, Decimal]


def document_posting(invoice: Invoice) -> Posting:
    """The posting of an invoice or credit note to a company.

    Gross to the company's receivable, VAT to VAT due, and net to the centre's charges, to the company's pool for hours bought
    ahead, or to the network's sales. Prepaid hours that a line uses move their value from the pool to the centre's charges.
    """
    sign = -1 if invoice.is_credit else 1
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    amounts[receivable(invoice.account)] += sign * invoice.gross
    amounts[VAT_DUE] -= sign * invoice.vat
    for line in invoice.lines:
        prepaid = sum((draw.value for draw in line.drawdowns), _ZERO)
        amounts[credited_account(invoice, line)] -= sign * (line.net + prepaid)
        amounts[pool(invoice.account)] += sign * prepaid
    return _posting("document", invoice.month, invoice.issued_on, invoice.number, amounts)


def credited_account(invoice: Invoice, line: Line) -> str:
    """The account that gets the net amount of a line of a document to a company."""
    if line.centre is not None:
        return charges(line.centre)
    return SALES if line.supply is not None else pool(invoice.account)


def expiry_posting(company: str, month: date, on: date, expired: Iterable[Drawdown]) -> Posting:
    """The posting of prepaid hours that expired: their value moves from the company's pool to the network."""
    value = sum((draw.value for draw in expired), _ZERO)
    return _posting("expiry", month, on, None, {pool(company): value, EXPIRED: -value})


def rounding_posting(company: str, month: date, on: date, given_back: Iterable[GivenBack]) -> Posting:
    """The posting of the cents by which hours that were given back are worth more or less in their new lots."""
    value = sum((given.value - given.own.value for given in given_back), _ZERO)
    return _posting("expiry", month, on, None, {pool(company): value, EXPIRED: -value})


def settlement_posting(invoice: Invoice, charged: Decimal) -> Posting:
    """The posting of a self-billed document that settles charges of `charged` EUR net.

    The charges are cleared, the document's gross is owed to the centre, its VAT is recoverable, the rest is margin.
    """
    sign = -1 if invoice.is_credit else 1
    amounts = {
        charges(invoice.account): charged,
        payable(invoice.account): -sign * invoice.gross,
        VAT_RECOVERABLE: sign * invoice.vat,
        MARGIN: sign * invoice.net - charged,
    }
    return _posting("settlement", invoice.month, invoice.issued_on, invoice.number, amounts)


def margin_posting(centre: str, month: date, on: date, charged: Decimal) -> Posting:
    """The posting of settled charges of which the centre is owed nothing, for example because its rent is settled already."""
    return _posting("settlement", month, on, None, {charges(centre): charged, MARGIN: -charged})


def payment_posting(invoice: Invoice, on: date, amount: Decimal) -> Posting:
    """The posting of a payment by a company; of a credit note, of a payment to it. A negative `amount` is a refund."""
    sign = -1 if invoice.is_credit else 1
    amounts = {BANK: sign * amount, receivable(invoice.account): -sign * amount}
    return _posting("payment", invoice.month, on, invoice.number, amounts)


def write_off_posting(invoice: Invoice, on: date, amount: Decimal) -> Posting:
    """The posting of an amount with VAT that a company is not expected to pay any more; a negative `amount` reverses it.

    VAT stays due: its refund is asked for in the VAT return, where the law grants it.
    """
    amounts = {BAD_DEBTS: amount, receivable(invoice.account): -amount}
    return _posting("write_off", invoice.month, on, invoice.number, amounts)


def payout_posting(
    centre: str, month: date, on: date, amount: Decimal, state: PayoutState = "ordered", before: PayoutState | None = None
) -> Posting:
    """The posting of a payout that comes into `state`; `before` is the state that it had, None when it is ordered.

    Ordered, it moves from what is owed to the centre to the payments in transit; paid, to the bank; refused, back to what is
    owed.
    """
    to, of = _payout_account(centre, state), _payout_account(centre, before)
    return _posting("payout", month, on, None, {of: amount, to: -amount})


def _payout_account(centre: str, state: PayoutState | None) -> str:
    """The account on which a payout in `state` stands, as a credit."""
    if state == "ordered":
        return TRANSIT
    return BANK if state == "paid" else payable(centre)


def bank_entry_posting(iban: str, on: date, amount: Decimal) -> Posting:
    """The posting of a movement on a bank statement; `amount` is above 0 where money came in."""
    return _posting("bank", on.replace(day=1), on, None, {bank_account(iban): amount, SUSPENSE: -amount})


def bank_allocation_posting(on: date, amount: Decimal, *, is_elsewhere: bool = False) -> Posting:
    """The posting of what a part of a movement is for: a payment that is recorded, or one that other books record.

    The payment itself has a posting of its own. A negated `amount` takes the decision back.
    """
    account = ELSEWHERE if is_elsewhere else BANK
    return _posting("bank", on.replace(day=1), on, None, {SUSPENSE: amount, account: -amount})


def brought_forward_posting(iban: str, on: date, amount: Decimal) -> Posting:
    """The posting that brings a bank account to the closing balance of its latest statement."""
    return _posting("bank", on.replace(day=1), on, None, {bank_account(iban): amount, brought_forward(iban): -amount})


def _posting(kind: PostingKind, month: date, on: date, document: str | None, amounts: Mapping[str, Decimal]) -> Posting:
    non_zero = {account: amount for account, amount in sorted(amounts.items()) if amount}
    return Posting(kind, month, on, document, non_zero)
