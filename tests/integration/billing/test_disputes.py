"""A line in dispute: upheld, or credited by a note that refers to it."""

from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.accounting import journal
from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.domain.billing.lifecycle import NotAllowedInState, status
from smartwork.errors import InputError
from smartwork.jobs.billing.lifecycle import DisputedLine, credit, dispute, pay, send, uphold
from tests.support.accounts import INVOICE, ISSUED, OCTOBER, audited, bill, credited, kinds, silent

pytestmark = pytest.mark.services


def test_dispute_ends_with_a_credit_note_that_refers_to_the_line(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    send(connection, INVOICE, ISSUED, "by Peppol")
    shown = dispute(connection, INVOICE, 1, ISSUED, "the room was locked")
    assert [billed.visit.booking for billed in shown.visits] == ["B-2"]
    made = credit(connection, DisputedLine(INVOICE, 1, Decimal("0.75")), "the room was locked", ISSUED, tmp_path, silent)
    note = made.invoice
    assert (note.kind, note.number, note.net, note.vat, note.gross) == (
        "credit_note",
        "CN-2026-00001",
        Decimal("18.00"),
        Decimal("3.78"),
        Decimal("21.78"),
    )
    assert note.lines[0].corrects is not None
    assert (note.lines[0].corrects.number, note.lines[0].corrects.line) == (INVOICE, 1)
    assert made.files.pdf.exists()
    assert made.files.xml.exists()
    assert kinds(connection, INVOICE) == ["issued", "sent", "disputed", "credited"]
    assert documents.events(connection, INVOICE)[-1].by == note.number
    assert audited(connection).is_clean


def test_credited_line_is_not_billed_again(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    credited(connection, tmp_path)
    connection.execute(b"UPDATE verdict SET occupied_s = 7200, unknown_s = 0 WHERE verdict_id = 2")
    report = bill(connection, tmp_path, months_later=1)
    assert "bolt" not in {document.company for document in report.invoices}


def test_what_cannot_happen_now_is_refused_and_leaves_no_trace(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    pay(connection, INVOICE, ISSUED, "")
    for refused in (
        lambda: credit(connection, DisputedLine(INVOICE, 1), "no", ISSUED, tmp_path, silent),
        lambda: uphold(connection, INVOICE, 1, ISSUED, ""),
    ):
        with pytest.raises(NotAllowedInState, match=INVOICE):
            refused()
    with pytest.raises(InputError, match=f"Nothing is open on {INVOICE}"):
        pay(connection, INVOICE, ISSUED, "")
    with pytest.raises(InputError, match="numbered 1 to 1"):
        dispute(connection, INVOICE, 7, ISSUED, "")
    with pytest.raises(InputError, match="INV-2026-00099"):
        send(connection, "INV-2026-00099", ISSUED, "")
    dispute(connection, INVOICE, 1, ISSUED, "")
    uphold(connection, INVOICE, 1, ISSUED, "measured without a gap")
    assert kinds(connection, INVOICE) == ["issued", "paid", "disputed", "upheld"]
    assert {head.number: status(head.events) for head in documents.summaries(connection, OCTOBER)}[INVOICE] == "paid"
    assert journal.balances(connection)["receivable:bolt"] == 0


def test_a_line_that_a_correction_took_back_is_not_credited_too(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    dispute(connection, INVOICE, 1, ISSUED, "opened before the correction")
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 2")
    [note] = [document for document in bill(connection, tmp_path, months_later=1).invoices if document.company == "bolt"]
    assert note.net == Decimal("-42.00")
    with pytest.raises(InputError, match=f"{INVOICE} was corrected by line 1 of {note.number}"):
        credit(connection, DisputedLine(INVOICE, 1), "again", ISSUED, tmp_path, silent)
    uphold(connection, INVOICE, 1, ISSUED, "it was corrected")
    with pytest.raises(InputError, match="dispute that"):
        dispute(connection, INVOICE, 1, ISSUED, "again")
    assert journal.balances(connection)["receivable:bolt"] == 0
    assert audited(connection).is_clean


def test_billing_the_month_again_writes_the_files_of_its_credit_notes_too(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path / "a")
    note = credited(connection, tmp_path / "a")
    report = bill(connection, tmp_path / "b")
    assert [document.number for document in report.invoices] == ["INV-2026-00001", INVOICE]
    again = tmp_path / "b" / "2026-10" / note.files.pdf.name
    assert again.read_bytes() == note.files.pdf.read_bytes()
