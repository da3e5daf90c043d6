"""Two migrations were edited after they landed. Databases that applied the earlier texts upgrade, and end equal to others."""

from contextlib import closing

import pytest

from smartwork.db.core import migrations as module
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import Migration, SchemaMismatch, migrate, migrations

pytestmark = pytest.mark.services
EDITS = {
    "0004_years": [(" AND i.company_id IS NOT NULL", "")],
    "0014_ledger_day": [
        ("sums and both halves have the same types, so that", "sums, so that"),
        ("day, 0::bigint, 0::bigint, 0::bigint, numbered", "day, 0, 0, 0, numbered"),
    ],
}
"""What was written in the later text, and in the earlier one."""
CHECKSUMS = {
    "0004_years": "bf9f213be7a2add1e40cc090bcd63c7bc3b767bf53137ee98a1136a9823c4204",
    "0014_ledger_day": "372aed7899d0e9d648be3ffafeff3da210175d0af907d9a0695af7eb3c4f41f6",
}
DEFINITIONS = b"""
SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND p.prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
ORDER BY 1, 2
"""


def earlier(migration: Migration) -> Migration:
    """The migration with its earlier text."""
    text = migration.text
    for later, before in EDITS.get(migration.name, []):
        assert later in text
        text = text.replace(later, before)
    return Migration(migration.number, migration.name, text)


def definitions(connection: Connection) -> list[tuple[object, ...]]:
    """The functions of the schema."""
    return connection.execute(DEFINITIONS).fetchall()


def test_the_earlier_texts_are_those_that_landed() -> None:
    found = {m.name: earlier(m).checksum for m in migrations() if m.name in EDITS}
    assert found == CHECKSUMS


def test_a_database_with_the_earlier_texts_is_upgraded_and_has_the_functions_of_a_new_one(
    empty_database_url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = migrations()
    with closing(connect(empty_database_url)) as old:
        with monkeypatch.context() as before:
            before.setattr(module, "migrations", lambda: [earlier(m) for m in shipped if m.number < 20])
            migrate(old)
        migrate(old)
        assert old.execute("SELECT * FROM ledger_day").fetchall() == []
        assert definitions(old) == definitions(connection)


def test_another_text_of_the_same_migrations_is_still_refused(connection: Connection) -> None:
    connection.execute("UPDATE schema_migration SET checksum = %s WHERE number = 14", (CHECKSUMS["0004_years"],))
    with pytest.raises(SchemaMismatch, match="0014_ledger_day was edited after it was applied"):
        migrate(connection)
