"""Open items in memory: documents, payments, set-offs and write-offs, through the rules that the commands use."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from smartwork.domain.billing import set_offs, write_offs
from smartwork.domain.billing.lifecycle import Event, Status, status
from smartwork.domain.billing.payments import (
    BalanceChange,
    BalanceChangeKind,
    PayableDocument,
    Position,
    payment,
    positions,
    receivable,
    refund,
)

AT = datetime(2026, 11, 2, tzinfo=UTC)
ZERO = Decimal(0)


@dataclass
class Ledger:
    """Documents of two companies, and the balance of their accounts as postings move it."""

    owed: list[PayableDocument] = field(default_factory=list)
    moves: list[BalanceChange] = field(default_factory=list)
    accounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    bank: Decimal = ZERO
    bad_debts: Decimal = ZERO

    def issue(self, account: str, gross: Decimal, *, is_credit: bool, corrects: str | None = None) -> PayableDocument:
        """Issue a document to a company, and return it."""
        kind = "CN" if is_credit else "INV"
        document = PayableDocument(f"{kind}-{len(self.owed)}", account, gross, is_credit, corrects)
        self.owed.append(document)
        self.accounts[account] += -gross if is_credit else gross
        return document

    def at(self, document: PayableDocument) -> Position:
        """The position of a document."""
        return positions(self.owed, self.moves)[document.number]

    def state(self, document: PayableDocument) -> Status:
        """The state of a document."""
        return status([move.kind for move in self.moves if move.number == document.number], self.at(document))

    def pay(self, document: PayableDocument, amount: Decimal | None) -> None:
        """Pay a document; what was written off of it is recovered first. Raises InputError."""
        paid = payment(document, self.at(document), amount)
        self.recover(document, paid)
        self.money(document, "paid", paid)

    def refund(self, document: PayableDocument, amount: Decimal | None) -> None:
        """Refund what was overpaid. Raises InputError."""
        self.money(document, "refunded", refund(document, self.at(document), amount))

    def money(self, document: PayableDocument, kind: BalanceChangeKind, amount: Decimal) -> None:
        """Move money and what the company owes."""
        self.moves.append(BalanceChange(document.number, kind, amount))
        received = amount if (kind == "paid") != document.is_credit else -amount
        self.bank += received
        self.accounts[document.account] -= received

    def credit(self, invoice: PayableDocument, amount: Decimal | None) -> None:
        """Issue a credit note for a part of an invoice that is not credited yet, if there is one."""
        if invoice.is_credit or self.at(invoice).credited == invoice.gross:
            return
        gross = min(amount or invoice.gross, invoice.gross - self.at(invoice).credited)
        note = self.issue(invoice.account, gross, is_credit=True, corrects=invoice.number)
        self.recover(invoice, gross)
        self.moves.append(BalanceChange(invoice.number, "credited", None, note.number))

    def recover(self, document: PayableDocument, settled: Decimal) -> None:
        """Reverse what was written off as far as `settled` comes in."""
        if back := write_offs.recovered(self.at(document), settled):
            self.lose(document, "write_off_reversed", back)

    def lose(self, document: PayableDocument, kind: BalanceChangeKind, amount: Decimal) -> None:
        """Move what was lost and what the company owes."""
        self.moves.append(BalanceChange(document.number, kind, amount))
        lost = amount if kind == "written_off" else -amount
        self.bad_debts += lost
        self.accounts[document.account] -= lost

    def write_off(self, document: PayableDocument, amount: Decimal | None) -> None:
        """Write off what is open. Raises InputError."""
        self.lose(document, "written_off", write_offs.write_off(document, self.at(document), [], amount))

    def reverse_write_off(self, document: PayableDocument, amount: Decimal | None) -> None:
        """Reverse a write-off. Raises InputError."""
        self.lose(document, "write_off_reversed", write_offs.reversed_write_off(document, self.at(document), amount))

    def offset(self, one: PayableDocument, other: PayableDocument, amount: Decimal | None) -> None:
        """Set a credit note off against an invoice, given in either order. Raises InputError."""
        note, invoice = (one, other) if one.is_credit else (other, one)
        set_offs.require_pair(note, invoice, [])
        taken = set_offs.offset(note, self.at(note), invoice, self.at(invoice), amount)
        self.both(note, invoice, "offset", taken)

    def reverse_offset(self, one: PayableDocument, other: PayableDocument, amount: Decimal | None) -> None:
        """Reverse a set-off. Raises InputError."""
        note, invoice = (one, other) if one.is_credit else (other, one)
        set_offs.require_pair(note, invoice, [])
        events = [Event(m.kind, AT, by=m.by, amount=m.amount) for m in self.moves if m.number == note.number]
        set_off = set_offs.set_off_between(events, invoice.number)
        self.both(note, invoice, "offset_reversed", set_offs.reversed_offset(note.number, invoice.number, set_off, amount))

    def both(self, note: PayableDocument, invoice: PayableDocument, kind: BalanceChangeKind, amount: Decimal) -> None:
        """Change both documents."""
        self.moves.append(BalanceChange(note.number, kind, amount, invoice.number))
        self.moves.append(BalanceChange(invoice.number, kind, amount, note.number))

    def require_balanced(self) -> None:
        """What accounts say is what documents leave open, and nothing is negative that may not be."""
        standing = positions(self.owed, self.moves)
        assert receivable(self.owed, standing) == {
            account: self.accounts[account] for account in receivable(self.owed, standing)
        }
        assert self.bad_debts == sum((at.written_off for at in standing.values()), ZERO)
        charged = sum((-d.gross if d.is_credit else d.gross for d in self.owed), ZERO)
        assert charged == self.bank + self.bad_debts + sum(self.accounts.values(), ZERO)
        for document in self.owed:
            at = standing[document.number]
            assert min(at.paid, at.credited, at.offset, at.written_off) >= 0, (document, at)
            assert at.credited + at.offset + at.written_off <= at.gross, (document, at)
            assert not document.is_credit or at.open >= 0, (document, at)
            assert not at.written_off or at.open >= 0, (document, at)
            assert at.open <= 0 or self.state(document) not in ("paid", "credited", "offset", "written_off")
