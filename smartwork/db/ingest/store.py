"""What ingest writes: batches with their readings, stored once, in one transaction with the ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from smartwork.contracts.handshake import Answer
from smartwork.contracts.messages import DIGEST_LENGTH, RefusedRun
from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.core.queries import sql
from smartwork.db.ingest.batches import RecordedBatches, record_batches
from smartwork.db.ingest.columns import BatchColumns
from smartwork.db.ingest.edge_state import store_edge_states, store_ledger_reports
from smartwork.db.ingest.hellos import answer_hellos
from smartwork.db.ingest.id_cache import IdCache
from smartwork.db.ingest.messages import (
    CommitResult,
    EdgeKey,
    Portion,
    ReceivedBatch,
    ReceivedHello,
    ReceivedLedgerReport,
    ReceivedStatus,
    RejectedMessage,
)
from smartwork.db.ingest.outboxes import LockedOutbox, lock_outboxes
from smartwork.db.ingest.prepared_batches import PreparedBatches, prepare
from smartwork.db.ingest.readings import store_readings
from smartwork.db.ingest.registration_quota import RegistrationQuota
from smartwork.db.ingest.rejected import store_rejected
from smartwork.db.network.edge_reports import EdgeReport, store_edge_reports
from smartwork.db.network.server_alarms import begin_server_alarm
from smartwork.errors import SmartworkError

ACTIVITY_STEP = timedelta(seconds=10)
_REMEMBERED_EDGES = 20_000
_REFUSED = (
    "Batches of this gateway are refused, because other readings have their numbers: its outbox is an old copy, or two "
    "gateways have the same one. Its version cannot number them again. It keeps them: update it."
)


class ContentRefused(SmartworkError):  # noqa: N818 - the message is at fault, not the program
    """The database refuses a message that passed all checks; the text is the database's reason."""


@dataclass(frozen=True, slots=True)
class _KnownMessages:
    """The messages of a portion whose centre exists, and all that are rejected so far."""

    ledger_reports: list[ReceivedLedgerReport]
    statuses: list[ReceivedStatus]
    active_edges: set[EdgeKey]
    rejected: list[RejectedMessage]


