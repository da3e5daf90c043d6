"""A portion of messages: decoded by type, and committed, one message at a time where the database refuses one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smartwork.contracts.decode import Decoded, Rejected, decode
from smartwork.contracts.edge_reports import Alarms, DiscoveredDevices, FieldsNotUnderstood
from smartwork.contracts.handshake import Answer, Hello
from smartwork.contracts.messages import Batch, LedgerReport, Status
from smartwork.contracts.topics import EDGE_PUBLISHED_TYPES, Topic
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
from smartwork.db.ingest.prepared_batches import PreparedBatches
from smartwork.db.ingest.store import ContentRefused, IngestStore
from smartwork.db.network.edge_reports import EdgeReport
from smartwork.transport.mqtt import Delivery


def decode_portion(deliveries: Sequence[Delivery]) -> Portion:
    """Decode messages. One that cannot be decoded, or that is not for a server, becomes a rejected message."""
    batches: list[ReceivedBatch] = []
    ledger_reports: list[ReceivedLedgerReport] = []
    statuses: list[ReceivedStatus] = []
    edge_reports: list[EdgeReport] = []
    rejected: list[RejectedMessage] = []
    active_edges: set[EdgeKey] = set()
    hellos: list[ReceivedHello] = []
    for delivery in deliveries:
        decoded = decode(delivery.topic, delivery.payload)
        if not delivery.retained and (edge := _sender(decoded)) is not None:
            active_edges.add(edge)
        match decoded:
            case Rejected(topic, reason):
                rejected.append(RejectedMessage(topic, reason, delivery.payload))
            case Decoded(topic, Batch() as batch):
                batches.append(ReceivedBatch(topic, batch, delivery.payload))
            case Decoded(topic, LedgerReport() as report):
                ledger_reports.append(ReceivedLedgerReport(topic, report))
            case Decoded(topic, Status(state=state)):
                statuses.append(ReceivedStatus(topic, state))
            case Decoded(topic, (Alarms() | DiscoveredDevices() | FieldsNotUnderstood()) as edge_report):
                edge_reports.append((topic, edge_report))
            case Decoded(topic, Hello() as hello):
                hellos.append(ReceivedHello(topic, hello))
            case Decoded(topic, _):
                rejected.append(RejectedMessage(str(topic), "not a message for a server", delivery.payload))
    return Portion(batches, ledger_reports, statuses, active_edges, edge_reports, rejected, hellos)


def _sender(decoded: Decoded | Rejected) -> EdgeKey | None:
    """The edge that published a message, None if it is not an edge's. A will is the broker's, not the edge's."""
    topic = decoded.topic if isinstance(decoded, Decoded) else Topic.parse(decoded.topic)
    if topic is None or topic.name is None or topic.message_type not in EDGE_PUBLISHED_TYPES:
        return None
    if isinstance(decoded, Decoded) and isinstance(decoded.message, Status) and decoded.message.state == "offline":
        return None
    return topic.centre, topic.name


@dataclass(frozen=True, slots=True)
class DecodedPortion:
    """A portion with its deliveries and, if its ids were cached when it was decoded, its batches ready for COPY."""

    deliveries: Sequence[Delivery]
    portion: Portion
    arrived_at: datetime
    newest_ms: list[int]
    """The newest event time of each batch, in ms since 1970 UTC."""
    prepared: PreparedBatches | None


def commit_portion(
    store: IngestStore, portion: Portion, arrived_at: datetime, prepared: PreparedBatches | None = None
) -> list[CommitResult]:
    """Commit a portion in one transaction. If the database refuses a message, commit one by one.

    A message that is refused by itself is kept in `rejected`. Raises ServiceUnavailable where the database is lost.
    """
    _commit_edge_reports(store, portion.edge_reports, arrived_at)
    try:
        return [store.commit(portion, arrived_at, prepared)]
    except ContentRefused:
        return _commit_one_by_one(store, portion, arrived_at)


def answer_hellos(store: IngestStore, portion: Portion, arrived_at: datetime) -> list[tuple[Topic, Answer]]:
    """Store the hellos of a portion, before its batches. If the database refuses one, the others are stored one by one."""
    try:
        return store.answer_hellos(portion.hellos, arrived_at)
    except ContentRefused:
        answers: list[tuple[Topic, Answer]] = []
        for hello in portion.hellos:
            try:
                answers += store.answer_hellos([hello], arrived_at)
            except ContentRefused as error:
                _reject(store, str(hello.topic), error, hello.hello.model_dump_json().encode(), arrived_at)
        return answers


def _commit_one_by_one(store: IngestStore, portion: Portion, arrived_at: datetime) -> list[CommitResult]:
    results = [
        store.commit(
            Portion(statuses=portion.statuses, active_edges=portion.active_edges, rejected=portion.rejected), arrived_at
        )
    ]
    for batch in portion.batches:
        try:
            results.append(store.commit(Portion(batches=[batch]), arrived_at))
        except ContentRefused as error:
            results.append(_reject(store, str(batch.topic), error, batch.payload, arrived_at))
    for report in portion.ledger_reports:
        try:
            results.append(store.commit(Portion(ledger_reports=[report]), arrived_at))
        except ContentRefused as error:
            results.append(_reject(store, str(report.topic), error, b"", arrived_at))
    return results


def _commit_edge_reports(store: IngestStore, edge_reports: Sequence[EdgeReport], arrived_at: datetime) -> None:
    """Store edge reports together. If the database refuses one, store one by one; a refused one is kept in `rejected`."""
    try:
        store.store_edge_reports(edge_reports, arrived_at)
    except ContentRefused:
        for topic, message in edge_reports:
            try:
                store.store_edge_reports([(topic, message)], arrived_at)
            except ContentRefused as error:
                _reject(store, str(topic), error, message.model_dump_json().encode(), arrived_at)


def _reject(store: IngestStore, topic: str, error: ContentRefused, payload: bytes, arrived_at: datetime) -> CommitResult:
    rejected = RejectedMessage(topic, f"the database refuses it: {error}", payload)
    return store.commit(Portion(rejected=[rejected]), arrived_at)
