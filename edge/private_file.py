"""Files of the gateway that nobody else on its machine may read: readings show who is where."""

import logging
import os
from pathlib import Path

log = logging.getLogger("edge")

_COMPANIONS = ("-wal", "-shm", "-journal")


def open_private(path: str, flags: int) -> int:
    """An opener for `open`: a file that it creates, only its user may read."""
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def make_private(path: Path) -> None:
    """Create a database file that only its user may read, or make it and SQLite's files next to it so.

    SQLite gives its files next to a database the mode of the database. An error of the file system is logged and does not
    stop the gateway, which must store readings in any case.
    """
    if str(path) == ":memory:":
        return
    for file in (path, *(path.with_name(path.name + suffix) for suffix in _COMPANIONS)):
        try:
            if file == path:
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            if file.exists() and file.stat().st_mode & 0o077:
                file.chmod(0o600)
        except OSError as error:
            log.warning("%s may be read by other users of this machine: %s", file, error.strerror)