class IngestStore:
    """Writes portions of messages through one connection."""

    def __init__(
        self,
        connection: Connection,
        activity_step: timedelta = ACTIVITY_STEP,
        quota: RegistrationQuota | None = None,
    ) -> None:
        """`activity_step`: how often at most the arrival of an edge's messages is stored. No `quota`: none is applied."""
        self._connection = connection
        self._activity_step = activity_step
        self._quota = quota
        self._active_at: dict[EdgeKey, datetime] = {}
        with wrap_database_errors():
            self._ids = IdCache(connection)

    def ping(self) -> None:
        """Return where the database answers. Raises ServiceUnavailable where it is lost."""
        with wrap_database_errors():
            self._connection.execute(sql("ping"))

    def prepare(
        self, batches: Sequence[ReceivedBatch], arrived_at: datetime, columns: BatchColumns
    ) -> PreparedBatches | None:
        """The batches ready for `commit`, or None if an id is not cached yet.

        Does not use the connection: another thread may call it during a commit.
        """
        return prepare(self._ids, batches, columns, arrived_at) if self._ids.has_all(batches) else None

    def commit(self, portion: Portion, arrived_at: datetime, prepared: PreparedBatches | None = None) -> CommitResult:
        """Store a portion, without its edge reports, in one transaction. It is durable when this returns.

        `prepared` is the result of `prepare` for the portion's batches, by this store or by one whose connection was
        lost. Raises ServiceUnavailable where the database is lost, and ContentRefused where it refuses a message: nothing is
        stored then, and the call may be repeated.
        """
        try:
            with wrap_database_errors():
                return self._commit(portion, arrived_at, prepared)
        except psycopg.Error as error:
            with wrap_database_errors():
                self._ids = IdCache(self._connection)
            raise _content_refused(error) from error

    def store_edge_reports(self, reports: Sequence[EdgeReport], arrived_at: datetime) -> None:
        """Store edge reports in a transaction of their own; one of an unknown centre is kept as rejected.

        Raises ServiceUnavailable where the database is lost, and ContentRefused where it refuses a report.
        """
        if not reports:
            return
        rejected: list[RejectedMessage] = []
        try:
            with wrap_database_errors():
                known = [report for report in reports if self._has_centre(report[0], b"", rejected)]
            store_edge_reports(self._connection, self._quota.admitted_edge_reports(known) if self._quota else known)
            if rejected:
                self.commit(Portion(rejected=rejected), arrived_at)
        except psycopg.Error as error:
            raise _content_refused(error) from error

    def answer_hellos(self, hellos: Sequence[ReceivedHello], arrived_at: datetime) -> list[tuple[Topic, Answer]]:
        """Store hellos in a transaction of their own; returns the answers with the topics of the hellos.

        Hellos of unknown centres are kept as rejected. Raises ServiceUnavailable where the database is lost, and
        ContentRefused where it refuses a hello.
        """
        if not hellos:
            return []
        rejected: list[RejectedMessage] = []
        try:
            with wrap_database_errors():
                known = [received for received in hellos if self._has_centre(received.topic, b"", rejected)]
                if self._quota:
                    known = self._quota.admitted_hellos(known, self._ids)
                self._ids.register([], [outbox for received in known for outbox in received.outboxes])
                answers = answer_hellos(self._connection, self._ids, known, arrived_at)
            if rejected:
                self.commit(Portion(rejected=rejected), arrived_at)
        except psycopg.Error as error:
            raise _content_refused(error) from error
        return answers

    def _commit(self, portion: Portion, arrived_at: datetime, prepared: PreparedBatches | None) -> CommitResult:
        known = self._known_messages(portion, arrived_at)
        batches: Sequence[ReceivedBatch] = []
        if not (prepared and prepared.ids is self._ids):
            prepared = None
            batches = [
                received for received in portion.batches if self._has_centre(received.topic, received.payload, known.rejected)
            ]
        ledger_reports: Sequence[ReceivedLedgerReport] = known.ledger_reports
        if self._quota:
            batches, ledger_reports = self._quota.admitted(batches, ledger_reports, self._ids)
        outboxes = [received.outbox for received in ledger_reports]
        self._ids.register(batches, outboxes)
        prepared = prepared or prepare(self._ids, batches, None, arrived_at)
        with self._connection.transaction():
            locked = lock_outboxes(
                self._connection, [*prepared.outbox_ids.tolist(), *(self._ids.outbox_id(outbox) for outbox in outboxes)]
            )
            recorded = record_batches(self._connection, prepared, locked)
            readings = store_readings(self._connection, prepared, recorded.is_new)
            reports = store_ledger_reports(self._connection, self._ids, ledger_reports, locked, arrived_at)
            messages = [*known.rejected, *recorded.rejected, *reports]
            keeps = self._quota.keeps_rejected if self._quota else None
            rejected = store_rejected(self._connection, messages, prepared, recorded.is_new, keeps)
            store_edge_states(self._connection, self._ids, known.statuses, known.active_edges, arrived_at)
            self._report_refused(prepared, locked, recorded)
        self._record_activity(known.active_edges, arrived_at)
        return _result(prepared, locked, recorded, readings, rejected)

    def _report_refused(
        self, prepared: PreparedBatches, outboxes: Mapping[int, LockedOutbox], recorded: RecordedBatches
    ) -> None:
        """Begin an alarm about each gateway whose batches are refused and that cannot be told, for want of a hello."""
        for i in recorded.refused:
            if not outboxes[int(prepared.outbox_ids[i])].said_hello:
                topic = prepared.batches[i].topic
                centre_id = self._ids.centre_id(topic.centre)
                begin_server_alarm(
                    self._connection, centre_id, str(topic.name), "batches_refused", _REFUSED, prepared.arrived_at
                )

    def _known_messages(self, portion: Portion, arrived_at: datetime) -> _KnownMessages:
        rejected = list(portion.rejected)
        return _KnownMessages(
            [received for received in portion.ledger_reports if self._has_centre(received.topic, b"", rejected)],
            [received for received in portion.statuses if self._has_centre(received.topic, b"", rejected)],
            self._due_activity(portion.active_edges, arrived_at),
            rejected,
        )

    def _due_activity(self, active_edges: Collection[EdgeKey], arrived_at: datetime) -> set[EdgeKey]:
        """Those of the edges, of existing centres, whose activity was not stored recently."""
        due = {
            edge
            for edge in active_edges
            if edge not in self._active_at or abs(arrived_at - self._active_at[edge]) >= self._activity_step
        }
        centres = {centre for centre, _ in due if self._ids.has_centre(centre)}
        return {(centre, edge) for centre, edge in due if centre in centres}

    def _record_activity(self, edges: Collection[EdgeKey], arrived_at: datetime) -> None:
        if len(self._active_at) > _REMEMBERED_EDGES:
            self._active_at.clear()
        self._active_at.update(dict.fromkeys(edges, arrived_at))

    def _has_centre(self, topic: Topic, payload: bytes, rejected: list[RejectedMessage]) -> bool:
        """Whether the topic's centre exists; if not, the message is added to `rejected`."""
        if self._ids.has_centre(topic.centre):
            return True
        rejected.append(RejectedMessage(str(topic), f"unknown centre {topic.centre}", payload))
        return False


def _result(
    prepared: PreparedBatches,
    outboxes: Mapping[int, LockedOutbox],
    recorded: RecordedBatches,
    readings: int,
    rejected: int,
) -> CommitResult:
    """What to answer: stored batches are confirmed, and refused ones never; both with digests if the edge said hello."""
    result = CommitResult(readings, int(recorded.is_new.sum()), recorded.resends, rejected, {})
    digests, outbox_ids = prepared.columns.digests, prepared.outbox_ids.tolist()
    for i, received in enumerate(prepared.batches):
        batch, key = received.batch, received.outbox
        said_hello = outboxes[outbox_ids[i]].said_hello
        if i not in recorded.refused:
            result.confirmed.setdefault(key, []).append((batch.first, batch.last))
            if said_hello:
                result.digests.setdefault(key, []).append(_short(digests[i]))
        elif said_hello:
            run = RefusedRun(first=batch.first, last=batch.last, digest=_short(digests[i]), stored=recorded.refused[i])
            result.refused.setdefault(key, []).append(run)
    return result


def _short(digest: bytes) -> str:
    return digest.hex()[:DIGEST_LENGTH]


def _content_refused(error: psycopg.Error) -> ContentRefused:
    return ContentRefused(str(error.diag.message_primary or error).splitlines()[0])
