"""Migrations: plain SQL files, applied once each and in order. A checksum detects a file that was edited afterwards."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from smartwork.db.core.book_entries import RECORDED_TABLES, differences, kept_tables, record_found
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.db.core.roles import as_owner, grant_privileges
from smartwork.domain.audit.book_chain import RowDifference
from smartwork.errors import SmartworkError

_EARLIER_TEXTS = {
    "0004_years": "bf9f213be7a2add1e40cc090bcd63c7bc3b767bf53137ee98a1136a9823c4204",
    "0014_ledger_day": "372aed7899d0e9d648be3ffafeff3da210175d0af907d9a0695af7eb3c4f41f6",
}
"""Checksums of earlier texts of two migrations that were edited after they landed, before a test forbade that. Databases have
applied them; migration 33 gives these databases what the later texts create."""


class SchemaMismatch(SmartworkError):  # noqa: N818 - what was found, as in HTTP
    """The database has another schema than this version needs. The text gives the command to run."""


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


def schema_version() -> str:
    """The number of the newest migration of this version, four digits."""
    return f"{migrations()[-1].number:04d}"


def require_current_schema(connection: Connection) -> None:
    """Return if the database has exactly the migrations of this version; it is read and not changed.

    Raises SchemaMismatch otherwise, and ServiceUnavailable if the connection is lost.
    """
    with wrap_database_errors():
        try:
            applied = _applied(connection) if has_schema(connection) else {}
        except psycopg.errors.InsufficientPrivilege as error:
            user = connection.info.user
            raise SchemaMismatch(
                f"The user {user} may not read the table schema_migration, so the schema of the database is not known. "
                "Run: smartwork migrate (as the owner of the tables)"
            ) from error
    known = migrations()
    _check(applied, known)
    if not applied:
        raise SchemaMismatch("The database has no tables of smartwork. To create them, run: smartwork migrate")
    missing = [migration.name for migration in known if migration.number not in applied]
    if missing:
        newest = f"{max(applied):04d}"
        raise SchemaMismatch(
            f"The database has schema {newest}, this version needs {schema_version()}: {missing[0]} was not applied. "
            "Make a backup, then run: smartwork migrate"
        )


def has_schema(connection: Connection) -> bool:
    """Whether a migration was ever started in this database."""
    return connection.execute(sql("has_migration_table")).fetchone() == (True,)


def is_empty(connection: Connection) -> bool:
    """Whether the database has no table."""
    return connection.execute(sql("has_any_table")).fetchone() == (False,)


def migrate(connection: Connection) -> list[str]:
    """Apply the migrations that the database lacks, each in its own transaction. Returns their names.

    Then the roles of the services get their privileges, unless roles are missing. An advisory lock makes two processes that
    start together wait for each other. Raises SchemaMismatch where an applied file was edited or the database is newer than
    this version, and SmartworkError where a migration fails.
    """
    connection.execute(sql("migration_lock"))
    try:
        with as_owner(connection):
            done = _apply_missing(connection)
            if _applied(connection).keys() == _numbers():  # privileges name tables of the newest schema
                grant_privileges(connection)
        return done
    finally:
        connection.execute(sql("migration_unlock"))


def _apply_missing(connection: Connection) -> list[str]:
    connection.execute(sql("create_migration_table"))
    applied = _applied(connection)
    known = migrations()
    _check(applied, known)
    missing = [migration for migration in known if migration.number not in applied]
    # Rows that were changed behind the program's back are not recorded as a migration's work: the audit goes on finding them.
    kept = kept_tables(connection)
    is_unkept = bool(kept) and not set(RECORDED_TABLES) <= set(kept)
    altered = differences(connection, kept) if kept and (missing or is_unkept) else []
    for migration in missing:
        _apply(connection, migration, altered)
    if is_unkept:
        with connection.transaction():
            record_found(connection, altered)
    return [migration.name for migration in missing]


def _applied(connection: Connection) -> dict[int, tuple[str, str]]:
    """Name and checksum of each applied migration, by number."""
    rows = connection.execute(sql("applied_migrations"))
    return {int(str(number)): (str(name), str(checksum)) for number, name, checksum in rows}


def _numbers() -> set[int]:
    folder = files("smartwork.db").joinpath("migrations")
    return {int(file.name[:4]) for file in folder.iterdir() if file.name.endswith(".sql")}


def _check(applied: dict[int, tuple[str, str]], known: list[Migration]) -> None:
    newer = set(applied) - {m.number for m in known}
    if newer:
        raise SchemaMismatch(
            f"The database has migration {max(newer)}, which this version does not know. Update smartwork to the version "
            "that migrated the database (in a checkout, run: git pull)."
        )
    for migration in known:
        accepted = {migration.checksum, _EARLIER_TEXTS.get(migration.name)}
        if migration.number in applied and applied[migration.number][1] not in accepted:
            raise SchemaMismatch(
                f"Migration {migration.name} was edited after it was applied. Restore the file, or start with "
                "a new database (development stack: smartwork down --wipe)."
            )


def _apply(connection: Connection, migration: Migration, altered: Collection[RowDifference]) -> None:
    """Apply a migration, and record in the books which rows it added, changed or removed, except the rows `altered`."""
    try:
        with connection.transaction():
            connection.execute(sql("record_no_changes"))
            connection.execute(migration.text.encode())
            record_found(connection, altered)
            connection.execute(sql("record_migration"), (migration.number, migration.name, migration.checksum))
    except psycopg.Error as error:
        raise SmartworkError(f"Migration {migration.name} failed: {error.diag.message_primary or error}") from error
