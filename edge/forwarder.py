"""From the outbox to the network: publishes batches in order, and again until the server confirms that it stored them."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from edge.outbox import Outbox
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.messages import Confirmation
from smartwork.contracts.topics import MessageType, Topic
from smartwork.transport.mqtt import Delivery, MqttClient

log = logging.getLogger("edge")

WINDOW = 200
"""Most batches that are published and not confirmed. It limits what the broker must keep for this gateway."""
RESEND_AFTER_S = 30.0
REPORT_EVERY_S = 30.0
REPORT_PAUSE_S = 1.0
"""The ledger is published this long after a change at the earliest, and every REPORT_EVERY_S without one."""


class Forwarder:
    """Publishes the batches of one outbox through one client. Not thread-safe: call it from one loop."""

    def __init__(self, client: MqttClient, outbox: Outbox, centre: str, edge: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._outbox = outbox
        self._readings_topic = str(Topic(centre, MessageType.READINGS, edge))
        self._ledger_topic = str(Topic(centre, MessageType.LEDGER, edge))
        self._clock = clock
        self._last_published = 0
        self._in_flight: dict[int, datetime] = {}
        self._progress_at = self._newest_confirmed = clock()
        self._reported_at: datetime | None = None
        self.confirmed_at: datetime | None = None
        """When the server last confirmed a batch, None if not since this process started."""
        self._changed = True

    def handle_confirmations(self, deliveries: Sequence[Delivery]) -> None:
        """Delete the batches that the confirmations among `deliveries` name; other messages are ignored."""
        runs: list[tuple[int, int]] = []
        for delivery in deliveries:
            match decode(delivery.topic, delivery.payload):
                case Decoded(Topic(message_type=MessageType.CONFIRMED), Confirmation(epoch=self._outbox.epoch, runs=more)):
                    runs += more
        if runs:
            self._outbox.confirm(runs)
            for first, _ in runs:
                published_at = self._in_flight.pop(first, self._newest_confirmed)
                self._newest_confirmed = max(self._newest_confirmed, published_at)
            self._progress_at = self.confirmed_at = self._clock()
            self._changed = True

    def publish_batches(self) -> int:
        """Publish the batches that the window allows, and the ledger if it is due; returns how many are in flight."""
        now = self._clock()
        if not self._client.connected:
            self._start_over()
            return 0
        if self._in_flight and self._is_stalled(now):
            log.warning(
                "%d batches were not confirmed within %g s; publishing them again", len(self._in_flight), RESEND_AFTER_S
            )
            self._start_over()
        free = WINDOW - len(self._in_flight)
        if free > 0:
            self._outbox.seal()
            for batch in self._outbox.unconfirmed(self._last_published, free):
                if not self._in_flight:
                    self._progress_at = now
                self._client.publish(self._readings_topic, batch.payload)
                self._in_flight[batch.first] = now
                self._last_published = batch.first
                self._changed = True
        waited = (now - self._reported_at).total_seconds() if self._reported_at else REPORT_EVERY_S
        if waited >= (REPORT_PAUSE_S if self._changed else REPORT_EVERY_S):
            self.publish_ledger()
        return len(self._in_flight)

    def publish_ledger(self) -> None:
        """Publish the outbox's ledger, retained."""
        self._reported_at = self._clock()
        self._changed = False
        report = self._outbox.report(self._reported_at)
        self._client.publish(self._ledger_topic, report.model_dump_json().encode(), retain=True)

    def _is_stalled(self, now: datetime) -> bool:
        """Whether nothing was confirmed for RESEND_AFTER_S, or a batch published so much later was confirmed first."""
        oldest = min(self._in_flight.values())
        return max(now - self._progress_at, self._newest_confirmed - oldest).total_seconds() > RESEND_AFTER_S

    def _start_over(self) -> None:
        self._in_flight.clear()
        self._last_published = 0
        self._progress_at = self._clock()
