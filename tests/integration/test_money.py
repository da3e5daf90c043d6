"""Money against a real database: corrections, disputes, settlement, and books that a tampered figure cannot hide in."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from lxml import etree

from smartwork.db import books, documents, statements
from smartwork.db.connection import Connection
from smartwork.devstack import stack
from smartwork.domain.invoice import Unattributed
from smartwork.domain.lifecycle import NotNow, status
from smartwork.errors import InputError
from smartwork.jobs.audit import AuditReport, audit_books
from smartwork.jobs.bill import BillReport, NotProvable, bill_month, draft_month
from smartwork.jobs.invoices import Credited, credit, dispute, pay, refund, send, uphold
from smartwork.jobs.settle import SettleReport, settle_month
from smartwork.testing.accounts import ISSUED, NOVEMBER, OCTOBER, accounts

pytestmark = pytest.mark.services
INVOICE = "INV-2026-00002"  # bolt: 1.75 h in a room at 24.00


def silent(*_: object) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with stack.ephemeral("money") as running:
        yield running.endpoints.database_url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with accounts(url, "money_test") as opened:
        yield opened


def bill(connection: Connection, folder: Path, months_later: int = 0) -> BillReport:
    month = (OCTOBER, NOVEMBER)[months_later]
    return bill_month(connection, month, ISSUED + timedelta(days=31 * months_later), folder, silent)


def settle(connection: Connection, folder: Path) -> SettleReport:
    return settle_month(connection, OCTOBER, ISSUED, folder, silent)


def credited(connection: Connection, folder: Path, hours: Decimal | None = None) -> Credited:
    dispute(connection, INVOICE, 1, ISSUED, "the room was locked")
    return credit(connection, INVOICE, 1, hours, ISSUED, "the room was locked", folder, silent)


def audited(connection: Connection) -> AuditReport:
    return audit_books(connection, silent)


def rows(connection: Connection, query: bytes) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def kinds(connection: Connection, number: str) -> list[str]:
    return [event.kind for event in documents.events(connection, number)]


def test_later_verdict_becomes_a_correction_on_the_next_document(connection: Connection, tmp_path: Path) -> None:
    before = bill(connection, tmp_path / "a")
    # Readings that came late: acme stayed 175 minutes of its 4 hours, and the room was in use for 20 minutes only.
    connection.execute(b"UPDATE verdict SET verdict = 'used' WHERE verdict_id = 1")
    report = bill(connection, tmp_path / "b", months_later=1)
    [acme] = [documents.numbered(connection, one.number).invoice for one in report.invoices if one.company == "acme"]
    october = [line for line in acme.lines if line.starts_on < NOVEMBER]
    assert [(line.kind, line.quantity, line.net) for line in october] == [
        ("correction", Decimal("-1.2500"), Decimal("-9.38")),
        ("occupancy", Decimal("4.0000"), Decimal("30.00")),
    ]
    assert [(one.number, one.issued_on) for one in acme.corrects] == [("INV-2026-00001", ISSUED.date())]
    assert [(one.number, one.net) for one in before.invoices] == [
        ("INV-2026-00001", Decimal("9.38")),
        (INVOICE, Decimal("42.00")),
    ]
    again = bill(connection, tmp_path / "c")
    assert [one.files.pdf.read_bytes() for one in again.invoices] == [one.files.pdf.read_bytes() for one in before.invoices]
    assert audited(connection).is_clean


def test_correction_of_an_earlier_month_takes_the_centres_share_back(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    connection.execute(b"UPDATE verdict SET company_id = NULL, booking_id = NULL WHERE verdict_id = 2")
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 4")
    report = bill(connection, tmp_path, months_later=1)
    assert [(one.kind, one.net) for one in report.invoices] == [("credit_note", Decimal("-42.00"))]
    settled = settle_month(connection, NOVEMBER, ISSUED + timedelta(days=31), tmp_path, silent)
    assert [(one.kind, one.net) for one in settled.documents] == [("self_billed_credit_note", Decimal("-25.20"))]
    assert settled.payouts == ()
    assert audited(connection).is_clean


PRICE_OF_ROOMS = b"UPDATE tariff SET per_hour = 20 WHERE kind = 'room'"
NOTHING_GIVEN_BACK = b"UPDATE contract SET give_back = false WHERE company_id = 1"
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
    assert [one.number for one in bill(connection, tmp_path / "a").invoices] == [one.number for one in before.invoices]
    connection.execute(b"DELETE FROM reading")  # the set time of raw readings is over
    report = bill(connection, tmp_path / "b", months_later=1)
    found = [documents.numbered(connection, one.number).invoice for one in report.invoices if one.company == company]
    sign = -1 if found and found[0].is_credit else 1
    october = [
        (line.kind, f"{sign * line.quantity}", f"{sign * line.net}")
        for one in found
        for line in one.lines
        if line.starts_on < NOVEMBER
    ]
    assert october == lines
    assert all(proof.batches for one in found for line in one.lines for proof in line.proofs if line.starts_on < NOVEMBER)
    assert bill(connection, tmp_path / "b", months_later=1).net == report.net
    settle_month(connection, NOVEMBER, ISSUED + timedelta(days=31), tmp_path, silent)
    assert [(check.name, check.faults) for check in audited(connection).checks if check.faults] == []


def test_correction_is_made_once(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    connection.execute(b"UPDATE verdict SET verdict = 'used' WHERE verdict_id = 1")
    first = bill(connection, tmp_path, months_later=1)
    second = bill(connection, tmp_path, months_later=1)
    assert [(one.number, one.net) for one in first.invoices] == [(one.number, one.net) for one in second.invoices]
    assert rows(connection, b"SELECT count(*) FROM invoice_line WHERE kind = 'correction'") == [(1,)]


def test_dispute_ends_with_a_credit_note_that_refers_to_the_line(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    send(connection, INVOICE, ISSUED, "by Peppol")
    shown = dispute(connection, INVOICE, 1, ISSUED, "the room was locked")
    assert [proof.booking for proof in shown.proofs] == ["B-2"]
    made = credit(connection, INVOICE, 1, Decimal("0.75"), ISSUED, "the room was locked", tmp_path, silent)
    note = made.invoice
    assert (note.kind, note.number, note.net, note.vat, note.gross) == (
        "credit_note",
        "CN-2026-00001",
        Decimal("18.00"),
        Decimal("3.78"),
        Decimal("21.78"),
    )
    assert note.lines[0].corrects is not None
    assert (note.lines[0].corrects.number, note.lines[0].corrects.line) == (INVOICE, 1)
    assert made.files.pdf.exists()
    assert made.files.xml.exists()
    assert kinds(connection, INVOICE) == ["issued", "sent", "disputed", "credited"]
    assert documents.events(connection, INVOICE)[-1].by == note.number
    assert audited(connection).is_clean


def test_credited_line_is_not_billed_again(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    credited(connection, tmp_path)
    connection.execute(b"UPDATE verdict SET occupied_s = 7200, unknown_s = 0 WHERE verdict_id = 2")
    report = bill(connection, tmp_path, months_later=1)
    assert "bolt" not in {one.company for one in report.invoices}


def test_what_cannot_happen_now_is_refused_and_leaves_no_trace(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    pay(connection, INVOICE, ISSUED, "")
    for refused in (
        lambda: credit(connection, INVOICE, 1, None, ISSUED, "no", tmp_path, silent),
        lambda: uphold(connection, INVOICE, 1, ISSUED, ""),
    ):
        with pytest.raises(NotNow, match=INVOICE):
            refused()
    with pytest.raises(InputError, match=f"Nothing is open on {INVOICE}"):
        pay(connection, INVOICE, ISSUED, "")
    with pytest.raises(InputError, match="lines 1 to 1"):
        dispute(connection, INVOICE, 7, ISSUED, "")
    with pytest.raises(InputError, match="INV-2026-00099"):
        send(connection, "INV-2026-00099", ISSUED, "")
    dispute(connection, INVOICE, 1, ISSUED, "")
    uphold(connection, INVOICE, 1, ISSUED, "measured without a gap")
    assert kinds(connection, INVOICE) == ["issued", "paid", "disputed", "upheld"]
    assert {head.number: status(head.events) for head in documents.heads(connection, OCTOBER)}[INVOICE] == "paid"
    assert books.balances(connection)["receivable:bolt"] == 0


def test_invoice_paid_in_parts_and_too_much_keeps_the_books_whole(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    first = pay(connection, INVOICE, ISSUED, "", Decimal("20.00"))
    assert (first.position.open, state(connection)) == (Decimal("30.82"), "partly_paid")
    assert audited(connection).is_clean
    second = pay(connection, INVOICE, ISSUED, "", Decimal("40.00"))
    assert (second.position.overpaid, state(connection)) == (Decimal("9.18"), "paid")
    assert books.balances(connection)["receivable:bolt"] == Decimal("-9.18")
    assert audited(connection).is_clean
    with pytest.raises(InputError, match=r"overpaid by 9\.18"):
        refund(connection, INVOICE, ISSUED, "", Decimal("9.19"))
    back = refund(connection, INVOICE, ISSUED, "")
    assert (back.amount, back.position.open) == (Decimal("9.18"), 0)
    assert books.balances(connection)["receivable:bolt"] == 0
    assert kinds(connection, INVOICE) == ["issued", "paid", "paid", "refunded"]
    assert audited(connection).is_clean


def test_credit_note_takes_from_what_is_open_and_the_rest_is_paid_out(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    pay(connection, INVOICE, ISSUED, "", Decimal("40.00"))
    credited(connection, tmp_path, Decimal("0.75"))  # 21.78, of which 10.82 were open
    standing = documents.positions(connection, number="CN-2026-00001")
    assert (standing[INVOICE].open, standing["CN-2026-00001"].open) == (0, Decimal("10.96"))
    assert audited(connection).is_clean
    with pytest.raises(InputError, match=r"10\.96 EUR left to give back"):
        pay(connection, "CN-2026-00001", ISSUED, "", Decimal("21.78"))
    assert pay(connection, "CN-2026-00001", ISSUED, "").amount == Decimal("10.96")
    assert books.balances(connection)["receivable:bolt"] == 0
    assert audited(connection).is_clean


def state(connection: Connection) -> str:
    at = documents.positions(connection)[INVOICE]
    return {head.number: status(head.events, is_open=at.open > 0) for head in documents.heads(connection, OCTOBER)}[INVOICE]


def test_draft_is_what_would_be_issued_and_takes_no_number(connection: Connection, tmp_path: Path) -> None:
    drafts = draft_month(connection, OCTOBER, ISSUED, silent)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]
    assert [one.account for one in documents.drafts(connection, OCTOBER)] == ["acme", "bolt"]
    report = bill(connection, tmp_path)
    assert [(one.account, one.gross) for one in drafts] == [(one.company, one.gross) for one in report.invoices]
    assert documents.drafts(connection, OCTOBER) == []


def test_hours_bought_ahead_pay_and_their_rest_is_owed(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"INSERT INTO credit_pool VALUES (1, 'desk', 6, 0, 12)")
    connection.execute(b"INSERT INTO credit_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 10, 6)")
    bill(connection, tmp_path)
    acme = documents.numbered(connection, "INV-2026-00001").invoice
    assert [(line.kind, line.hours, line.net) for line in acme.lines] == [
        ("occupancy", Decimal("1.2500"), Decimal("0.00")),
        ("credits_bought", Decimal("10.0000"), Decimal("60.00")),
    ]
    [pool] = acme.pools
    assert (pool.opening, pool.bought, pool.spent, pool.closing) == (0, Decimal(10), Decimal("1.25"), Decimal("8.75"))
    assert books.balances(connection)["pool:acme"] == Decimal("-52.50")
    assert settle(connection, tmp_path).charged == Decimal("49.50")  # 1.25 h at 6.00, and bolt's 42.00
    assert audited(connection).is_clean


def test_centre_is_credited_its_share_and_paid(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    report = settle(connection, tmp_path)
    # 60 % of 9.38 and of 42.00, each to the cent; the rest of 51.38 is margin.
    [one] = report.documents
    assert (one.number, one.kind, one.net, one.vat) == (
        "SB-2026-00001",
        "self_billed_invoice",
        Decimal("30.83"),
        Decimal("6.47"),
    )
    assert (report.charged, report.margin) == (Decimal("51.38"), Decimal("20.55"))
    [(order, path)] = report.payouts
    assert (order.total, order.payments) == (Decimal("37.30"), 1)
    paid = etree.parse(path).getroot()
    assert paid.findtext(".//{*}CtrlSum") == "37.30"
    assert [node.text for node in paid.iter("{*}IBAN")] == ["BE92999900000123", "BE68539007547034"]
    document = documents.settlements_of(connection, OCTOBER)[0]
    assert document.unattributed == Unattributed(1, Decimal("0.83"))  # 50 minutes that nobody signed for
    assert [(row.resource, row.visits, row.net) for row in document.statement] == [
        ("d-1", 1, Decimal("9.38")),
        ("r-1", 1, Decimal("42.00")),
    ]


def test_centre_gets_a_statement_of_its_month_and_of_its_account(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    [one] = settle(connection, tmp_path).documents
    assert one.statement is not None
    first = one.statement.read_bytes()
    kept = statements.of_month(connection, OCTOBER)[one.number]
    assert [(part.verdict, part.signed, part.count) for part in kept.verdicts] == [
        ("left_early", True, 1),
        ("unverifiable", True, 1),
        ("walk_in", False, 1),
        ("cancelled", True, 1),
    ]
    [day] = kept.days
    assert (day.bookings, day.unsigned, day.booked_s, day.measured_s, day.net) == (2, 1, 21600, 12300, Decimal("51.38"))
    assert [(stay.resource, stay.occupied_s) for stay in kept.unsigned] == [("d-1", 3000)]
    assert (kept.charged, kept.earlier) == (Decimal("51.38"), 0)
    account = kept.account
    assert (account.opening, account.gross, account.paid, account.closing) == (0, Decimal("37.30"), Decimal("37.30"), 0)
    assert (account.paid_on, account.reference) == (ISSUED.date(), "namur 2026-10")
    # Whatever changes later, the statement stays what it was when the month was settled.
    connection.execute(b"DELETE FROM verdict WHERE verdict_id = 5")
    [again] = settle(connection, tmp_path / "again").documents
    assert again.statement is not None
    assert again.statement.read_bytes() == first
    with pytest.raises(psycopg.errors.RaiseException, match="never changes"):
        connection.execute(b"UPDATE centre_statement SET document = '{}'")


def test_statement_of_what_a_centre_owes_back_says_that_nothing_is_paid(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    credited(connection, tmp_path)
    settle(connection, tmp_path)
    account = statements.of_month(connection, OCTOBER)["SBC-2026-00001"].account
    assert (account.opening, account.gross, account.paid, account.paid_on) == (0, Decimal("-30.49"), 0, None)
    assert account.closing == Decimal("-30.49")


def test_altered_statement_is_refused(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE centre_statement SET document = jsonb_set(document, '{charged}', '\"1.00\"')")
    with pytest.raises(documents.InvoiceAltered, match="statement beside SB-2026-00001"):
        settle(connection, tmp_path)


def test_second_settlement_takes_in_only_what_came_since(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    first = settle(connection, tmp_path)
    assert [one.already_issued for one in settle(connection, tmp_path).documents] == [True]
    credited(connection, tmp_path)
    second = settle(connection, tmp_path)
    assert [(one.number, one.net) for one in second.documents] == [
        ("SB-2026-00001", Decimal("30.83")),
        ("SBC-2026-00001", Decimal("-25.20")),
    ]
    assert len(second.payouts) == len(first.payouts) == 1
    assert books.balances(connection)["payable:namur"] == Decimal("30.49")  # the centre owes it: 25.20 and VAT
    assert audited(connection).is_clean


def test_audit_of_an_orderly_month_is_clean(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    credited(connection, tmp_path)
    settle(connection, tmp_path)
    report = audited(connection)
    assert [(check.name, check.faults) for check in report.checks if check.faults] == []
    assert (report.documents, report.postings) == (4, 5)
    assert report.totals.charged == report.totals.centre_credits + report.totals.margin == Decimal("9.38")


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


def command(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a user gets who types `smartwork` and these arguments."""
    program = [sys.executable, "-c", "from smartwork.cli import main; main()", *arguments]
    database = f"{url.rpartition('/')[0]}/money_test"
    environment = {**os.environ, "SMARTWORK_DATABASE_URL": database}
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False)


