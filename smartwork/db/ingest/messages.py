"""The messages that ingest stores together, and the result of storing them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from smartwork.contracts.handshake import Hello
from smartwork.contracts.messages import Batch, LedgerReport, RefusedRun
from smartwork.contracts.topics import Topic
from smartwork.db.network.edge_reports import EdgeReport

EdgeKey = tuple[str, str]
"""Centre and edge."""
OutboxKey = tuple[str, str, str]
"""Centre, edge and epoch."""


def outbox_key(topic: Topic, epoch: str) -> OutboxKey:
    """The outbox whose edge publishes on `topic` in this epoch."""
    return topic.centre, str(topic.name), epoch


@dataclass(frozen=True, slots=True)
class ReceivedBatch:
    """A batch of readings: its topic (centre and edge), the decoded message and the payload."""

    topic: Topic
    batch: Batch
    payload: bytes

    @property
    def outbox(self) -> OutboxKey:
        """The outbox that numbered the readings."""
        return outbox_key(self.topic, self.batch.epoch)


@dataclass(frozen=True, slots=True)
class ReceivedLedgerReport:
    """An edge's ledger report and its topic."""

    topic: Topic
    report: LedgerReport

    @property
    def outbox(self) -> OutboxKey:
        """The outbox that the report is about."""
        return outbox_key(self.topic, self.report.epoch)


@dataclass(frozen=True, slots=True)
class ReceivedStatus:
    """The status of an edge, `online` or `offline`, and its topic."""

    topic: Topic
    state: str


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """A message that cannot be stored as such; it is kept in `rejected` with the reason."""

    topic: str
    reason: str
    payload: bytes
    refused_by: int | None = None
    """The id of the outbox whose batch was refused: the same batch is kept once, however often it is sent."""


@dataclass(frozen=True, slots=True)
class ReceivedHello:
    """An edge's hello and its topic."""

    topic: Topic
    hello: Hello

    @property
    def outboxes(self) -> list[OutboxKey]:
        """The outbox of the current epoch, then those of former epochs."""
        epochs = [self.hello.epoch, *(left.epoch for left in self.hello.former)]
        return [outbox_key(self.topic, epoch) for epoch in epochs]


@dataclass(frozen=True, slots=True)
class Portion:
    """The messages of one transaction, by type. Edge reports and hellos are stored in transactions before it."""

    batches: Sequence[ReceivedBatch] = ()
    ledger_reports: Sequence[ReceivedLedgerReport] = ()
    statuses: Sequence[ReceivedStatus] = ()
    active_edges: Collection[EdgeKey] = ()
    """The edges from which a message arrived, of any type, rejected ones included."""
    edge_reports: Sequence[EdgeReport] = ()
    rejected: Sequence[RejectedMessage] = ()
    hellos: Sequence[ReceivedHello] = ()


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What one transaction stored: new readings and batches, resent batches, and messages and readings kept as rejected."""

    readings: int
    batches: int
    resends: int
    rejected: int
    confirmed: dict[OutboxKey, list[tuple[int, int]]]
    """By outbox the closed runs of numbers that are now in the database, those of resent batches included."""
    digests: dict[OutboxKey, list[str]] = field(default_factory=dict)
    """For outboxes that said hello: for each confirmed run the digest of its batch."""
    refused: dict[OutboxKey, list[RefusedRun]] = field(default_factory=dict)
    """For outboxes that said hello: the batches that are not stored and never will be."""
