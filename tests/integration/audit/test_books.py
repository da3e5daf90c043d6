"""The hash chain over the books finds every change behind the program's back, in every column of every recorded table."""

from decimal import Decimal
from pathlib import Path

import pytest
from psycopg.sql import SQL, Identifier

from smartwork.db.core.book_entries import RECORDED_TABLES, differences
from smartwork.db.core.connection import Connection
from smartwork.jobs.billing.lifecycle import pay
from tests.support.accounts import ISSUED, audited, bill, credited, settle

pytestmark = pytest.mark.services


def found(connection: Connection, check: str = "books") -> list[str]:
    """What one check of the audit finds."""
    return [mismatch for each in audited(connection).checks if each.name == check for mismatch in each.mismatches]


@pytest.fixture
def busy(connection: Connection, tmp_path: Path) -> Connection:
    """Accounts with a row in each recorded table; triggers are off from here on, as for somebody who hides a change."""
    connection.execute(b"INSERT INTO prepaid_pool VALUES (1, 'desk', 6, 0, 12)")
    connection.execute(b"INSERT INTO prepaid_lot VALUES (1, 1, 'O-1', 'desk', '2026-10-01', '2027-10-01', 1, 6)")
    connection.execute(b"INSERT INTO agreement_version (at, note, content, format_version) VALUES (now(), 'a', 'b', 1)")
    connection.execute(b"""
        INSERT INTO item_order VALUES (1, 'O-2', 'print', 'Prints', '2026-10-05', 2, 'piece', 0.35, 1);
        INSERT INTO subscription VALUES (1, 'O-3', 'locker', 'Locker', '2026-10-01', '2027-01-01', 1, 'month', 12.50, 1);
        INSERT INTO account_number VALUES ('locker', 'S21', '704100', 'Lockers');
    """)
    bill(connection, tmp_path)
    credited(connection, tmp_path)
    pay(connection, "INV-2026-00001", ISSUED, "in part", Decimal(1))
    settle(connection, tmp_path)
    connection.execute(b"SET session_replication_role = replica")
    return connection


def test_every_recorded_row_is_as_recorded(busy: Connection) -> None:
    assert [(check.name, check.mismatches) for check in audited(busy).checks if check.mismatches] == []
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
