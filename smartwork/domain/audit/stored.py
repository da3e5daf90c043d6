"""What is audited: documents, books and what the tables say beside them, all as stored at one moment."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.payments import Move, Owed
from smartwork.domain.settlement.settlement import SettlementTerms
from smartwork.domain.settlement.statements import Statement

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as stored: whether its digest fits, and the figures of its row beside the snapshot's."""

    invoice: Invoice
    is_intact: bool
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """A posting as stored; `document` is the number of the document it belongs to."""

    posting_id: int
    kind: str
    month: date
    document: str | None
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Movement:
    """Hours bought, spent or expired of a lot: above zero in, below zero out; `worth` in EUR net."""

    company: str
    lot: str
    lot_hours: Decimal
    per_hour: Decimal
    reason: str
    hours: Decimal
    worth: Decimal
    document: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """A number series: the last number given, and the documents that carry one."""

    series: str
    last: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldPayment:
    """A payment as the bank is told of it, EUR."""

    iban: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Told:
    """What an order's file says: the accounts it pays from, its payments in order, and each count and sum it states."""

    payers: tuple[str, ...]
    payments: tuple[ToldPayment, ...]
    sums: tuple[tuple[int, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Payout:
    """What an order pays a centre, EUR, and the key of its posting."""

    centre: str
    amount: Decimal
    posting_id: int


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order at the bank as stored; `told` is what its file says, None where it says nothing that can be read.

    `payouts` are in the file's order: that of the centres.
    """

    name: str
    total: Decimal
    told: Told | None
    payouts: tuple[Payout, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """That a settlement took in a document's charges for a centre; both by the keys of their postings."""

    posting_id: int
    centre: str
    settlement_id: int


@dataclass(frozen=True, slots=True)
class StoredTerms:
    """By which terms a centre's month was settled last, and how many desks it had then; None: not kept."""

    centre: str
    month: date
    terms: SettlementTerms
    desks: int | None


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement as stored beside document `number` ("": beside none); None where it cannot be read."""

    number: str
    is_intact: bool
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is audited; `strangers` are documents without a series.

    `apart` is what of the tables differs from a document, by its number: a column, a line or a proof; `stays` are proofs that
    stand on documents and are not kept as billed so, or the other way round; `billed` is the digest of what each company's
    month was billed at, "" where that was nothing. `owed` are the documents to companies as payments see them, `moves` what
    was paid, given back or credited, in order.
    """

    documents: Sequence[StoredDocument]
    postings: Sequence[StoredPosting]
    movements: Sequence[Movement]
    series: Sequence[Series]
    strangers: Sequence[str]
    apart: Sequence[tuple[str, str]]
    stays: Sequence[tuple[str, str]]
    billed: Mapping[tuple[str, date], str]
    owed: Sequence[Owed]
    moves: Sequence[Move]
    orders: Sequence[StoredOrder]
    taken: Sequence[Taken]
    terms: Sequence[StoredTerms]
    statements: Sequence[StoredStatement]


def by_side(stored: Stored) -> tuple[list[Invoice], list[Invoice]]:
    """Documents to companies, and self-billed ones."""
    found = [one.invoice for one in stored.documents]
    return [one for one in found if not one.is_self_billed], [one for one in found if one.is_self_billed]


def charged(invoice: Invoice) -> Decimal:
    """What lines for centres come to, hours paid from a pool at their worth."""
    return sum(
        (line.net + sum((one.worth for one in line.draws), _ZERO) for line in invoice.lines if line.centre is not None), _ZERO
    )


def sign(invoice: Invoice) -> int:
    return -1 if invoice.is_credit else 1


def balances(stored: Stored) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in stored.postings:
        for account, amount in one.amounts.items():
            found[account] += amount
    return dict(found)
