"""Billing against a real database: issued once, numbered without gaps, proven by the ledger, the same files again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db import billing
from smartwork.db.billing import InvoiceAltered
from smartwork.db.connection import Connection, connect
from smartwork.db.migrate import migrate
from smartwork.devstack import stack
from smartwork.domain.evidence import BatchRun, Span
from smartwork.domain.tariff import ContractMissing, RateMissing
from smartwork.errors import InputError
from smartwork.jobs.bill import BillReport, bill_month

pytestmark = pytest.mark.services
OCTOBER, ISSUED = date(2026, 10, 1), date(2026, 11, 2)
NINE = datetime(2026, 10, 5, 7, tzinfo=UTC)  # 09:00 in Brussels

NETWORK = """
INSERT INTO operator (operator_id, name, kind, enterprise_number) VALUES (1, 'Ville', 'public', '0123456749');
INSERT INTO centre VALUES (1, 'namur', 'Namur Gare', 1, 'Wallonie', 'Namur', 50.4, 4.8, 'Europe/Brussels',
    '08:00', '18:00', '{1,2,3,4,5}', 20, 10, true);
INSERT INTO zone VALUES (1, 1, 'z1', 'Zone 1', 80, 400, 0, 0, 10, 10);
INSERT INTO resource VALUES (1, 1, 1, 'd-1', 'Desk 1', 'desk', 1, 1, 1, 1, 1),
    (2, 1, 1, 'r-1', 'Room 1', 'room', 6, 4, 1, 4, 4);
INSERT INTO device VALUES (1, 1, 'p-1', 'zigbee2mqtt', 'z/p-1', 60, NULL, 1),
    (2, 1, 'p-2', 'zigbee2mqtt', 'z/p-2', 60, NULL, 2);
INSERT INTO company VALUES (1, 'acme', 'Acme SA', '0403170701', 'Rue 1', '5000', 'Namur', 'fr', 'PO-1', true),
    (2, 'bolt', 'Bolt NV', '0404616494', 'Straat 2', '1000', 'Brussel', 'nl', 'PO-2', true),
    (3, 'calm', 'Calm Ltd', '0417497106', 'Lane 3', '4000', 'Liège', 'en', 'PO-3', true);
INSERT INTO member VALUES (1, 'm-1', 1), (2, 'm-2', 2);
INSERT INTO contract VALUES (1, 1, '2026-01-01', NULL, 'as_booked', 10, 15, 0.5, true, 30),
    (2, 2, '2026-01-01', NULL, 'as_measured', 10, 15, 0.5, false, 15),
    (3, 3, '2026-01-01', NULL, 'the_greater', 10, 15, 0.5, false, 15);
