"""How much of the disk an outbox may use: a limit, a reserve for presence readings, and how much is free."""

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 8_000_000
"""Enough for about a month of a desk network's presence changes, even if each is a batch of its own."""


def is_full(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite failed because the file has reached its limit or the disk is full."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL


class DiskQuota:
    """The quota of one SQLite file: `limit_bytes`, the last `reserve_bytes` of which only presence may use.

    A file of the reserve's size lies next to the database, so that the reserve is there even if others fill the disk.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, limit_bytes: int, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._db = db
        self._page = self._pragma("page_size")
        self._limit = limit_bytes
        self._reserve = min(reserve_bytes, limit_bytes // 4)
        self._folder = path.parent
        self._file = None if str(path) == ":memory:" else path.with_name(path.name + ".reserve")
        self._db.execute(f"PRAGMA max_page_count = {limit_bytes // self._page}").fetchone()
        self.allocate_reserve()

    def only_reserve_left(self) -> bool:
        """Whether less than the reserve is free."""
        return self._free() < self._reserve

    def half_of_reserve_used(self) -> bool:
        """Whether less than half of the reserve is free. That half is kept for deletions: SQLite logs them first."""
        return self._free() < self._reserve // 2

    def has_recovered(self) -> bool:
        """Whether clearly more than the reserve is free again, in the file or on the disk."""
        return self._free() > self._reserve + self._reserve // 4

    def allocate_reserve(self) -> None:
        """Create the reserve file. Without enough disk space for it, only free space in the database counts as reserve."""
        if self._file is None or self._file.exists() or shutil.disk_usage(self._folder).free < 2 * self._reserve:
            return
        try:
            with self._file.open("wb") as reserve:
                os.posix_fallocate(reserve.fileno(), 0, self._reserve)
        except OSError:  # others took the space, or the folder is read only
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def release_reserve(self) -> None:
        """Delete the reserve file so that the database can grow, and restart the write-ahead log, which needs no space."""
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()

    def _free(self) -> int:
        """Bytes that the database can still use: its free pages, and what it may grow by."""
        growth = self._limit - self._pragma("page_count") * self._page
        if self._file is not None:
            reserved = self._reserve if self._file.exists() else 0
            growth = min(growth, shutil.disk_usage(self._folder).free + reserved)
        return self._pragma("freelist_count") * self._page + growth

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])
