"""Migrations record the rows that they find and change in the books, and hide nothing that was changed before."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from smartwork.db.core import migrations as module
from smartwork.db.core.book_entries import differences
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import Migration, migrate, migrations
from tests.support.accounts import bill
from tests.support.accounts import fill as fill_accounts
from tests.support.database_copy import load

pytestmark = pytest.mark.services
DATABASES = sorted(Path(__file__).with_name("databases").glob("*.sql.xz"))
BEFORE_BOOKS = [path for path in DATABASES if int(path.name[:4]) < 59]
Migrate = Callable[[str], None]


@pytest.mark.parametrize("path", BEFORE_BOOKS, ids=lambda path: path.name[:4])
def test_what_was_stored_before_the_books_is_recorded_as_found_in_the_order_of_issue(
    empty_database_url: str, path: Path
) -> None:
    with closing(connect(empty_database_url)) as connection:
        load(connection, path)
        issued = connection.execute(b"SELECT invoice_id::text FROM invoice i ORDER BY i.invoice_id").fetchall()
        migrate(connection)
        entries = connection.execute(b"SELECT key, action FROM book_entry WHERE kind = 'invoice' ORDER BY number").fetchall()
        assert [(key,) for key, _ in entries] == issued
        assert {action for _, action in entries} == {"found"}
        assert differences(connection) == []


@pytest.fixture
def further(connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Migrate:
    """Accounts with documents, and what applies one more migration to them."""
    fill_accounts(connection)
    bill(connection, tmp_path)
    shipped = migrations()

    def apply(text: str) -> None:
        monkeypatch.setattr(module, "migrations", lambda: [*shipped, Migration(9999, "9999_further", text)])
        assert migrate(connection) == ["9999_further"]

    return apply


def entries(connection: Connection) -> int:
    """The number of entries."""
    return int(connection.execute(b"SELECT count(*) FROM book_entry").fetchall()[0][0])


def test_a_new_column_that_nothing_has_changes_no_content(connection: Connection, further: Migrate) -> None:
    before = entries(connection)
    further("ALTER TABLE invoice_event ADD COLUMN reason text")
    assert (entries(connection), differences(connection)) == (before, [])
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE invoice_event SET reason = 'none' WHERE invoice_event_id = 1")
    assert [each.key for each in differences(connection)] == ["1"]


@pytest.mark.parametrize(
    "text",
    [
        "ALTER TABLE tariff ADD COLUMN currency text NOT NULL DEFAULT 'EUR'",
        "ALTER TABLE tariff RENAME COLUMN per_hour TO price",
        "ALTER TABLE tariff DROP COLUMN half_day_hours; DELETE FROM tariff WHERE kind = 'room'",
        "UPDATE tariff SET per_hour = per_hour + 1; ALTER TABLE tariff ADD COLUMN more int",
        "DROP TABLE centre_statement",
    ],
)
def test_what_a_migration_changes_is_recorded(connection: Connection, further: Migrate, text: str) -> None:
    further(text)
    assert differences(connection) == []


def test_rows_are_recorded_under_the_key_that_a_migration_gives_their_table(connection: Connection, further: Migrate) -> None:
    further("ALTER TABLE account DROP CONSTRAINT account_pkey CASCADE, ADD PRIMARY KEY (account_id, code)")
    connection.execute(b"INSERT INTO account (code) VALUES ('new')")
    assert differences(connection) == []
    assert connection.execute(b"SELECT key FROM book_entry ORDER BY number DESC LIMIT 1").fetchall()[0][0].endswith("/new")


def test_a_row_that_was_changed_before_a_migration_is_found_after_it(connection: Connection, further: Migrate) -> None:
    connection.execute(b"SET session_replication_role = replica")
    connection.execute(b"UPDATE tariff SET per_hour = 0.01 WHERE tariff_id = 1")
    further("ALTER TABLE tariff ADD COLUMN currency text NOT NULL DEFAULT 'EUR'")
    assert [(each.kind, each.key) for each in differences(connection)] == [("tariff", "1")]
