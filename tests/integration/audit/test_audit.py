"""The audit of a month's documents, postings and settlements."""

import json
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from tests.support.accounts import audited, bill, command, credited, settle

pytestmark = pytest.mark.services


def test_audit_of_an_orderly_month_is_clean(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    credited(connection, tmp_path)
    settle(connection, tmp_path)
    report = audited(connection)
    assert [(check.name, check.mismatches) for check in report.checks if check.mismatches] == []
    assert (report.documents, report.postings) == (4, 5)
    assert report.totals.charged == report.totals.centre_credits + report.totals.margin == Decimal("9.38")


@pytest.mark.parametrize(
    ("mode", "rate", "other"),
    [("share", "0.6", "0.61"), ("share", "0", "0.1"), ("fixed", "100", "101"), ("fixed", "0", "1"), ("per_seat", "45", "46")],
)
def test_month_is_settled_by_the_stored_terms_and_by_no_others(
    connection: Connection, tmp_path: Path, mode: str, rate: str, other: str
) -> None:
    connection.execute(b"UPDATE centre_contract SET mode = %s, rate = %s", (mode, rate))
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    credited(connection, tmp_path)
    settle(connection, tmp_path)
    assert [(check.name, check.mismatches) for check in audited(connection).checks if check.mismatches] == []
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE settled_terms SET rate = %s", (other,))
    assert [check.name for check in audited(connection).checks if check.mismatches] == ["terms", "books"]


def test_price_per_desk_is_owed_for_the_stored_number_of_desks(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"UPDATE centre_contract SET mode = 'per_seat', rate = 45")
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE settled_terms SET desks = 2")
    [mismatch] = next(check.mismatches for check in audited(connection).checks if check.name == "terms")
    assert mismatch == "namur 2026-10: 45.00 are owed by SB-namur-2026-00001 line 1, the stored terms give 45.0000 × 2 (seat)"


def test_audit_command_exits_with_1_and_names_the_mismatch(connection: Connection, database_url: str, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    clean = command(database_url, "audit", "--json")
    assert (clean.returncode, json.loads(clean.stdout)["clean"]) == (0, True)
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE entry SET amount = amount + 0.01 WHERE posting_id = 1 AND amount > 0")
    found = command(database_url, "audit", "--json")
    assert (found.returncode, json.loads(found.stdout)["clean"]) == (1, False)
    assert "postings" in found.stderr
    assert "Traceback" not in found.stderr
    assert "0.01 EUR are left" in " ".join(command(database_url, "audit").stdout.split())


FINAL = [
    b"UPDATE invoice SET net = 0",
    b"DELETE FROM invoice_proof",
    b"UPDATE invoice_line SET net = 0",
    b"UPDATE entry SET amount = amount * 2",
    b"DELETE FROM posting",
    b"DELETE FROM invoice_event",
    b"UPDATE prepaid_entry SET hours = 0",
    b"TRUNCATE entry",
]


@pytest.mark.parametrize("change", FINAL)
def test_accounts_refuse_changes_by_trigger_and_by_right(connection: Connection, tmp_path: Path, change: bytes) -> None:
    connection.execute(b"INSERT INTO prepaid_pool VALUES (1, 'desk', 6, 0, 12)")
    connection.execute(b"INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 1, 6)")
    bill(connection, tmp_path)
    with pytest.raises(psycopg.errors.RaiseException, match="never changes"):
        connection.execute(change)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), documents.issuing_transaction(connection):
        connection.execute(change)


def test_posting_that_does_not_balance_is_refused_at_the_end(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    with pytest.raises(psycopg.errors.CheckViolation, match="does not balance"):
        connection.execute(b"""
            WITH p AS (INSERT INTO posting (kind, month, posted_on) VALUES ('payment', '2026-10-01', '2026-11-02')
                       RETURNING posting_id)
            INSERT INTO entry SELECT posting_id, 1, 5 FROM p
        """)
    assert connection.execute(b"SELECT count(*) FROM posting").fetchall() == [(2,)]
