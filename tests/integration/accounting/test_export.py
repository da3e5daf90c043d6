"""The export for accounting from a database: it is the journal, and it opens in a spreadsheet."""

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from smartwork.db.core.connection import Connection
from smartwork.documents.journal_csv import COLUMNS, journal_csv
from smartwork.jobs.accounting.export import exported_journal, yearly_listing
from smartwork.jobs.billing.lifecycle import pay
from tests.support.accounts import ISSUED, bill, command, credited, rows, settle

pytestmark = pytest.mark.services

ORDERS = b"""
    INSERT INTO item_order VALUES (1, 'O-2', 'print', '=cmd|calc', '2026-10-05', 40, 'piece', 0.35, 1);
    INSERT INTO subscription VALUES (2, 'O-3', 'membership', 'Membre', '2026-10-01', NULL, 2, 'seat', 180.00);
    INSERT INTO account_number VALUES ('membership', '', '705100', '-Memberships');
    INSERT INTO prepaid_pool VALUES (1, 'desk', 6, 0, 12);
    INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2026-11-01', 2, 6);
"""


@pytest.fixture
def busy(connection: Connection, tmp_path: Path) -> Connection:
    """A month with orders, prepaid hours that expire, a credit note, a payment and a settlement that is paid out."""
    connection.execute(ORDERS)
    bill(connection, tmp_path)
    credited(connection, tmp_path)
    pay(connection, "INV-2026-00001", ISSUED, "in part", Decimal(1))
    settle(connection, tmp_path)
    bill(connection, tmp_path, months_later=1)
    return connection


def test_the_export_has_every_posting_of_the_period_and_balances(busy: Connection) -> None:
    found = exported_journal(busy, date(2026, 1, 1), date(2027, 1, 1))
    by_posting: dict[int, Decimal] = defaultdict(Decimal)
    for row in found:
        by_posting[row.posting_id] += row.debit - row.credit
    assert set(by_posting.values()) == {0}
    posted = {key for (key,) in rows(busy, b"SELECT DISTINCT posting_id FROM entry")}
    assert set(by_posting) == posted
    halves = [
        exported_journal(busy, date(2026, 11, 1), date(2026, 12, 1)),
        exported_journal(busy, date(2026, 12, 1), date(2027, 1, 1)),
    ]
    assert [*halves[0], *halves[1]] == found
    assert all(halves)


def test_the_balances_of_the_export_are_those_of_the_accounts(busy: Connection) -> None:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in exported_journal(busy, date(2026, 1, 1), date(2027, 1, 1)):
        found[row.account] += row.debit - row.credit
    query = b"""
        SELECT CASE WHEN code LIKE 'vat:%' THEN code ELSE split_part(code, ':', 1) END, sum(amount)
        FROM entry JOIN account USING (account_id) GROUP BY 1
    """
    books = defaultdict(Decimal, {str(part): Decimal(str(amount)) for part, amount in rows(busy, query)})
    assert found["400000"] == books["receivable"]
    assert found["451000"] == books["vat:due"]
    assert found["493000"] == books["pool"]
    assert found["550000"] == books["bank"]
    assert found["440000"] == books["payable"]
    assert found["411000"] == books["vat:recoverable"]
    assert found["700000"] + found["705100"] + found["610000"] == books["charges"] + books["sales"] + books["margin"]
    assert found["743000"] == books["expired"]


def test_no_cell_is_a_formula(busy: Connection) -> None:
    text = journal_csv(exported_journal(busy, date(2026, 11, 1), date(2026, 12, 1))).decode("utf-8-sig")
    read = list(csv.DictReader(StringIO(text)))
    assert list(read[0]) == list(COLUMNS)
    assert {row["account_name"] for row in read if row["account"] == "705100"} == {"'-Memberships"}
    assert not [cell for row in read for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_the_listing_is_that_of_the_documents(busy: Connection) -> None:
    net = b"SELECT sum(CASE kind WHEN 'credit_note' THEN -net ELSE net END) FROM invoice WHERE company_id = 2"
    [(turnover,)] = rows(busy, net)
    assert [(c.vat_number, c.turnover) for c in yearly_listing(busy, 2026).clients] == [("BE0404616494", turnover)]
    assert yearly_listing(busy, 2025).clients == ()


def test_the_commands_write_files_and_say_what_is_missing(busy: Connection, database_url: str, tmp_path: Path) -> None:
    del busy
    file = tmp_path / "journal.csv"
    exported = command(database_url, "accounting", "export", "--year", "2026", "-o", str(file))
    assert exported.returncode == 0, exported.stderr
    assert file.read_bytes().startswith(b"\xef\xbb\xbfentry,date,journal")
    listing = command(database_url, "accounting", "clients", "--year", "2026")
    assert "BE0404616494" in listing.stdout
    refused = command(database_url, "accounting", "clients", "--year", "2026", "--format", "xml")
    assert (refused.returncode, "--phone" in refused.stderr) == (1, True)
