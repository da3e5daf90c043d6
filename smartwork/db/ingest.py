"""What ingest writes: batches with their readings, once, in one transaction with the ledger."""

import hashlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import psycopg

from smartwork.contracts.messages import Batch, LedgerReport
from smartwork.contracts.metrics import RANGES, Metric
from smartwork.contracts.topics import Topic
from smartwork.db.connection import Connection, explained
from smartwork.db.rows import HEADER, TRAILER, binary_rows
from smartwork.db.sql import sql
from smartwork.domain.network import local_day
from smartwork.errors import SmartworkError

OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
"""No sensor network of ours is older: an earlier event time is a clock that was never set."""
CLOCK_TOLERANCE = timedelta(minutes=10)
PAYLOAD_KEPT = 2_000
"""Bytes of a rejected message that are stored."""

_LOW = np.full(max(Metric) + 1, np.inf)
_HIGH = np.full(max(Metric) + 1, -np.inf)
for _metric, _range in RANGES.items():
    _LOW[_metric], _HIGH[_metric] = _range.low, _range.high


class Unstorable(SmartworkError):  # noqa: N818 - it is the content that cannot be stored
    """The database refuses a content that passed the checks; the message is the database's reason."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch as it came: its topic (centre and edge), the decoded model and the bytes it was decoded from."""

    topic: Topic
    batch: Batch
    payload: bytes


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


