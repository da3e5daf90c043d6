"""Recording the events of an issued document: sent, paid, refunded, disputed, credited, upheld."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.billing import documents, prepaid_hours
from smartwork.db.billing.documents import IssuedDocument, NewDocument
from smartwork.db.bookings.bookings import release_places
from smartwork.db.core.book_entries import newest_head
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.documents.files import Files, render
from smartwork.domain.accounting import postings
from smartwork.domain.billing.composition import compose, series_of
from smartwork.domain.billing.credit_notes import credit as credited_line
from smartwork.domain.billing.credit_notes import credit_note_header, line_numbered
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.lifecycle import Event, EventKind, require
from smartwork.domain.billing.occupancy import newly_freed
from smartwork.domain.billing.payments import Position, payment, positions
from smartwork.domain.billing.payments import refund as overpayment
from smartwork.domain.billing.prepaid_hours import own_lots, returned_hours
from smartwork.errors import InputError
from smartwork.jobs.billing.clearing import recover
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note and its files."""

    invoice: Invoice
    files: Files


def send(connection: Connection, number: str, at: datetime, note: str) -> None:
    """Record that a document was sent.

    Raises NotAllowedInState if it was sent already, InputError if there is no such document.
    """
    with documents.issuing_transaction(connection):
        _locked(connection, number)
        _record(connection, number, Event("sent", at, note=note))


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """A recorded payment or refund in EUR, and the position of the document after it."""

    amount: Decimal
    position: Position


def pay(connection: Connection, number: str, at: datetime, note: str, amount: Decimal | None = None) -> RecordedPayment:
    """Record and post a payment of a document to a company: `amount`, or all that is open. Raises InputError.

    More than is open may be paid: first it recovers what was written off; `refund` records what is paid back of the rest. A
    credit note is paid out to the company, at most what is open on it.
    """
    return _record_payment(connection, number, Event("paid", at, note=note, amount=amount))


def refund(connection: Connection, number: str, at: datetime, note: str, amount: Decimal | None = None) -> RecordedPayment:
    """Record and post a refund of `amount`, or of all that was overpaid. Raises InputError."""
    return _record_payment(connection, number, Event("refunded", at, note=note, amount=amount))


def _record_payment(connection: Connection, number: str, event: Event) -> RecordedPayment:
    with documents.issuing_transaction(connection):
        invoice = _locked(connection, number).invoice
        if invoice.is_self_billed:
            raise InputError(f"{number} is owed to a centre. Its payment is ordered by: smartwork settle")
        owed, changes = documents.open_items(connection, number=number)
        [payable] = [each for each in owed if each.number == number]
        before = positions(owed, changes)[number]
        paid = event.kind == "paid"
        amount = payment(payable, before, event.amount) if paid else overpayment(payable, before, event.amount)
        if paid:
            recover(connection, invoice, before, event, amount)
        documents.put_event(connection, number, replace(event, amount=amount))
        journal.post(connection, postings.payment_posting(invoice, event.at.date(), amount if paid else -amount))
        return RecordedPayment(amount, documents.positions(connection, number=number)[number])


def dispute(connection: Connection, number: str, line: int, at: datetime, note: str) -> Line:
    """Open a dispute on a line and return the line. Raises NotAllowedInState or InputError."""
    with documents.issuing_transaction(connection):
        document = _locked(connection, number)
        disputed = line_numbered(_invoice(connection, number), line)
        _require_uncorrected(connection, document, line)
        _record(connection, number, Event("disputed", at, line, note))
    return disputed


def uphold(connection: Connection, number: str, line: int, at: datetime, note: str) -> None:
    """End a dispute and leave the line unchanged. Raises NotAllowedInState or InputError."""
    with documents.issuing_transaction(connection):
        line_numbered(_invoice(connection, number), line)
        _record(connection, number, Event("upheld", at, line, note))


@dataclass(frozen=True, slots=True)
class DisputedLine:
    """A line of an invoice that is credited, or the part of `hours` of it."""

    number: str
    line: int
    hours: Decimal | None = None


