"""Room on disk for the outbox: a limit, a reserve that only presence may use, and whether there is room again."""

import os
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 8_000_000
"""Held back for presence: about a month of a desk network's changes of state, sealed one by one."""


def is_full(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite found the file at its limit or the disk without room."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL


class DiskQuota:
    """What one SQLite file may take: `limit_bytes` of which the last `reserve_bytes` are kept for presence.

    A file of the reserve's size lies beside the outbox, so that a disk filled by others, too, leaves that much.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, limit_bytes: int, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._db = db
        self._page = self._pragma("page_size")
        self._limit = limit_bytes
        self._reserve = min(reserve_bytes, limit_bytes // 4)
        self._folder = path.parent
        self._file = None if str(path) == ":memory:" else path.with_name(path.name + ".reserve")
        self._db.execute(f"PRAGMA max_page_count = {limit_bytes // self._page}").fetchone()
        self.hold_back()

    def is_scarce(self) -> bool:
        """Whether only the reserve is left."""
        return self._free() < self._reserve

    def is_used_up(self) -> bool:
        """Whether what is left is needed to forget: that, too, is written to the log first."""
        return self._free() < self._reserve // 2

    def is_back(self) -> bool:
        """Whether clearly more than the reserve is free again, in the file or on the disk."""
        return self._free() > self._reserve + self._reserve // 4

    def hold_back(self) -> None:
        """Put the reserve aside on the disk; without room for it there, what is free in the file is held back alone."""
        if self._file is None or self._file.exists() or shutil.disk_usage(self._folder).free < 2 * self._reserve:
            return
        with self._file.open("wb") as reserve:
            os.posix_fallocate(reserve.fileno(), 0, self._reserve)

    def open_reserve(self) -> None:
        """Let the file grow into what was put aside, and begin the write-ahead log anew, which takes no room."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()

    def _free(self) -> int:
        """Bytes the outbox can still take: free pages of the file, and what it may grow by."""
        growth = self._limit - self._pragma("page_count") * self._page
        if self._file is not None:
            aside = self._reserve if self._file.exists() else 0
            growth = min(growth, shutil.disk_usage(self._folder).free + aside)
        return self._pragma("freelist_count") * self._page + growth

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])
