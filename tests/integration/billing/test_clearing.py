"""Set-offs and write-offs in the database: both documents are closed, the books stay whole, and nothing is used twice."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.accounting import journal
from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection, connect
from smartwork.domain.billing.lifecycle import Status, status
from smartwork.errors import InputError
from smartwork.jobs.billing import clearing, lifecycle
from tests.support.accounts import INVOICE, ISSUED, audited, bill, command, credited, kinds, rows

pytestmark = pytest.mark.services

OTHER, NOTE = "INV-2026-00004", "CN-2026-00001"
"""bolt's November, half of 4 h for which nobody came; and its credit note for October, which was paid: 50.82."""


def states(connection: Connection) -> dict[str, Status]:
    at = documents.positions(connection)
    return {each.number: status(each.events, at.get(each.number)) for each in documents.summaries(connection, None)}


@pytest.fixture
def in_favour(connection: Connection, tmp_path: Path) -> Connection:
    """October was paid and then credited, so that bolt has a credit note, and an open invoice of November."""
    bill(connection, tmp_path)
    lifecycle.pay(connection, INVOICE, ISSUED, "")
    credited(connection, tmp_path)
    connection.execute(b"""
        INSERT INTO booking (booking_id, external_id, resource_id, member_id, starts_at, ends_at, status)
        VALUES (9, 'B-9', 2, 2, '2026-11-05 08:00Z', '2026-11-05 12:00Z', 'booked');
        INSERT INTO span VALUES (2, '2026-11-05 08:00Z', '2026-11-05 12:00Z', 'vacant', false);
    """)
    bill(connection, tmp_path, months_later=1)
    return connection


def test_a_credit_note_is_set_off_and_the_customer_pays_the_difference(in_favour: Connection) -> None:
    at = documents.positions(in_favour)
    assert (at[NOTE].open, at[OTHER].open) == (Decimal("50.82"), Decimal("58.08"))
    done = clearing.offset(in_favour, NOTE, OTHER, ISSUED, "as agreed")
    assert (done.amount, [each.open for each in done.positions]) == (Decimal("50.82"), [Decimal(0), Decimal("7.26")])
    assert audited(in_favour).is_clean
    assert lifecycle.pay(in_favour, OTHER, ISSUED, "").amount == Decimal("7.26")
    assert (states(in_favour)[NOTE], states(in_favour)[OTHER]) == ("offset", "paid")
    assert journal.balances(in_favour)["receivable:bolt"] == 0
    assert rows(in_favour, b"SELECT count(*) FROM posting WHERE kind = 'payment'") == [(2,)]
    assert audited(in_favour).is_clean


def test_a_set_off_in_parts_is_reversed_in_parts(in_favour: Connection) -> None:
    clearing.offset(in_favour, NOTE, OTHER, ISSUED, amount=Decimal("20.00"))
    assert (states(in_favour)[NOTE], states(in_favour)[OTHER]) == ("partly_offset", "partly_offset")
    clearing.offset(in_favour, NOTE, OTHER, ISSUED, amount=Decimal("10.00"))
    with pytest.raises(InputError, match=r"at most 20\.82 can be set off"):
        clearing.offset(in_favour, NOTE, OTHER, ISSUED, amount=Decimal("20.83"))
    clearing.reverse_offset(in_favour, NOTE, OTHER, ISSUED, amount=Decimal("25.00"))
    assert documents.positions(in_favour)[OTHER].offset == Decimal("5.00")
    clearing.reverse_offset(in_favour, NOTE, OTHER, ISSUED)
    with pytest.raises(InputError, match="nothing can be reversed"):
        clearing.reverse_offset(in_favour, NOTE, OTHER, ISSUED)
    assert (states(in_favour)[NOTE], states(in_favour)[OTHER]) == ("issued", "issued")
    assert kinds(in_favour, OTHER) == kinds(in_favour, NOTE)
    assert audited(in_favour).is_clean


def test_two_set_offs_at_once_use_an_amount_once(in_favour: Connection, database_url: str) -> None:
    def set_off(_: int) -> Decimal:
        with closing(connect(database_url)) as connection:
            try:
                return clearing.offset(connection, NOTE, OTHER, ISSUED, amount=Decimal("30.00")).amount
            except InputError:
                return Decimal(0)

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(set_off, range(4))) == Decimal("30.00")
    assert documents.positions(in_favour)[NOTE].open == Decimal("20.82")
    assert audited(in_favour).is_clean


def test_what_the_company_is_paid_out_is_not_set_off_too(in_favour: Connection) -> None:
    lifecycle.pay(in_favour, NOTE, ISSUED, "", Decimal("50.00"))
    assert clearing.offset(in_favour, NOTE, OTHER, ISSUED).amount == Decimal("0.82")
    with pytest.raises(InputError, match="Nothing is open on CN"):
        clearing.offset(in_favour, NOTE, OTHER, ISSUED)


def test_an_invoice_in_dispute_is_neither_set_off_nor_written_off(in_favour: Connection) -> None:
    lifecycle.dispute(in_favour, OTHER, 1, ISSUED, "")
    with pytest.raises(InputError, match="Line 1 of INV-2026-00004 is in dispute"):
        clearing.offset(in_favour, NOTE, OTHER, ISSUED)
    with pytest.raises(InputError, match="Line 1 of INV-2026-00004 is in dispute"):
        clearing.write_off(in_favour, OTHER, ISSUED, "gone")
    assert kinds(in_favour, OTHER) == ["issued", "disputed"]


