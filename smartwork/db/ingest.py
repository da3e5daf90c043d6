"""What ingest writes: batches with their readings, once, in one transaction with the ledger."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg

from smartwork.contracts.messages import LedgerReport
from smartwork.contracts.metrics import Metric
from smartwork.contracts.topics import Topic
from smartwork.db.columns import Arrival, Columns, Flags, Floats, Integers, gather, judge, why
from smartwork.db.connection import Connection, explained
from smartwork.db.house import Note, keep_notes
from smartwork.db.rows import HEADER, TRAILER, array_text, binary_rows
from smartwork.db.sql import sql
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
    settled: dict[tuple[str, str, str], list[tuple[int, int]]]
    """(centre, edge, epoch) to closed runs of numbers that are in the database now, or were before."""


@dataclass(frozen=True, slots=True)
class _Portion:
    """The batches of known centres with their columns, what the registry calls them, and which readings are good."""

    arrivals: Sequence[Arrival]
    columns: Columns
    outbox_ids: Integers
    device_id: Integers
    good: Flags
    stored: Integers
    """By batch, how many readings are good."""


class IngestStore:
    """Writes through one connection; remembers ids of centres, outboxes and devices, which never change."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._centres: dict[str, tuple[int, str]] = {}
        self._outboxes: dict[tuple[str, str, str], int] = {}
        self._devices: dict[str, dict[str, int]] = {}
        with explained():
            self._read_registry()

    def commit(
        self,
        arrivals: Sequence[Arrival],
        refusals: Sequence[Refusal],
        reports: Sequence[Report],
        statuses: Sequence[StatusChange],
        arrived_at: datetime,
        columns: Columns | None = None,
    ) -> Outcome:
        """Store everything in one transaction and return what happened; on return it is durable.

        `columns` is `gather(arrivals)`, where the caller had time for it before. Raises ServiceAway where the database is
        lost, Unstorable where it refuses the content: nothing is stored then, and the same call may be made again.
        """
        try:
            with explained():
                return self._commit(arrivals, refusals, reports, statuses, arrived_at, columns)
        except psycopg.Error as error:
            self._outboxes.clear()
            self._devices.clear()
            raise Unstorable(str(error.diag.message_primary or error).splitlines()[0]) from error

    def keep_notes(self, notes: Sequence[Note], arrived_at: datetime) -> None:
        """Store what edges said of their houses in one transaction; a note of an unknown centre is kept as rejected.

        Raises ServiceAway, or Unstorable where the database refuses the content.
        """
        if not notes:
            return
        try:
            refused: list[Refusal] = []
            known = [note for note in notes if self._known_centre(note[0], b"", refused)]
            keep_notes(self._connection, known)
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
        columns: Columns | None,
    ) -> Outcome:
        refused = list(refusals)
        known = [a for a in arrivals if self._known_centre(a.topic, a.payload, refused)]
        reports = [r for r in reports if self._known_centre(r.topic, b"", refused)]
        statuses = [s for s in statuses if self._known_centre(s.topic, b"", refused)]
        self._register(known, reports)
        portion = self._identify(known, columns if columns and len(known) == len(arrivals) else gather(known), arrived_at)
        with self._connection.transaction():
            fresh, resends, conflicts = self._record_batches(portion, arrived_at)
            refused += [Refusal(str(known[i].topic), _CONFLICT, known[i].payload) for i in conflicts]
            readings = self._store_readings(portion, fresh)
            rejected = self._record_rejected(refused, portion, fresh, arrived_at)
            self._record_reports(reports)
            for status in statuses:
                self._connection.execute(
                    sql("record_status"),
                    {
                        "centre_id": self._centres[status.topic.centre][0],
                        "edge": status.topic.name,
                        "state": status.state,
                        "at": arrived_at,
                    },
                )
        settled: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        for arrival in known:
            key = (arrival.topic.centre, str(arrival.topic.name), arrival.batch.epoch)
            settled.setdefault(key, []).append((arrival.batch.first, arrival.batch.last))
        return Outcome(readings, int(fresh.sum()), resends, rejected, settled)

    def _read_registry(self) -> None:
        self._centres = {
            str(slug): (number, str(zone)) for slug, number, zone in self._connection.execute(sql("centre_zones"))
        }
        self._outboxes = {
            (str(centre), str(edge), str(epoch)): number
            for centre, edge, epoch, number in self._connection.execute(sql("known_outboxes"))
        }

    def _known_centre(self, topic: Topic, payload: bytes, refused: list[Refusal]) -> bool:
        if topic.centre not in self._centres:
            self._read_registry()
        if topic.centre in self._centres:
            return True
        refused.append(Refusal(str(topic), f"unknown centre {topic.centre}", payload))
        return False

    def _register(self, arrivals: Sequence[Arrival], reports: Sequence[Report]) -> None:
        """Make sure that all outboxes and devices have a row, in transactions of their own."""
        spoken = {(a.topic.centre, str(a.topic.name), a.batch.epoch) for a in arrivals}
        spoken |= {(r.topic.centre, str(r.topic.name), r.report.epoch) for r in reports}
        if strange := sorted(spoken - self._outboxes.keys()):
            arguments = {
                "centre_ids": [self._centres[centre][0] for centre, _, _ in strange],
                "edges": [edge for _, edge, _ in strange],
                "epochs": [epoch for _, _, epoch in strange],
            }
            self._connection.execute(sql("ensure_outboxes"), arguments)
            numbers = self._connection.execute(sql("outboxes"), arguments).fetchall()
            self._outboxes |= {key: number for key, (number,) in zip(strange, numbers, strict=True)}
        named: dict[str, set[str]] = {}
        for arrival in arrivals:
            named.setdefault(arrival.topic.centre, set()).update(arrival.batch.devices)
        if unread := named.keys() - self._devices.keys():
            self._read_devices(unread)
        strangers = sorted((c, slug) for c, slugs in named.items() for slug in slugs - self._devices[c].keys())
        if strangers:
            centre_ids = [self._centres[centre][0] for centre, _ in strangers]
            slugs = [slug for _, slug in strangers]
            self._connection.execute(sql("ensure_devices"), {"centre_ids": centre_ids, "slugs": slugs})
            self._read_devices({centre for centre, _ in strangers})

    def _read_devices(self, centres: AbstractSet[str]) -> None:
        for centre in centres:
            self._devices[centre] = {}
        ids = [self._centres[centre][0] for centre in centres]
        for centre, slug, number in self._connection.execute(sql("known_devices"), (ids,)):
            self._devices[str(centre)][str(slug)] = number

    def _identify(self, arrivals: Sequence[Arrival], columns: Columns, arrived_at: datetime) -> _Portion:
        ids: list[int] = []
        outboxes, days = [], []
        for arrival in arrivals:
            topic, batch = arrival.topic, arrival.batch
            outboxes.append(self._outboxes[topic.centre, str(topic.name), batch.epoch])
            ids += map(self._devices[topic.centre].__getitem__, batch.devices)
            days.append((batch.day, self._centres[topic.centre][1]))
        good = judge(columns, days, arrived_at)
        stored = np.add.reduceat(good, columns.starts(), dtype=np.int64) if arrivals else columns.lengths
        device_id = np.array(ids, dtype=np.int64)[columns.device]
        return _Portion(arrivals, columns, np.array(outboxes, dtype=np.int64), device_id, good, stored)

    def _record_batches(self, portion: _Portion, arrived_at: datetime) -> tuple[Flags, int, list[int]]:
        """Which batches are new, how many were resends, and the places of those whose numbers another batch has taken."""
        arrivals, digests, outboxes = portion.arrivals, portion.columns.digests, portion.outbox_ids.tolist()
        fresh: Flags = np.zeros(len(arrivals), dtype=np.bool_)
        first_seen: dict[tuple[int, int], int] = {}
        again: list[int] = []
        for i, arrival in enumerate(arrivals):
            if first_seen.setdefault((outboxes[i], arrival.batch.first), i) != i:
                again.append(i)
        if not first_seen:
            return fresh, 0, []
        keys = sorted(first_seen)
        some = [first_seen[key] for key in keys]
        rows = self._connection.execute(
            sql("record_batches"),
            {
                "outbox_ids": array_text([outbox for outbox, _ in keys]),
                "firsts": array_text([first for _, first in keys]),
                "lasts": array_text([arrivals[i].batch.last for i in some]),
                "days": "{" + ",".join(arrivals[i].batch.day for i in some) + "}",
                "stored": array_text(portion.stored[some].tolist()),
                "rejected": array_text((portion.columns.lengths - portion.stored)[some].tolist()),
                "digests": _bytes_array([digests[i] for i in some]),
                "arrived_at": arrived_at,
            },
        ).fetchall()
        fresh[[first_seen[outbox, first] for outbox, first in rows]] = True
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

    def _store_readings(self, portion: _Portion, fresh: Flags) -> int:
        columns = portion.columns
        taken = columns.spread(fresh) & portion.good
        at_ms, device_id = columns.at_ms[taken], portion.device_id[taken]
        metric, value = columns.metric[taken], columns.value[taken]
        if not len(at_ms):
            return 0
        outbox_id = columns.spread(portion.outbox_ids)[taken]
        with self._connection.cursor() as cursor, cursor.copy(sql("copy_readings")) as copy:
            copy.write(HEADER + binary_rows(at_ms, device_id, metric, value, outbox_id, columns.n[taken]) + TRAILER)
        order = np.lexsort((at_ms, metric, device_id))
        self._keep_latest(at_ms[order], device_id[order], metric[order], value[order])
        return len(at_ms)

    def _keep_latest(self, at_ms: Integers, device_id: Integers, metric: Integers, value: Floats) -> None:
        """Update the newest values and mark spans to derive again; the columns are in order of device, metric, time."""
        turns = np.flatnonzero((np.diff(device_id) != 0) | (np.diff(metric) != 0))
        firsts, lasts = np.append(0, turns + 1), np.append(turns, len(at_ms) - 1)
        self._connection.execute(
            sql("keep_latest"),
            {
                "device_ids": array_text(device_id[lasts].tolist()),
                "metrics": array_text(metric[lasts].tolist()),
                "ats_ms": array_text(at_ms[lasts].tolist()),
                "values": array_text(value[lasts].tolist()),
            },
        )
        presence = firsts[metric[firsts] == Metric.PRESENCE]
        self._connection.execute(
            sql("mark_stale"),
            {
                "device_ids": array_text(device_id[presence].tolist()),
                "since_ms": array_text(at_ms[presence].tolist()),
            },
        )

    def _record_rejected(self, refused: list[Refusal], portion: _Portion, fresh: Flags, arrived_at: datetime) -> int:
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
        columns = portion.columns
        bad = np.flatnonzero(columns.spread(fresh) & ~portion.good)
        for i, place in zip(bad.tolist(), np.searchsorted(columns.starts(), bad, side="right").tolist(), strict=True):
            arrival = portion.arrivals[place - 1]
            one = f"{columns.at_ms[i]} {columns.metric[i]} {columns.value[i]}"
            reason = why(columns, i, arrival.batch.day, arrived_at)
            outbox = int(portion.outbox_ids[place - 1])
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
                    "outbox_id": self._outboxes[each.topic.centre, str(each.topic.name), each.report.epoch],
                    "reported_at": _instant(each.report.reported_ms),
                    "days": [d.day for d in each.report.days],
                    "numbered": [d.numbered for d in each.report.days],
                    "in_outbox": [d.in_outbox for d in each.report.days],
                },
            )


_CONFLICT = "the batch's numbers were taken before by a batch with other content"


def _bytes_array(strings: Sequence[bytes]) -> str:
    """Byte strings as PostgreSQL writes an array."""
    return "{" + ",".join(f'"\\\\x{each.hex()}"' for each in strings) + "}"


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
