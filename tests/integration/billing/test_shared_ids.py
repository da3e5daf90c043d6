"""Two companies whose bookings have the same external id: each is billed, corrected and audited by its own booking."""

from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection
from tests.support.accounts import audited, bill, credited, rows, settle

pytestmark = pytest.mark.services

BILLED = b"""
    SELECT i.number, c.slug, p.booking_id
    FROM invoice_proof p JOIN invoice i USING (invoice_id) JOIN company c USING (company_id)
    WHERE p.booking_id IS NOT NULL ORDER BY i.invoice_id, p.line, p.proof
"""


def test_documents_of_two_companies_with_the_same_booking_id_refer_to_the_booking_of_their_company(
    connection: Connection, tmp_path: Path
) -> None:
    connection.execute(b"UPDATE booking SET external_id = 'B-1', client_company_id = company_id WHERE booking_id IN (1, 2)")
    assert len(bill(connection, tmp_path / "a").invoices) == 2
    assert rows(connection, BILLED)[:2] == [("INV-2026-00001", "acme", 1), ("INV-2026-00002", "bolt", 2)]
    assert rows(connection, b"SELECT booking_id FROM invoice_line ORDER BY invoice_id, line")[:2] == [(1,), (2,)]
    settle(connection, tmp_path / "a")
    assert audited(connection).is_clean

    credited(connection, tmp_path / "a")
    connection.execute(b"UPDATE verdict SET verdict = 'used' WHERE booking_id = 1")
    report = bill(connection, tmp_path / "b", months_later=1)
    net = {invoice.company: invoice.net for invoice in report.invoices}
    assert net["acme"] >= Decimal("20.62"), "bolt's credit note for its B-1 ends no correction of acme's"
    assert audited(connection).is_clean
