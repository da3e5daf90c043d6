"""From the outbox to the network: batches go out in order, and again until the server says they are committed."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from edge.outbox import Outbox
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.messages import Confirmation
from smartwork.contracts.topics import MessageType, Topic
from smartwork.transport.mqtt import Client, Delivery

log = logging.getLogger("edge")

WINDOW = 200
"""Batches on the way and not confirmed: bounds what a broker must keep for us."""
RESEND_AFTER_S = 30.0
REPORT_EVERY_S = 30.0
REPORT_PAUSE_S = 1.0


class Forwarder:
    """Sends what waits in one outbox through one client. Not thread-safe: one loop calls it."""

    def __init__(self, client: Client, outbox: Outbox, centre: str, edge: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._outbox = outbox
        self._readings = str(Topic(centre, MessageType.READINGS, edge))
        self._ledger = str(Topic(centre, MessageType.LEDGER, edge))
        self.confirmations = str(Topic(centre, MessageType.CONFIRMED, edge))
        self._clock = clock
        self._sent = 0
        self._on_the_way: dict[int, datetime] = {}
        self._progress_at = self._confirmed_of = clock()
        self._reported_at: datetime | None = None
        self.confirmed_at: datetime | None = None
        """When the network confirmed something for the last time since this process began."""
        self._changed = True

    def handle_confirmations(self, deliveries: Sequence[Delivery]) -> None:
        """Take the server's confirmations among `deliveries` and forget what they name."""
        runs: list[tuple[int, int]] = []
        for delivery in deliveries:
            match decode(delivery.topic, delivery.payload):
                case Decoded(Topic(message_type=MessageType.CONFIRMED), Confirmation(epoch=self._outbox.epoch, runs=more)):
                    runs += more
        if runs:
            self._outbox.confirm(runs)
            for first, _ in runs:
                self._confirmed_of = max(self._confirmed_of, self._on_the_way.pop(first, self._confirmed_of))
            self._progress_at = self.confirmed_at = self._clock()
            self._changed = True

    def publish_batches(self) -> int:
        """Send what may be sent now and report the book when due; returns how many batches are on the way."""
        now = self._clock()
        if not self._client.connected:
            self._start_over()
            return 0
        if self._on_the_way and self._is_stuck(now):
            log.warning("%d batches are not confirmed after %g s; sending them again", len(self._on_the_way), RESEND_AFTER_S)
            self._start_over()
        room = WINDOW - len(self._on_the_way)
        if room > 0:
            self._outbox.seal()
            for sealed in self._outbox.unconfirmed(self._sent, room):
                if not self._on_the_way:
                    self._progress_at = now
                self._client.publish(self._readings, sealed.payload)
                self._on_the_way[sealed.first] = now
                self._sent = sealed.first
                self._changed = True
        self._report(now)
        return len(self._on_the_way)

    def publish_ledger(self) -> None:
        """Say the book as it stands."""
        self._reported_at = self._clock()
        self._changed = False
        report = self._outbox.report(self._reported_at)
        self._client.publish(self._ledger, report.model_dump_json().encode(), retain=True)

    def _report(self, now: datetime) -> None:
        waited = (now - self._reported_at).total_seconds() if self._reported_at else REPORT_EVERY_S
        if waited >= (REPORT_PAUSE_S if self._changed else REPORT_EVERY_S):
            self.publish_ledger()

    def _is_stuck(self, now: datetime) -> bool:
        """Whether nothing was confirmed for long, or a batch was overtaken by one that was sent so much later."""
        oldest = min(self._on_the_way.values())
        return max(now - self._progress_at, self._confirmed_of - oldest).total_seconds() > RESEND_AFTER_S

    def _start_over(self) -> None:
        self._on_the_way.clear()
        self._sent = 0
        self._progress_at = self._clock()
