"""A small database as one compressed text file: the rows of all tables, without the schema.

The schema is not in the file: the migrations of that time make it. So the file does not depend on a version of PostgreSQL or
TimescaleDB. Sums of readings by hour are not in it either: which tables hold them depends on TimescaleDB's licence.
To save another database: `python -m tests.support.database_copy DATABASE_URL FILE.sql.xz`.
"""

import lzma
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from psycopg import sql

from smartwork.db.core import migrations as module
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate, migrations

_END = b"\\.\n"
_COLUMNS = b"""
SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position)
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER' AND table_name NOT LIKE 'reading_hour%'
GROUP BY table_name ORDER BY table_name
"""
_SEQUENCES = (
    b"SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL ORDER BY 1"
)


def save(connection: Connection, path: Path) -> None:
    """Write the rows of all tables and the positions of all sequences to `path`."""
    with lzma.open(path, "wb", preset=9 | lzma.PRESET_EXTREME) as file, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table, columns in connection.execute(_COLUMNS).fetchall():
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(names, sql.Identifier(table))
            with connection.cursor() as cursor, cursor.copy(query) as copied:
                rows = b"".join(bytes(piece) for piece in copied)
            if rows:
                into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names).as_string(connection)
                file.write(into.encode() + b"\n" + rows + _END)
        for sequence, last in connection.execute(_SEQUENCES).fetchall():
            file.write(sql.SQL("SELECT setval({}, {})\n").format(str(sequence), int(last)).as_bytes(connection))


def load(connection: Connection, path: Path) -> None:
    """Bring an empty database to the schema of the file with the migrations of its time, and fill it."""
    with lzma.open(path, "rb") as file:
        statements = list(_statements(file.read()))
    [applied] = [rows for statement, rows in statements if b"schema_migration" in statement.split(b"(")[0]]
    _migrate_as_recorded(connection, {int(row.split(b"\t")[0]): row for row in applied.splitlines()})
    with connection.transaction():
        connection.execute("TRUNCATE schema_migration")
        _empty_what_migrations_filled(connection)
        connection.execute("SET LOCAL session_replication_role = replica")  # rows are loaded as they are: no trigger runs
        for statement, rows in statements:
            if statement.startswith(b"SELECT"):
                connection.execute(statement)
            else:
                with connection.cursor() as cursor, cursor.copy(statement) as copy:
                    copy.write(rows)
    connection.execute("ANALYZE")


def _migrate_as_recorded(connection: Connection, applied: dict[int, bytes]) -> None:
    every = module.migrations
    of_that_time = [migration for migration in migrations() if migration.number in applied]
    for migration in of_that_time:
        assert migration.checksum.encode() in applied[migration.number], f"{migration.name} was edited after it landed"
    module.migrations = lambda: of_that_time
    try:
        migrate(connection)
    finally:
        module.migrations = every


def _empty_what_migrations_filled(connection: Connection) -> None:
    tables = [
        table
        for table, _ in connection.execute(_COLUMNS).fetchall()
        if connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))).fetchone() == (True,)
    ]
    if tables:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, tables))))


def _statements(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each statement with the rows that follow it."""
    at = 0
    while at < len(text):
        line_end = text.index(b"\n", at)
        statement, at = text[at:line_end], line_end + 1
        if not statement.startswith(b"COPY"):
            yield statement, b""
            continue
        end = text.index(b"\n" + _END, at) + 1
        yield statement, text[at:end]
        at = end + len(_END)


if __name__ == "__main__":
    with closing(connect(sys.argv[1])) as source:
        save(source, Path(sys.argv[2]))
