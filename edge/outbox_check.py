"""What is wrong with an outbox file: damaged, of another centre, or not usable at the moment."""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.outbox import create_tables
from smartwork.contracts.messages import HIGHEST

CHECK_S = 2.0
"""A large file is not read to its end at the start; the rest is checked while the gateway works."""
COMPANIONS = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite keeps next to a database."""
MEMORY = Path(":memory:")
_UNAVAILABLE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
}
_EPOCH = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: a damaged file is set aside, one of another centre too; an unavailable one is left where it is."""

    kind: Literal["damaged", "foreign", "unavailable"]
    reason: str


def fault_in(path: Path, centre: str) -> Fault | None:
    """What is wrong with the outbox at `path`, None if it can be used or does not exist yet."""
    try:
        if (reason := _no_file(path)) is not None:
            return Fault("damaged", reason)
        if not path.exists():
            return None
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            reason = _damage(db)
            if reason is None and (owner := _text(db, "centre")) not in (None, centre):
                return Fault("foreign", f"the file belongs to the centre {str(owner)[:48]}")
    except (sqlite3.DatabaseError, OSError) as error:
        return fault_of(error)
    return Fault("damaged", reason) if reason else None


def fault_of(error: Exception) -> Fault:
    """What an error of SQLite or of the operating system says about the file."""
    if isinstance(error, OSError):
        return Fault("unavailable", error.strerror or str(error))
    code = getattr(error, "sqlite_errorcode", None)
    kind: Literal["damaged", "unavailable"] = "unavailable" if code is not None and code & 0xFF in _UNAVAILABLE else "damaged"
    return Fault(kind, str(error))


def has_epoch(epoch: str) -> bool:
    """Whether an outbox could store its epoch; a new one on a full disk cannot."""
    return _EPOCH.fullmatch(epoch) is not None


def is_whole(payload: object) -> bool:
    """Whether a stored batch looks like the JSON that was written. Overwritten or zeroed bytes show at once."""
    return isinstance(payload, bytes) and payload.isascii() and b"\0" not in payload and payload[-1:] == b"}"


def _no_file(path: Path) -> str | None:
    for name in (path, *(path.with_name(path.name + suffix) for suffix in COMPANIONS)):
        if name.exists() and not name.is_file():
            return f"{name.name} is not a file"
    return "the file is empty" if path.exists() and path.stat().st_size == 0 else None


def _damage(db: sqlite3.Connection) -> str | None:
    with _deadline(db):
        found = db.execute("PRAGMA quick_check(1)").fetchone()
        if found is not None and found[0] != "ok":
            return str(found[0]).splitlines()[0][:100]
    for table, columns in _expected_columns().items():
        stored = _columns(db, table)
        if stored and stored != columns:
            return f"the table {table} has other columns"
    return _invalid_numbers(db)


def _invalid_numbers(db: sqlite3.Connection) -> str | None:
    """Whether epoch and last number are usable, and not below what is stored."""
    tables = {str(name) for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "meta" not in tables:
        return "the table meta is missing" if tables else None
    epoch, last = _text(db, "epoch"), _text(db, "last")
    highest = [
        (db.execute(query).fetchone() or (0,))[0] or 0
        for table, query in (
            ("batch", "SELECT last FROM batch ORDER BY first DESC LIMIT 1"),
            ("numbered", "SELECT max(n) FROM numbered"),
        )
        if table in tables
    ]
    if epoch is None and last is None and not any(highest):
        return None
    if epoch is None or not _EPOCH.fullmatch(epoch):
        return "the epoch is not readable"
    if not _is_number(last) or not _is_number(_text(db, "opened") or "0"):
        return "the last number is not readable"
    if not all(isinstance(number, int) and number <= int(last or 0) for number in highest):
        return "the last number is below the number of a stored reading"
    return None


def _is_number(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdigit() and int(text) <= HIGHEST


def _text(db: sqlite3.Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone() if _columns(db, "meta") else None
    return str(row[0]) if row else None


def _expected_columns() -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(MEMORY)) as model:
        create_tables(model)
        names = model.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {str(name): _columns(model, str(name)) for (name,) in names.fetchall()}


def _columns(db: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    rows = db.execute('SELECT name, upper(type), "notnull", pk FROM pragma_table_info(?)', (table,))
    return [tuple(row) for row in rows]


@contextmanager
def _deadline(db: sqlite3.Connection) -> Iterator[None]:
    """Stop the statements of the block, without an error, after CHECK_S seconds."""
    timer = threading.Timer(CHECK_S, db.interrupt)
    timer.start()
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
    finally:
        timer.cancel()
        timer.join()