def credit(
    connection: Connection, disputed: DisputedLine, reason: str, at: datetime, out_dir: Path, progress: Progress
) -> CreditNote:
    """End a dispute with a credit note for the line, or for some of its hours; the files go to `out_dir/<YYYY-MM>/`.

    A line that is credited in full holds its time and its bookings no longer: they can be changed, and the stay can be
    billed to another company. Raises NotAllowedInState if the line is not in dispute, InputError if the hours cannot be
    credited, and NotWritable.
    """
    number, line = disputed.number, disputed.line
    with wrap_database_errors(), connection.transaction():
        document = _locked(connection, number)
        require(number, documents.events(connection, number), "credited", line)
        later = _require_uncorrected(connection, document, line)
        company_id = document.company_id or 0
        prepaid_hours.lock(connection)
        lots, _ = prepaid_hours.lots(connection, [company_id]).get(company_id, ([], []))
        group = credited_line(_invoice(connection, number), line, disputed.hours, lots)
        head = credit_note_header(document.invoice, at.date(), reason)
        freed = newly_freed(later, compose(head, [group], ordinal=0))
        # Before the role is taken that may not change bookings.
        release_places(connection, sorted(freed), f"credit note to {number}")
        with documents.issuing_transaction(connection):
            ordinal = documents.take_number(connection, series_of("credit_note", at.date()))
            note = compose(head, [group], ordinal=ordinal, book_head=newest_head(connection))
            documents.store(connection, [NewDocument(note, company_id=company_id, corrects=number)], at)
            documents.release_occupancy(connection, freed)
            journal.post(connection, postings.document_posting(note))
            prepaid_hours.record_prepaid_movements(connection, company_id, note)
            _give_back(connection, company_id, note)
            credited = Event("credited", at, line, reason, note.number)
            position = documents.positions(connection, number=number)[number]
            recover(connection, document.invoice, position, credited, note.gross)
            documents.put_event(connection, number, credited)
    [files] = render([note.canonical()], out_dir / f"{note.month:%Y-%m}", progress)
    return CreditNote(note, files)


def _give_back(connection: Connection, company_id: int, note: Invoice) -> None:
    """Give the hours that a credit note returned to expired lots lots of their own, from the day on which it is issued."""
    lots, _ = prepaid_hours.lots(connection, [company_id]).get(company_id, ([], []))
    given_back = own_lots(lots, returned_hours(note.lines, is_credit=True), note.issued_on, note.issued_on, note.number)
    prepaid_hours.record_given_back(connection, company_id, note.month, note.number, given_back)
    if any(given.value != given.own.value for given in given_back):
        journal.post(connection, postings.rounding_posting(note.account, note.month, note.issued_on, given_back))


def _require_uncorrected(connection: Connection, document: IssuedDocument, line: int) -> list[Invoice]:
    """The documents of the company from `document` on.

    Raises InputError if one of them corrected the line: it must not be credited as well.
    """
    number, company_id = document.invoice.number, document.company_id or 0
    later = documents.of_companies(connection, [company_id], document.invoice.issued_on).get(company_id, [])
    for invoice in later:
        for correction in invoice.lines:
            reference = correction.corrects
            if correction.kind == "correction" and reference and (reference.number, reference.line) == (number, line):
                raise InputError(
                    f"Line {line} of {number} was corrected by line {correction.line} of {invoice.number}. Dispute the line "
                    "that replaces it there. A dispute that is open already ends with: "
                    f"smartwork invoice uphold {number} --line {line}"
                )
    return later


def _invoice(connection: Connection, number: str) -> Invoice:
    """The invoice with this number; raises InputError if it is another kind of document."""
    invoice = _locked(connection, number).invoice
    if invoice.kind != "invoice":
        raise InputError(
            f"{number} is not an invoice to a company, so it cannot be disputed. To list invoices: smartwork invoice list"
        )
    return invoice


def _locked(connection: Connection, number: str) -> IssuedDocument:
    documents.lock_document(connection, number)
    return documents.numbered(connection, number)


def _record(connection: Connection, number: str, event: Event) -> None:
    kind: EventKind = event.kind
    require(number, documents.events(connection, number), kind, event.line)
    documents.put_event(connection, number, event)
