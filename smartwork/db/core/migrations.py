"""Migrations: plain SQL files, applied once each and in order. A checksum detects a file that was edited afterwards."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.errors import SmartworkError


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `migrations/`, named `NNNN_what_it_does.sql`."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """The migrations of this version, in order."""
    shipped = [
        Migration(int(file.name[:4]), file.name.removesuffix(".sql"), file.read_text())
        for file in files("smartwork.db").joinpath("migrations").iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(shipped, key=lambda m: m.number)


def migrate(connection: Connection) -> list[str]:
    """Apply the migrations that the database lacks, each in its own transaction. Returns their names.

    An advisory lock makes two processes that start together wait for each other. Raises SmartworkError if an applied
    file was edited, where one fails, or where the database is newer than this version.
    """
    connection.execute(sql("migration_lock"))
    try:
        connection.execute(sql("create_migration_table"))
        applied = {
            int(str(number)): (str(name), str(checksum))
            for number, name, checksum in connection.execute(sql("applied_migrations"))
        }
        known = migrations()
        _check(applied, known)
        done = []
        for migration in known:
            if migration.number not in applied:
                _apply(connection, migration)
                done.append(migration.name)
        return done
    finally:
        connection.execute(sql("migration_unlock"))


def _check(applied: dict[int, tuple[str, str]], known: list[Migration]) -> None:
    newer = set(applied) - {m.number for m in known}
    if newer:
        raise SmartworkError(f"The database has migration {max(newer)}, which this version does not know. Update smartwork.")
    for migration in known:
        if migration.number in applied and applied[migration.number][1] != migration.checksum:
            raise SmartworkError(
                f"Migration {migration.name} was edited after it was applied. Restore the file, or start with "
                "a new database (development stack: smartwork down --wipe)."
            )


def _apply(connection: Connection, migration: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(migration.text.encode())
            connection.execute(sql("record_migration"), (migration.number, migration.name, migration.checksum))
    except psycopg.Error as error:
        raise SmartworkError(f"Migration {migration.name} failed: {error.diag.message_primary or error}") from error
