"""The hash chain over the books finds every change behind the program's back, in every column of every recorded table."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from smartwork.db.core.book_entries import RECORDED_TABLES, differences, kept_tables
from smartwork.db.core.connection import Connection, connect
from smartwork.domain.audit.book_chain import content
from smartwork.jobs.audit.audit import run_audit
from smartwork.jobs.banking.import_statements import import_statements
from smartwork.jobs.billing.lifecycle import pay
from tests.support.accounts import ISSUED, audited, bill, credited, fill, settle, silent
from tests.support.bank_files import Listed, Paid, camt

pytestmark = pytest.mark.services


def found(connection: Connection, check: str = "books") -> list[str]:
    """What one check of the audit finds."""
    return [mismatch for each in audited(connection).checks if each.name == check for mismatch in each.mismatches]


_FURTHER_ROWS = b"""
INSERT INTO company_vat VALUES (1, '2027-01-01', 'S', 21);
INSERT INTO company_party VALUES (1, '2027-01-01', 'Acme SA', '0403170701', 'Rue 2', '5000', 'Namur');
INSERT INTO payout_event (payout_id, event, happened_on, recorded_at, source, posting_id)
    SELECT payout_id, 'paid', '2026-11-03', now(), 'a bank statement', posting_id FROM payout;
INSERT INTO acceptance_terms SELECT 1, 'a', '2026-01-01', 'b' WHERE NOT EXISTS (SELECT FROM acceptance_terms);
INSERT INTO acceptance_event (invoice_id, event, happened_on, recorded_at, note)
    SELECT invoice_id, 'accepted', '2026-11-03', now(), '' FROM acceptance_terms;
INSERT INTO settlement_cancellation SELECT posting_id, invoice_id, 1 FROM posting WHERE kind = 'settlement' LIMIT 1;
"""
"""Of tables in which the accounts have none; as the program would write them."""


@pytest.fixture(scope="module")
def accounts(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Accounts with a row in each recorded table; triggers are off from here on, as for somebody who hides a change."""
    folder = tmp_path_factory.mktemp("accounts")
    with closing(connect(module_database_url)) as connection:
        fill(connection)
        connection.execute(b"INSERT INTO prepaid_pool VALUES (1, 'desk', 6, 0, 12)")
        connection.execute(b"INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 1, 6)")
        connection.execute(b"INSERT INTO agreement_version (at, note, content, format_version) VALUES (now(), 'a', 'b', 1)")
        connection.execute(b"""
            INSERT INTO item_order VALUES (1, 'O-2', 'print', 'Prints', '2026-10-05', 2, 'piece', 0.35, 1);
            INSERT INTO subscription VALUES (1, 'O-3', 'locker', 'Locker', '2026-10-01', '2027-01-01', 1, 'month', 12.50, 1);
            INSERT INTO account_number VALUES ('locker', 'S21', '704100', 'Lockers');
        """)
        bill(connection, folder)
        credited(connection, folder)
        pay(connection, "INV-2026-00001", ISSUED, "in part", Decimal(1))
        settle(connection, folder)
        statement = folder / "statement.xml"
        statement.write_bytes(camt(Listed(1, "0.00", (Paid("1.00", text="INV-2026-00001"),))))
        import_statements(connection, [statement], ISSUED)
        connection.execute(_FURTHER_ROWS)
        connection.execute(b"SET session_replication_role = replica")
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # the audit's, inside what is rolled back
        yield connection


@pytest.fixture
def busy(accounts: Connection) -> Iterator[Connection]:
    """The accounts, in a transaction that is rolled back after the test."""
    with accounts.transaction(force_rollback=True):
        yield accounts


def test_every_recorded_row_is_as_recorded(busy: Connection) -> None:
    assert found(busy, "chain") + found(busy, "books") == []
    counts = {
        table: busy.execute(SQL("SELECT count(*) FROM {}").format(Identifier(table))).fetchall()[0][0]
        for table in RECORDED_TABLES
    }
    assert {table for table, count in counts.items() if not count} == set()


