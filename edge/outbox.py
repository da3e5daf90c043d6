"""The outbox: readings get their numbers here, in immutable batches on disk, and stay until the network confirms them."""

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from smartwork.contracts.messages import Batch, LedgerDay, LedgerReport
from smartwork.contracts.reading import Reading
from smartwork.domain.network import local_day

BATCH = 400
"""Readings a batch holds at most: large enough to be fast, about 9 kB on the wire."""

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, day TEXT NOT NULL, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS batch_day ON batch (day);
CREATE TABLE IF NOT EXISTS day (day TEXT PRIMARY KEY, numbered INTEGER NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch as it is sent, each time the same bytes."""

    first: int
    last: int
    payload: bytes


class Outbox:
    """One SQLite file in WAL mode. Every method that changes it is one transaction, durable on return."""

    def __init__(self, path: Path, timezone: str, new_epoch: Callable[[], str] = lambda: secrets.token_hex(6)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('epoch', ?)", (new_epoch(),))
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('last', '0')")
        self.epoch = str(self.recall("epoch"))
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
        """Keep a small text beside the readings, for example the policy in force."""
        self._db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))

    def recall(self, name: str) -> str | None:
        """The text kept under `name`, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def append(self, readings: Iterable[Reading]) -> int:
        """Number the readings in the order given and seal them into batches; returns how many there were.

        A batch never crosses a local day, so that the ledger can be held against the server's by day.
        """
        number = int(str(self.recall("last")))
        before = number
        self._db.execute("BEGIN IMMEDIATE")
        try:
            run: list[Reading] = []
            day = ""
            for reading in readings:
                its_day = self._day_of(reading.at_ms)
                if run and (its_day != day or len(run) == BATCH):
                    number = self._seal(number + 1, day, run)
                    run = []
                day = its_day
                run.append(reading)
            if run:
                number = self._seal(number + 1, day, run)
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'last'", (str(number),))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return number - before

    def waiting(self, after: int, most: int) -> list[Sealed]:
        """Up to `most` batches that begin behind number `after` and are not confirmed, oldest first."""
        rows = self._db.execute(
            "SELECT first, last, payload FROM batch WHERE first > ? ORDER BY first LIMIT ?", (after, most)
        )
        return [Sealed(first, last, payload) for first, last, payload in rows]

    def settle(self, runs: Iterable[tuple[int, int]]) -> None:
        """Forget the batches that are committed at the server; only whole batches exactly named are forgotten."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany("DELETE FROM batch WHERE first = ? AND last = ?", list(runs))
        self._db.execute("COMMIT")

    def unsettled(self) -> int:
        """How many batches are not confirmed."""
        return int(self._db.execute("SELECT count(*) FROM batch").fetchone()[0])

    def report(self, at: datetime) -> LedgerReport:
        """The book by local day: how many readings were ever numbered, and how many of them still wait here."""
        rows = self._db.execute(
            "SELECT d.day, d.numbered, coalesce(b.waiting, 0) FROM day d LEFT JOIN "
            "(SELECT day, sum(last - first + 1) AS waiting FROM batch GROUP BY day) b USING (day) ORDER BY d.day"
        )
        return LedgerReport(
            epoch=self.epoch,
            reported_ms=int(at.timestamp() * 1000),
            last=int(str(self.recall("last"))),
            days=[LedgerDay(day=day, numbered=numbered, in_outbox=waiting) for day, numbered, waiting in rows],
        )

    def _seal(self, first: int, day: str, run: Sequence[Reading]) -> int:
        """Write one batch that begins with number `first`; returns its last number."""
        names = sorted({reading.device for reading in run})
        index = {name: i for i, name in enumerate(names)}
        batch = Batch(
            epoch=self.epoch,
            first=first,
            day=day,
            devices=names,
            at_ms=[reading.at_ms for reading in run],
            device=[index[reading.device] for reading in run],
            metric=[int(reading.metric) for reading in run],
            value=[float(reading.value) for reading in run],
        )
        self._db.execute("INSERT INTO batch VALUES (?, ?, ?, ?)", (first, batch.last, day, batch.model_dump_json().encode()))
        self._db.execute(
            "INSERT INTO day VALUES (?, ?) ON CONFLICT DO UPDATE SET numbered = numbered + excluded.numbered",
            (day, len(run)),
        )
        return batch.last

    def _day_of(self, at_ms: int) -> str:
        if not self._day_ms[0] <= at_ms < self._day_ms[1]:
            day = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone).date()
            whole = local_day(day, self._zone.key)
            self._day = day.isoformat()
            self._day_ms = (round(whole.start.timestamp() * 1000), round(whole.end.timestamp() * 1000))
        return self._day
