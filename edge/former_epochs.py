"""Batches of epochs that an outbox has left: they keep their numbers and bytes until the server has answered."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from edge.sealed_batch import digest_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS former_epoch (
    id INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, last INTEGER NOT NULL, known INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS former_batch (
    id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, day TEXT NOT NULL,
    payload BLOB NOT NULL, UNIQUE (epoch, first));
"""
KEPT_EPOCHS = 50
"""Former epochs without batches that are still named to the server, newest first."""


@dataclass(frozen=True, slots=True)
class FormerBatch:
    """A batch of a former epoch; `day` is the local day under which its readings were numbered."""

    epoch: str
    first: int
    last: int
    day: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class FormerEpoch:
    """What is left of a former epoch.

    `last`: the highest number that this outbox gave in it and that the server may still store. `known`: the highest number
    that a newer copy of the file, or a file that was lost, is known to have given; 0 if none is known. All numbers that this
    outbox gave are confirmed, held, or given anew. `held`: readings in the outbox by local day.
    """

    epoch: str
    last: int
    known: int
    held: dict[str, int]


class FormerEpochs:
    """The former epochs of one outbox file. The caller opens the transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def leave(self, epoch: str, last: int, known: int) -> None:
        """Add an epoch that is no longer current. An epoch that was added before keeps its first `last`."""
        self._db.execute(
            "INSERT INTO former_epoch (epoch, last, known) VALUES (?, ?, ?) "
            "ON CONFLICT (epoch) DO UPDATE SET known = max(known, excluded.known)",
            (epoch, last, known),
        )

    def add(self, batches: Iterable[FormerBatch]) -> None:
        """Add batches; one whose epoch and first number are there already is skipped."""
        self._db.executemany(
            "INSERT OR IGNORE INTO former_batch (epoch, first, last, day, payload) VALUES (?, ?, ?, ?, ?)",
            ((b.epoch, b.first, b.last, b.day, b.payload) for b in batches),
        )

    def oldest(self, limit: int, skip: Collection[tuple[str, int]] = ()) -> list[FormerBatch]:
        """The oldest batches, except those whose epoch and first number are in `skip`.

        Looks only at the `limit` oldest ones.
        """
        keys = self._db.execute("SELECT id, epoch, first FROM former_batch ORDER BY id LIMIT ?", (limit,)).fetchall()
        return [self._batch("id = ?", key)[0] for key, epoch, first in keys if (epoch, first) not in skip]

    def find(self, epoch: str, first: int, last: int, digest: str | None) -> FormerBatch | None:
        """The batch with these numbers and, if given, this digest of its bytes; None if it is not here."""
        for batch in self._batch("epoch = ? AND first = ? AND last = ?", epoch, first, last):
            if digest is None or digest_of(batch.payload) == digest:
                return batch
        return None

    def delete(self, batch: FormerBatch) -> None:
        """Delete a batch."""
        self._db.execute("DELETE FROM former_batch WHERE epoch = ? AND first = ?", (batch.epoch, batch.first))

    def counts(self) -> tuple[int, int]:
        """The number of batches, and of readings in them."""
        batches, readings = self._db.execute(
            "SELECT count(*), coalesce(sum(last - first + 1), 0) FROM former_batch"
        ).fetchone()
        return int(batches), int(readings)

    def names(self) -> frozenset[str]:
        """The former epochs that have batches here."""
        return frozenset(epoch for (epoch,) in self._db.execute("SELECT DISTINCT epoch FROM former_batch"))

    def epochs(self) -> list[FormerEpoch]:
        """The former epochs, newest first: all that have batches, and the newest others up to KEPT_EPOCHS."""
        held: dict[str, Counter[str]] = {}
        for epoch, day, count in self._db.execute(
            "SELECT epoch, day, sum(last - first + 1) FROM former_batch GROUP BY epoch, day ORDER BY day"
        ):
            held.setdefault(epoch, Counter())[day] = count
        rows = self._db.execute("SELECT epoch, last, known FROM former_epoch ORDER BY id DESC").fetchall()
        return [
            FormerEpoch(epoch, last, known, dict(held.get(epoch, {})))
            for i, (epoch, last, known) in enumerate(rows)
            if i < KEPT_EPOCHS or epoch in held
        ]

    def _batch(self, condition: str, *values: object) -> list[FormerBatch]:
        rows = self._db.execute(
            f"SELECT epoch, first, last, day, payload FROM former_batch WHERE {condition}",  # noqa: S608 - constants only
            values,
        )
        return [FormerBatch(*row) for row in rows]
