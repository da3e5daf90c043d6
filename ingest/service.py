"""The loop of ingest: receive, check, commit, and only then acknowledge and confirm."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from ingest.observe import Metrics
from ingest.span_derivation import deriving
from smartwork.contracts.decode import Decoded, Rejected, decode
from smartwork.contracts.edge_reports import Alarms, DiscoveredDevices
from smartwork.contracts.messages import Batch, Confirmation, LedgerReport, Status
from smartwork.contracts.topics import MessageType, Topic, all_centres_filter, shared_filter
from smartwork.db.core.connection import Connection, connect_with_retry
from smartwork.db.ingest.columns import Arrival, Columns, gather
from smartwork.db.ingest.prepared_batches import Prepared
from smartwork.db.ingest.store import IngestStore, Outcome, Refusal, Report, StatusChange, Unstorable
from smartwork.db.network.edge_reports import EdgeReport
from smartwork.errors import ServiceAway
from smartwork.settings import IngestSettings
from smartwork.transport.mqtt import Client, Delivery

log = logging.getLogger("ingest")

GROUP = "ingest"
AT_ONCE, BYTES_AT_ONCE = 500, 1_000_000
"""Messages and bytes that a transaction takes at the most: enough that a commit costs little, few enough that memory stays
small. Two such portions are in hand at once, and beside them what the broker may deliver unacknowledged waits."""
PATIENCE_S, LONG_PATIENCE_S = 0.02, 0.2
"""With nothing to receive for so long, spans are derived: soon where readings came since, to see what others left if not."""

AWAY = "%s. Nothing is acknowledged until it is back."


@dataclass(slots=True)
class Sorted:
    """One portion of messages by what has to be done with them."""

    arrived_at: datetime
    arrivals: list[Arrival] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    statuses: list[StatusChange] = field(default_factory=list)
    notes: list[EdgeReport] = field(default_factory=list)
    columns: Columns | None = None
    """Those of `arrivals`."""
    prepared: Prepared | None = None
    """The `arrivals`, where they could be prepared before they were stored."""


def sort(deliveries: Sequence[Delivery], arrived_at: datetime) -> Sorted:
    """Decode a portion; what is not of the contract, or not for a server, becomes a refusal."""
    found = Sorted(arrived_at)
    for delivery in deliveries:
        decoded = decode(delivery.topic, delivery.payload)
        match decoded:
            case Rejected(topic, reason):
                found.refusals.append(Refusal(topic, reason, delivery.payload))
            case Decoded(topic, Batch() as batch):
                found.arrivals.append(Arrival(topic, batch, delivery.payload))
            case Decoded(topic, LedgerReport() as report):
                found.reports.append(Report(topic, report))
            case Decoded(topic, Status(state=state)):
                found.statuses.append(StatusChange(topic, state))
            case Decoded(topic, (Alarms() | DiscoveredDevices()) as said):
                found.notes.append((topic, said))
            case Decoded(topic, _):
                found.refusals.append(Refusal(str(topic), "not a message for a server", delivery.payload))
    found.columns = gather(found.arrivals)
    return found


HEARD = (MessageType.READINGS, MessageType.LEDGER, MessageType.STATUS, MessageType.ALARMS, MessageType.DISCOVERED_DEVICES)


def subscriptions() -> list[str]:
    """What every ingest worker listens to; the broker gives each message to one of them."""
    return [shared_filter(GROUP, all_centres_filter(message_type)) for message_type in HEARD]


class Ingest:
    """One worker. Workers are equal: any number may run side by side on one database."""

    def __init__(self, settings: IngestSettings, clock: Callable[[], datetime], should_stop: Callable[[], bool]) -> None:
        self._settings = settings
        self._clock = clock
        self._asked_to_stop = should_stop
        self.metrics = Metrics()
        self._client = Client(
            settings.broker_url,
            f"ingest-{settings.worker}",
            subscriptions=subscriptions(),
            session_s=settings.session_s,
            receive_maximum=settings.max_in_flight,
            on_connected=self._when_subscribed,
            report=log.warning,
        )
        self._received = self._finished = 0
        self.metrics.in_flight.set_function(lambda: self._client.queued + self._received - self._finished)
        self.metrics.connected.labels("broker").set_function(lambda: self._client.connected)
        self._subscriptions_made = self._connections_made = 0
        self._connection: Connection | None = None
        self._store: IngestStore | None = None

    def run(self) -> None:
        """Work until `should_stop`; the portions in hand are finished first. Waits for broker and database alike.

        While one portion is committed in a thread of its own the next is decoded, and never more than one: portions are
        committed in the order in which they came. Spans are derived in a third thread.
        """
        self._client.start()
        try:
            with deriving(self._settings.database_url) as derive, ThreadPoolExecutor(1, "ingest.store") as storing:
                self._work(storing, derive)
        finally:
            self._client.stop()
            if self._connection:
                self._connection.close()

    def _work(self, storing: Executor, derive: Callable[[], None]) -> None:
        under_way: Future[None] = storing.submit(self._look)
        derived = True
        while not self._should_stop():
            deliveries = self._client.receive(AT_ONCE, LONG_PATIENCE_S if derived else PATIENCE_S, BYTES_AT_ONCE)
            self._received += len(deliveries)
            found = sort(deliveries, self._clock())
            if found.columns and (store := self._store):
                found.prepared = store.prepare(found.arrivals, found.arrived_at, found.columns)
            under_way.result()
            derived = not deliveries
            if deliveries:
                under_way = storing.submit(self._finish, deliveries, found)
            else:
                derive()
                under_way = storing.submit(self._look)
        under_way.result()

    def _finish(self, deliveries: list[Delivery], found: Sorted) -> None:
        """Commit a portion, trying until the database takes it, then acknowledge it and tell the edges."""
        while (store := self._opened()) is not None:
            try:
                with self.metrics.commit.time():
                    outcomes = commit(store, found)
            except ServiceAway as away:
                log.warning(AWAY, away)
                self._forget_connection()
                continue
            for outcome in outcomes:
                self._confirm(outcome)
            self._client.acknowledge(deliveries)
            self._count(found, outcomes)
            break
        self._finished += len(deliveries)

    def _count(self, found: Sorted, outcomes: Sequence[Outcome]) -> None:
        committed_ms = self._clock().timestamp() * 1000
        if found.columns and found.arrivals:
            newest = np.maximum.reduceat(found.columns.at_ms, found.columns.starts())
            for lag_s in ((committed_ms - newest) / 1000).tolist():
                self.metrics.lag.observe(lag_s)
        self.metrics.readings.inc(sum(o.readings for o in outcomes))
        self.metrics.batches.inc(sum(o.batches for o in outcomes))
        self.metrics.resends.inc(sum(o.resends for o in outcomes))
        if rejected := sum(o.rejected for o in outcomes):
            self.metrics.rejected.inc(rejected)
            log.warning("messages or readings were rejected and are kept as such", extra={"facts": {"rejected": rejected}})

    def _confirm(self, outcome: Outcome) -> None:
        for (centre, edge, epoch), runs in outcome.settled.items():
            message = Confirmation(epoch=epoch, runs=runs)
            topic = Topic(centre, MessageType.CONFIRMED, edge)
            self._client.publish(str(topic), message.model_dump_json().encode(), qos=1)

    def _look(self) -> None:
        """See whether the database is still there, where there is nothing to store."""
        try:
            if store := self._opened():
                store.look()
        except ServiceAway as away:
            log.warning(AWAY, away)
            self._forget_connection()

    def _opened(self) -> IngestStore | None:
        while self._store is None:
            self._connection = connect_with_retry(self._settings.database_url, log.warning, should_stop=self._should_stop)
            if self._connection is None:
                return None
            try:
                self._store = IngestStore(self._connection)
            except ServiceAway as away:
                log.warning(AWAY, away)
                self._forget_connection()
            else:
                self.metrics.connected.labels("database").set(1)
                self.metrics.reconnects.labels("database").inc(self._connections_made > 0)
                self._connections_made += 1
        return self._store

    def _when_subscribed(self) -> None:
        self.metrics.reconnects.labels("broker").inc(self._subscriptions_made > 0)
        self._subscriptions_made += 1
        log.info("ingest %s is subscribed", self._settings.worker)

    def _should_stop(self) -> bool:
        """Asked on every turn of every loop, those that wait for the database included."""
        self.metrics.turned()
        return self._asked_to_stop()

    def _forget_connection(self) -> None:
        self.metrics.connected.labels("database").set(0)
        if self._connection:
            self._connection.close()
        self._connection = self._store = None


def commit(store: IngestStore, found: Sorted) -> list[Outcome]:
    """Commit a portion at once; where the database refuses the content, each message alone, the culprit as rejected."""
    now = found.arrived_at
    _keep(store, found.notes, now)
    try:
        return [store.commit(found.arrivals, found.refusals, found.reports, found.statuses, now, found.prepared)]
    except Unstorable:
        outcomes = [store.commit([], found.refusals, [], found.statuses, now)]
        for arrival in found.arrivals:
            try:
                outcomes.append(store.commit([arrival], [], [], [], now))
            except Unstorable as why:
                culprit = Refusal(str(arrival.topic), f"the database refuses it: {why}", arrival.payload)
                outcomes.append(store.commit([], [culprit], [], [], now))
        for report in found.reports:
            try:
                outcomes.append(store.commit([], [], [report], [], now))
            except Unstorable as why:
                culprit = Refusal(str(report.topic), f"the database refuses it: {why}", b"")
                outcomes.append(store.commit([], [culprit], [], [], now))
        return outcomes


def _keep(store: IngestStore, notes: Sequence[EdgeReport], now: datetime) -> None:
    """What edges say of their houses, each alone where together they are refused, the culprit as rejected."""
    try:
        store.store_edge_reports(notes, now)
    except Unstorable:
        for topic, said in notes:
            try:
                store.store_edge_reports([(topic, said)], now)
            except Unstorable as why:
                refusal = Refusal(str(topic), f"the database refuses it: {why}", said.model_dump_json().encode())
                store.commit([], [refusal], [], [], now)