def test_a_debt_that_is_written_off_is_a_loss_and_a_later_payment_recovers_it(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    lifecycle.pay(connection, INVOICE, ISSUED, "", Decimal("10.00"))
    clearing.write_off(connection, INVOICE, ISSUED, "insolvent")
    assert (states(connection)[INVOICE], journal.balances(connection)["bad_debts"]) == ("written_off", Decimal("40.82"))
    assert journal.balances(connection)["receivable:bolt"] == 0
    assert journal.balances(connection)["vat:due"] < 0
    assert audited(connection).is_clean
    with pytest.raises(InputError, match="Nothing is open"):
        lifecycle.pay(connection, INVOICE, ISSUED, "")
    assert lifecycle.pay(connection, INVOICE, ISSUED, "dividend", Decimal("4.00")).position.written_off == Decimal("36.82")
    assert states(connection)[INVOICE] == "written_off"
    paid = lifecycle.pay(connection, INVOICE, ISSUED, "", Decimal("40.00"))
    assert (paid.position.written_off, paid.position.overpaid) == (Decimal(0), Decimal("3.18"))
    assert journal.balances(connection)["bad_debts"] == 0
    assert states(connection)[INVOICE] == "paid"
    assert audited(connection).is_clean


def test_a_write_off_is_reversed(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    clearing.write_off(connection, INVOICE, ISSUED, "small difference", Decimal("0.82"))
    assert states(connection)[INVOICE] == "partly_written_off"
    clearing.reverse_write_off(connection, INVOICE, ISSUED, "it came after all")
    assert (states(connection)[INVOICE], documents.positions(connection)[INVOICE].open) == ("issued", Decimal("50.82"))
    assert journal.balances(connection).get("bad_debts") == 0
    assert audited(connection).is_clean


def test_nobody_is_owed_what_it_never_paid_when_a_line_of_a_lost_invoice_is_credited(
    connection: Connection, tmp_path: Path
) -> None:
    bill(connection, tmp_path)
    clearing.write_off(connection, INVOICE, ISSUED, "insolvent")
    credited(connection, tmp_path)
    at = documents.positions(connection)
    assert (at[INVOICE].credited, at[INVOICE].written_off, at[NOTE].open) == (Decimal("50.82"), Decimal(0), Decimal(0))
    assert journal.balances(connection)["bad_debts"] == 0
    assert states(connection)[INVOICE] == "credited"
    assert audited(connection).is_clean


def test_set_off_and_write_off_on_the_command_line(
    in_favour: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTWORK_AUTHOR", "alice")
    shown = command(database_url, "invoice", "offset", NOTE, OTHER, "--amount", "50.00", "--note", "agreed")
    assert (shown.returncode, "50.00 € of CN-2026-00001 are set off" in shown.stdout) == (0, True), shown.stderr
    assert command(database_url, "invoice", "offset", NOTE, OTHER, "--amount", "5", "--reverse").returncode == 0
    lost = command(database_url, "invoice", "write-off", OTHER, "--reason", "insolvent")
    assert (lost.returncode, "13.08 € of INV-2026-00004 are written off" in lost.stdout) == (0, True), lost.stderr
    listed = {each["number"]: each for each in json.loads(command(database_url, "invoice", "list", "--json").stdout)}
    keys = ("paid", "credited", "offset", "written_off", "open", "state")
    assert [listed[OTHER][key] for key in keys] == ["0", "0", "45.00", "13.08", "0.00", "written_off"]
    assert [listed[NOTE][key] for key in keys] == ["0", "0.00", "45.00", "0", "5.82", "partly_offset"]
    events = json.loads(command(database_url, "invoice", "show", OTHER, "--json").stdout)["events"]
    assert [(e["event"], e["amount"], e["by"], e["recorded_by"]) for e in events[1:]] == [
        ("offset", "50.00", NOTE, "cli alice"),
        ("offset_reversed", "5.00", NOTE, "cli alice"),
        ("written_off", "13.08", None, "cli alice"),
    ]
    assert audited(in_favour).is_clean
    refused = command(database_url, "invoice", "write-off", NOTE, "--reason", "small")
    assert (refused.returncode, "is owed to the company" in refused.stderr) == (1, True)


def test_the_audit_finds_a_set_off_that_only_one_document_has(in_favour: Connection) -> None:
    in_favour.execute(
        b"INSERT INTO invoice_event (invoice_id, at, event, amount, by_invoice_id)"
        b" SELECT i.invoice_id, now(), 'offset', 5, o.invoice_id FROM invoice i, invoice o"
        b" WHERE i.number = 'CN-2026-00001' AND o.number = 'INV-2026-00004'"
    )
    [check] = [check for check in audited(in_favour).checks if check.name == "payments"]
    assert any("5.00 are set off against INV-2026-00004, which has 0" in mismatch for mismatch in check.mismatches)


def test_the_audit_finds_a_write_off_that_is_not_posted(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    connection.execute(
        b"INSERT INTO invoice_event (invoice_id, at, event, amount)"
        b" SELECT invoice_id, now(), 'written_off', 5 FROM invoice WHERE number = 'INV-2026-00002'"
    )
    [check] = [check for check in audited(connection).checks if check.name == "payments"]
    assert f"{INVOICE}: 5.00 are written off, and 0 are posted" in check.mismatches