@dataclass(slots=True)
class _Checked:
    """A batch with its columns as arrays, and which of its readings are good."""

    arrival: Arrival
    outbox_id: int
    digest: bytes
    at_ms: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    device_id: "np.ndarray[tuple[int], np.dtype[np.int32]]"
    metric: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    value: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    n: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    good: "np.ndarray[tuple[int], np.dtype[np.bool_]]"


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
    ) -> Outcome:
        """Store everything in one transaction and return what happened; on return it is durable.

        Raises ServiceAway where the database is lost, Unstorable where it refuses the content: nothing is stored
        then, and the same call may be made again.
        """
        try:
            with explained():
                return self._commit(arrivals, refusals, reports, statuses, arrived_at)
        except psycopg.Error as error:
            self._outboxes.clear()
            self._devices.clear()
            raise Unstorable(str(error.diag.message_primary or error).splitlines()[0]) from error

    def _commit(
        self,
        arrivals: Sequence[Arrival],
        refusals: Sequence[Refusal],
        reports: Sequence[Report],
        statuses: Sequence[StatusChange],
        arrived_at: datetime,
    ) -> Outcome:
        refused = list(refusals)
        arrivals = [a for a in arrivals if self._known_centre(a.topic, a.payload, refused)]
        reports = [r for r in reports if self._known_centre(r.topic, b"", refused)]
        statuses = [s for s in statuses if self._known_centre(s.topic, b"", refused)]
        self._register(arrivals, reports)
        checked = [self._check(arrival, arrived_at) for arrival in arrivals]
        with self._connection.transaction():
            fresh, resends, conflicts = self._record_batches(checked, arrived_at)
            refused += [Refusal(str(c.arrival.topic), _CONFLICT, c.arrival.payload) for c in conflicts]
            readings = self._store_readings(fresh)
            rejected = self._record_rejected(refused, fresh, arrived_at)
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
        for c in checked:
            key = (c.arrival.topic.centre, str(c.arrival.topic.name), c.arrival.batch.epoch)
            settled.setdefault(key, []).append((c.arrival.batch.first, c.arrival.batch.last))
        return Outcome(readings, len(fresh), resends, rejected, settled)

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

    def _check(self, arrival: Arrival, arrived_at: datetime) -> _Checked:
        batch = arrival.batch
        at_ms = np.array(batch.at_ms, dtype=np.int64)
        value = np.array(batch.value, dtype=np.float64)
        code = np.array(batch.metric, dtype=np.int64)
        metric = np.where((code >= 0) & (code < len(_LOW)), code, 0)
        ids = self._devices[arrival.topic.centre]
        device_id = np.array([ids[d] for d in batch.devices], dtype=np.int32)[np.array(batch.device, dtype=np.int64)]
        day = local_day(date.fromisoformat(batch.day), self._centres[arrival.topic.centre][1])
        oldest = max(_ms(day.start), _ms(OLDEST))
        newest = min(_ms(day.end) - 1, _ms(arrived_at + CLOCK_TOLERANCE))
        good = (at_ms >= oldest) & (at_ms <= newest) & (value >= _LOW[metric]) & (value <= _HIGH[metric])
        return _Checked(
            arrival,
            self._outboxes[arrival.topic.centre, str(arrival.topic.name), batch.epoch],
            hashlib.sha256(arrival.payload).digest(),
            at_ms,
            device_id,
            metric,
            value,
            np.arange(batch.first, batch.last + 1, dtype=np.int64),
            good,
        )

    def _record_batches(self, checked: list[_Checked], arrived_at: datetime) -> tuple[list[_Checked], int, list[_Checked]]:
        """New batches, how many were resends, and those whose numbers another batch has taken."""
        checked = sorted(checked, key=lambda c: (c.outbox_id, c.arrival.batch.first))
        first_seen: list[_Checked] = []
        again: list[_Checked] = []
        for _, same in groupby(checked, key=lambda c: (c.outbox_id, c.arrival.batch.first)):
            head, *rest = same
            first_seen.append(head)
            again += rest
        if not first_seen:
            return [], 0, []
        rows = self._connection.execute(
            sql("record_batches"),
            {
                "outbox_ids": [c.outbox_id for c in first_seen],
                "firsts": [c.arrival.batch.first for c in first_seen],
                "lasts": [c.arrival.batch.last for c in first_seen],
                "days": [c.arrival.batch.day for c in first_seen],
                "stored": [int(c.good.sum()) for c in first_seen],
                "rejected": [int((~c.good).sum()) for c in first_seen],
                "digests": [c.digest for c in first_seen],
                "arrived_at": arrived_at,
            },
        ).fetchall()
        new = {(outbox, first) for outbox, first in rows}
        fresh = [c for c in first_seen if (c.outbox_id, c.arrival.batch.first) in new]
        again += [c for c in first_seen if (c.outbox_id, c.arrival.batch.first) not in new]
        if not again:
            return fresh, 0, []
        same_rows = self._connection.execute(
            sql("count_resends"),
            {
                "outbox_ids": [c.outbox_id for c in again],
                "firsts": [c.arrival.batch.first for c in again],
                "digests": [c.digest for c in again],
            },
        ).fetchall()
        seen = {(outbox, first, bytes(digest)) for outbox, first, digest in same_rows}
        conflicts = [c for c in again if (c.outbox_id, c.arrival.batch.first, c.digest) not in seen]
        return fresh, len(again) - len(conflicts), conflicts

    def _store_readings(self, fresh: list[_Checked]) -> int:
        if not fresh:
            return 0
        good = np.concatenate([c.good for c in fresh])
        at_ms = np.concatenate([c.at_ms for c in fresh])[good]
        device_id = np.concatenate([c.device_id for c in fresh])[good]
        metric = np.concatenate([c.metric for c in fresh])[good]
        value = np.concatenate([c.value for c in fresh])[good]
        outbox_id = np.repeat([c.outbox_id for c in fresh], [len(c.n) for c in fresh])[good]
        n = np.concatenate([c.n for c in fresh])[good]
        if not len(n):
            return 0
        with self._connection.cursor() as cursor, cursor.copy(sql("copy_readings")) as copy:
            copy.write(HEADER)
            copy.write(binary_rows(at_ms, device_id, metric, value, outbox_id, n))
            copy.write(TRAILER)
        order = np.lexsort((at_ms, metric, device_id))
        at_ms, device_id, metric, value = at_ms[order], device_id[order], metric[order], value[order]
        self._keep_latest(at_ms, device_id, metric, value)
        return len(n)

    def _keep_latest(
        self,
        at_ms: "np.ndarray[tuple[int], np.dtype[np.int64]]",
        device_id: "np.ndarray[tuple[int], np.dtype[np.int32]]",
        metric: "np.ndarray[tuple[int], np.dtype[np.int64]]",
        value: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    ) -> None:
        """Update the newest values and mark spans to derive again; the columns are in order of device, metric, time."""
        turns = np.flatnonzero((np.diff(device_id) != 0) | (np.diff(metric) != 0))
        firsts, lasts = np.append(0, turns + 1), np.append(turns, len(at_ms) - 1)
        self._connection.execute(
            sql("keep_latest"),
            {
                "device_ids": _array(device_id[lasts]),
                "metrics": _array(metric[lasts]),
                "ats_ms": _array(at_ms[lasts]),
                "values": _array(value[lasts]),
            },
        )
        presence = firsts[metric[firsts] == Metric.PRESENCE]
        self._connection.execute(
            sql("mark_stale"),
            {
                "device_ids": _array(device_id[presence]),
                "since_ms": _array(at_ms[presence]),
            },
        )

    def _record_rejected(self, refused: list[Refusal], fresh: list[_Checked], arrived_at: datetime) -> int:
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
        for c in fresh:
            for i in np.flatnonzero(~c.good).tolist():
                one = f"{c.arrival.batch.at_ms[i]} {c.arrival.batch.metric[i]} {c.arrival.batch.value[i]}"
                reason = _why(c, i, arrived_at)
                rows.append((arrived_at, str(c.arrival.topic), reason, c.outbox_id, int(c.n[i]), one.encode()))
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


def _why(checked: _Checked, i: int, arrived_at: datetime) -> str:
    """The reason why reading `i` of a batch is refused."""
    at_ms, code = int(checked.at_ms[i]), checked.arrival.batch.metric[i]
    if at_ms < _ms(OLDEST):
        return f"the device's clock is far in the past (before {OLDEST.date()})"
    if at_ms > _ms(arrived_at + CLOCK_TOLERANCE):
        return "the device's clock is ahead of time"
    if code not in RANGES:
        return f"unknown metric {code}"
    limits = RANGES[Metric(code)]
    if not limits.low <= checked.arrival.batch.value[i] <= limits.high:
        return f"{Metric(code).label} outside {limits.low:g} to {limits.high:g}"
    return f"the event lies outside the batch's day {checked.arrival.batch.day}"


def _array(numbers: "np.ndarray[tuple[int], np.dtype[Any]]") -> str:
    """Numbers as PostgreSQL writes an array: the driver would look into each for quotes, which takes ten times as long."""
    return "{" + ",".join(map(repr, numbers.tolist())) + "}"


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
