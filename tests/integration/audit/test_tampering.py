"""The audit finds and names every row that is changed, even if triggers and rights are bypassed."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import psycopg
import pytest

from smartwork.db.core.connection import Connection, connect
from smartwork.domain.settlement.payouts import PayoutEvent
from smartwork.jobs.billing.lifecycle import pay
from smartwork.jobs.settlement.payouts import mark_payout
from tests.support.accounts import ISSUED, audited, bill, fill, settle

pytestmark = pytest.mark.services

_CHANGE_FILE = (
    b"UPDATE payout_order SET payment_file = convert_to(replace(convert_from(payment_file, 'UTF8'), %s, %s), 'UTF8')"
)

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
        "hours of a visit",
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
        "booking B-1 is on 2 lines",
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
    (b"UPDATE prepaid_entry SET hours = hours - 1 WHERE reason = 'spent'", "pools", "O-1"),
    (b"UPDATE prepaid_entry SET value = value + 1 WHERE reason = 'bought'", "pools", "pool:acme"),
    (
        b"UPDATE invoice_event SET amount = amount - 1 WHERE event = 'paid'",
        "payments",
        "INV-2026-00001: 4.00 were paid, and 5.00 are posted",
    ),
    (
        b"DELETE FROM entry WHERE posting_id IN (SELECT posting_id FROM posting WHERE kind = 'payment')",
        "payments",
        "receivable:acme: the balance is",
    ),
    (b"DELETE FROM entry WHERE posting_id = 1; DELETE FROM posting WHERE posting_id = 1", "postings", "is not posted"),
    (
        b"UPDATE posting SET month = '2026-09-01' WHERE posting_id = 1",
        "postings",
        "INV-2026-00001 is of 2026-10, and posted to",
    ),
    (b"UPDATE payout SET amount = amount + 100", "payouts", "payout-2026-10-1.xml, namur: the file pays"),
    (
        b"UPDATE payout SET iban = 'BE62510007547061'",
        "payouts",
        "it was ordered to BE62510007547061, which no document of it and no agreements name",
    ),
    (b"DELETE FROM payout_document", "payouts", "its documents add up to 0"),
    (b"UPDATE payout_event SET event = 'refused', reason = 'x'", "payouts", "payable:namur: the balance is 0"),
    (b"DELETE FROM payout_event", "payouts", "transit: the balance is 0"),
    (
        b"UPDATE entry SET amount = amount * 2 WHERE posting_id = (SELECT posting_id FROM payout_event)",
        "payouts",
        "and is paid",
    ),
    (b"UPDATE payout_order SET total = total + 100", "payouts", "payout-2026-10-1.xml: the order's total is"),
    (
        _CHANGE_FILE % (b"'BE68539007547034'", b"'BE62510007547061'"),
        "payouts",
        "the file pays to BE62510007547061, it was ordered to BE68539007547034",
    ),
    (
        _CHANGE_FILE % (b"'BE92999900000123'", b"'BE62510007547061'"),
        "payouts",
        "the file pays from BE62510007547061, SB-namur-2026-00001 has BE92999900000123",
    ),
    (_CHANGE_FILE % (b"total::text || '</InstdAmt>'", b"'1.00</InstdAmt>'"), "payouts", "the file pays 1.00"),
    (_CHANGE_FILE % (b"total::text || '</CtrlSum>'", b"'1.00</CtrlSum>'"), "payouts", "the file states 1 payments of 1.00"),
    (_CHANGE_FILE % (b"total::text", b"'1.00'"), "payouts", "the file pays 1.00"),
    (_CHANGE_FILE % (b"'<NbOfTxs>1'", b"'<NbOfTxs>2'"), "payouts", "the file states 2 payments"),
    (_CHANGE_FILE % (b"'Ccy=\"EUR\"'", b"'Ccy=\"USD\"'"), "payouts", "cannot be read"),
    (b"UPDATE payout_order SET payment_file = 'nothing'", "payouts", "cannot be read"),
    (b"DELETE FROM payout", "payouts", "the file has 1 payments, the order 0"),
    (b"DELETE FROM payout; DELETE FROM payout_order", "payouts", "belongs to 0 payouts"),
    (
        b"""UPDATE entry SET amount = amount + sign(amount) * 100 FROM posting p
        WHERE p.posting_id = entry.posting_id AND p.kind = 'payout'""",
        "payouts",
        "payable:namur: the balance is -100",
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
        b"DELETE FROM settlement_item WHERE posting_id = 1",
        "settled",
        "SB-namur-2026-00001 posts 49.88 to charges:namur, the charges that it settles give 42.00",
    ),
    (b"DELETE FROM settlement_item", "settled", "charges:namur: the balance is 0"),
    (b"UPDATE settlement_item SET settlement_id = 1", "settled", "posting 1 is no settlement"),
    (b"UPDATE settlement_item SET posting_id = settlement_id WHERE posting_id = 1", "settled", "charges nothing for namur"),
    (b"UPDATE settlement_item SET centre_id = 99 WHERE posting_id = 1", "settled", "SB-namur-2026-00001 posts"),
    (
        b"""UPDATE entry SET amount = amount - 1 WHERE account_id = (SELECT account_id FROM account WHERE code = 'margin');
        UPDATE entry SET amount = amount + 1 WHERE amount > 0 AND posting_id = 3
            AND account_id = (SELECT account_id FROM account WHERE code = 'charges:namur')""",
        "settled",
        "charges:namur",
    ),
    (b"UPDATE settled_terms SET rate = 0.5", "terms", "the terms stored for namur 2026-10 are 0.5"),
    (
        b"UPDATE settled_terms SET mode = 'fixed', rate = 0.6",
        "terms",
        "29.93 are owed by SB-namur-2026-00001 line 1, SB-namur-2026-00001 line 2, the stored terms give 0.6",
    ),
    (b"UPDATE settled_terms SET vat_rate = 6", "terms", "S 6"),
    (b"UPDATE settled_terms SET vat_category = 'E'", "terms", "E 21"),
    (b"UPDATE settled_terms SET month = '2026-09-01'", "terms", "namur 2026-10 is settled, and its terms are not stored"),
    (b"DELETE FROM settled_terms", "terms", "its terms are not stored"),
    (
        b"""INSERT INTO settled_terms (centre_id, month, mode, rate, vat_category, vat_rate)
        SELECT centre_id, month, mode, 0.7, vat_category, vat_rate FROM settled_terms""",
        "terms",
        "the terms stored for namur 2026-10 are 0.7",
    ),
    (b"DELETE FROM settlement_item WHERE posting_id = 1", "terms", "are owed for desks, 0.6000 of 0 is 0"),
    (b"DELETE FROM centre_statement", "statements", "SB-namur-2026-00001: its statement is missing"),
    (
        b"""UPDATE centre_statement SET document = jsonb_set(document, '{charged}', '"1.00"')""",
        "statements",
        "charged is 1.00 in its statement, computed",
    ),
    (
        b"""UPDATE centre_statement SET document = jsonb_set(document, '{days,0,bookings}', '9')""",
        "statements",
        "SB-namur-2026-00001: the digest of its statement does not match",
    ),
    (b"UPDATE centre_statement SET document = '{}'", "statements", "SB-namur-2026-00001: its statement cannot be read"),
    (b"UPDATE centre_statement SET invoice_id = 1", "statements", "with INV-2026-00001, which is no self-billed document"),
    (b"UPDATE invoice SET company_id = 3 WHERE invoice_id = 1", "documents", "INV-2026-00001, account: the table differs"),
    (
        b"UPDATE invoice SET month = '2026-09-01' WHERE invoice_id = 1",
        "documents",
        "INV-2026-00001, month: the table differs",
    ),
    (
        b"UPDATE invoice SET issued_on = '2026-11-03' WHERE invoice_id = 1",
        "documents",
        "INV-2026-00001, issued_on: the table differs",
    ),
    (
        b"UPDATE invoice SET due_on = '2027-11-02' WHERE invoice_id = 1",
        "documents",
        "INV-2026-00001, due_on: the table differs",
    ),
    (
        b"UPDATE invoice SET payment_reference = '123456789012' WHERE invoice_id = 1",
        "documents",
        "INV-2026-00001, payment_reference: the table differs",
    ),
    (b"UPDATE invoice SET currency = 'USD' WHERE invoice_id = 1", "documents", "INV-2026-00001, currency: the table differs"),
    (b"UPDATE invoice SET kind = 'credit_note' WHERE invoice_id = 1", "documents", "INV-2026-00001, kind: the table differs"),
    (
        b"UPDATE invoice SET corrects_id = 2 WHERE invoice_id = 1",
        "documents",
        "INV-2026-00001, corrects_id: the table differs",
    ),
    (
        b"UPDATE invoice SET centre_id = 99 WHERE centre_id IS NOT NULL",
        "documents",
        "SB-namur-2026-00001, account: the table differs",
    ),
    (
        b"UPDATE invoice_line SET resource_id = 2 WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET centre_id = 99 WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET booking_id = 2 WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET check_in_id = 1 WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET starts_at = starts_at - interval '1 day' WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET ends_at = NULL WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET verdict = 'used' WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET kind = 'no_show' WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET unit = 'piece' WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET quantity = 9 WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_line SET evidence = '{}' WHERE invoice_id = 1 AND line = 1",
        "documents",
        "INV-2026-00001, line 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET hours = 9 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET verdict = 'used' WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET resource_id = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET booking_id = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET check_in_id = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET starts_at = starts_at - interval '1 day' WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET ends_at = ends_at + interval '1 day' WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET booked_s = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET occupied_s = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET vacant_s = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET unknown_s = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET over_s = 1 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET evidence = jsonb_set(evidence, '{coverage}', '\"1.000\"') WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET line = 2 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE invoice_proof SET proof = 2 WHERE invoice_id = 2",
        "documents",
        "INV-2026-00002, line 1, visit 1: the table differs",
    ),
    (
        b"UPDATE billed_occupancy SET period = tstzrange(lower(period), upper(period) + '1 hour') WHERE invoice_id = 2",
        "billed",
        "INV-2026-00002, line 1, visit 1: billed occupancy differs",
    ),
    (
        b"UPDATE billed_occupancy SET resource_id = 99 WHERE invoice_id = 2",
        "billed",
        "INV-2026-00002, line 1, visit 1: billed occupancy differs",
    ),
    (
        b"UPDATE billed_occupancy SET booking_id = NULL WHERE invoice_id = 2",
        "billed",
        "INV-2026-00002, line 1, visit 1: billed occupancy differs",
    ),
    (
        b"UPDATE billed_occupancy SET line = 2 WHERE invoice_id = 2",
        "billed",
        "INV-2026-00002, line 1, visit 1: billed occupancy differs",
    ),
    (b"DELETE FROM billed_occupancy", "billed", "INV-2026-00001, line 1, visit 1: billed occupancy differs"),
    (b"DELETE FROM billed_month WHERE company_id = 1", "billed", "acme 2026-10: the digest of what was billed is missing"),
    (b"UPDATE billed_month SET month = '2026-09-01'", "billed", "bolt 2026-10: the digest of what was billed is missing"),
    (
        b"UPDATE billed_month SET verdicts_digest = 'nothing' WHERE company_id = 1",
        "billed",
        "acme 2026-10: 'nothing' is stored as a digest of what was billed",
    ),
]


@pytest.fixture(scope="module")
def accounts(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """October billed, settled and paid in part, on a connection without triggers."""
    folder = tmp_path_factory.mktemp("accounts")
    with closing(connect(module_database_url)) as connection:
        fill(connection)
        connection.execute(b"INSERT INTO prepaid_pool VALUES (1, 'desk', 6, 0, 12)")
        connection.execute(b"INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 1, 6)")
        bill(connection, folder)
        settle(connection, folder)
        mark_payout(connection, "namur-2026-10", PayoutEvent("paid", ISSUED.date(), "statement 211"), ISSUED)
        pay(connection, "INV-2026-00001", ISSUED, "", Decimal("5.00"))
        assert audited(connection).is_clean
        connection.execute(b"SET session_replication_role = replica")
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # the audit's, inside what is rolled back
        yield connection


@pytest.mark.parametrize(("tamper", "check", "where"), TAMPERED, ids=[f"{c}-{i}" for i, (_, c, _) in enumerate(TAMPERED)])
def test_tampered_figure_is_found_and_named(accounts: Connection, tamper: bytes, check: str, where: str) -> None:
    with accounts.transaction(force_rollback=True):
        accounts.execute(tamper)
        found = {one.name: one.mismatches for one in audited(accounts).checks}
    assert any(where in mismatch for mismatch in found[check]), found
