"""What ingest writes: batches with their readings, once, in one transaction with the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg

from smartwork.contracts.messages import Batch, LedgerReport
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.copy_rows import HEADER, TRAILER, array_text
from smartwork.db.core.queries import sql
from smartwork.db.ingest.columns import Arrival, Columns, Flags, why
from smartwork.db.ingest.prepared_batches import Prepared, prepare
from smartwork.db.ingest.row_ids import OutboxKey, Registry, outbox_key
from smartwork.db.network.edge_reports import EdgeReport, store_edge_reports
from smartwork.errors import SmartworkError

PAYLOAD_KEPT = 2_000
"""Bytes of a rejected message that are stored."""


class Unstorable(SmartworkError):  # noqa: N818 - it is the content that cannot be stored
    """The database refuses a content that passed the checks; the message is the database's reason."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is kept as rejected, with the reason."""

    topic: str
    reason: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """An edge's ledger report and whose it is."""

    topic: Topic
    report: LedgerReport


@dataclass(frozen=True, slots=True)
class StatusChange:
    """An edge that came or went."""

    topic: Topic
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one commit did: readings and batches stored, and the runs each edge may now forget."""

    readings: int
    batches: int
    resends: int
    rejected: int
    settled: dict[OutboxKey, list[tuple[int, int]]]
    """(centre, edge, epoch) to closed runs of numbers that are in the database now, or were before."""


class IngestStore:
    """Writes through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        with wrap_database_errors():
            self._registry = Registry(connection)

    def prepare(self, arrivals: Sequence[Arrival], arrived_at: datetime, columns: Columns) -> Prepared | None:
        """These batches ready for `commit`, or None where they name what is not remembered yet.

        It asks nobody, so that it can be done in another thread while the connection is busy.
        """
        registry = self._registry
        return prepare(registry, arrivals, columns, arrived_at) if registry.knows(arrivals) else None

    def commit(
        self,
        arrivals: Sequence[Arrival],
        refusals: Sequence[Refusal],
        reports: Sequence[Report],
        statuses: Sequence[StatusChange],
        arrived_at: datetime,
        prepared: Prepared | None = None,
    ) -> Outcome:
        """Store everything in one transaction and return what happened; on return it is durable.

        `prepared` is what `prepare` made of `arrivals`, by this store or by one whose connection was lost. Raises
        ServiceAway where the database is lost, Unstorable where it refuses the content: nothing is stored then, and the
        same call may be made again.
        """
        try:
            with wrap_database_errors():
                return self._commit(arrivals, refusals, reports, statuses, arrived_at, prepared)
        except psycopg.Error as error:
            with wrap_database_errors():
                self._registry = Registry(self._connection)
            raise Unstorable(str(error.diag.message_primary or error).splitlines()[0]) from error

    def look(self) -> None:
        """Return where the database answers; raises ServiceAway where it is lost."""
        with wrap_database_errors():
            self._connection.execute(sql("look"))

    def store_edge_reports(self, notes: Sequence[EdgeReport], arrived_at: datetime) -> None:
        """Store what edges said of their houses in one transaction; a note of an unknown centre is kept as rejected.

        Raises ServiceAway, or Unstorable where the database refuses the content.
        """
        if not notes:
            return
        try:
            refused: list[Refusal] = []
            known = [note for note in notes if self._known_centre(note[0], b"", refused)]
            store_edge_reports(self._connection, known)
            if refused:
                self.commit([], refused, [], [], arrived_at)
        except psycopg.Error as error:
            raise Unstorable(str(error.diag.message_primary or error).splitlines()[0]) from error

    def _commit(
        self,
        arrivals: Sequence[Arrival],
        refusals: Sequence[Refusal],
        reports: Sequence[Report],
        statuses: Sequence[StatusChange],
        arrived_at: datetime,
        prepared: Prepared | None,
    ) -> Outcome:
        refused = list(refusals)
        reports = [r for r in reports if self._known_centre(r.topic, b"", refused)]
        statuses = [s for s in statuses if self._known_centre(s.topic, b"", refused)]
        spoken = [(each.topic, each.report.epoch) for each in reports]
        if prepared and prepared.registry is self._registry:
            self._registry.register([], spoken)
        else:
            known = [a for a in arrivals if self._known_centre(a.topic, a.payload, refused)]
            self._registry.register(known, spoken)
            prepared = prepare(self._registry, known, None, arrived_at)
        with self._connection.transaction():
            fresh, resends, conflicts = self._record_batches(prepared)
            refused += [
                Refusal(str(each.topic), _CONFLICT, each.payload) for each in (prepared.arrivals[i] for i in conflicts)
            ]
            readings = self._store_readings(prepared, fresh)
            rejected = self._record_rejected(refused, prepared, fresh)
            self._record_reports(reports)
            for status in statuses:
                self._connection.execute(
                    sql("record_status"),
                    {
                        "centre_id": self._registry.centre_id(status.topic.centre),
                        "edge": status.topic.name,
                        "state": status.state,
                        "at": arrived_at,
                    },
                )
        settled: dict[OutboxKey, list[tuple[int, int]]] = {}
        for arrival in prepared.arrivals:
            key = outbox_key(arrival.topic, arrival.batch.epoch)
            settled.setdefault(key, []).append((arrival.batch.first, arrival.batch.last))
        return Outcome(readings, int(fresh.sum()), resends, rejected, settled)

    def _known_centre(self, topic: Topic, payload: bytes, refused: list[Refusal]) -> bool:
        if self._registry.knows_centre(topic.centre):
            return True
        refused.append(Refusal(str(topic), f"unknown centre {topic.centre}", payload))
        return False

    def _record_batches(self, prepared: Prepared) -> tuple[Flags, int, list[int]]:
        """Which batches are new, how many were resends, and the places of those whose numbers another batch has taken."""
        arrivals, digests, outboxes = prepared.arrivals, prepared.columns.digests, prepared.outbox_ids.tolist()
        fresh: Flags = np.zeros(len(arrivals), dtype=np.bool_)
        if not arrivals:
            return fresh, 0, []
        some, again = _apart(outboxes, [arrival.batch for arrival in arrivals])
        self._connection.execute(sql("lock_outboxes"), (array_text(sorted(set(outboxes))),))
        rows = self._connection.execute(
            sql("record_batches"),
            {
                "outbox_ids": array_text([outboxes[i] for i in some]),
                "firsts": array_text([arrivals[i].batch.first for i in some]),
                "lasts": array_text([arrivals[i].batch.last for i in some]),
                "days": "{" + ",".join(arrivals[i].batch.day for i in some) + "}",
                "stored": array_text(prepared.stored[some].tolist()),
                "rejected": array_text((prepared.columns.lengths - prepared.stored)[some].tolist()),
                "digests": _bytes_array([digests[i] for i in some]),
                "arrived_at": prepared.arrived_at,
            },
        ).fetchall()
        if len(rows) == len(some):
            fresh[some] = True
        else:
            places = {(outboxes[i], arrivals[i].batch.first): i for i in some}
            fresh[[places[outbox, first] for outbox, first in rows]] = True
            again += [i for i in some if not fresh[i]]
        if not again:
            return fresh, 0, []
        same_rows = self._connection.execute(
            sql("count_resends"),
            {
                "outbox_ids": array_text([outboxes[i] for i in again]),
                "firsts": array_text([arrivals[i].batch.first for i in again]),
                "digests": _bytes_array([digests[i] for i in again]),
            },
        ).fetchall()
        seen = {(outbox, first, bytes(digest)) for outbox, first, digest in same_rows}
        conflicts = [i for i in again if (outboxes[i], arrivals[i].batch.first, digests[i]) not in seen]
        return fresh, len(again) - len(conflicts), conflicts

    def _store_readings(self, prepared: Prepared, fresh: Flags) -> int:
        rows, marks = prepared.only(fresh)
        if not len(rows):
            return 0
        with self._connection.cursor() as cursor, cursor.copy(sql("copy_readings")) as copy:
            copy.write(HEADER)
            copy.write(rows.data)
            copy.write(TRAILER)
        self._connection.execute(sql("queue_spans"), {"device_ids": marks.device_ids, "since_ms": marks.since_ms})
        return len(rows)

    def _record_rejected(self, refused: list[Refusal], prepared: Prepared, fresh: Flags) -> int:
        arrived_at = prepared.arrived_at
        rows: list[tuple[datetime, str, str, int | None, int | None, bytes]] = [
            (
                arrived_at,
                r.topic[:500].replace("\0", "�"),
                r.reason.replace("\0", "�"),
                None,
                None,
                r.payload[:PAYLOAD_KEPT],
            )
            for r in refused
        ]
        columns = prepared.columns
        bad = np.flatnonzero(columns.spread(fresh) & ~prepared.good)
        for i, place in zip(bad.tolist(), np.searchsorted(columns.starts(), bad, side="right").tolist(), strict=True):
            arrival = prepared.arrivals[place - 1]
            one = f"{columns.at_ms[i]} {columns.metric[i]} {columns.value[i]}"
            reason = why(columns, i, arrival.batch.day, arrived_at)
            outbox = int(prepared.outbox_ids[place - 1])
            rows.append((arrived_at, str(arrival.topic), reason, outbox, int(columns.n[i]), one.encode()))
        if rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(sql("record_rejected"), rows)
        return len(rows)

    def _record_reports(self, reports: Sequence[Report]) -> None:
        for each in sorted(reports, key=lambda r: (str(r.topic), r.report.epoch, r.report.reported_ms)):
            self._connection.execute(
                sql("record_edge_days"),
                {
                    "outbox_id": self._registry.outbox_id(outbox_key(each.topic, each.report.epoch)),
                    "reported_at": _instant(each.report.reported_ms),
                    "days": [d.day for d in each.report.days],
                    "numbered": [d.numbered for d in each.report.days],
                    "in_outbox": [d.in_outbox for d in each.report.days],
                },
            )


_CONFLICT = "the batch's numbers were taken before by a batch with other content"


def _apart(outboxes: Sequence[int], batches: Sequence[Batch]) -> tuple[list[int], list[int]]:
    """The places of batches none of which overlaps another, in order of outbox and number, and the places of the rest.

    Of batches that overlap the one that begins first is taken, and of those the one that came first.
    """
    apart, rest = [], []
    reach = (-1, 0)
    for i in sorted(range(len(batches)), key=lambda i: (outboxes[i], batches[i].first)):
        if (outboxes[i], batches[i].first) > reach:
            reach = (outboxes[i], batches[i].last)
            apart.append(i)
        else:
            rest.append(i)
    return apart, rest


def _bytes_array(strings: Sequence[bytes]) -> str:
    """Byte strings as PostgreSQL writes an array."""
    return "{" + ",".join(f'"\\\\x{each.hex()}"' for each in strings) + "}"


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