INSERT INTO tariff VALUES (1, NULL, 'desk', '2026-01-01', NULL, 7.5), (2, 1, 'room', '2026-01-01', NULL, 24);
INSERT INTO outbox VALUES (1, 1, 'edge-namur', 'a1b2c3d4e5f6');
"""


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stack.ephemeral("billing") as running:
        yield running.endpoints.database_url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """A connection to a database of its own: one centre, three companies, three verdicts and what proves them."""
    base = url.rpartition("/")[0]
    with connect(url) as admin:
        admin.execute(b"DROP DATABASE IF EXISTS billing_test WITH (FORCE)")
        admin.execute(b"CREATE DATABASE billing_test")
    with connect(f"{base}/billing_test") as fresh:
        migrate(fresh)
        fresh.execute(NETWORK.encode())
        _measure(fresh)
        _judge(fresh)
        yield fresh


def _measure(connection: Connection) -> None:
    """One presence reading a minute and desk, from 08:00 for ten hours, in batches of 100 numbers; spans of the desk."""
    batch = (
        b"INSERT INTO batch (outbox_id, first, last, day, stored, rejected, digest, arrived_at)"
        b" VALUES (1, %s, %s, %s, 100, 0, '', %s)"
    )
    for first in range(1, 1201, 100):
        connection.execute(batch, (first, first + 99, NINE.date(), NINE))
    with connection.cursor() as cursor:
        cursor.executemany(
            b"INSERT INTO reading VALUES (%s, %s, 1, 1, 1, %s)",
            [(at(minute - 60), 1 + n % 2, n + 1) for n in range(1200) for minute in [n // 2]],
        )
        cursor.executemany(
            b"INSERT INTO span VALUES (%s, %s, %s, %s, %s)",
            [
                (1, at(-60), at(5), "vacant", False),
                (1, at(5), at(60), "occupied", False),
                (1, at(60), at(600), "vacant", False),
                (2, at(-60), at(100), "occupied", False),
                (2, at(100), at(600), "unknown", False),
            ],
        )


def _judge(connection: Connection) -> None:
    connection.execute(b"""
        INSERT INTO booking VALUES
            (1, 'B-1', 1, 1, '2026-10-05 07:00Z', '2026-10-05 11:00Z', 'booked'),
            (2, 'B-2', 2, 2, '2026-10-05 07:00Z', '2026-10-05 09:00Z', 'booked'),
            (3, 'B-3', 1, 1, '2026-10-06 07:00Z', '2026-10-06 09:00Z', 'cancelled'),
            (4, 'B-4', 1, 1, '2026-10-31 23:30Z', '2026-11-01 01:00Z', 'booked');
        INSERT INTO verdict VALUES
            (1, 1, 1, NULL, 1, 'left_early', '2026-10-05 07:00Z', '2026-10-05 11:00Z', NULL, NULL, 14400, 3300, 11100, 0, 0),
            (2, 2, 2, NULL, 2, 'unverifiable', '2026-10-05 07:00Z', '2026-10-05 09:00Z', NULL, NULL, 7200, 6000, 0, 1200, 0),
            (3, 1, 3, NULL, 1, 'cancelled', '2026-10-06 07:00Z', '2026-10-06 09:00Z', NULL, NULL, 7200, 0, 0, 7200, 0),
            (4, 1, 4, NULL, 1, 'no_show', '2026-10-31 23:30Z', '2026-11-01 01:00Z', NULL, NULL, 5400, 0, 5400, 0, 0),
            (5, 1, NULL, NULL, NULL, 'walk_in', '2026-10-05 12:00Z', '2026-10-05 13:00Z', NULL, NULL, 0, 3000, 600, 0, 0);
    """)


def bill(connection: Connection, folder: Path, month: date = OCTOBER, issued_on: date = ISSUED) -> BillReport:
    return bill_month(connection, month, issued_on, folder, lambda *_: None)


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
    assert (report.unsigned.count, report.unsigned.occupied_s) == (1, 3000)
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
    second = bill(connection, tmp_path / "b", issued_on=date(2026, 11, 20))
    assert [b.number for b in first.invoices] == [b.number for b in second.invoices]
    assert [b.already_issued for b in second.invoices] == [True, True]
    for before, after in zip(first.invoices, second.invoices, strict=True):
        assert before.files.pdf.read_bytes() == after.files.pdf.read_bytes()
        assert before.files.xml.read_bytes() == after.files.xml.read_bytes()
    assert rows(connection, b"SELECT last FROM document_series") == [(2,)]


def test_evidence_is_cut_to_the_period_and_names_the_batches_under_it(connection: Connection) -> None:
    one = billing.proven(connection, OCTOBER)[0]
    assert one.spans == (
        Span(at(0), at(5), "vacant"),
        Span(at(5), at(60), "occupied"),
        Span(at(60), at(240), "vacant"),
    )
    # The desk's readings from minute 60 to 299 have the odd numbers 121 to 599, in batches 101–200 … 501–600.
    assert one.batches == (BatchRun("edge-namur", "a1b2c3d4e5f6", 101, 600),)


def test_batches_that_do_not_adjoin_stay_apart(connection: Connection) -> None:
    connection.execute(b"DELETE FROM reading WHERE n BETWEEN 301 AND 400")
    one = billing.proven(connection, OCTOBER)[0]
    assert [(run.first, run.last) for run in one.batches] == [(101, 300), (401, 600)]


def test_month_is_the_centres_own_and_cancelled_is_not_read(connection: Connection) -> None:
    # 00:30 on 1 November in Brussels is still October in UTC.
    assert [one.booking for one in billing.proven(connection, OCTOBER)] == ["B-1", "B-2"]
    assert [one.booking for one in billing.proven(connection, date(2026, 11, 1))] == ["B-4"]


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
            (9, 1, NULL, NULL, 3, 'walk_in', '2026-10-05 07:00Z', '2026-10-05 08:00Z', NULL, NULL, 0, 3300, 300, 0, 0)
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


def test_missing_price_or_contract_stops_the_run_before_anything_is_issued(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"DELETE FROM tariff WHERE kind = 'room'")
    with pytest.raises(RateMissing, match="room in centre namur on 2026-10-05"):
        bill(connection, tmp_path)
    connection.execute(b"UPDATE contract SET valid_until = '2026-02-01' WHERE company_id = 1")
    with pytest.raises(ContractMissing, match="B-1"):
        bill(connection, tmp_path)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]


def test_month_that_is_not_over_is_refused(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2026-10 is not over"):
        bill(connection, tmp_path, issued_on=date(2026, 10, 31))
