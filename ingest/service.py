"""The main loop of ingest: receive, decode, commit, and only then confirm and acknowledge."""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np

from ingest.fair_inbox import FairInbox
from ingest.metrics import Metrics
from ingest.portion import DecodedPortion, answer_hellos, commit_portion, decode_portion
from ingest.quota_watch import QuotaLog
from ingest.span_derivation import span_derivation
from ingest.worker_health import WorkerHealth
from smartwork.contracts.messages import Confirmation, WireModel
from smartwork.contracts.topics import MessageType, Topic, all_centres_filter
from smartwork.db.core.connection import Connection, connect_with_retry
from smartwork.db.core.migrations import require_current_schema
from smartwork.db.ingest.columns import reading_columns
from smartwork.db.ingest.messages import CommitResult
from smartwork.db.ingest.registration_quota import RegistrationQuota
from smartwork.db.ingest.store import ACTIVITY_STEP, IngestStore
from smartwork.db.ingest.workers import become_active_worker, take_worker_name
from smartwork.domain.network.quota import Quota
from smartwork.errors import ServiceUnavailable, SettingError
from smartwork.settings import IngestSettings
from smartwork.transport.mqtt import Delivery, MqttClient

log = logging.getLogger("ingest")

CLIENT_ID = "ingest"
"""All workers use one session of the broker, one after the other: it keeps the messages while none of them runs."""
NAME_TIMEOUT_S = 5.0
"""How long a worker waits for its name at the start: a worker that was killed may hold it for a moment."""
STANDBY_PAUSE_S = 0.5
MAX_MESSAGES, MAX_BYTES = 500, 1_000_000
"""Limits of a portion: large enough that a commit costs little per message, small enough to bound memory, which holds at
most two portions and the messages that the broker may deliver unacknowledged."""
BUSY_TIMEOUT_S, IDLE_TIMEOUT_S = 0.02, 0.2
"""How long to wait for a message before all queued spans are derived: short after a portion, longer while idle."""

_BATCHES = (MessageType.READINGS, MessageType.LEDGER)
_REPORTS = (MessageType.ALARMS, MessageType.DISCOVERED_DEVICES, MessageType.NOT_UNDERSTOOD)
_PAUSED_TYPES = {
    Quota.DEVICES: _BATCHES,
    Quota.OUTBOXES: _BATCHES,
    Quota.REJECTED: (*_BATCHES, *_REPORTS),
    Quota.REPORTS: _REPORTS,
}
"""The messages that are left at the edge for a while, undecoded, when a centre is over a quota for rows."""

RECEIVED_TYPES = (
    MessageType.READINGS,
    MessageType.HELLO,
    MessageType.LEDGER,
    MessageType.STATUS,
    MessageType.ALARMS,
    MessageType.DISCOVERED_DEVICES,
    MessageType.NOT_UNDERSTOOD,
)


def subscriptions() -> list[str]:
    """What the active worker subscribes to.

    No shared subscriptions: Mosquitto lets every user join one, and gives each member a share of the messages.
    """
    return [all_centres_filter(message_type) for message_type in RECEIVED_TYPES]


