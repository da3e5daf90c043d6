"""A note beside the outbox of the last number that was given: shows at the next start that an older copy was put back."""

import os
from pathlib import Path


class NumberWitness:
    """A small file next to the outbox with its epoch and last number.

    It is written without waiting for the disk, because the outbox itself is durable: after a power cut it may be older than
    the outbox, and then it shows nothing. It is newer only if the outbox file was replaced by an older copy.
    """

    def __init__(self, outbox: Path) -> None:
        self._path = None if str(outbox) == ":memory:" else outbox.with_name(outbox.name + ".last")
        self._file: int | None = None

    def read(self) -> tuple[str, int] | None:
        """The epoch and the number that were recorded last, or None if there is no readable note."""
        if self._path is None:
            return None
        try:
            epoch, number = self._path.read_text(encoding="ascii").split()
            return epoch, int(number)
        except (OSError, ValueError):
            return None

    def record(self, epoch: str, last: int) -> None:
        """Record the last number. A disk that is full or fails does not stop the outbox."""
        if self._path is None:
            return
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.pwrite(self._file, f"{epoch} {last:20d}\n".encode("ascii"), 0)
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
