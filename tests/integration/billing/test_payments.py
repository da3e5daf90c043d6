"""Payments in parts, too much and given back; the life of an invoice on the command line."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.accounting import journal
from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.domain.billing.lifecycle import status
from smartwork.errors import InputError
from smartwork.jobs.billing.lifecycle import pay, refund
from tests.support.accounts import INVOICE, ISSUED, OCTOBER, audited, bill, command, credited, kinds

pytestmark = pytest.mark.services


def test_invoice_paid_in_parts_and_too_much_keeps_the_books_whole(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    first = pay(connection, INVOICE, ISSUED, "", Decimal("20.00"))
    assert (first.position.open, state(connection)) == (Decimal("30.82"), "partly_paid")
    assert audited(connection).is_clean
    second = pay(connection, INVOICE, ISSUED, "", Decimal("40.00"))
    assert (second.position.overpaid, state(connection)) == (Decimal("9.18"), "paid")
    assert journal.balances(connection)["receivable:bolt"] == Decimal("-9.18")
    assert audited(connection).is_clean
    with pytest.raises(InputError, match=r"overpaid by 9\.18"):
        refund(connection, INVOICE, ISSUED, "", Decimal("9.19"))
    back = refund(connection, INVOICE, ISSUED, "")
    assert (back.amount, back.position.open) == (Decimal("9.18"), Decimal(0))
    assert journal.balances(connection)["receivable:bolt"] == 0
    assert kinds(connection, INVOICE) == ["issued", "paid", "paid", "refunded"]
    assert audited(connection).is_clean


def test_credit_note_takes_from_what_is_open_and_the_rest_is_paid_out(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    pay(connection, INVOICE, ISSUED, "", Decimal("40.00"))
    credited(connection, tmp_path, Decimal("0.75"))  # 21.78, of which 10.82 were open
    standing = documents.positions(connection, number="CN-2026-00001")
    assert (standing[INVOICE].open, standing["CN-2026-00001"].open) == (Decimal(0), Decimal("10.96"))
    assert audited(connection).is_clean
    with pytest.raises(InputError, match=r"10\.96 EUR left to pay out"):
        pay(connection, "CN-2026-00001", ISSUED, "", Decimal("21.78"))
    assert pay(connection, "CN-2026-00001", ISSUED, "").amount == Decimal("10.96")
    assert journal.balances(connection)["receivable:bolt"] == 0
    assert audited(connection).is_clean


def state(connection: Connection) -> str:
    at = documents.positions(connection)[INVOICE]
    return {head.number: status(head.events, at) for head in documents.summaries(connection, OCTOBER)}[INVOICE]


def test_life_of_an_invoice_on_the_command_line(connection: Connection, database_url: str, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    assert command(database_url, "invoice", "send", INVOICE).returncode == 0
    shown = command(database_url, "invoice", "dispute", INVOICE, "--line", "1", "--note", "locked")
    assert "B-2" in shown.stdout
    assert "Readings in the ledger: edge-namur/a1b2c3d4e5f6" in shown.stdout
    out = str(tmp_path / "out")
    note = command(
        database_url, "invoice", "credit", INVOICE, "--line", "1", "--hours", "1", "--reason", "locked", "--out", out
    )
    assert (note.returncode, "29.04" in note.stdout) == (0, True)
    assert command(database_url, "invoice", "pay", INVOICE).returncode == 0
    settled = json.loads(command(database_url, "settle", "--month", "2026-10", "--out", out, "--json").stdout)
    assert [(listed_document["kind"], listed_document["net"]) for listed_document in settled["documents"]] == [
        ("self_billed_invoice", "16.43")
    ]
    listed = {
        listed_document["number"]: listed_document["state"]
        for listed_document in json.loads(command(database_url, "invoice", "list", "--json").stdout)
    }
    assert listed == {
        "INV-2026-00001": "issued",
        INVOICE: "paid",
        "CN-2026-00001": "issued",
        settled["documents"][0]["number"]: "issued",
    }
    paid = command(database_url, "invoice", "pay", "INV-2026-00001", "--amount", "5").stdout
    assert all(text in paid for text in ("5.00", "INV-2026-00001 paid", "6.35", "are open"))
    [acme] = [
        listed_document
        for listed_document in json.loads(command(database_url, "invoice", "list", "--json").stdout)
        if listed_document["party"] == "acme"
    ]
    assert (acme["state"], acme["paid"], acme["open"]) == ("partly_paid", "5.00", "6.35")
    listing = command(database_url, "invoice", "list").stdout
    assert "partly paid" in " ".join(listing.split())
    assert "-0.00" not in listing
    wrong = command(database_url, "invoice", "pay", "INV-2026-00001", "--amount", "a lot")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (1, False)
    again = command(database_url, "invoice", "credit", INVOICE, "--line", "1", "--reason", "again")
    assert (again.returncode, "not in dispute" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
    assert command(database_url, "invoice", "show", "INV-9").returncode == 1