class Ingest:
    """One worker. Of all workers on one database one is active, and the others stand by; an advisory lock decides."""

    def __init__(self, settings: IngestSettings, clock: Callable[[], datetime], should_stop: Callable[[], bool]) -> None:
        self._settings = settings
        self._clock = clock
        self._stop_requested = should_stop
        self.metrics = Metrics()
        self.health = WorkerHealth(clock, settings.worker_failures, self.metrics.registry)
        self.inbox = FairInbox(settings.max_in_flight)
        self.quota_log = QuotaLog()
        self._quota = RegistrationQuota()
        self.client = MqttClient(
            settings.broker_url,
            CLIENT_ID,
            subscriptions=subscriptions(),
            session_s=settings.session_s,
            receive_maximum=settings.max_in_flight,
            inbox=self.inbox,
            on_connected=self._when_subscribed,
            yields_session=self._yield_session,
            report=log.warning,
        )
        self._received = self._finished = 0
        self.metrics.in_flight.set_function(lambda: self.client.queued + self._received - self._finished)
        self.metrics.connected.labels("broker").set_function(lambda: self.client.connected)
        self.metrics.refused.set_function(lambda: self.client.refused)
        self._subscriptions_made = self._connections_made = 0
        self._activity_step = min(ACTIVITY_STEP, timedelta(seconds=settings.gateway_silent_after_s / 4))
        self._is_client_started = False
        self._connection: Connection | None = None
        self._store: IngestStore | None = None

    def run(self) -> None:
        """Work until `should_stop()` is true or a background worker is lost, then finish the portions in memory. Waits for
        broker and database.

        Raises SettingError if another worker of the same name runs.

        One thread commits a portion while this one decodes the next, and no more than one: portions are committed in the
        order in which they arrived. Background workers derive the spans.
        """
        try:
            with (
                span_derivation(self._settings.database_url, self.health) as derive_all,
                ThreadPoolExecutor(1, "ingest.store") as storing,
            ):
                self._loop(storing, derive_all)
        finally:
            self.client.stop()
            if self._connection:
                self._connection.close()

    def _loop(self, storing: Executor, derive_all: Callable[[], None]) -> None:
        commit_or_ping: Future[None] = storing.submit(self._ping)
        idle = True
        while not self._should_stop():
            deliveries = self._receive(IDLE_TIMEOUT_S if idle else BUSY_TIMEOUT_S)
            decoded = self._decode(deliveries)
            commit_or_ping.result()
            idle = not deliveries
            if idle:
                derive_all()
                commit_or_ping = storing.submit(self._ping)
            else:
                commit_or_ping = storing.submit(self._commit, decoded)
        commit_or_ping.result()

    def _receive(self, timeout_s: float) -> list[Delivery]:
        deliveries = self.client.receive(MAX_MESSAGES, timeout_s, MAX_BYTES)
        self._received += len(deliveries)
        return deliveries

    def _decode(self, deliveries: Sequence[Delivery]) -> DecodedPortion:
        """Decode a portion, and prepare its batches if the store knows their ids."""
        arrived_at = self._clock()
        portion = decode_portion(deliveries)
        columns = reading_columns(portion.batches)
        newest_ms = np.maximum.reduceat(columns.at_ms, columns.starts()).tolist() if portion.batches else []
        store = self._store
        prepared = store.prepare(portion.batches, arrived_at, columns) if store else None
        return DecodedPortion(deliveries, portion, arrived_at, newest_ms, prepared)

    def _commit(self, decoded: DecodedPortion) -> None:
        """Commit a portion, retrying until the database accepts it; then confirm its batches and acknowledge it."""
        while (store := self._open_store()) is not None:
            try:
                answers = answer_hellos(store, decoded.portion, decoded.arrived_at)
                with self.metrics.commit.time():
                    results = commit_portion(store, decoded.portion, decoded.arrived_at, decoded.prepared)
            except ServiceUnavailable as error:
                self._database_lost(error)
                continue
            for topic, answer in answers:
                self._publish(MessageType.ANSWER, topic.centre, str(topic.name), answer)
            for result in results:
                self._confirm(result)
            self.client.acknowledge(decoded.deliveries)
            self._pause_greedy_centres()
            self._count(decoded, results)
            break
        self._finished += len(decoded.deliveries)

    def _pause_greedy_centres(self) -> None:
        """Leave the messages of centres that are over a quota for rows at their edges for a while, undecoded."""
        for (centre, quota), amount in self._quota.take_over().items():
            self.quota_log.add(centre, quota, amount)
            self.client.acknowledge(self.inbox.pause(centre, _PAUSED_TYPES[quota]))

    def _confirm(self, result: CommitResult) -> None:
        for (centre, edge, epoch), runs in result.confirmed.items():
            message = Confirmation(epoch=epoch, runs=runs, digests=result.digests.get((centre, edge, epoch)))
            self._publish(MessageType.CONFIRMED, centre, edge, message)
        for (centre, edge, epoch), refused in result.refused.items():
            self._publish(MessageType.CONFIRMED, centre, edge, Confirmation(epoch=epoch, runs=[], refused=refused))

    def _publish(self, message_type: MessageType, centre: str, edge: str, message: WireModel) -> None:
        """Publish to an edge. Fields without a value are left out: an edge of an earlier version refuses them."""
        payload = message.model_dump_json(exclude_none=True).encode()
        self.client.publish(str(Topic(centre, message_type, edge)), payload, qos=1)

    def _count(self, decoded: DecodedPortion, results: Sequence[CommitResult]) -> None:
        committed_ms = self._clock().timestamp() * 1000
        for newest_ms in decoded.newest_ms:
            self.metrics.lag.observe((committed_ms - newest_ms) / 1000)
        self.metrics.readings.inc(sum(result.readings for result in results))
        self.metrics.batches.inc(sum(result.batches for result in results))
        self.metrics.resends.inc(sum(result.resends for result in results))
        if rejected := sum(result.rejected for result in results):
            self.metrics.rejected.inc(rejected)
            log.warning("messages or readings were rejected and are kept as such", extra={"rejected": rejected})

    def _ping(self) -> None:
        """Check the database connection while there is nothing to commit."""
        try:
            if store := self._open_store():
                store.ping()
        except ServiceUnavailable as error:
            self._database_lost(error)

    def _open_store(self) -> IngestStore | None:
        """The store, connected if need be; None if the worker is asked to stop while the database is away.

        Raises SchemaMismatch, which ends the worker, if the database has another schema than this version.
        """
        while self._store is None:
            self._connection = connect_with_retry(self._settings.database_url, log.warning, should_stop=self._should_stop)
            if self._connection is None:
                return None
            try:
                require_current_schema(self._connection)
                if not self._become_active(self._connection):
                    return None
                self._store = IngestStore(self._connection, self._activity_step, self._quota)
            except ServiceUnavailable as error:
                self._database_lost(error)
            else:
                self.metrics.connected.labels("database").set(1)
                self.metrics.reconnects.labels("database").inc(self._connections_made > 0)
                self._connections_made += 1
        return self._store

    def _become_active(self, connection: Connection) -> bool:
        """Wait until this worker is the active one, with the client connected; False where it is asked to stop before.

        The connection to the broker is given up while another worker is active, because both would have the same session.
        """
        self._take_name(connection)
        if not become_active_worker(connection):
            self.metrics.standby = True
            self.client.stop()
            self._is_client_started = False
            log.info("ingest %s stands by: another worker is active", self._settings.worker)
            while not become_active_worker(connection):
                if self._should_stop():
                    return False
                time.sleep(STANDBY_PAUSE_S)
            log.info("ingest %s takes over", self._settings.worker)
        self.metrics.standby = False
        if not self._is_client_started:
            self.client.stop()
            self.client.start()
            self._is_client_started = True
        return True

    def _yield_session(self) -> bool:
        """Whether a client that takes over the session is the new active worker: then this one has lost the lock."""
        if self._store is not None:
            return False
        self._is_client_started = False
        return True

    def _take_name(self, connection: Connection) -> None:
        """Claim the worker's name. After a lost connection it waits: the server may not have noticed the loss yet."""
        deadline = time.monotonic() + NAME_TIMEOUT_S
        while not take_worker_name(connection, self._settings.worker):
            if self._should_stop():
                return
            if not self._connections_made and time.monotonic() > deadline:
                raise SettingError(
                    f"SMARTWORK_WORKER is {self._settings.worker!r}, and an ingest worker of that name runs already on this "
                    "database. Stop it, or choose another name: then this worker stands by."
                )
            time.sleep(STANDBY_PAUSE_S)

    def _database_lost(self, error: ServiceUnavailable) -> None:
        log.warning("%s. Nothing is acknowledged until it is back.", error)
        self.metrics.connected.labels("database").set(0)
        if self._connection:
            self._connection.close()
        self._connection = self._store = None

    def _when_subscribed(self) -> None:
        self.metrics.reconnects.labels("broker").inc(self._subscriptions_made > 0)
        self._subscriptions_made += 1
        log.info("ingest %s is subscribed", self._settings.worker)

    def _should_stop(self) -> bool:
        """Whether to stop: it was asked for, or a background worker is lost.

        Every loop calls this in each round, so it also records the heartbeat.
        """
        self.metrics.heartbeat()
        return self._stop_requested() or bool(self.health.fault)
