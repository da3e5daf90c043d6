"""The outbox: numbers readings, seals them into immutable batches on disk, and keeps those until they are confirmed."""

import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self

from edge.batching import LocalDays, split
from edge.current_epoch import BATCH_SIZE, CurrentEpoch
from edge.disk_quota import DiskQuota, is_full
from edge.former_epochs import FormerBatch, FormerEpochs
from edge.number_witness import NumberWitness
from edge.outbox_overflow import Overflow, split_presence
from edge.private_file import make_private
from edge.recorded_messages import RecordedMessages
from edge.sealed_batch import SealedBatch, digest_of, readings_of
from smartwork.contracts.messages import LedgerReport
from smartwork.contracts.reading import Reading
from smartwork.transport.mqtt import Delivery

LIMIT_BYTES = 1_000_000_000
DELETED_AT_ONCE = 100
"""Most batches deleted in one transaction. On a full disk the deletion must fit into the existing write-ahead log."""

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
"""`meta` holds the epoch, the last number and values saved by name."""


def create_tables(db: sqlite3.Connection) -> tuple[CurrentEpoch, FormerEpochs]:
    """Create the tables that are missing; returns the current and the former epochs, which have tables of their own."""
    db.executescript(_SCHEMA)
    return CurrentEpoch(db), FormerEpochs(db)


