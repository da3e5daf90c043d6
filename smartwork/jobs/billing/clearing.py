"""Closing open amounts without money: set-offs of credit notes against invoices, write-offs, and the reversal of both."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from smartwork.db.accounting import journal
from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.domain.accounting.postings import write_off_posting
from smartwork.domain.billing import set_offs, write_offs
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Event, EventKind
from smartwork.domain.billing.payments import PayableDocument, Position
from smartwork.errors import InputError


@dataclass(frozen=True, slots=True)
class Cleared:
    """An amount that was set off or written off, EUR, and the positions of the documents after it, in the order given."""

    amount: Decimal
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class _Owed:
    """A document to a company, as it is now."""

    invoice: Invoice
    payable: PayableDocument
    position: Position
    events: list[Event]


def offset(
    connection: Connection, note: str, invoice: str, at: datetime, text: str = "", amount: Decimal | None = None
) -> Cleared:
    """Set a credit note off against an invoice of the same company: `amount`, or the most that both leave open.

    Nothing is posted: both are on the company's one account. Raises InputError.
    """

    def taken(of_note: _Owed, of_invoice: _Owed) -> Decimal:
        return set_offs.offset(of_note.payable, of_note.position, of_invoice.payable, of_invoice.position, amount)

    return _clear(connection, (note, invoice), Event("offset", at, note=text), taken)


def reverse_offset(
    connection: Connection, note: str, invoice: str, at: datetime, text: str = "", amount: Decimal | None = None
) -> Cleared:
    """Reverse `amount` of what is set off between a credit note and an invoice, or all of it. Raises InputError."""

    def taken(of_note: _Owed, _: _Owed) -> Decimal:
        set_off = set_offs.set_off_between(of_note.events, invoice)
        return set_offs.reversed_offset(note, invoice, set_off, amount)

    return _clear(connection, (note, invoice), Event("offset_reversed", at, note=text), taken)


def write_off(connection: Connection, number: str, at: datetime, reason: str, amount: Decimal | None = None) -> Cleared:
    """Write off `amount` of what is open on an invoice, or all of it, and post the loss. Raises InputError."""
    with documents.issuing_transaction(connection):
        owed = _owed(connection, number)
        lost = write_offs.write_off(owed.payable, owed.position, owed.events, amount)
        put_write_off(connection, owed.invoice, "written_off", at, reason, lost)
        return Cleared(lost, (_position(connection, number),))


def reverse_write_off(
    connection: Connection, number: str, at: datetime, reason: str, amount: Decimal | None = None
) -> Cleared:
    """Reverse `amount` of what is written off, or all of it: it is open again. Raises InputError."""
    with documents.issuing_transaction(connection):
        owed = _owed(connection, number)
        back = write_offs.reversed_write_off(owed.payable, owed.position, amount)
        put_write_off(connection, owed.invoice, "write_off_reversed", at, reason, back)
        return Cleared(back, (_position(connection, number),))


def recover(connection: Connection, invoice: Invoice, position: Position, settled: Event, amount: Decimal) -> None:
    """Reverse what was written off of an invoice as far as the event `settled` settles it with `amount`, EUR.

    In the caller's transaction, before that event is stored.
    """
    if back := write_offs.recovered(position, amount):
        put_write_off(connection, invoice, "write_off_reversed", settled.at, settled.note, back)


def put_write_off(
    connection: Connection, invoice: Invoice, kind: EventKind, at: datetime, reason: str, amount: Decimal
) -> None:
    """Store and post a write-off, or the reversal of one; in the caller's transaction."""
    documents.put_event(connection, invoice.number, Event(kind, at, note=reason, amount=amount))
    journal.post(connection, write_off_posting(invoice, at.date(), amount if kind == "written_off" else -amount))


def _clear(
    connection: Connection, pair: tuple[str, str], event: Event, amount_of: Callable[[_Owed, _Owed], Decimal]
) -> Cleared:
    """Store an event of both documents with the amount that `amount_of` gives for them, and name the other one in each."""
    note, invoice = pair
    with documents.issuing_transaction(connection):
        for number in sorted(set(pair)):  # always in this order, so that two set-offs never wait for each other
            documents.lock_document(connection, number)
        owed = _owed(connection, note), _owed(connection, invoice)
        disputed = owed[1].events if event.kind == "offset" else ()
        set_offs.require_pair(owed[0].payable, owed[1].payable, disputed)
        amount = amount_of(*owed)
        for number, other in (pair, pair[::-1]):
            own = Event(event.kind, event.at, note=event.note, by=other, amount=amount)
            documents.put_event(connection, number, own)
        return Cleared(amount, tuple(_position(connection, number) for number in pair))


def _owed(connection: Connection, number: str) -> _Owed:
    """A document to a company, locked against events by others until the transaction ends."""
    documents.lock_document(connection, number)
    invoice = documents.numbered(connection, number).invoice
    if invoice.is_self_billed:
        raise InputError(f"{number} is owed to a centre. Only documents to companies are set off or written off.")
    payable, _ = documents.open_items(connection, number=number)
    [own] = [each for each in payable if each.number == number]
    return _Owed(invoice, own, _position(connection, number), documents.events(connection, number))


def _position(connection: Connection, number: str) -> Position:
    return documents.positions(connection, number=number)[number]
