"""What the outbox holds of its current epoch: batches, readings that are not sealed yet, and the numbers given by day."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from edge.batching import to_batch
from edge.sealed_batch import SealedBatch
from smartwork.contracts.messages import LedgerReportDay
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

BATCH_SIZE = 400
"""Most readings in a batch: about 9 kB on the wire."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, day TEXT NOT NULL, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS batch_day ON batch (day);
CREATE TABLE IF NOT EXISTS day (day TEXT PRIMARY KEY, numbered INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS numbered (
    n INTEGER PRIMARY KEY, day TEXT NOT NULL,
    at_ms INTEGER NOT NULL, device TEXT NOT NULL, metric INTEGER NOT NULL, value REAL NOT NULL, by_arrival INTEGER NOT NULL);
"""
"""Gateways are updated with their outbox file in place: existing tables keep their columns. `numbered` holds readings that
have a number and are not sealed yet."""


class CurrentEpoch:
    """The current epoch's part of one outbox file. The caller opens the transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def oldest(self, after: int, limit: int) -> list[SealedBatch]:
        """Up to `limit` batches that start after `after`, oldest first."""
        rows = self._db.execute(
            "SELECT first, last, payload FROM batch WHERE first > ? ORDER BY first LIMIT ?", (after, limit)
        )
        return [SealedBatch(first, last, payload) for first, last, payload in rows]

    def batches(self) -> int:
        """The number of batches."""
        return int(self._db.execute("SELECT count(*) FROM batch").fetchone()[0])

    def unsealed(self) -> int:
        """The number of readings that are not sealed yet."""
        return int(self._db.execute("SELECT count(*) FROM numbered").fetchone()[0])

    def first_number(self) -> int | None:
        """The lowest number that is held, None if nothing is."""
        rows = self._db.execute("SELECT min(first) FROM batch UNION ALL SELECT min(n) FROM numbered").fetchall()
        return min((number for (number,) in rows if number is not None), default=None)

    def ledger_days(self) -> list[LedgerReportDay]:
        """By local day: how many readings were numbered, and how many of them are held."""
        held: Counter[str] = Counter(dict(self._db.execute("SELECT day, sum(last - first + 1) FROM batch GROUP BY day")))
        held.update(dict(self._db.execute("SELECT day, count(*) FROM numbered GROUP BY day")))
        days = self._db.execute("SELECT day, numbered FROM day ORDER BY day")
        return [LedgerReportDay(day=day, numbered=numbered, in_outbox=held[day]) for day, numbered in days]

    def count(self, numbered: Mapping[str, int]) -> None:
        """Add to the numbers given, by local day."""
        self._db.executemany(
            "INSERT INTO day VALUES (?, ?) ON CONFLICT DO UPDATE SET numbered = numbered + excluded.numbered",
            sorted(numbered.items()),
        )

    def store(self, epoch: str, first: int, day: str, run: Sequence[Reading]) -> None:
        """Seal readings of one day, numbered from `first`, as one batch."""
        batch = to_batch(epoch, first, day, run)
        self._db.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", (first, batch.last, day, batch.model_dump_json().encode()))

    def store_unsealed(self, epoch: str, first: int, runs: Iterable[tuple[str, Sequence[Reading]]]) -> None:
        """Store readings with their local days, numbered from `first`, without a batch."""
        for day, run in runs:
            to_batch(epoch, first, day, run)  # raises before a reading that fits no batch takes a number
            self._db.executemany(
                "INSERT INTO numbered VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(n, day, r.at_ms, r.device, int(r.metric), float(r.value), r.by_arrival) for n, r in enumerate(run, first)],
            )
            first += len(run)

    def seal(self, epoch: str, boundary: int = 0) -> None:
        """Seal the unsealed readings: each batch has consecutive numbers of one day, all up to `boundary` or all above it."""
        rows = self._db.execute("SELECT n, day, at_ms, device, metric, value, by_arrival FROM numbered ORDER BY n").fetchall()
        for (_, day, _), group in groupby(
            enumerate(rows), key=lambda pair: (pair[1][0] - pair[0], pair[1][1], pair[1][0] > boundary)
        ):
            run = [row for _, row in group]
            for start in range(0, len(run), BATCH_SIZE):
                part = run[start : start + BATCH_SIZE]
                readings = [
                    Reading(at_ms, device, Metric(metric), value, bool(by_arrival))
                    for _, _, at_ms, device, metric, value, by_arrival in part
                ]
                self.store(epoch, part[0][0], day, readings)
        self._db.execute("DELETE FROM numbered")

    def rows_up_to(self, boundary: int) -> list[tuple[int, int, str, bytes]]:
        """First number, last number, day and bytes of the batches whose numbers are all up to `boundary`."""
        return self._db.execute(
            "SELECT first, last, day, payload FROM batch WHERE last <= ? ORDER BY first", (boundary,)
        ).fetchall()

    def payloads_above(self, boundary: int) -> list[bytes]:
        """The bytes of the batches with numbers above `boundary`."""
        rows = self._db.execute("SELECT payload FROM batch WHERE last > ? ORDER BY first", (boundary,)).fetchall()
        return [payload for (payload,) in rows]

    def clear(self) -> None:
        """Delete all batches and the numbers given by day."""
        for table in ("batch", "day"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants only

    def delete(self, first: int, last: int) -> None:
        """Delete the batch with these numbers."""
        self._db.execute("DELETE FROM batch WHERE first = ? AND last = ?", (first, last))

    def payload(self, first: int, last: int) -> bytes | None:
        """The bytes of the batch with these numbers, None if it is not here."""
        row = self._db.execute("SELECT payload FROM batch WHERE first = ? AND last = ?", (first, last)).fetchone()
        return row[0] if row else None
