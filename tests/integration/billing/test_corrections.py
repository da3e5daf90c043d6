"""What changes after a month was billed stands on the next document, once."""

from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from tests.support.accounts import INVOICE, ISSUED, NOVEMBER, audited, bill, rows, settle

pytestmark = pytest.mark.services


def test_later_verdict_becomes_a_correction_on_the_next_document(connection: Connection, tmp_path: Path) -> None:
    before = bill(connection, tmp_path / "a")
    # Readings that came late: acme stayed 175 minutes of its 4 hours, and the room was in use for 20 minutes only.
    connection.execute(b"UPDATE verdict SET verdict = 'used' WHERE verdict_id = 1")
    report = bill(connection, tmp_path / "b", months_later=1)
    [acme] = [
        documents.numbered(connection, document.number).invoice for document in report.invoices if document.company == "acme"
    ]
    october = [line for line in acme.lines if line.starts_on < NOVEMBER]
    assert [(line.kind, line.quantity, line.net) for line in october] == [
        ("correction", Decimal("-1.2500"), Decimal("-9.38")),
        ("occupancy", Decimal("4.0000"), Decimal("30.00")),
    ]
    assert [(document.number, document.issued_on) for document in acme.corrects] == [("INV-2026-00001", ISSUED.date())]
    assert [(document.number, document.net) for document in before.invoices] == [
        ("INV-2026-00001", Decimal("9.38")),
        (INVOICE, Decimal("42.00")),
    ]
    again = bill(connection, tmp_path / "c")
    assert [document.files.pdf.read_bytes() for document in again.invoices] == [
        document.files.pdf.read_bytes() for document in before.invoices
    ]
    assert audited(connection).is_clean


PRICE_OF_ROOMS = b"UPDATE tariff SET per_hour = 20 WHERE kind = 'room'"
NOTHING_GIVEN_BACK = b"UPDATE contract SET early_leave_refund = false WHERE company_id = 1"
CHEAPER_FROM_NOVEMBER = b"""
    UPDATE tariff SET valid_until = '2026-11-01' WHERE kind = 'room';
    INSERT INTO tariff (tariff_id, centre_id, kind, valid_from, per_hour) VALUES (9, 1, 'room', '2026-11-01', 20)
"""


@pytest.mark.parametrize(
    ("change", "company", "lines"),
    [
        (PRICE_OF_ROOMS, "bolt", [("correction", "-1.7500", "-42.00"), ("occupancy", "1.7500", "35.00")]),
        (NOTHING_GIVEN_BACK, "acme", [("correction", "-1.2500", "-9.38"), ("occupancy", "4.0000", "30.00")]),
        (CHEAPER_FROM_NOVEMBER, "bolt", []),
    ],
)
def test_price_or_contract_changed_afterwards_becomes_a_correction_on_the_next_document(
    connection: Connection, tmp_path: Path, change: bytes, company: str, lines: list[tuple[str, str, str]]
) -> None:
    before = bill(connection, tmp_path / "a")
    settle(connection, tmp_path / "a")
    connection.execute(change)
    assert [document.number for document in bill(connection, tmp_path / "a").invoices] == [
        document.number for document in before.invoices
    ]
    connection.execute(b"DELETE FROM reading")  # the set time of raw readings is over
    report = bill(connection, tmp_path / "b", months_later=1)
    found = [
        documents.numbered(connection, document.number).invoice for document in report.invoices if document.company == company
    ]
    sign = -1 if found and found[0].is_credit else 1
    october = [
        (line.kind, f"{sign * line.quantity}", f"{sign * line.net}")
        for document in found
        for line in document.lines
        if line.starts_on < NOVEMBER
    ]
    assert october == lines
    assert all(
        billed.visit.batches
        for document in found
        for line in document.lines
        for billed in line.visits
        if line.starts_on < NOVEMBER
    )
    assert bill(connection, tmp_path / "b", months_later=1).net == report.net
    settle(connection, tmp_path, months_later=1)
    assert [(check.name, check.mismatches) for check in audited(connection).checks if check.mismatches] == []


def test_correction_is_made_once(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    connection.execute(b"UPDATE verdict SET verdict = 'used' WHERE verdict_id = 1")
    first = bill(connection, tmp_path, months_later=1)
    second = bill(connection, tmp_path, months_later=1)
    assert [(document.number, document.net) for document in first.invoices] == [
        (document.number, document.net) for document in second.invoices
    ]
    assert rows(connection, b"SELECT count(*) FROM invoice_line WHERE kind = 'correction'") == [(1,)]


IN_FORMER_FORMAT = b"""
    UPDATE billed_month SET digest_version = 1, verdicts_digest = left(verdicts_digest, 32),
        contracts_digest = left(contracts_digest, 32), tariffs_digest = left(tariffs_digest, 32)
    WHERE verdicts_digest IS NOT NULL
"""


def test_month_billed_in_the_former_format_of_digests_gets_no_correction(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path / "a")
    connection.execute(IN_FORMER_FORMAT)
    assert audited(connection).is_clean
    bill(connection, tmp_path / "b", months_later=1)
    assert rows(connection, b"SELECT count(*) FROM invoice_line WHERE kind = 'correction'") == [(0,)]
    assert rows(connection, b"SELECT DISTINCT digest_version FROM billed_month") == [(3,)]
    assert audited(connection).is_clean


def test_change_of_a_month_billed_in_the_former_format_is_corrected_once(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path / "a")
    connection.execute(IN_FORMER_FORMAT)
    connection.execute(PRICE_OF_ROOMS)
    for _ in range(2):
        bill(connection, tmp_path / "b", months_later=1)
        assert rows(connection, b"SELECT abs(net) FROM invoice_line WHERE kind = 'correction'") == [(Decimal("42.00"),)]
