"""Double entry: what each event posts to which account. Debits are positive, credits negative, and a posting adds up to 0."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from smartwork.domain.billing.invoice import Draw, Invoice

PostingKind = Literal["document", "settlement", "expiry", "payment", "payout"]

VAT_DUE = "vat:due"
VAT_RECOVERABLE = "vat:recoverable"
MARGIN = "margin"
EXPIRED = "expired"
BANK = "bank"
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Posting:
    """Amounts by account in EUR; they add up to 0. `document` is the number of the invoice it belongs to, if any."""

    kind: PostingKind
    month: date
    posted_on: date
    document: str | None
    amounts: Mapping[str, Decimal]


def receivable(company: str) -> str:
    """What a company owes."""
    return f"receivable:{company}"


def pool(company: str) -> str:
    """What the network owes a company in hours bought ahead."""
    return f"pool:{company}"


def charges(centre: str) -> str:
    """What companies were charged for a centre and is not settled with it yet."""
    return f"charges:{centre}"


def payable(centre: str) -> str:
    """What the network owes a centre."""
    return f"payable:{centre}"


def of_document(invoice: Invoice) -> Posting:
    """An invoice or credit note to a company: owed gross; due VAT; net to the centres, or to the pool for hours bought.

    Hours spent from a pool move their worth from the pool to the centre.
    """
    sign = -1 if invoice.is_credit else 1
    found: dict[str, Decimal] = defaultdict(Decimal)
    found[receivable(invoice.account)] += sign * invoice.gross
    found[VAT_DUE] -= sign * invoice.vat
    for line in invoice.lines:
        spent = sum((one.worth for one in line.draws), _ZERO)
        to = pool(invoice.account) if line.centre is None else charges(line.centre)
        found[to] -= sign * (line.net + spent)
        found[pool(invoice.account)] += sign * spent
    return _posting("document", invoice.month, invoice.issued_on, invoice.number, found)


def of_expiry(company: str, month: date, on: date, lost: Iterable[Draw]) -> Posting:
    """Hours that a company lost: what they were worth is the network's."""
    worth = sum((one.worth for one in lost), _ZERO)
    return _posting("expiry", month, on, None, {pool(company): worth, EXPIRED: -worth})


def of_settlement(invoice: Invoice, revenue: Decimal) -> Posting:
    """A self-billed document: the centre's charges are settled, it is owed its part with VAT, the rest is margin."""
    sign = -1 if invoice.is_credit else 1
    amounts = {
        charges(invoice.account): revenue,
        payable(invoice.account): -sign * invoice.gross,
        VAT_RECOVERABLE: sign * invoice.vat,
        MARGIN: sign * invoice.net - revenue,
    }
    return _posting("settlement", invoice.month, invoice.issued_on, invoice.number, amounts)


def of_margin(centre: str, month: date, on: date, revenue: Decimal) -> Posting:
    """What came in for a centre and owes it nothing more: a rent was settled already."""
    return _posting("settlement", month, on, None, {charges(centre): revenue, MARGIN: -revenue})


def of_payment(invoice: Invoice, on: date, amount: Decimal) -> Posting:
    """A company pays `amount` of an invoice, or is paid it of a credit note; below zero: it is given back."""
    sign = -1 if invoice.is_credit else 1
    amounts = {BANK: sign * amount, receivable(invoice.account): -sign * amount}
    return _posting("payment", invoice.month, on, invoice.number, amounts)


def of_payout(centre: str, month: date, on: date, amount: Decimal) -> Posting:
    """A payment to a centre is ordered at the bank."""
    return _posting("payout", month, on, None, {payable(centre): amount, BANK: -amount})


def _posting(kind: PostingKind, month: date, on: date, document: str | None, amounts: Mapping[str, Decimal]) -> Posting:
    kept = {account: amount for account, amount in sorted(amounts.items()) if amount}
    return Posting(kind, month, on, document, kept)