OTHER_VALUES = {
    "boolean": "NOT coalesce({0}, false)",
    "smallint": "coalesce({0}, 0) + 1",
    "integer": "coalesce({0}, 0) + 1",
    "bigint": "coalesce({0}, 0) + 1",
    "numeric": "coalesce({0}, 0) + 0.01",
    "text": "coalesce({0}, '') || ' '",
    "date": "coalesce({0}, '2026-01-01') + 1",
    "timestamp with time zone": "coalesce({0}, '2026-01-01Z') + interval '1 microsecond'",
    "jsonb": "coalesce({0}, jsonb_build_object()) || jsonb_build_object('more', NULL)",
    "bytea": "coalesce({0}, '') || '\\x00'",
}
"""By type of a column: a value that differs from every value."""


def run(connection: Connection, statement: str, **names: str) -> int:
    """Run a statement with names of tables and columns in it; returns the number of rows."""
    composed = SQL(statement).format(**{key: Identifier(name) for key, name in names.items()})
    return connection.execute(composed).rowcount


def columns_of(connection: Connection, table: str) -> list[tuple[str, str]]:
    """The columns of a table with their types."""
    query = b"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
    return [(str(name), str(kind)) for name, kind in connection.execute(query, (table,))]


def lift_protections(connection: Connection, table: str) -> None:
    """What a superuser can do before a change: the constraints that it would violate are gone."""
    query = b"SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u', 'x')"
    for (name,) in connection.execute(query, (table,)).fetchall():
        run(connection, "ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE", table=table, name=str(name))
    query = b"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique > indisprimary"
    for (name,) in connection.execute(query, (table,)).fetchall():
        run(connection, "DROP INDEX {name}", name=str(name))
    query = b"SELECT column_name FROM information_schema.columns WHERE table_name = %s AND identity_generation = 'ALWAYS'"
    for (name,) in connection.execute(query, (table,)).fetchall():
        run(connection, "ALTER TABLE {table} ALTER {name} DROP IDENTITY", table=table, name=str(name))


def rows_named(connection: Connection, table: str) -> list[str]:
    """The keys of the rows of a table that the books find changed."""
    found = differences(connection)
    assert {each.kind for each in found} <= {table}
    return [each.key for each in found]


@pytest.mark.parametrize("table", RECORDED_TABLES)
def test_a_change_of_any_column_of_a_recorded_row_is_found(busy: Connection, table: str) -> None:
    hidden = []
    with busy.transaction(force_rollback=True):
        lift_protections(busy, table)
        for column, kind in columns_of(busy, table):
            changed = "UPDATE {table} SET {column} = " + OTHER_VALUES[kind].format('"' + column + '"')
            with busy.transaction(force_rollback=True):
                last = " WHERE ctid = (SELECT max(ctid) FROM {table})"
                assert run(busy, changed + last, table=table, column=column) == 1
                if not rows_named(busy, table):
                    hidden.append(column)
    assert hidden == []


@pytest.mark.parametrize("table", RECORDED_TABLES)
def test_a_deleted_and_an_inserted_row_are_found(busy: Connection, table: str) -> None:
    with busy.transaction(force_rollback=True):
        run(busy, "DELETE FROM {table} WHERE ctid = (SELECT max(ctid) FROM {table})", table=table)
        [missing] = differences(busy)
        assert (missing.kind, missing.stored) == (table, None)
        assert f"{table} {missing.key}: it is missing; entry " in " ".join(found(busy))
    with busy.transaction(force_rollback=True):
        lift_protections(busy, table)
        primary = busy.execute(b"SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = %s::regclass", (table,))
        key = str(primary.fetchall()[0][0])
        run(busy, "CREATE TEMP TABLE copied AS SELECT * FROM {table} ORDER BY ctid DESC LIMIT 1", table=table)
        column, kind = next((name, kind) for name, kind in columns_of(busy, table) if name in keys_of(busy, key))
        other = f"{column} + 10000" if "int" in kind else OTHER_VALUES[kind].format(column)
        run(busy, f"UPDATE copied SET {{column}} = {other}", column=column)
        run(busy, "INSERT INTO {table} SELECT * FROM copied", table=table)
        [added] = differences(busy)
        assert (added.kind, added.number) == (table, None)


