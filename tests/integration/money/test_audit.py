"""Books that a tampered figure cannot hide in."""

import json
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from smartwork.db import books, documents
from smartwork.db.connection import Connection
from smartwork.jobs.invoices import pay
from smartwork.testing.accounts import ISSUED, audited, bill, command, credited, settle

pytestmark = pytest.mark.services


def test_audit_of_an_orderly_month_is_clean(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    credited(connection, tmp_path)
    settle(connection, tmp_path)
    report = audited(connection)
    assert [(check.name, check.faults) for check in report.checks if check.faults] == []
    assert (report.documents, report.postings) == (4, 5)
    assert report.totals.charged == report.totals.centre_credits + report.totals.margin == Decimal("9.38")


_TOLD = b"UPDATE payout_order SET document = convert_to(replace(convert_from(document, 'UTF8'), %s, %s), 'UTF8')"

TAMPERED: list[tuple[bytes, str, str]] = [
    (b"UPDATE entry SET amount = amount + 0.01 WHERE posting_id = 1 AND amount > 0", "postings", "posting 1"),
    (b"UPDATE invoice SET net = net + 1, gross = gross + 1 WHERE number = 'INV-2026-00001'", "documents", "INV-2026-00001"),
    (
        b"""UPDATE invoice SET document = jsonb_set(document, '{lines,0,net}', '"1.00"') WHERE number = 'INV-2026-00001'""",
        "figures",
        "INV-2026-00001, line 1: net is 1.00, computed 1.88",
    ),
    (
        b"""UPDATE invoice SET document = jsonb_set(document, '{lines,0,proofs,0,hours}', '"9"') WHERE number =
        'INV-2026-00001'""",
        "figures",
        "hours of a proof",
    ),
    (b"UPDATE invoice_line SET net = net + 5 WHERE invoice_id = 1", "documents", "INV-2026-00001, line 1"),
    (b"DELETE FROM invoice_proof WHERE invoice_id = 1", "documents", "INV-2026-00001, line 1"),
    (
        b"UPDATE invoice SET document = jsonb_set(document, '{lines,0,proofs}', '[]') WHERE number = 'INV-2026-00001'",
        "evidence",
        "INV-2026-00001, line 1",
    ),
    (
        b"""UPDATE invoice SET document = jsonb_set(document, '{lines,0,proofs,0,batches}', '[]') WHERE number =
        'INV-2026-00002'""",
        "evidence",
        "B-2 was measured by no numbered reading",
    ),
    (
        b"""UPDATE invoice SET document = jsonb_set(document, '{lines,0,proofs,0,booking}', '"B-1"') WHERE number =
        'INV-2026-00002'""",
        "minutes",
        "booking B-1 stands on 2 lines",
    ),
    (
        b"""UPDATE invoice SET document = jsonb_set(document, '{lines,0,proofs,0,resource}', '"d-1"') WHERE number =
        'INV-2026-00002'""",
        "minutes",
        "namur d-1",
    ),
    (b"UPDATE document_series SET last = last + 1 WHERE series = 'INV-2026'", "numbers", "INV-2026-00003 is missing"),
    (b"UPDATE invoice SET number = 'INV-2026-00009' WHERE number = 'INV-2026-00002'", "numbers", "INV-2026-00002 is missing"),
    (
        b"UPDATE entry SET amount = amount - 1 WHERE account_id = (SELECT account_id FROM account WHERE code = 'margin')",
        "centres",
        "1.00 EUR are left",
    ),
    (
        b"UPDATE entry SET amount = amount - 1 WHERE account_id = (SELECT account_id FROM account WHERE code = 'vat:due')",
        "VAT",
        "vat:due",
    ),
    (b"UPDATE credit_entry SET hours = hours - 1 WHERE reason = 'spent'", "pools", "O-1"),
    (b"UPDATE credit_entry SET worth = worth + 1 WHERE reason = 'bought'", "pools", "pool:acme"),
    (
        b"UPDATE invoice_event SET amount = amount - 1 WHERE event = 'paid'",
        "payments",
        "INV-2026-00001: 4.00 were paid, and 5.00 are posted",
    ),
    (
        b"DELETE FROM entry WHERE posting_id IN (SELECT posting_id FROM posting WHERE kind = 'payment')",
        "payments",
        "receivable:acme stands at",
    ),
    (b"DELETE FROM entry WHERE posting_id = 1; DELETE FROM posting WHERE posting_id = 1", "postings", "is not posted"),
    (b"UPDATE payout SET amount = amount + 100", "payouts", "payout-2026-10-1.xml, namur: the file pays"),
    (b"UPDATE payout_order SET total = total + 100", "payouts", "payout-2026-10-1.xml: the order says"),
    (
        _TOLD % (b"'BE68539007547034'", b"'BE62510007547061'"),
        "payouts",
        "the file pays to BE62510007547061, SB-2026-00001 says BE68539007547034",
    ),
    (
        _TOLD % (b"'BE92999900000123'", b"'BE62510007547061'"),
        "payouts",
        "the file pays from BE62510007547061, SB-2026-00001 says BE92999900000123",
    ),
    (_TOLD % (b"total::text || '</InstdAmt>'", b"'1.00</InstdAmt>'"), "payouts", "the file pays 1.00"),
    (_TOLD % (b"total::text || '</CtrlSum>'", b"'1.00</CtrlSum>'"), "payouts", "the file says 1 payments of 1.00"),
    (_TOLD % (b"total::text", b"'1.00'"), "payouts", "the file pays 1.00"),
    (_TOLD % (b"'<NbOfTxs>1'", b"'<NbOfTxs>2'"), "payouts", "the file says 2 payments"),
    (_TOLD % (b"'Ccy=\"EUR\"'", b"'Ccy=\"USD\"'"), "payouts", "cannot be read"),
    (b"UPDATE payout_order SET document = 'nothing'", "payouts", "cannot be read"),
    (b"DELETE FROM payout", "payouts", "the file has 1 payments, the books 0"),
    (b"DELETE FROM payout; DELETE FROM payout_order", "payouts", "stands for 0 payouts"),
    (
        b"""UPDATE entry SET amount = amount + sign(amount) * 100 FROM posting p
        WHERE p.posting_id = entry.posting_id AND p.kind = 'payout'""",
        "payouts",
        "payable:namur owes -100",
    ),
    (
        b"DELETE FROM entry WHERE posting_id IN (SELECT posting_id FROM posting WHERE kind = 'payout')",
        "payouts",
        "posts nothing, the order pays",
    ),
    (
        b"""DELETE FROM entry WHERE posting_id IN (SELECT posting_id FROM posting WHERE kind = 'payout');
        DELETE FROM posting WHERE kind = 'payout'""",
        "payouts",
        "is no payout",
    ),
    (
        b"DELETE FROM settled_posting WHERE posting_id = 1",
        "settled",
        "SB-2026-00001 posts 49.88 to charges:namur, the charges that it took in say 42.00",
    ),
    (b"DELETE FROM settled_posting", "settled", "charges:namur holds 0"),
    (b"UPDATE settled_posting SET settlement_id = 1", "settled", "posting 1 is no settlement"),
    (b"UPDATE settled_posting SET posting_id = settlement_id WHERE posting_id = 1", "settled", "charges nothing for namur"),
    (b"UPDATE settled_posting SET centre_id = 99 WHERE posting_id = 1", "settled", "SB-2026-00001 posts"),
    (
        b"""UPDATE entry SET amount = amount - 1 WHERE account_id = (SELECT account_id FROM account WHERE code = 'margin');
        UPDATE entry SET amount = amount + 1 WHERE amount > 0 AND posting_id = 3
            AND account_id = (SELECT account_id FROM account WHERE code = 'charges:namur')""",
        "settled",
        "charges:namur",
    ),
    (b"UPDATE settled_terms SET rate = 0.5", "terms", "kept for namur 2026-10 is 0.5"),
    (b"UPDATE settled_terms SET mode = 'fixed', rate = 0.6", "terms", "29.93 stand as owed in 2 lines, and 0.6"),
    (b"UPDATE settled_terms SET vat_rate = 6", "terms", "S 6"),
    (b"UPDATE settled_terms SET vat_category = 'E'", "terms", "E 21"),
    (b"UPDATE settled_terms SET month = '2026-09-01'", "terms", "namur 2026-10 is settled, and by which terms is not kept"),
    (b"DELETE FROM settled_terms", "terms", "by which terms is not kept"),
    (
        b"""INSERT INTO settled_terms (centre_id, month, mode, rate, vat_category, vat_rate)
        SELECT centre_id, month, mode, 0.7, vat_category, vat_rate FROM settled_terms""",
        "terms",
        "kept for namur 2026-10 is 0.7",
    ),
    (b"DELETE FROM settled_posting WHERE posting_id = 1", "terms", "stand as owed for desks, 0.6000 of 0 is 0"),
    (b"DELETE FROM centre_statement", "statements", "SB-2026-00001: its statement is missing"),
    (
        b"""UPDATE centre_statement SET document = jsonb_set(document, '{charged}', '"1.00"')""",
        "statements",
        "charged is 1.00 in its statement, the books say",
    ),
    (
        b"""UPDATE centre_statement SET document = jsonb_set(document, '{days,0,bookings}', '9')""",
        "statements",
        "SB-2026-00001: the digest of its statement does not fit",
    ),
    (b"UPDATE centre_statement SET document = '{}'", "statements", "SB-2026-00001: its statement cannot be read"),
    (b"UPDATE centre_statement SET invoice_id = 1", "statements", "beside INV-2026-00001, which no centre was sent"),
]


@pytest.mark.parametrize(("tamper", "check", "where"), TAMPERED, ids=[f"{c}-{i}" for i, (_, c, _) in enumerate(TAMPERED)])
def test_tampered_figure_is_found_and_named(
    connection: Connection, tmp_path: Path, tamper: bytes, check: str, where: str
) -> None:
    connection.execute(b"INSERT INTO credit_pool VALUES (1, 'desk', 6, 0, 12)")
    connection.execute(b"INSERT INTO credit_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 1, 6)")
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    pay(connection, "INV-2026-00001", ISSUED, "", Decimal("5.00"))
    connection.execute(b"SET session_replication_role = replica")  # as a superuser who switches every trigger off
    connection.execute(tamper)
    found = {one.name: one.faults for one in audited(connection).checks}
    assert any(where in fault for fault in found[check]), found


def test_audit_command_ends_with_one_and_says_where(connection: Connection, database_url: str, tmp_path: Path) -> None:
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
    b"UPDATE credit_entry SET hours = 0",
    b"TRUNCATE entry",
]


@pytest.mark.parametrize("change", FINAL)
def test_books_refuse_change_by_trigger_and_by_right(connection: Connection, tmp_path: Path, change: bytes) -> None:
    connection.execute(b"INSERT INTO credit_pool VALUES (1, 'desk', 6, 0, 12)")
    connection.execute(b"INSERT INTO credit_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 1, 6)")
    bill(connection, tmp_path)
    with pytest.raises(psycopg.errors.RaiseException, match="never changes"):
        connection.execute(change)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), documents.books(connection):
        connection.execute(change)


def test_posting_that_does_not_balance_is_refused_at_the_end(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    with pytest.raises(psycopg.errors.CheckViolation, match="does not balance"):
        connection.execute(b"""
            WITH p AS (INSERT INTO posting (kind, month, posted_on) VALUES ('payment', '2026-10-01', '2026-11-02')
                       RETURNING posting_id)
            INSERT INTO entry SELECT posting_id, 1, 5 FROM p
        """)
    assert books.posting_count(connection) == 2
