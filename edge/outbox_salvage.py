"""Reads what is left in a damaged outbox file: texts, sealed batches, and numbered readings that are not sealed yet."""

import shutil
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from edge.batching import to_batch
from edge.outbox import Outbox
from edge.outbox_check import is_whole
from edge.sealed_batch import SealedBatch, readings_of
from smartwork.contracts.messages import HIGHEST, Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

BATCHES_AT_ONCE = 20
_ROWS_AT_ONCE = 50
_MOST_ERRORS = 4_000
"""Reading stops after so many failed queries: then nothing more can be found in reasonable time."""
_PAGE = 4_096
_BATCHES = "SELECT first, first, payload FROM batch WHERE first BETWEEN ? AND ? ORDER BY first LIMIT 50"
_FORMER = "SELECT id, first, payload FROM former_batch WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 50"
_NUMBERED = (
    "SELECT n, day, at_ms, device, metric, value, by_arrival FROM numbered WHERE n BETWEEN ? AND ? ORDER BY n LIMIT 50"
)
Found = tuple[str, SealedBatch]
"""The epoch of a batch, and the batch."""


class Salvage:
    """Moves what is readable in a damaged file into another outbox, a few batches at a time.

    Batches keep their epoch, numbers and bytes: the server recognises those that it has stored already. Readings that were
    numbered and not sealed are sealed with their own numbers. What cannot be read stays missing in the ledger.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.batches = 0
        """How many batches were moved."""
        self._folder: TemporaryDirectory[str] | None = None
        self._db = self._open()
        self._epoch = self._text("epoch")
        last = self._text("last")
        self._last = int(last) if last and last.isascii() and last.isdigit() and int(last) <= HIGHEST else None
        self._found = self._find()

    def close(self) -> None:
        """Close the damaged file."""
        self._db.close()
        if self._folder is not None:
            self._folder.cleanup()

    def texts(self) -> dict[str, str]:
        """The texts that are saved by name and can be read, without those about the numbers."""
        found = {name: self._text(name) for name in ("policy", "lights")}
        return {name: text for name, text in found.items() if text}

    def move_some(self, outbox: Outbox) -> bool:
        """Move a few batches to `outbox`; returns whether there may be more. An outbox without space gets none."""
        if outbox.full:
            return True
        found = list(islice(self._found, BATCHES_AT_ONCE))
        for epoch, group in groupby(found, key=lambda pair: pair[0]):
            batches = [batch for _, batch in group]
            last = max(batch.last for batch in batches)
            if epoch == self._epoch:
                last = max(last, self._last or 0)
            outbox.adopt(epoch, last, batches)
            self.batches += len(batches)
        return bool(found)

    def _open(self) -> sqlite3.Connection:
        """The file, read only; with a new first page if its own is damaged; an empty database if nothing helps."""
        for path, mode in ((self.path, "mode=ro"), (self.path, "mode=ro&immutable=1"), (self._repaired, "mode=rw")):
            with suppress(sqlite3.DatabaseError, OSError):
                file = path() if callable(path) else path
                db = sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True, isolation_level=None)
                db.text_factory = lambda text: text.decode("utf-8", "replace")
                try:
                    db.execute("SELECT count(*) FROM (SELECT name FROM meta LIMIT 1)").fetchone()
                except sqlite3.DatabaseError:
                    db.close()
                    raise
                return db
        return sqlite3.connect(":memory:")

    def _repaired(self) -> Path:
        """A copy of the file whose first page is that of a new outbox, which has the same tables at the same places."""
        size = self.path.stat().st_size
        if shutil.disk_usage(self.path.parent).free < 2 * size:
            raise OSError("not enough space for a copy")
        self._folder = TemporaryDirectory(prefix="salvage-", dir=self.path.parent, ignore_cleanup_errors=True)
        copy, model = Path(self._folder.name, "copy"), Path(self._folder.name, "model")
        Outbox(model, "UTC").close()
        shutil.copyfile(self.path, copy)
        with suppress(OSError):
            shutil.copyfile(self.path.with_name(self.path.name + "-wal"), copy.with_name("copy-wal"))
        page = bytearray(model.read_bytes()[:_PAGE])
        page[28:32] = (size // _PAGE).to_bytes(4, "big")
        with copy.open("r+b") as file:
            file.write(page)
        return copy

    def _text(self, name: str) -> str | None:
        with suppress(sqlite3.DatabaseError):
            row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
            return str(row[0]) if row else None
        return None

    def _find(self) -> Iterator[Found]:
        for query in (_FORMER, _BATCHES):
            for _, first, payload in self._rows(query):
                if (found := _batch(first, payload)) is not None:
                    yield found
        if self._epoch is not None:
            yield from _sealed(self._epoch, list(self._rows(_NUMBERED)))

    def _rows(self, query: str) -> Iterator[tuple[int, ...]]:
        """The readable rows. A range of keys that cannot be read is halved until the damaged rows are left out."""
        ranges = deque([(0, max(self._last or 0, 1 << 40))])
        errors = 0
        while ranges and errors < _MOST_ERRORS:
            low, high = ranges.popleft()
            try:
                rows = self._db.execute(query, (low, high)).fetchall()
            except sqlite3.DatabaseError:
                errors += 1
                if low < high:
                    middle = (low + high) // 2
                    ranges += [(low, middle), (middle + 1, high)]
                continue
            if len(rows) == _ROWS_AT_ONCE and isinstance(rows[-1][0], int):
                ranges.appendleft((rows[-1][0] + 1, high))
            yield from rows


def _batch(first: object, payload: object) -> Found | None:
    """The batch if all of it can be read, with the numbers under which it is stored."""
    if not is_whole(payload) or not isinstance(payload, bytes):
        return None
    try:
        batch = Batch.model_validate_json(payload)
        readings_of(payload)
    except ValueError:
        return None
    return (batch.epoch, SealedBatch(batch.first, batch.last, payload)) if batch.first == first else None


def _sealed(epoch: str, rows: list[tuple[int, ...]]) -> Iterator[Found]:
    """Batches of the readings that were not sealed, with their own numbers; rows that fit no reading are left out."""
    readings = [found for row in rows if (found := _reading(row)) is not None]
    for (_, day), group in groupby(enumerate(readings), key=lambda pair: (pair[1][0] - pair[0], pair[1][1])):
        run = [row for _, row in group]
        with suppress(ValueError):
            batch = to_batch(epoch, run[0][0], day, [reading for _, _, reading in run])
            yield epoch, SealedBatch(batch.first, batch.last, batch.model_dump_json().encode())


def _reading(row: tuple[object, ...]) -> tuple[int, str, Reading] | None:
    n, day, at_ms, device, metric, value, by_arrival = row
    try:
        reading = Reading(int(str(at_ms)), str(device), Metric(int(str(metric))), float(str(value)), bool(by_arrival))
        to_batch("0" * 12, 1, str(day), [reading])
        return int(str(n)), str(day), reading
    except ValueError:
        return None