def test_audit_command_ends_with_one_and_says_where(connection: Connection, url: str, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    clean = command(url, "audit", "--json")
    assert (clean.returncode, json.loads(clean.stdout)["clean"]) == (0, True)
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE entry SET amount = amount + 0.01 WHERE posting_id = 1 AND amount > 0")
    found = command(url, "audit", "--json")
    assert (found.returncode, json.loads(found.stdout)["clean"]) == (1, False)
    assert "postings" in found.stderr
    assert "Traceback" not in found.stderr
    assert "0.01 EUR are left" in " ".join(command(url, "audit").stdout.split())


def test_life_of_an_invoice_on_the_command_line(connection: Connection, url: str, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    assert command(url, "invoice", "send", INVOICE).returncode == 0
    shown = command(url, "invoice", "dispute", INVOICE, "--line", "1", "--note", "locked")
    assert "B-2" in shown.stdout
    assert "Readings in the ledger: edge-namur/a1b2c3d4e5f6" in shown.stdout
    out = str(tmp_path / "out")
    note = command(url, "invoice", "credit", INVOICE, "--line", "1", "--hours", "1", "--reason", "locked", "--out", out)
    assert (note.returncode, "29.04" in note.stdout) == (0, True)
    assert command(url, "invoice", "pay", INVOICE).returncode == 0
    settled = json.loads(command(url, "settle", "--month", "2026-10", "--out", out, "--json").stdout)
    assert [(one["kind"], one["net"]) for one in settled["documents"]] == [("self_billed_invoice", "16.43")]
    listed = {one["number"]: one["state"] for one in json.loads(command(url, "invoice", "list", "--json").stdout)}
    assert listed == {
        "INV-2026-00001": "issued",
        INVOICE: "paid",
        "CN-2026-00001": "issued",
        settled["documents"][0]["number"]: "issued",
    }
    paid = command(url, "invoice", "pay", "INV-2026-00001", "--amount", "5").stdout
    assert all(said in paid for said in ("5.00", "INV-2026-00001 are paid", "6.35", "are open"))
    [acme] = [one for one in json.loads(command(url, "invoice", "list", "--json").stdout) if one["party"] == "acme"]
    assert (acme["state"], acme["paid"], acme["open"]) == ("partly_paid", "5.00", "6.35")
    listing = command(url, "invoice", "list").stdout
    assert "partly paid" in " ".join(listing.split())
    assert "-0.00" not in listing
    wrong = command(url, "invoice", "pay", "INV-2026-00001", "--amount", "a lot")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (1, False)
    again = command(url, "invoice", "credit", INVOICE, "--line", "1", "--reason", "again")
    assert (again.returncode, "not in dispute" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
    assert command(url, "invoice", "show", "INV-9").returncode == 1


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


def test_minute_that_two_verdicts_claim_stops_the_run(connection: Connection, tmp_path: Path) -> None:
    connection.execute(b"""
        INSERT INTO verdict VALUES
            (9, 1, NULL, NULL, 3, 'walk_in', '2026-10-05 07:30Z', '2026-10-05 08:00Z', NULL, NULL, 0, 1800, 0, 0, 0)
    """)
    with pytest.raises(documents.BilledTwice, match="billed twice"):
        bill(connection, tmp_path)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]


def test_verdict_that_its_spans_do_not_prove_is_not_billed(connection: Connection, tmp_path: Path) -> None:
    connection.execute(
        b"UPDATE span SET ends_at = ends_at - interval '20 minutes' WHERE resource_id = 2 AND state = 'occupied'"
    )
    with pytest.raises(NotProvable, match="for bolt, B-2, occupied seconds is 6000, and its evidence says 4800"):
        bill(connection, tmp_path)
    assert rows(connection, b"SELECT count(*) FROM invoice") == [(0,)]
    assert rows(connection, b"SELECT coalesce(sum(last), 0) FROM document_series") == [(0,)]


Run = Callable[[Connection, Path], object]


@pytest.mark.parametrize("run", [bill, settle])
def test_nobody_is_billed_while_the_network_has_no_name(connection: Connection, tmp_path: Path, run: Run) -> None:
    connection.execute(b"DELETE FROM seller")
    with pytest.raises(Exception, match="table `seller`"):
        run(connection, tmp_path)
