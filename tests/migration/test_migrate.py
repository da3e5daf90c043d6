"""Migrations: applied once, in order, never edited, never backwards."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.resources import files

import pytest

from smartwork.db.core import migrations as module
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import Migration, migrate, migrations
from smartwork.errors import SmartworkError

pytestmark = pytest.mark.services


def test_migration_files_have_a_number_each_and_are_named_after_what_they_do() -> None:
    names = sorted(file.name for file in files("smartwork.db").joinpath("migrations").iterdir())
    assert all(re.fullmatch(r"\d{4}_[a-z][a-z0-9_]*\.sql", name) for name in names)
    assert len({name[:4] for name in names}) == len(names)
    assert [m.name for m in migrations()] == [name.removesuffix(".sql") for name in names]


def test_an_empty_database_is_brought_up_to_date_once(empty_database_url: str) -> None:
    with closing(connect(empty_database_url)) as connection:
        assert migrate(connection) == [m.name for m in migrations()]
        assert migrate(connection) == []


def test_a_migration_below_the_newest_applied_number_is_applied(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(connect(empty_database_url)) as connection:
        with monkeypatch.context() as patch:
            patch.setattr(module, "migrations", lambda: [m for m in migrations() if m.number != 41])
            migrate(connection)
        assert migrate(connection) == ["0041_ignored_fields"]


def test_an_edited_migration_is_refused_and_nothing_is_done(connection: Connection) -> None:
    connection.execute("UPDATE schema_migration SET checksum = 'other' WHERE number = 2")
    connection.execute("DELETE FROM schema_migration WHERE number = 3")
    with pytest.raises(SmartworkError, match=r"0002_\w+ was edited after it was applied"):
        migrate(connection)
    assert connection.execute("SELECT count(*) FROM schema_migration WHERE number = 3").fetchone() == (0,)


def test_a_newer_database_is_refused(connection: Connection) -> None:
    connection.execute("INSERT INTO schema_migration (number, name, checksum) VALUES (9000, 'x', 'y')")
    with pytest.raises(SmartworkError, match=r"migration 9000, which this version does not know\. Update smartwork"):
        migrate(connection)


def test_after_a_refusal_the_next_one_does_not_wait_for_ever(database_url: str, connection: Connection) -> None:
    connection.execute("INSERT INTO schema_migration (number, name, checksum) VALUES (9000, 'x', 'y')")
    with pytest.raises(SmartworkError):
        migrate(connection)
    connection.execute("DELETE FROM schema_migration WHERE number = 9000")
    with closing(connect(database_url)) as other:
        other.execute("SET lock_timeout = '5s'")
        assert migrate(other) == []


def test_migrations_that_start_together_are_applied_once(empty_database_url: str) -> None:
    def one(_: int) -> list[str]:
        with closing(connect(empty_database_url)) as connection:
            return migrate(connection)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(one, range(4)))
    assert sorted(name for names in done for name in names) == [m.name for m in migrations()]
    assert sorted(map(len, done))[:3] == [0, 0, 0]


def test_a_migration_that_fails_leaves_nothing_behind_and_names_itself(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Migration(1, "0001_good", "CREATE TABLE good (x int)")
    bad = Migration(2, "0002_bad", "CREATE TABLE half (x int); SELECT 1 / 0")
    monkeypatch.setattr(module, "migrations", lambda: [good, bad])
    with closing(connect(empty_database_url)) as connection:
        with pytest.raises(SmartworkError, match=r"0002_bad failed: division by zero"):
            migrate(connection)
        there = connection.execute("SELECT to_regclass('good') IS NOT NULL, to_regclass('half') IS NOT NULL").fetchone()
        assert there == (True, False)
        assert connection.execute("SELECT name FROM schema_migration").fetchall() == [("0001_good",)]


def test_what_months_were_billed_by_is_kept_in_named_columns(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0023 splits the one text of three digests; a month without a verdict has none."""
    shipped = migrations()
    with closing(connect(empty_database_url)) as connection:
        monkeypatch.setattr(module, "migrations", lambda: [migration for migration in shipped if migration.number < 20])
        migrate(connection)
        connection.execute("""
            INSERT INTO company (company_id, slug, name, enterprise_number, street, postcode, town, language,
                                 buyer_reference, is_demo)
            VALUES (1, 'acme', 'Acme', '0403170701', 'Rue de Fer 1', '5000', 'Namur', 'fr', 'PO-1', false);
            INSERT INTO billed_month VALUES (1, '2026-08-01', 'v'), (1, '2026-09-01', 'v c t'), (1, '2026-10-01', '');
        """)
        monkeypatch.setattr(module, "migrations", lambda: shipped)
        migrate(connection)
        found = connection.execute(
            "SELECT verdicts_digest, contracts_digest, tariffs_digest, digest_version FROM billed_month ORDER BY month"
        ).fetchall()
    assert found == [("v", None, None, 1), ("v", "c", "t", 1), (None, None, None, 2)]


def test_spans_that_were_due_before_the_queue_was_renamed_still_hold_raw_readings_back(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0020 renames the table and replaces the function whose body names it."""
    shipped = migrations()
    with closing(connect(empty_database_url)) as connection:
        monkeypatch.setattr(module, "migrations", lambda: [migration for migration in shipped if migration.number < 20])
        migrate(connection)
        connection.execute("INSERT INTO stale_span (device_id, since) VALUES (1, '2026-03-10 12:00Z')")
        monkeypatch.setattr(module, "migrations", lambda: shipped)
        migrate(connection)
        assert connection.execute("SELECT device_id FROM span_queue").fetchall() == [(1,)]
        limit = "SELECT before = '2026-03-03 12:00Z' FROM retention_limits(now()) WHERE reason = 'spans to derive'"
        assert connection.execute(limit).fetchall() == [(True,)]
