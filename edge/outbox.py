"""The outbox: readings get their numbers here, in immutable batches on disk, and stay until the network confirms them."""

import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from edge.disk_quota import DiskQuota, is_full
from smartwork.contracts.messages import Batch, LedgerReport, LedgerReportDay
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading
from smartwork.domain.time import local_day

BATCH_SIZE = 400
"""Readings a batch holds at most: large enough to be fast, about 9 kB on the wire."""
LIMIT_BYTES = 1_000_000_000
FORGOTTEN_AT_ONCE = 100
"""Batches; small, because on a full disk even forgetting must fit into the write-ahead log that is there."""

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, day TEXT NOT NULL, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS batch_day ON batch (day);
CREATE TABLE IF NOT EXISTS day (day TEXT PRIMARY KEY, numbered INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS numbered (
    n INTEGER PRIMARY KEY, day TEXT NOT NULL,
    at_ms INTEGER NOT NULL, device TEXT NOT NULL, metric INTEGER NOT NULL, value REAL NOT NULL, by_arrival INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class SealedBatch:
    """A batch as it is sent, each time the same bytes."""

    first: int
    last: int
    payload: bytes


class Outbox:
    """One SQLite file in WAL mode. Every method that changes it is one transaction, durable on return.

    While nobody can be reached readings may unsealed: numbered and durable, but sealed only when they fill a batch,
    which takes a tenth of the room of batches of one.
    """

    def __init__(
        self,
        path: Path,
        timezone: str,
        new_epoch: Callable[[], str] = lambda: secrets.token_hex(6),
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self.full = False
        """Whether there is no room but for presence; an alarm for whoever looks after the gateway."""
        self._room = DiskQuota(self._db, path, limit_bytes)
        self._fits(lambda: self._begin(new_epoch()))
        self.epoch = str(self.recall("epoch"))
        self._lingering = int(self._db.execute("SELECT count(*) FROM numbered").fetchone()[0])
        self._unkept: dict[str, Reading] = {}
        self._lost: Counter[str] = Counter()
        self._day = ""
        self.set_timezone(timezone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def set_timezone(self, timezone: str) -> None:
        """From now on days are local days of this IANA zone."""
        self._zone = ZoneInfo(timezone)
        self._day_ms = (0, 0)

    def close(self) -> None:
        """Close the file; everything is on disk already."""
        self._db.close()

    def remember(self, name: str, value: str) -> None:
        """Keep a small text beside the readings, for example the policy in force; without any room it is not kept."""
        kept = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        self._fits(lambda: self._db.execute(kept, (name, value)))

    def recall(self, name: str) -> str | None:
        """The text kept under `name`, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def append(self, readings: Sequence[Reading], *, unsealed: bool = False) -> int:
        """Number the readings in the order given and seal them into batches; returns how many were kept.

        A batch never crosses a local day, so that the ledger can be held against the server's by day. With `unsealed` what
        does not fill a batch waits for more. Where the disk is full only presence is kept, as long as the reserve lasts,
        then the newest of each device; what was not kept has numbers all the same, so that the ledger shows it missing.
        """
        if self.full:
            self._take_room_back()
        if not self.full and self._room.is_scarce():
            self._squeeze()
        if not self.full and self._fits(lambda: self._write(readings, {}, unsealed=unsealed)):
            return len(readings)
        return self._keep_presence(readings)

    def seal(self) -> None:
        """Make batches of what lingers, so that it can be sent."""
        if self._lingering:
            self._fits(lambda: self._write([], {}, unsealed=False))

    def unconfirmed(self, after: int, most: int) -> list[SealedBatch]:
        """Up to `most` batches that begin behind number `after` and are not confirmed, oldest first."""
        rows = self._db.execute(
            "SELECT first, last, payload FROM batch WHERE first > ? ORDER BY first LIMIT ?", (after, most)
        )
        return [SealedBatch(first, last, payload) for first, last, payload in rows]

    def confirm(self, runs: Iterable[tuple[int, int]]) -> None:
        """Forget the batches that are committed at the server; only whole batches exactly named are forgotten."""
        named = list(runs)
        for start in range(0, len(named), FORGOTTEN_AT_ONCE):
            some = named[start : start + FORGOTTEN_AT_ONCE]
            if not self._fits(partial(self._forget, some)):
                self._fits(partial(self._forget, some))
        if self.full:
            self._take_room_back()

    def unconfirmed_count(self) -> int:
        """How many batches are not confirmed."""
        return int(self._db.execute("SELECT count(*) FROM batch").fetchone()[0])

    def depth(self) -> int:
        """How many readings wait here, from the oldest that is not confirmed to the newest; quick, whatever waits."""
        oldest = self._db.execute("SELECT min(first) FROM batch UNION ALL SELECT min(n) FROM numbered").fetchall()
        waiting = [number for (number,) in oldest if number is not None]
        return int(str(self.recall("last"))) - min(waiting) + 1 if waiting else 0

    def report(self, at: datetime) -> LedgerReport:
        """The book by local day: how many readings were ever numbered, and how many of them still wait here."""
        waiting: Counter[str] = Counter(dict(self._db.execute("SELECT day, sum(last - first + 1) FROM batch GROUP BY day")))
        waiting.update(dict(self._db.execute("SELECT day, count(*) FROM numbered GROUP BY day")))
        days = self._db.execute("SELECT day, numbered FROM day ORDER BY day")
        return LedgerReport(
            epoch=self.epoch,
            reported_ms=int(at.timestamp() * 1000),
            last=int(str(self.recall("last"))),
            days=[LedgerReportDay(day=day, numbered=numbered, in_outbox=waiting[day]) for day, numbered in days],
        )

    def _fits(self, change: Callable[[], object]) -> bool:
        """Whether there was room for the change; where there was none it is undone, and the reserve is opened."""
        try:
            change()
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
            self._squeeze()
            return False
        return True

    def _squeeze(self) -> None:
        self.full = True
        self._room.open_reserve()

    def _begin(self, epoch: str) -> None:
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?), ('last', '0')", (epoch,))

    def _forget(self, runs: list[tuple[int, int]]) -> None:
        with self._transaction():
            self._db.executemany("DELETE FROM batch WHERE first = ? AND last = ?", runs)

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

    def _write(self, readings: Sequence[Reading], lost: dict[str, int], *, unsealed: bool) -> None:
        """Number what is lost and what is kept, and seal; all of it or, where an error is raised, nothing."""
        with self._transaction():
            number = int(str(self.recall("last"))) + sum(lost.values())
            numbered = Counter(lost)
            for day, run in self._runs(readings):
                numbered[day] += len(run)
            lingering = self._lingering
            if unsealed or lingering:
                self._let_linger(number + 1, readings)
                lingering += len(readings)
                if not unsealed or lingering >= BATCH_SIZE:
                    self._seal_lingering()
                    lingering = 0
            else:
                first = number + 1
                for day, run in self._runs(readings):
                    self._seal(first, day, run)
                    first += len(run)
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'last'", (str(number + len(readings)),))
            self._db.executemany(
                "INSERT INTO day VALUES (?, ?) ON CONFLICT DO UPDATE SET numbered = numbered + excluded.numbered",
                sorted(numbered.items()),
            )
        self._lingering = lingering

    def _let_linger(self, first: int, readings: Sequence[Reading]) -> None:
        """Keep the readings unsealed; raises ValueError where one could not be said on the wire: it must take no number."""
        for day, run in self._runs(readings):
            self._batch(first, day, run)
            self._db.executemany(
                "INSERT INTO numbered VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(n, day, r.at_ms, r.device, int(r.metric), float(r.value), r.by_arrival) for n, r in enumerate(run, first)],
            )
            first += len(run)

    def _seal_lingering(self) -> None:
        """In batches of one day and without a gap in their numbers, as any other."""
        rows = self._db.execute("SELECT n, day, at_ms, device, metric, value, by_arrival FROM numbered ORDER BY n").fetchall()
        for (_, day), alike in groupby(enumerate(rows), key=lambda pair: (pair[1][0] - pair[0], pair[1][1])):
            run = [row for _, row in alike]
            for start in range(0, len(run), BATCH_SIZE):
                some = run[start : start + BATCH_SIZE]
                readings = [Reading(at, device, Metric(m), value, bool(late)) for _, _, at, device, m, value, late in some]
                self._seal(some[0][0], day, readings)
        self._db.execute("DELETE FROM numbered")

    def _seal(self, first: int, day: str, run: Sequence[Reading]) -> None:
        batch = self._batch(first, day, run)
        self._db.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", (first, batch.last, day, batch.model_dump_json().encode()))

    def _keep_presence(self, readings: Sequence[Reading]) -> int:
        """What can be done without room; returns how many readings were kept on disk."""
        presence = [reading for reading in readings if reading.metric is Metric.PRESENCE]
        lost = Counter(self._day_of(reading.at_ms) for reading in readings if reading.metric is not Metric.PRESENCE)
        if not self._room.is_used_up() and self._fits(
            lambda: self._write([*self._unkept.values(), *presence], lost + self._lost, unsealed=True)
        ):
            self._unkept.clear()
            self._lost.clear()
            return len(presence)
        self._lost += lost
        for reading in presence:
            if (older := self._unkept.get(reading.device)) is not None:
                self._lost[self._day_of(older.at_ms)] += 1
            self._unkept[reading.device] = reading
        return 0

    def _take_room_back(self) -> None:
        if self._room.is_back():
            self._keep_presence([])
            self.full = bool(self._unkept or self._lost)
            self._room.hold_back()

    def _runs(self, readings: Iterable[Reading]) -> Iterator[tuple[str, list[Reading]]]:
        """The readings cut into runs of one local day and at most a batch each."""
        for day, same in groupby(readings, key=lambda reading: self._day_of(reading.at_ms)):
            run = list(same)
            for start in range(0, len(run), BATCH_SIZE):
                yield day, run[start : start + BATCH_SIZE]

    def _batch(self, first: int, day: str, run: Sequence[Reading]) -> Batch:
        names = sorted({reading.device for reading in run})
        index = {name: i for i, name in enumerate(names)}
        return Batch(
            epoch=self.epoch,
            first=first,
            day=day,
            devices=names,
            at_ms=[reading.at_ms for reading in run],
            device=[index[reading.device] for reading in run],
            metric=[int(reading.metric) for reading in run],
            value=[float(reading.value) for reading in run],
            by_arrival=[place for place, reading in enumerate(run) if reading.by_arrival],
        )

    def _day_of(self, at_ms: int) -> str:
        if not self._day_ms[0] <= at_ms < self._day_ms[1]:
            day = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone).date()
            whole = local_day(day, self._zone.key)
            self._day = day.isoformat()
            self._day_ms = (round(whole.start.timestamp() * 1000), round(whole.end.timestamp() * 1000))
        return self._day