def keys_of(connection: Connection, constraint: str) -> list[str]:
    """The columns of a primary key."""
    query = b"SELECT column_name FROM information_schema.key_column_usage WHERE constraint_name = %s"
    return [str(name) for (name,) in connection.execute(query, (constraint,))]


OTHER_TAMPERING = {
    "two rows swapped": (
        """UPDATE posting p SET (kind, month, posted_on, invoice_id) = (
            SELECT o.kind, o.month, o.posted_on, o.invoice_id FROM posting o WHERE o.posting_id = 3 - p.posting_id)
        WHERE p.posting_id IN (1, 2)""",
        {"posting 1", "posting 2"},
    ),
    "a document renumbered": ("UPDATE invoice SET number = 'INV-2026-00009' WHERE invoice_id = 1", {"invoice 1"}),
    "keys of rows exchanged": (
        "UPDATE invoice_event SET invoice_event_id = 99 WHERE invoice_event_id = 1",
        {"invoice_event 1", "invoice_event 99"},
    ),
    "an older digest of a billed month restored": (
        "UPDATE billed_month SET verdicts_digest = repeat('0', 64) WHERE company_id = 1",
        {"billed_month 1/2026-10-01"},
    ),
    "the terms of an earlier version": ("UPDATE agreement_version SET content = 'c'", {"agreement_version 1"}),
    "a settled month's older terms": (
        "UPDATE settled_terms SET rate = 0.1 WHERE settled_terms_id = 1",
        {"settled_terms 1"},
    ),
    "a table emptied": ("TRUNCATE seller", {"seller true"}),
    "a table dropped": ("DROP TABLE payout CASCADE", {"payout 1/1"}),
    "a table without its key": ("ALTER TABLE payout DROP CONSTRAINT payout_pkey", {"payout 1/1"}),
}


@pytest.mark.parametrize(("statement", "named"), OTHER_TAMPERING.values(), ids=OTHER_TAMPERING)
def test_rows_that_are_swapped_renumbered_restored_or_emptied_are_each_named(
    busy: Connection, statement: str, named: set[str]
) -> None:
    with busy.transaction(force_rollback=True):
        for table in ("posting", "invoice_event"):
            lift_protections(busy, table)
        busy.execute(statement.encode())
        assert {f"{each.kind} {each.key}" for each in differences(busy)} == named


def test_an_older_version_of_a_row_is_found_though_an_earlier_entry_records_it(busy: Connection) -> None:
    busy.execute(b"SET LOCAL session_replication_role = origin")
    busy.execute(b"CREATE TABLE older AS SELECT * FROM tariff")
    busy.execute(b"UPDATE tariff SET per_hour = per_hour + 1; SET CONSTRAINTS ALL IMMEDIATE")
    assert found(busy) == []
    busy.execute(b"SET LOCAL session_replication_role = replica")
    busy.execute(b"UPDATE tariff t SET per_hour = o.per_hour FROM older o WHERE o.tariff_id = t.tariff_id")
    assert {each.kind for each in differences(busy)} == {"tariff"}
    assert "tariff 1: it was changed since entry " in found(busy)[0]


