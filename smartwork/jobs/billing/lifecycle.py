"""What happens to a document after it was issued: sent, paid, disputed, credited or upheld."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from smartwork.db.accounting import journal
from smartwork.db.billing import documents, prepaid_hours
from smartwork.db.billing.documents import IssuedDocument, NewDocument
from smartwork.db.core.connection import Connection
from smartwork.documents.files import Files, render
from smartwork.domain.accounting import postings
from smartwork.domain.billing.composition import compose, series_of
from smartwork.domain.billing.credit_notes import credit as credited_line
from smartwork.domain.billing.credit_notes import credit_note_header, line_numbered
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.lifecycle import Event, EventKind, require
from smartwork.domain.billing.payments import BalanceChange, Position, payment, positions
from smartwork.domain.billing.payments import refund as overpayment
from smartwork.errors import InputError
from smartwork.progress import Progress


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note and its files."""

    invoice: Invoice
    files: Files


def send(connection: Connection, number: str, at: datetime, note: str) -> None:
    """Record that a document was sent.

    Raises NotAllowedInState where it was sent already, InputError where there is no such document.
    """
    with documents.issuing_transaction(connection):
        _kept(connection, number)
        _happen(connection, number, Event("sent", at, note=note))


@dataclass(frozen=True, slots=True)
class RecordedPayment:
    """A payment as it was recorded, EUR, and where the document stands after it."""

    amount: Decimal
    position: Position


def pay(connection: Connection, number: str, at: datetime, note: str, amount: Decimal | None = None) -> RecordedPayment:
    """Record that `amount` of a document to a company was paid, or all that is open, and post it; raises InputError.

    More than is open may come in; `refund` records what of it is given back. Of a credit note it goes out, and no further
    than it gives back.
    """
    return _moved(connection, number, Event("paid", at, note=note, amount=amount))


def refund(connection: Connection, number: str, at: datetime, note: str, amount: Decimal | None = None) -> RecordedPayment:
    """Record that what was paid too much, or `amount` of it, was given back, and post it; raises InputError."""
    return _moved(connection, number, Event("refunded", at, note=note, amount=amount))


def _moved(connection: Connection, number: str, event: Event) -> RecordedPayment:
    with documents.issuing_transaction(connection):
        invoice = _kept(connection, number).invoice
        if invoice.is_self_billed:
            raise InputError(f"{number} is owed to a centre: `smartwork settle` orders its payment.")
        owed, moves = documents.open_items(connection, number=number)
        [one] = [each for each in owed if each.number == number]
        before = positions(owed, moves)[number]
        paid = event.kind == "paid"
        amount = payment(one, before, event.amount) if paid else overpayment(one, before, event.amount)
        documents.put_event(connection, number, replace(event, amount=amount))
        journal.post(connection, postings.payment_posting(invoice, event.at.date(), amount if paid else -amount))
        after = positions(owed, [*moves, BalanceChange(number, "paid" if paid else "refunded", amount)])[number]
    return RecordedPayment(amount, after)


def dispute(connection: Connection, number: str, line: int, at: datetime, note: str) -> Line:
    """Open a dispute on a line and return it with its evidence; raises NotAllowedInState or InputError."""
    with documents.issuing_transaction(connection):
        kept = _kept(connection, number)
        found = line_numbered(_invoice(connection, number), line)
        _require_standing(connection, kept, line)
        _happen(connection, number, Event("disputed", at, line, note))
    return found


def uphold(connection: Connection, number: str, line: int, at: datetime, note: str) -> None:
    """End a dispute with the line as it stands; raises NotAllowedInState or InputError."""
    with documents.issuing_transaction(connection):
        line_numbered(_invoice(connection, number), line)
        _happen(connection, number, Event("upheld", at, line, note))


def credit(
    connection: Connection,
    number: str,
    line: int,
    hours: Decimal | None,
    at: datetime,
    reason: str,
    out_dir: Path,
    progress: Progress,
) -> CreditNote:
    """End a dispute with a credit note for the line, or for some of its hours; the files go to `out_dir/<YYYY-MM>/`.

    Raises NotAllowedInState where the line is not in dispute, InputError where it cannot be credited so, and NotWritable.
    """
    with documents.issuing_transaction(connection):
        kept = _kept(connection, number)
        require(number, documents.events(connection, number), "credited", line)
        _require_standing(connection, kept, line)
        lots, _ = prepaid_hours.lots(connection, [kept.company_id or 0]).get(kept.company_id or 0, ([], []))
        group = credited_line(_invoice(connection, number), line, hours, lots)
        head = credit_note_header(kept.invoice, at.date(), reason)
        ordinal = documents.take_number(connection, series_of("credit_note", at.date()))
        note = compose(head, [group], ordinal=ordinal)
        documents.store(connection, [NewDocument(note, company_id=kept.company_id, corrects=number)], at)
        journal.post(connection, postings.document_posting(note))
        prepaid_hours.record_prepaid_movements(connection, kept.company_id or 0, note)
        documents.put_event(connection, number, Event("credited", at, line, reason, note.number))
    [files] = render([note.canonical()], out_dir / f"{note.month:%Y-%m}", progress)
    return CreditNote(note, files)


def _require_standing(connection: Connection, kept: IssuedDocument, line: int) -> None:
    """Raises InputError where a later document took the line back: nobody is given the same twice."""
    number = kept.invoice.number
    later = documents.of_companies(connection, [kept.company_id or 0], kept.invoice.issued_on).get(kept.company_id or 0, [])
    for one in later:
        for taken in one.lines:
            if (
                taken.kind == "correction"
                and taken.corrects
                and (taken.corrects.number, taken.corrects.line) == (number, line)
            ):
                raise InputError(
                    f"Line {line} of {number} was taken back by line {taken.line} of {one.number}, which says what stands in "
                    "its place: dispute that. A dispute that is open already ends with: "
                    f"smartwork invoice uphold {number} --line {line}"
                )


def _invoice(connection: Connection, number: str) -> Invoice:
    """A document that a company may dispute."""
    invoice = _kept(connection, number).invoice
    if invoice.kind != "invoice":
        raise InputError(f"{number} is no invoice to a company. `smartwork invoice list` shows those.")
    return invoice


def _kept(connection: Connection, number: str) -> IssuedDocument:
    documents.lock_document(connection, number)
    return documents.numbered(connection, number)


def _happen(connection: Connection, number: str, event: Event) -> None:
    kind: EventKind = event.kind
    require(number, documents.events(connection, number), kind, event.line)
    documents.put_event(connection, number, event)
