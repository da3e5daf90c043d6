"""What the audit compares: documents, postings and the other tables, as stored at one moment."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.domain.audit.book_chain import Books
from smartwork.domain.banking.chain import StatementHead
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.payments import BalanceChange, PayableDocument
from smartwork.domain.settlement.acceptance import Acceptance
from smartwork.domain.settlement.payment_file import PaymentFile
from smartwork.domain.settlement.payouts import Answer
from smartwork.domain.settlement.settlement import SettlementTerms
from smartwork.domain.settlement.statements import Statement
from smartwork.domain.time import Interval

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as stored: its snapshot, whether the digest matches it, and the amounts in its row."""

    invoice: Invoice
    is_intact: bool
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class BilledMonth:
    """The digests of what a company's month was billed by; None if it had no verdict."""

    company: str
    month: date
    digest_version: int
    verdicts_digest: str | None
    contracts_digest: str | None
    tariffs_digest: str | None


@dataclass(frozen=True, slots=True)
class StoredPosting:
    """A posting as stored. `document` is the number of the document that it posts, if any."""

    posting_id: int
    kind: str
    month: date
    document: str | None
    amounts: dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class LotMovement:
    """Hours of a lot that were bought (positive), used or expired (negative). `value` is in EUR net."""

    company: str
    lot: str
    lot_hours: Decimal
    per_hour: Decimal
    reason: str
    hours: Decimal
    value: Decimal
    document: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """A number series: the last number that was taken, and the numbers of its documents."""

    series: str
    last: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PayoutStep:
    """What the bank did with a payout, and the key of the posting of it."""

    state: Answer
    posting_id: int


@dataclass(frozen=True, slots=True)
class Payout:
    """A payment of an order to a centre, EUR, and the key of the posting by which it was ordered.

    `iban` is to which it was ordered; None if an earlier version ordered it. `documents` are the numbers of those that it
    pays. `steps` are in order. An earlier version posted an order as paid: then the first step has the same posting.
    """

    centre: str
    amount: Decimal
    posting_id: int
    iban: str | None
    documents: tuple[str, ...]
    steps: tuple[PayoutStep, ...]

    @property
    def is_refused(self) -> bool:
        """Whether the bank refused it last, so that its documents are owed again."""
        return bool(self.steps) and self.steps[-1].state == "refused"


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """A payment order as stored. `file` is its payment file, parsed; None if it cannot be read.

    `payouts` are in the order of the file, which is that of the centres.
    """

    name: str
    total: Decimal
    file: PaymentFile | None
    payouts: tuple[Payout, ...]


@dataclass(frozen=True, slots=True)
class SettlementItem:
    """A document's charges for a centre that a settlement took in. Both are named by the keys of their postings."""

    posting_id: int
    centre: str
    settlement_id: int


@dataclass(frozen=True, slots=True)
class StoredTerms:
    """The terms by which a centre's month was settled last, and its number of desks then; None: not stored."""

    centre: str
    month: date
    terms: SettlementTerms
    desks: int | None


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement as stored with the document `number` ("" if that is gone). `statement` is None if it cannot be read."""

    number: str
    is_intact: bool
    statement: Statement | None


@dataclass(frozen=True, slots=True)
class BankRow:
    """A movement of a bank account, EUR, and the key of its posting."""

    entry_id: int
    iban: str
    booked_on: date
    amount: Decimal
    posting_id: int


@dataclass(frozen=True, slots=True)
class BankAllocationRow:
    """What a part of a movement is for, EUR, or negated where that was taken back; `posting_id` is None for kind `entry`."""

    entry_id: int
    kind: str
    target: str
    amount: Decimal
    posting_id: int | None


@dataclass(frozen=True, slots=True)
class BankData:
    """The statements of each bank account, their movements, and what these are for."""

    statements: Mapping[str, Sequence[StatementHead]]
    entries: Sequence[BankRow]
    allocations: Sequence[BankAllocationRow]


@dataclass(frozen=True, slots=True)
class AuditData:
    """All that is audited, read at one moment.

    `documents_without_series`: numbers of documents whose series is unknown.
    `table_mismatches`: (document number, what) where a column, line or billed in the tables differs from the document.
    `billed_occupancy` is what the table of billed occupancy holds for a visit, by document number, line and place among the
    visits of the line; None where the row has another place or booking than the visit.
    `shared_booking_ids`: external ids that bookings of several companies have.
    `agreed_ibans` are the accounts of payouts that agreements name, now or in an earlier version.
    `acceptances` are those of the self-billed documents.
    `owed` are the documents to companies as payments use them; `moves` are payments, refunds and credits, in order.
    """

    documents: Sequence[StoredDocument]
    postings: Sequence[StoredPosting]
    movements: Sequence[LotMovement]
    series: Sequence[Series]
    documents_without_series: Sequence[str]
    table_mismatches: Sequence[tuple[str, str]]
    billed_occupancy: Mapping[tuple[str, int, int], Interval | None]
    billed_months: Sequence[BilledMonth]
    shared_booking_ids: frozenset[str]
    owed: Sequence[PayableDocument]
    moves: Sequence[BalanceChange]
    orders: Sequence[StoredOrder]
    agreed_ibans: frozenset[str]
    acceptances: Sequence[Acceptance]
    settlement_items: Sequence[SettlementItem]
    terms: Sequence[StoredTerms]
    statements: Sequence[StoredStatement]
    bank: BankData
    books: Books

    def company_documents(self) -> list[Invoice]:
        """Invoices and credit notes to companies, in the order of issue."""
        return [stored.invoice for stored in self.documents if not stored.invoice.is_self_billed]

    def self_billed_documents(self) -> list[Invoice]:
        """Self-billed invoices and credit notes, in the order of issue."""
        return [stored.invoice for stored in self.documents if stored.invoice.is_self_billed]

    def cancellations(self) -> dict[str, str]:
        """By number, the refused self-billed documents and what takes each back."""
        return {each.number: each.cancelled_by for each in self.acceptances if each.cancelled_by}

    def balances(self) -> dict[str, Decimal]:
        """The balance of each account in EUR; debits are positive."""
        by_account: dict[str, Decimal] = defaultdict(Decimal)
        for posting in self.postings:
            for account, amount in posting.amounts.items():
                by_account[account] += amount
        return dict(by_account)


def charged(invoice: Invoice) -> Decimal:
    """What a document charges for centres, EUR net, with prepaid hours at their value."""
    return sum((line_charge(line) for line in invoice.lines if line.centre is not None), _ZERO)


def line_charge(line: Line) -> Decimal:
    """What a line charges, EUR net, with prepaid hours at their value."""
    return line.net + sum((draw.value for draw in line.drawdowns), _ZERO)


def sign(invoice: Invoice) -> int:
    """-1 for a credit note, 1 for an invoice."""
    return -1 if invoice.is_credit else 1
