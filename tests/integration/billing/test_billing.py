"""Billing against a real database: issued once, numbered without gaps, proven by the ledger, the same files again."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents, visits_to_bill
from smartwork.db.billing.documents import InvoiceAltered
from smartwork.db.core.connection import Connection
from smartwork.documents.verify import verify
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.presence.spans import Span
from smartwork.errors import InputError
from smartwork.jobs.billing.bill_month import bill_month
from smartwork.jobs.billing.bill_report import BillReport
from tests.support.accounts import ISSUED, OCTOBER, at

pytestmark = pytest.mark.services


def visits(connection: Connection, month: date = OCTOBER) -> list[Visit]:
    return [visit for of_company in visits_to_bill.visits(connection, month).values() for visit in of_company]


def bill(connection: Connection, folder: Path, month: date = OCTOBER, issued: datetime = ISSUED) -> BillReport:
    return bill_month(connection, month, issued, folder, lambda *_: None)


def rows(connection: Connection, query: bytes) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def test_month_becomes_one_invoice_a_company_with_its_files(connection: Connection, tmp_path: Path) -> None:
    report = bill(connection, tmp_path)
    # acme: 60 min + 10 grace, up to 75 min at 7.50; bolt: 100 min measured, up to 105 min at 24.00
    assert [(b.company, b.number, b.net, b.vat, b.gross) for b in report.invoices] == [
        ("acme", "INV-2026-00001", Decimal("9.38"), Decimal("1.97"), Decimal("11.35")),
        ("bolt", "INV-2026-00002", Decimal("42.00"), Decimal("8.82"), Decimal("50.82")),
    ]
    assert report.gross == Decimal("62.17")
    assert report.without_lines == ("calm",)
    assert (report.unattributed.count, report.unattributed.occupied_s) == (1, 3000)
    assert sorted(f.name for f in (tmp_path / "2026-10").iterdir()) == [
        "INV-2026-00001-acme.csv",
        "INV-2026-00001-acme.pdf",
        "INV-2026-00001-acme.xml",
        "INV-2026-00002-bolt.csv",
        "INV-2026-00002-bolt.pdf",
        "INV-2026-00002-bolt.xml",
    ]


def test_second_run_issues_nothing_and_writes_the_same_bytes(connection: Connection, tmp_path: Path) -> None:
    first = bill(connection, tmp_path / "a")
    second = bill(connection, tmp_path / "b", issued=ISSUED + timedelta(days=18))
    assert [b.number for b in first.invoices] == [b.number for b in second.invoices]
    assert [b.already_issued for b in second.invoices] == [True, True]
    for before, after in zip(first.invoices, second.invoices, strict=True):
        assert before.files.pdf.read_bytes() == after.files.pdf.read_bytes()
        assert before.files.xml.read_bytes() == after.files.xml.read_bytes()
    assert rows(connection, b"SELECT last FROM document_series") == [(2,)]


def test_evidence_is_cut_to_the_period_and_names_the_batches_under_it(connection: Connection) -> None:
    visit = visits(connection)[0]
    assert visit.spans == (
        Span(at(0), at(5), "vacant"),
        Span(at(5), at(60), "occupied"),
        Span(at(60), at(240), "vacant"),
    )
    # The desk's readings from minute 60 to 299 have the odd numbers 121 to 599, in batches 101–200 … 501–600.
    assert visit.batches == (BatchRun("edge-namur", "a1b2c3d4e5f6", 101, 600),)


def test_evidence_says_what_the_ledger_of_its_day_lacked_when_it_was_billed(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"INSERT INTO edge_day VALUES (1, '2026-10-05', 1300, 60, now())")
    bill(connection, tmp_path)
    lacking = LedgerDay(date(2026, 10, 5), 1300, 1200, 0, 60, 40)
    assert [visit.ledger for visit in visits(connection)] == [(lacking,), (lacking,)]
    connection.execute(b"INSERT INTO batch VALUES (1, 1201, 1300, '2026-10-05', 100, 0, 0, '', now())")
    arrived = LedgerDay(date(2026, 10, 5), 1300, 1300, 0, 0, 0)
    assert visits(connection)[0].ledger == (arrived,)
    [kept] = [billed for line in documents.numbered(connection, "INV-2026-00001").invoice.lines for billed in line.visits]
    assert kept.visit.ledger == (lacking,)
    [row] = csv.DictReader((tmp_path / "2026-10" / "INV-2026-00001-acme.csv").read_text("utf-8-sig").splitlines())
    assert [row[f"ledger_{what}"] for what in ("numbered", "stored", "rejected", "waiting", "missing")] == [
        "1300", "1200", "0", "60", "40"
    ]  # fmt: skip


def test_batches_that_do_not_adjoin_stay_apart(connection: Connection) -> None:
    connection.execute(b"DELETE FROM reading WHERE n BETWEEN 301 AND 400")
    visit = visits(connection)[0]
    assert [(run.first, run.last) for run in visit.batches] == [(101, 300), (401, 600)]


def test_month_is_the_centres_own_and_cancelled_is_not_read(connection: Connection) -> None:
    # 00:30 on 1 November in Brussels is still October in UTC.
    assert [visit.booking for visit in visits(connection)] == ["B-1", "B-2"]
    assert [visit.booking for visit in visits(connection, date(2026, 11, 1))] == ["B-4"]


def test_lines_in_the_table_are_those_of_the_document(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    assert rows(
        connection,
        b"SELECT l.verdict, b.external_id, l.hours, l.net,"
        b" l.evidence = i.document -> 'lines' -> (l.line - 1) -> 'proofs' -> 0"
        b" FROM invoice_line l JOIN invoice i USING (invoice_id) JOIN booking b USING (booking_id) ORDER BY i.number",
    ) == [
        ("left_early", "B-1", Decimal("1.2500"), Decimal("9.38"), True),
        ("unverifiable", "B-2", Decimal("1.7500"), Decimal("42.00"), True),
    ]


def test_number_is_not_lost_when_a_run_fails(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'boom'; END $$")
    connection.execute(b"CREATE TRIGGER boom BEFORE INSERT ON invoice_line EXECUTE FUNCTION boom()")
    with pytest.raises(Exception, match="boom"):
        bill(connection, tmp_path)
    connection.execute(b"DROP TRIGGER boom ON invoice_line")
    assert [b.number for b in bill(connection, tmp_path).invoices] == ["INV-2026-00001", "INV-2026-00002"]


def test_late_company_gets_the_next_number_and_others_stay(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    connection.execute(b"""
        INSERT INTO verdict VALUES
            (9, 1, NULL, NULL, 3, 'walk_in', '2026-10-05 12:00Z', '2026-10-05 13:00Z', NULL, NULL, 0, 3300, 300, 0, 0)
    """)
    report = bill(connection, tmp_path)
    assert [(b.company, b.number, b.already_issued) for b in report.invoices] == [
        ("acme", "INV-2026-00001", True),
        ("bolt", "INV-2026-00002", True),
        ("calm", "INV-2026-00003", False),
    ]


def test_altered_invoice_is_refused(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    connection.execute(b"ALTER TABLE invoice DISABLE TRIGGER invoice_is_final")
    connection.execute(b"""UPDATE invoice SET document = jsonb_set(document, '{gross}', '"1.00"') WHERE company_id = 1""")
    with pytest.raises(InvoiceAltered, match="INV-2026-00001"):
        bill(connection, tmp_path)


def test_a_missing_price_or_contract_stops_its_company_only(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"DELETE FROM tariff WHERE kind = 'room'")
    report = bill(connection, tmp_path)
    assert [document.company for document in report.invoices] == ["acme"]
    [bolt] = report.waiting
    assert (bolt.company, bolt.centre) == ("bolt", "namur")
    assert "room in centre namur on 2026-10-05" in bolt.reason
    assert report.without_lines == ("calm",)


def test_a_company_without_a_contract_stops_only_itself(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"DELETE FROM contract WHERE company_id = 1")
    report = bill(connection, tmp_path)
    assert [document.company for document in report.invoices] == ["bolt"]
    [acme] = report.waiting
    assert (acme.company, acme.centre) == ("acme", "namur")
    assert "No contract of acme for a desk in centre namur is valid on 2026-10-05, the day of B-1" in acme.reason
    connection.execute(b"INSERT INTO contract VALUES (1, 1, '2026-01-01', NULL, 'as_booked', 10, 15, 0.5, false, 30)")
    assert [document.company for document in bill(connection, tmp_path).invoices] == ["bolt", "acme"]


def test_only_the_company_that_is_asked_for_is_billed(connection: Connection, tmp_path: Path) -> None:
    report = bill_month(connection, OCTOBER, ISSUED, tmp_path, lambda *_: None, "bolt")
    assert [document.company for document in report.invoices] == ["bolt"]
    acme = bill_month(connection, OCTOBER, ISSUED, tmp_path / "acme", lambda *_: None, "acme")
    assert [document.company for document in acme.invoices] == ["acme"]
    assert {path.stem for path in (tmp_path / "acme" / "2026-10").iterdir()} == {"INV-2026-00002-acme"}
    with pytest.raises(InputError, match="--company is 'nobody', which is no company"):
        bill_month(connection, OCTOBER, ISSUED, tmp_path, lambda *_: None, "nobody")
    assert [document.company for document in bill(connection, tmp_path).invoices] == ["bolt", "acme"]


def test_documents_issued_after_the_legal_last_day_are_named(connection: Connection, tmp_path: Path) -> None:
    on_time = bill_month(connection, OCTOBER, ISSUED + timedelta(days=13), tmp_path, lambda *_: None, "bolt")
    late = bill(connection, tmp_path, issued=ISSUED + timedelta(days=14))
    assert (on_time.issued_late, late.issued_late) == ((), ("INV-2026-00002",))
    assert late.last_day_of_issue == date(2026, 11, 15)


def test_month_that_is_not_over_is_refused(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2026-10 is not over"):
        bill(connection, tmp_path, issued=ISSUED - timedelta(days=2))


def test_a_booking_named_by_any_character_is_billed_and_its_documents_hold(connection: Connection, tmp_path: Path) -> None:
    for booking, name in ((1, "uid-😀@x"), (2, "uid-\x01 会")):
        connection.execute(b"UPDATE booking SET external_id = %s WHERE booking_id = %s", (name, booking))
    connection.execute("UPDATE centre SET name = 'Namur 🏢'".encode())
    for _ in range(2):
        for document in bill(connection, tmp_path).invoices:
            assert [verify(path).findings for path in (document.files.pdf, document.files.xml)] == [(), ()]
