"""A late cancellation from the booking to the books, and what the network changed, on the document."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.documents.verify import verify
from tests.support.accounts import NOVEMBER, audited, bill, settle

pytestmark = pytest.mark.services
LATE = b"""
UPDATE contract SET cancellation_hours = 24, cancellation_share = 0.5 WHERE company_id = 1;
UPDATE booking SET cancelled_late_at = '2026-10-06 05:00Z' WHERE booking_id = 3;
UPDATE verdict SET verdict = 'cancelled_late', cancelled_at = '2026-10-06 05:00Z', vacant_s = 7200, unknown_s = 0
WHERE verdict_id = 3;
SELECT set_config('smartwork.author', 'api front-desk', false), set_config('smartwork.reason', 'The door was locked', false);
UPDATE booking SET ends_at = '2026-10-05 10:59Z' WHERE booking_id = 1;
UPDATE booking SET ends_at = '2026-10-05 11:00Z' WHERE booking_id = 1;
INSERT INTO verdict_history (replaced_at, resource_id, booking_id, company_id, verdict, starts_at, ends_at, booked_s,
                             occupied_s, vacant_s, unknown_s, over_s)
SELECT '2026-11-20 09:00Z', resource_id, booking_id, company_id, 'no_show', starts_at, ends_at, booked_s, 0, booked_s, 0, 0
FROM verdict WHERE verdict_id = 1
"""


def test_a_late_cancellation_is_billed_settled_proven_and_corrected(connection: Connection, tmp_path: Path) -> None:
    connection.execute(LATE)
    report = bill(connection, tmp_path)
    (acme,) = [one for one in report.invoices if one.company == "acme"]
    document = documents.numbered(connection, acme.number).invoice
    lines = {line.visits[0].visit.booking: line for line in document.lines}
    assert [(line.kind, line.hours, line.net) for line in (lines["B-3"], lines["B-1"])] == [
        ("occupancy", Decimal("1.0000"), Decimal("7.50")),
        ("occupancy", Decimal("1.2500"), Decimal("9.38")),
    ]
    cancelled = lines["B-3"].visits[0].visit
    assert (cancelled.cancelled_at, cancelled.spans, cancelled.batches) == (datetime(2026, 10, 6, 5, tzinfo=UTC), (), ())
    used = lines["B-1"].visits[0].visit
    assert used.change is not None
    assert (used.change.by, used.change.reason) == ("api front-desk", "The door was locked")
    assert used.earlier is not None
    assert used.earlier.verdict == "no_show"
    text = acme.files.csv.read_text("utf-8-sig")
    assert "(api front-desk) : The door was locked" in text
    assert "avant : non présenté" in text
    assert "gratuit jusqu’à 24 h avant" in text
    assert not verify(acme.files.pdf).findings
    settle(connection, tmp_path)
    assert audited(connection).is_clean

    connection.execute(b"UPDATE contract SET cancellation_hours = NULL, cancellation_share = NULL WHERE company_id = 1")
    bill(connection, tmp_path / "b", months_later=1)
    corrected = documents.of_month(connection, NOVEMBER)
    taken_back = [line for invoice, _ in corrected if invoice.account == "acme" for line in invoice.lines]
    assert [(line.kind, abs(line.net)) for line in taken_back if line.starts_on < NOVEMBER] == [
        ("correction", Decimal("7.50"))
    ]
    assert audited(connection).is_clean


def test_a_fee_for_a_late_cancellation_is_billed_and_proven(connection: Connection, tmp_path: Path) -> None:
    connection.execute(LATE)
    connection.execute(b"UPDATE contract SET cancellation_share = NULL, cancellation_fee = 4 WHERE company_id = 1")
    report = bill(connection, tmp_path)
    (acme,) = [one for one in report.invoices if one.company == "acme"]
    document = documents.numbered(connection, acme.number).invoice
    assert [(line.kind, line.net) for line in document.lines if line.kind != "occupancy"] == [
        ("cancelled_late", Decimal("4.00"))
    ]
    assert not verify(acme.files.xml).findings
    assert audited(connection).is_clean