class Outbox:
    """One SQLite file in WAL mode. Every method that changes it is one transaction, durable when the method returns.

    While the network is away, readings may stay unsealed: numbered and durable, but put into a batch only when they fill
    one. That needs a tenth of the space of batches with one reading each.
    """

    def __init__(
        self,
        path: Path,
        timezone: str,
        new_epoch: Callable[[], str] = lambda: secrets.token_hex(6),
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(path)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._current, self.former = create_tables(self._db)
        """Batches in `former` keep the epoch and the numbers that they were sealed with, until the server has answered."""
        self.recorded = RecordedMessages(self._db)
        self.full = False
        """Whether only presence readings are stored because the disk quota is used up."""
        self._new_epoch = new_epoch
        self._quota = DiskQuota(self._db, path, limit_bytes)
        self._overflow = Overflow()
        self._try(lambda: self._create(new_epoch()))
        self.epoch = str(self.load("epoch"))
        self._unsealed = self._current.unsealed()
        self.set_timezone(timezone)
        self._witness = NumberWitness(path)
        self.opened: int | None = self._mark_opened()
        """The last number when the file was opened, None once the server has accepted it: numbers above may be in use."""
        self._check_witness()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def set_timezone(self, timezone: str) -> None:
        """Use the local days of this IANA zone for readings that are appended from now on."""
        self._days = LocalDays(timezone)

    def close(self) -> None:
        """Close the file; everything is on disk already."""
        self._witness.close()
        self._db.close()

    def save(self, name: str, value: str) -> None:
        """Store a text by name, for example the policy in force. If the disk is full it is not stored."""
        upsert = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        self._try(lambda: self._db.execute(upsert, (name, value)))

    def load(self, name: str) -> str | None:
        """The text stored under `name`, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def accept(self) -> None:
        """The server knows no number of this epoch that this outbox did not give: go on with it."""
        if self.opened is not None and self._try(lambda: self._db.execute("DELETE FROM meta WHERE name = 'opened'")):
            self.opened = None

    def append(self, readings: Sequence[Reading], *, unsealed: bool = False, messages: Sequence[Delivery] = ()) -> int:
        """Number the readings in the given order and store them in batches; returns how many were stored.

        A batch never crosses a local day, so that the ledger can be compared by day. With `unsealed`, readings that do not
        fill a batch are stored without one. Once only the reserve of the disk quota is left, only presence readings are
        stored; once half of the reserve is used, only the newest presence of each device is kept, in memory. Readings that
        are dropped get numbers too: the ledger shows them as missing.

        `messages` are those that the readings come from; they are recorded with them, so that they do not count again.

        Raises ValueError, and numbers nothing, if a reading does not fit the wire contract.
        """
        if self.full:
            self._leave_reserve()
        if not self.full and self._quota.only_reserve_left():
            self._enter_reserve()
        if not self.full and self._try(lambda: self._write(readings, {}, unsealed=unsealed, messages=messages)):
            self.recorded.committed(messages)
            return len(readings)
        return self._append_presence(readings)

    def seal(self) -> None:
        """Put all unsealed readings into batches, so that they can be published."""
        if self._unsealed:
            self._try(lambda: self._write([], {}, unsealed=False))

    def unconfirmed(self, after: int, limit: int) -> list[SealedBatch]:
        """Up to `limit` batches of the current epoch that are not confirmed and start after `after`, oldest first."""
        return self._current.oldest(after, limit)

    def confirm(
        self, runs: Iterable[tuple[int, int]], epoch: str | None = None, digests: Sequence[str] | None = None
    ) -> None:
        """Delete the batches that the server has committed. A run (first, last) must match a batch exactly.

        `epoch` is the current one if it is not given. With `digests`, one for each run, the bytes must match too: another
        outbox may have given the same numbers.
        """
        named = [(epoch or self.epoch, *run) for run in runs]
        confirmed = list(zip(named, digests or (None for _ in named), strict=True))
        for start in range(0, len(confirmed), DELETED_AT_ONCE):
            chunk = confirmed[start : start + DELETED_AT_ONCE]
            if not self._try(partial(self._delete, chunk)):  # a failure has released the reserve
                self._try(partial(self._delete, chunk))
        if self.full:
            self._leave_reserve()

    def open_new_epoch(self, never_published_after: int | None = None, known: int = 0) -> str:
        """Start a new epoch, because numbers of the current one were also given by another copy of this file; returns it.

        Batches keep their numbers, their epoch and their bytes in `former` until the server confirms or refuses them, so
        that what it has stored already is recognised. Readings with a number above `never_published_after` can be in no
        other place and are numbered in the new epoch at once. `known` is the highest number that is known to have been given.

        If the disk is full, nothing changes and the current epoch is returned.
        """
        epoch = self._new_epoch()
        if self._try(lambda: self._leave_epoch(epoch, never_published_after, known)):
            self.epoch = epoch
            self.opened = None
            self._unsealed = 0
            self._record()
        return self.epoch

    def adopt(self, epoch: str, last: int, batches: Iterable[SealedBatch]) -> None:
        """Take over batches of another outbox file, which keep that file's epoch, numbers and bytes.

        `last` is the highest number that is known to have been given in that epoch. Raises ValueError for bytes that are no
        batch.
        """
        former = [
            FormerBatch(epoch, batch.first, batch.last, readings_of(batch.payload)[1], batch.payload) for batch in batches
        ]

        def change() -> None:
            with self._transaction():
                self.former.leave(epoch, last, last)
                self.former.add(former)

        self._try(change)

    def renumber(
        self, epoch: str, run: tuple[int, int], digest: str | None = None, stored: Sequence[tuple[int, int]] = ()
    ) -> int:
        """Number the readings of a batch that the server has refused again, in the current epoch; returns how many.

        The numbers in `stored` are skipped: the server has those readings. A refusal in the current epoch opens a new one
        first. A batch that is not here, or has another digest, changes nothing.
        """
        if epoch == self.epoch:
            batch = self.unconfirmed(run[0] - 1, 1)
            if not batch or (batch[0].first, batch[0].last) != run or (digest and digest_of(batch[0].payload) != digest):
                return 0
            if self.open_new_epoch() == epoch:
                return 0
        refused = self.former.find(epoch, *run, digest)
        if refused is None:
            return 0
        first, day, readings = readings_of(refused.payload)
        rest = [
            reading
            for number, reading in enumerate(readings, first)
            if not any(start <= number <= end for start, end in stored)
        ]

        def change() -> None:
            with self._transaction():
                self._number_again(day, rest)
                self.former.delete(refused)

        if not self._try(change):
            return 0
        self._record()
        return len(rest)

    def unconfirmed_count(self) -> int:
        """How many batches are not confirmed, those of former epochs included."""
        return self._current.batches() + self.former.counts()[0]

    def depth(self) -> int:
        """The number of readings from the oldest unconfirmed one to the newest, and in batches of former epochs."""
        first = self._current.first_number()
        current = self.last_number() - first + 1 if first is not None else 0
        return current + self.former.counts()[1]

    def report(self, at: datetime) -> LedgerReport:
        """The ledger of the current epoch by local day: how many readings were numbered, how many are in the outbox."""
        return LedgerReport(
            epoch=self.epoch,
            reported_ms=int(at.timestamp() * 1000),
            last=self.last_number(),
            days=self._current.ledger_days(),
        )

    def last_number(self) -> int:
        """The highest number given in the current epoch."""
        return int(str(self.load("last")))

    def _try(self, change: Callable[[], object]) -> bool:
        """Whether the change succeeded. If there was no disk space it is rolled back, and the reserve is released."""
        try:
            change()
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
            self._enter_reserve()
            return False
        return True

    def _enter_reserve(self) -> None:
        self.full = True
        self._quota.release_reserve()

    def _leave_reserve(self) -> None:
        """Return to normal operation if there is enough space again and the overflow could be stored."""
        if self._quota.has_recovered():
            self._append_presence([])
            self.full = bool(self._overflow)
            self._quota.allocate_reserve()

    def _append_presence(self, readings: Sequence[Reading]) -> int:
        """Store the presence readings or keep them in memory, count the others as dropped; returns how many were stored."""
        presence, dropped = split_presence(readings, self._days)
        if not self._quota.half_of_reserve_used() and self._try(
            lambda: self._write([*self._overflow.presence, *presence], dropped + self._overflow.dropped, unsealed=True)
        ):
            self._overflow.clear()
            return len(presence)
        self._overflow.add(presence, dropped, self._days)
        return 0

    def _create(self, epoch: str) -> None:
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?), ('last', '0')", (epoch,))

    def _mark_opened(self) -> int:
        """The last number when the file was opened for the first time since the server accepted it."""
        if (marked := self.load("opened")) is None:
            marked = str(self.last_number())
            self.save("opened", marked)
        return int(marked)

    def _check_witness(self) -> None:
        """Open a new epoch if an older copy of the file was put back; name the epoch of a file that was lost."""
        if (found := self._witness.read()) is not None:
            epoch, number = found
            last = self.last_number()
            if epoch == self.epoch and number > last:
                self.open_new_epoch(never_published_after=last, known=number)
            elif epoch != self.epoch and epoch not in {former.epoch for former in self.former.epochs()}:
                self._try(lambda: self.former.leave(epoch, number, number))
        self._record()

    def _record(self) -> None:
        self._witness.record(self.epoch, self.last_number())

    def _delete(self, confirmed: list[tuple[tuple[str, int, int], str | None]]) -> None:
        with self._transaction():
            for (epoch, first, last), digest in confirmed:
                if epoch != self.epoch:
                    if (batch := self.former.find(epoch, first, last, digest)) is not None:
                        self.former.delete(batch)
                elif digest is None or self._has(first, last, digest):
                    self._current.delete(first, last)

    def _has(self, first: int, last: int, digest: str) -> bool:
        payload = self._current.payload(first, last)
        return payload is not None and digest_of(payload) == digest

    def _leave_epoch(self, epoch: str, never_published_after: int | None, known: int) -> None:
        with self._transaction():
            last = self.last_number()
            boundary = last if never_published_after is None else min(never_published_after, last)
            self._current.seal(self.epoch, boundary)
            self.former.add(FormerBatch(self.epoch, *row) for row in self._current.rows_up_to(boundary))
            self.former.leave(self.epoch, max(boundary, known), known)
            moved = self._current.payloads_above(boundary)
            self._current.clear()
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'epoch'", (epoch,))
            self._db.execute("UPDATE meta SET value = '0' WHERE name = 'last'")
            self._db.execute("DELETE FROM meta WHERE name = 'opened'")
            for payload in moved:
                self._number_again(*readings_of(payload)[1:], epoch=epoch)

    def _number_again(self, day: str, readings: Sequence[Reading], epoch: str | None = None) -> None:
        """Store the readings of one batch as the newest batch of the current epoch. The caller opens the transaction."""
        if not readings:
            return
        first = self.last_number() + 1
        self._current.store(epoch or self.epoch, first, day, readings)
        self._db.execute("UPDATE meta SET value = ? WHERE name = 'last'", (str(first + len(readings) - 1),))
        self._current.count({day: len(readings)})

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _write(
        self,
        readings: Sequence[Reading],
        dropped: Mapping[str, int],
        *,
        unsealed: bool,
        messages: Sequence[Delivery] = (),
    ) -> None:
        """Number the dropped readings (given as counts by local day), then number and store `readings`.

        Everything is one transaction: if an error is raised, nothing has changed.
        """
        with self._transaction():
            number = self.last_number() + sum(dropped.values())
            numbered = Counter(dropped)
            for day, run in split(readings, self._days, BATCH_SIZE):
                numbered[day] += len(run)
            unsealed_count = self._unsealed
            if unsealed or unsealed_count:
                self._current.store_unsealed(self.epoch, number + 1, split(readings, self._days, BATCH_SIZE))
                unsealed_count += len(readings)
                if not unsealed or unsealed_count >= BATCH_SIZE:
                    self._current.seal(self.epoch)
                    unsealed_count = 0
            else:
                first = number + 1
                for day, run in split(readings, self._days, BATCH_SIZE):
                    self._current.store(self.epoch, first, day, run)
                    first += len(run)
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'last'", (str(number + len(readings)),))
            self._current.count(numbered)
            self.recorded.write(messages)
        self._unsealed = unsealed_count
        self._record()
