"""From the outbox to the network: publishes batches in order, and again until the server confirms that it stored them."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from edge.handshake import WINDOW, Handshake
from edge.outbox import Outbox
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.messages import Confirmation, RefusedRun
from smartwork.contracts.topics import MessageType, Topic
from smartwork.transport.mqtt import Delivery, MqttClient

log = logging.getLogger("edge")

RESEND_AFTER_S = 30.0
REPORT_EVERY_S = 30.0
REPORT_PAUSE_S = 1.0
"""The ledger is published this long after a change at the earliest, and every REPORT_EVERY_S without one."""


class Forwarder:
    """Publishes the batches of one outbox through one client. Not thread-safe: call it from one loop."""

    def __init__(
        self,
        client: MqttClient,
        outbox: Outbox,
        topic: tuple[str, str],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        handshake: Handshake | None = None,
    ) -> None:
        """`topic` has the centre and the edge's name. Waits are measured with `monotonic`: `clock` may be set.

        Without `handshake`, batches are published without asking the server first.
        """
        centre, edge = topic
        self._client = client
        self._outbox = outbox
        self._handshake = handshake
        self._monotonic = monotonic
        self._readings_topic = str(Topic(centre, MessageType.READINGS, edge))
        self._ledger_topic = str(Topic(centre, MessageType.LEDGER, edge))
        self._clock = clock
        self._epoch = outbox.epoch
        self._last_published = 0
        self._in_flight: dict[tuple[str, int], float] = {}
        self._progress_at = self._newest_confirmed = monotonic()
        self._reported_at: float | None = None
        self.confirmed_at: datetime | None = None
        """When the server last confirmed a batch, None if not since this process started."""
        self._changed = True

    def use(self, outbox: Outbox) -> None:
        """Publish the batches of this outbox from now on, because it has replaced the former one."""
        self._outbox = outbox
        self._in_flight.clear()
        self._check_epoch()

    @property
    def is_open(self) -> bool:
        """Whether new batches may be published at once."""
        return self._window() == WINDOW

    def handle_confirmations(self, deliveries: Sequence[Delivery]) -> None:
        """Delete the batches that are confirmed, and number the readings of refused ones again.

        Messages that are no confirmations are ignored.
        """
        for delivery in deliveries:
            match decode(delivery.topic, delivery.payload):
                case Decoded(Topic(message_type=MessageType.CONFIRMED), Confirmation() as confirmation):
                    self._handle_runs(confirmation)
                    for refused in confirmation.refused or ():
                        self._handle_refused(confirmation.epoch, refused)

    def publish_batches(self) -> int:
        """Publish the batches that the window allows, and the ledger if it is due; returns how many are in flight."""
        if self._handshake:
            self._handshake.tick()
        self._check_epoch()
        now = self._monotonic()
        if not self._client.connected:
            self._start_over()
            return 0
        if self._in_flight and self._is_stalled(now):
            log.warning(
                "%d batches were not confirmed within %g s; publishing them again", len(self._in_flight), RESEND_AFTER_S
            )
            self._start_over()
        window = self._window()
        free = window - len(self._in_flight)
        if free > 0:
            free -= self._publish_former(free, now)
        if free > 0:
            self.publish_current(free, now)
        if window == WINDOW:
            waited_s = now - self._reported_at if self._reported_at is not None else REPORT_EVERY_S
            if waited_s >= (REPORT_PAUSE_S if self._changed else REPORT_EVERY_S):
                self.publish_ledger()
        return len(self._in_flight)

    def publish_ledger(self) -> None:
        """Publish the outbox's ledger, retained. A gateway that the server has not accepted publishes none."""
        if self._window() < WINDOW:
            return
        self._reported_at = self._monotonic()
        self._changed = False
        report = self._outbox.report(self._clock())
        self._client.publish(self._ledger_topic, report.model_dump_json().encode(), retain=True)

    def _window(self) -> int:
        return self._handshake.window() if self._handshake else WINDOW

    def _handle_runs(self, confirmation: Confirmation) -> None:
        epoch = confirmation.epoch
        if not confirmation.runs or epoch not in (self._outbox.epoch, *self._outbox.former.names()):
            return
        if confirmation.digests is None and self._handshake:
            if self._handshake.is_answered:
                return  # it may be about the batch of another gateway with the same number
            self._handshake.confirmed_by_old_server()
        self._outbox.confirm(confirmation.runs, epoch, confirmation.digests)
        for first, _ in confirmation.runs:
            published_at = self._in_flight.pop((epoch, first), self._newest_confirmed)
            self._newest_confirmed = max(self._newest_confirmed, published_at)
        self._progress_at = self._monotonic()
        self.confirmed_at = self._clock()
        self._changed = True
        self._report_former(epoch)

    def _handle_refused(self, epoch: str, refused: RefusedRun) -> None:
        is_current = epoch == self._outbox.epoch
        count = self._outbox.renumber(epoch, (refused.first, refused.last), refused.digest, refused.stored)
        if count:
            log.warning(
                "the server has other readings under %d to %d; %d are numbered again", refused.first, refused.last, count
            )
        self._in_flight.pop((epoch, refused.first), None)
        self._progress_at = self._monotonic()
        self._changed = True
        if self._handshake and is_current and self._outbox.epoch != epoch:
            self._handshake.was_refused()
        self._check_epoch()
        self._report_former(epoch)

    def _report_former(self, epoch: str) -> None:
        """Say that no batch of a former epoch is left: a gateway that stops now would say no other hello."""
        if self._handshake and epoch != self._outbox.epoch and not self._outbox.former.counts()[0]:
            self._handshake.say_hello()

    def _check_epoch(self) -> None:
        """Start with the first number of an epoch that was opened since the last call."""
        if self._epoch != self._outbox.epoch:
            log.warning("the outbox has opened epoch %s", self._outbox.epoch)
            self._epoch = self._outbox.epoch
            self._last_published = 0
            self._changed = True
            if self._handshake:
                self._handshake.epoch_changed()

    def _publish_former(self, limit: int, now: float) -> int:
        """Publish batches of former epochs that are not in flight; returns how many."""
        batches = self._outbox.former.oldest(WINDOW, self._in_flight.keys())[:limit]
        for batch in batches:
            self._publish(batch.epoch, batch.first, batch.payload, now)
        return len(batches)

    def publish_current(self, limit: int, now: float) -> None:
        """Publish up to `limit` batches of the current epoch that were not published yet."""
        self._outbox.seal()
        for batch in self._outbox.unconfirmed(self._last_published, limit):
            self._publish(self._epoch, batch.first, batch.payload, now)
            self._last_published = batch.first
            if self._handshake:
                self._handshake.published_to = max(self._handshake.published_to, batch.last)

    def _publish(self, epoch: str, first: int, payload: bytes, now: float) -> None:
        if not self._in_flight:
            self._progress_at = now
        self._client.publish(self._readings_topic, payload)
        self._in_flight[epoch, first] = now
        self._changed = True

    def _is_stalled(self, now: float) -> bool:
        """Whether nothing was confirmed for RESEND_AFTER_S, or a batch published so much later was confirmed first."""
        oldest = min(self._in_flight.values())
        return max(now - self._progress_at, self._newest_confirmed - oldest) > RESEND_AFTER_S

    def _start_over(self) -> None:
        self._in_flight.clear()
        self._last_published = 0
        self._progress_at = self._monotonic()
