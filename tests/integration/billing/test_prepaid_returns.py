"""Prepaid hours that come back after their lot has expired get a lot of their own, and none is lost."""

from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.accounting import journal
from smartwork.db.billing import agreements
from smartwork.db.core.connection import Connection
from smartwork.jobs.billing.lifecycle import DisputedLine, credit, dispute
from tests.support.accounts import ISSUED, audited, bill, rows, silent

pytestmark = pytest.mark.services

LOTS = b"""
SELECT l.external_id, l.bought_on::text, l.expires_on::text, l.hours::float, sum(e.hours)::float
FROM prepaid_lot l JOIN prepaid_entry e USING (prepaid_lot_id) GROUP BY l.prepaid_lot_id ORDER BY l.prepaid_lot_id
"""
INVOICE = "INV-2026-00001"
"""October of acme: 1.25 h at the desk, paid by O-1."""


def buy(connection: Connection, expires_on: str, hours: int = 4) -> None:
    connection.execute(b"INSERT INTO prepaid_pool VALUES (1, 'desk', 3.9, 0, 12)")
    connection.execute(
        b"INSERT INTO prepaid_lot (company_id, external_id, kind, bought_on, expires_on, hours, per_hour)"
        b" VALUES (1, 'O-1', 'desk', '2025-11-01', %s, %s, 3.9)",
        (expires_on, hours),
    )


def test_a_correction_gives_hours_back_in_a_new_lot_when_theirs_has_expired(connection: Connection, tmp_path: Path) -> None:
    buy(connection, "2026-11-01")
    bill(connection, tmp_path)
    assert rows(connection, LOTS) == [("O-1", "2025-11-01", "2026-11-01", 4.0, 0.0)]
    expired = journal.balances(connection)["expired"]
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 1")
    bill(connection, tmp_path, months_later=1)
    assert rows(connection, LOTS) == [
        ("O-1", "2025-11-01", "2026-11-01", 4.0, 0.0),
        ("O-1 returned 2026-11", "2026-12-03", "2027-12-03", 1.25, 1.25),
    ]
    balances = journal.balances(connection)
    assert (float(balances["pool:acme"]), balances["expired"]) == (-4.88, expired)
    assert audited(connection).is_clean
    bill(connection, tmp_path, months_later=2)
    assert float(journal.balances(connection)["pool:acme"]) == -4.88
    assert audited(connection).is_clean


@pytest.mark.parametrize("expires_on", ["2026-11-01", "2026-11-02"], ids=["expired in the books", "of which hours are left"])
@pytest.mark.parametrize("hours", [None, "0.25"], ids=["all", "a part"])
def test_a_credit_note_gives_hours_back_in_a_new_lot_when_theirs_has_expired(
    connection: Connection, tmp_path: Path, expires_on: str, hours: str | None
) -> None:
    buy(connection, expires_on)
    bill(connection, tmp_path)
    left_before = 0.0 if expires_on == "2026-11-01" else 2.75
    dispute(connection, INVOICE, 1, ISSUED, "locked")
    credit(connection, DisputedLine(INVOICE, 1, Decimal(hours) if hours else None), "locked", ISSUED, tmp_path, silent)
    back = float(hours or "1.25")
    old, new = rows(connection, LOTS)
    assert old == ("O-1", "2025-11-01", expires_on, 4.0, left_before)
    assert new[0] == "O-1 returned CN-2026-00001"
    assert (new[1], new[3], new[4]) == ("2026-11-02", back, back)
    assert audited(connection).is_clean
    bill(connection, tmp_path, months_later=1)
    assert rows(connection, LOTS)[1][4] == back
    assert audited(connection).is_clean


def test_hours_go_back_to_a_lot_that_is_valid(connection: Connection, tmp_path: Path) -> None:
    buy(connection, "2026-12-31")
    bill(connection, tmp_path)
    dispute(connection, INVOICE, 1, ISSUED, "locked")
    credit(connection, DisputedLine(INVOICE, 1), "locked", ISSUED, tmp_path, silent)
    assert rows(connection, LOTS) == [("O-1", "2025-11-01", "2026-12-31", 4.0, 4.0)]
    assert audited(connection).is_clean


def test_a_lot_of_hours_that_came_back_is_no_order(connection: Connection, tmp_path: Path) -> None:
    buy(connection, "2026-11-01")
    bill(connection, tmp_path)
    dispute(connection, INVOICE, 1, ISSUED, "locked")
    credit(connection, DisputedLine(INVOICE, 1), "locked", ISSUED, tmp_path, silent)
    agreed, billed = agreements.in_force(connection)
    assert [order.external_id for order in agreed.orders] == ["O-1"]
    assert billed == {("acme", "O-1")}


def test_the_audit_finds_hours_that_left_a_lot_and_came_into_none(connection: Connection, tmp_path: Path) -> None:
    buy(connection, "2027-11-01")
    bill(connection, tmp_path)
    connection.execute(
        b"INSERT INTO prepaid_entry (prepaid_lot_id, month, reason, hours, value, invoice_id)"
        b" SELECT prepaid_lot_id, '2026-10-01', 'returned', -1, -3.9, (SELECT min(invoice_id) FROM invoice) FROM prepaid_lot"
    )
    [check] = [check for check in audited(connection).checks if check.name == "pools"]
    assert any("differ by -1" in mismatch for mismatch in check.mismatches)
