"""An invoice of 0.00 is settled when it is issued, asks for nothing, and its lines are disputed like any others."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.errors import InputError
from smartwork.jobs.billing import clearing, lifecycle
from smartwork.jobs.billing.lifecycle import DisputedLine
from tests.support.accounts import ISSUED, audited, bill, command, kinds, rows, silent

pytestmark = pytest.mark.services

NOTHING = "INV-2026-00004"
"""November of bolt, of which prepaid hours pay everything."""


@pytest.fixture
def prepaid(connection: Connection, tmp_path: Path) -> Connection:
    """The accounts after two months in which prepaid hours of rooms pay all that bolt uses."""
    connection.execute(b"""
        INSERT INTO prepaid_pool VALUES (2, 'room', 20, 0, 12);
        INSERT INTO prepaid_lot (prepaid_lot_id, company_id, external_id, kind, bought_on, expires_on, hours, per_hour)
        VALUES (7, 2, 'O-7', 'room', '2026-10-01', '2027-10-01', 8, 20);
        INSERT INTO booking (booking_id, external_id, resource_id, member_id, starts_at, ends_at, status)
        VALUES (9, 'B-9', 2, 2, '2026-11-05 08:00Z', '2026-11-05 12:00Z', 'booked');
        INSERT INTO span VALUES (2, '2026-11-05 08:00Z', '2026-11-05 12:00Z', 'vacant', false);
    """)
    bill(connection, tmp_path)
    bill(connection, tmp_path, months_later=1)
    return connection


def test_an_invoice_of_nothing_is_paid_when_it_is_issued(
    prepaid: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = documents.numbered(prepaid, NOTHING).invoice
    assert invoice.gross == 0
    assert (invoice.account, invoice.kind, invoice.payment) == ("bolt", "invoice", None)
    assert rows(prepaid, b"SELECT payment_reference FROM invoice WHERE number = 'INV-2026-00004'") == [(None,)]
    assert kinds(prepaid, NOTHING) == ["issued"]
    listed = {each["number"]: each for each in json.loads(command(database_url, "invoice", "list", "--json").stdout)}
    assert [listed[NOTHING][key] for key in ("gross", "open", "state")] == ["0.00", "0.00", "paid"]
    monkeypatch.setenv("COLUMNS", "200")
    [row] = [line for line in command(database_url, "invoice", "list").stdout.splitlines() if NOTHING in line]
    assert "late" not in row
    assert "due" not in command(database_url, "invoice", "show", NOTHING).stdout
    assert audited(prepaid).is_clean


def test_nothing_of_it_can_be_paid_set_off_or_written_off(prepaid: Connection) -> None:
    with pytest.raises(InputError, match="Nothing is open"):
        lifecycle.pay(prepaid, NOTHING, ISSUED, "")
    with pytest.raises(InputError, match="Nothing is open"):
        clearing.write_off(prepaid, NOTHING, ISSUED, "small")
    assert kinds(prepaid, NOTHING) == ["issued"]


def test_a_line_of_it_is_credited_with_its_hours(prepaid: Connection, tmp_path: Path) -> None:
    lifecycle.dispute(prepaid, NOTHING, 1, ISSUED, "")
    note = lifecycle.credit(prepaid, DisputedLine(NOTHING, 1), "the room was locked", ISSUED, tmp_path, silent).invoice
    assert (note.gross, note.payment) == (Decimal("0.00"), None)
    left = rows(prepaid, b"SELECT sum(hours) FROM prepaid_entry")
    assert left == [(Decimal("6.2500"),)]
    assert audited(prepaid).is_clean