def test_an_altered_row_that_smartwork_changes_afterwards_stays_found(busy: Connection) -> None:
    busy.execute(b"UPDATE payout SET amount = amount + 100")
    busy.execute(b"SET LOCAL session_replication_role = origin")
    busy.execute(b"ALTER TABLE payout DISABLE TRIGGER payout_is_final")
    busy.execute(b"UPDATE payout SET posting_id = 1")
    busy.execute(b"SET CONSTRAINTS ALL IMMEDIATE")
    assert found(busy) == []
    [mismatch] = found(busy, "chain")
    assert mismatch.startswith("payout 1/1: entry ")
    assert mismatch.endswith("found it changed by something else than smartwork")


ENTRY_EDITS = [
    "recorded_at = recorded_at - interval '1 microsecond'",
    "kind = kind || 's'",
    "key = key || '0'",
    "action = CASE action WHEN 'added' THEN 'found' ELSE 'added' END",
    "content = sha256(content)",
    "head = sha256(head)",
    "number = number + 100000",
]


@pytest.mark.parametrize("edit", ENTRY_EDITS)
def test_a_change_of_any_field_of_an_entry_breaks_the_chain(busy: Connection, edit: str) -> None:
    [(last,)] = busy.execute(b"SELECT max(number) FROM book_entry").fetchall()
    for number in (1, last // 2, last):
        with busy.transaction(force_rollback=True):
            busy.execute(f"UPDATE book_entry SET {edit} WHERE number = {number}".encode())
            assert found(busy, "chain")


def test_an_entry_that_is_deleted_is_named(busy: Connection) -> None:
    busy.execute(b"DELETE FROM book_entry WHERE number = 5")
    assert found(busy, "chain")[0] == "entry 5 is missing"


def test_rows_deleted_together_with_the_last_entries_are_found_against_a_head_kept_elsewhere_only(busy: Connection) -> None:
    before = audited(busy)
    [(number,)] = busy.execute(b"SELECT min(number) FROM book_entry WHERE kind = 'payout'").fetchall()
    busy.execute(b"DELETE FROM payout")
    busy.execute(b"DELETE FROM payout_order")
    busy.execute(b"DELETE FROM book_entry WHERE number >= %s", (number,))
    assert found(busy, "chain") == []
    kept = run_audit(busy, silent, [before.head])
    [mismatch] = [text for check in kept.checks if check.name == "chain" for text in check.mismatches]
    assert mismatch == (
        f"entry {before.head.entry}, whose head is kept elsewhere, is missing: the books end at entry {number - 1}"
    )


@pytest.mark.usefixtures("connection")
def test_what_a_superuser_writes_is_not_recorded_even_with_triggers_on(database_url: str) -> None:
    with closing(connect(database_url)) as other:
        other.execute(b"UPDATE tariff SET per_hour = 0.01")
        other.execute(b"INSERT INTO account (code) VALUES ('mine')")
        assert {each.kind for each in differences(other)} == {"tariff", "account"}
        assert any("it was not written by smartwork" in text for text in found(other))


def test_entries_and_contents_are_made_in_the_database_as_the_rules_say(busy: Connection) -> None:
    query = b"""SELECT e.content, (SELECT jsonb_object_agg(f.key, f.value) FROM jsonb_each_text(to_jsonb(t)) f)
        FROM tariff t JOIN book_entry e ON e.kind = 'tariff' AND e.key = t.tariff_id::text"""
    recorded = busy.execute(query).fetchall()
    assert recorded
    for stored, columns in recorded:
        assert content(dict(columns)) == stored


def test_every_table_of_the_books_is_recorded_or_follows_from_one_that_is(connection: Connection) -> None:
    compared = {"invoice_line", "invoice_proof", "billed_occupancy", "billed_supply", "document_series", "invoice_draft"}
    written = connection.execute(
        b"SELECT DISTINCT table_name FROM information_schema.role_table_grants"
        b" WHERE grantee = 'smartwork_books' AND privilege_type IN ('INSERT', 'UPDATE', 'DELETE')"
    )
    assert {str(name) for (name,) in written} - compared <= set(RECORDED_TABLES)
    assert kept_tables(connection) == sorted(RECORDED_TABLES)
