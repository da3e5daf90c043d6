"""The gateway's handshake with the server: may it forward, and is its outbox the newest copy?"""

import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random

from edge.outbox import Outbox
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.handshake import Answer, HeldDay, Hello, LeftEpoch
from smartwork.contracts.topics import MessageType, Topic
from smartwork.transport.mqtt import Delivery, MqttClient

log = logging.getLogger("edge")

WINDOW = 200
"""Most batches that are published and not confirmed. It limits what the broker must keep for this gateway."""
PROBE = 1
"""The same while nobody has answered: a server of an earlier version does not, and its confirmation shows that it is one."""
HELLO_EVERY_S = 10.0
HELLO_RETRY_S = 2.0
UNANSWERED_S = 5.0
"""A server of an earlier version is assumed after so long without an answer."""
LOST_S = 60.0
"""An accepted gateway that gets no answers for so long asks as if it had just connected."""
REFUSED_S = 60.0
"""A refused gateway leaves the broker for about so long: each connection of its would end the other gateway's."""
ROUND_TRIP_S = 10.0
"""An answer that took longer does not tell the time well enough."""


class Handshake:
    """Says hello when connected and at intervals, and keeps what the server answered. Not thread-safe."""

    def __init__(
        self,
        client: MqttClient,
        outbox: Outbox,
        topic: tuple[str, str],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        is_salvaging: Callable[[], bool] = lambda: False,
    ) -> None:
        """`topic` has the centre and the edge's name; `clock` is the real time, which the server compares with its own.

        While `is_salvaging`, nothing is said of former epochs: what is not read yet would be shown as missing.
        """
        self._client = client
        self._outbox = outbox
        self._topic = str(Topic(topic[0], MessageType.HELLO, topic[1]))
        self._clock = clock
        self._monotonic = monotonic
        self._is_salvaging = is_salvaging
        self._random = Random()  # noqa: S311 - spreads retries
        self._instance = secrets.token_hex(6)
        self._connected_at: float | None = None
        self._said_at = self._answered_at = 0.0
        self._sent_ms = 0
        self._ahead_ms: int | None = None
        self._accepted = self._is_answered = self._is_old_server = False
        self._absent_until: float | None = None
        self.published_to = 0
        """The highest number of the current epoch that this process has published."""

    @property
    def is_answered(self) -> bool:
        """Whether the server answers hellos: its confirmations then name digests, and others are not for this gateway."""
        return self._is_answered

    @property
    def should_be_absent(self) -> bool:
        """Whether the gateway must leave the network's broker for now, because another one has its name."""
        return self._absent_until is not None and self._monotonic() < self._absent_until

    def window(self) -> int:
        """How many batches may be published and not confirmed: 0 until the server has accepted this gateway."""
        if self._connected_at is None:
            return 0
        if self._accepted or self._is_old_server:
            return WINDOW
        waited_s = self._monotonic() - self._connected_at
        return PROBE if not self._is_answered and waited_s >= UNANSWERED_S else 0

    def tick(self) -> None:
        """Say hello if it is time to."""
        if not self._client.connected:
            self._connected_at = None
            self._accepted = self._is_answered = False
            return
        now = self._monotonic()
        if self._connected_at is None or (self._accepted and now - self._answered_at > LOST_S):
            self._connected_at = now
            self._accepted = self._is_answered = False
            self.say_hello()
        elif now - self._said_at >= (HELLO_EVERY_S if self._accepted else HELLO_RETRY_S):
            self.say_hello()

    def use(self, outbox: Outbox) -> None:
        """Introduce this outbox from now on; the forwarder notices its epoch."""
        self._outbox = outbox

    def say_hello(self) -> None:
        """Publish a hello."""
        self._said_at = self._monotonic()
        self._sent_ms = round(self._clock().timestamp() * 1000)
        former = [
            LeftEpoch(
                epoch=left.epoch,
                last=left.last,
                known=left.known,
                held=[HeldDay(day=day, in_outbox=count) for day, count in left.held.items()],
            )
            for left in (() if self._is_salvaging() else self._outbox.former.epochs())
        ]
        hello = Hello(
            instance=self._instance,
            epoch=self._outbox.epoch,
            last=self._outbox.last_number(),
            opened=self._outbox.opened,
            sent_ms=self._sent_ms,
            ahead_ms=self._ahead_ms,
            former=former,
        )
        self._client.publish(self._topic, hello.model_dump_json(exclude_none=True).encode())

    def was_refused(self) -> None:
        """Take another name: a copy of this process, with the same name, may have given the numbers that were refused."""
        self._instance = secrets.token_hex(6)
        self._accepted = False

    def epoch_changed(self) -> None:
        """Introduce the outbox's new epoch."""
        self.published_to = 0
        self._accepted = False
        if self._client.connected:
            self.say_hello()

    def confirmed_by_old_server(self) -> None:
        """A confirmation without digests came and no answer: the server is of an earlier version."""
        if not self._is_answered and not self._is_old_server:
            log.info("the server does not answer hellos: it is of an earlier version")
            self._is_old_server = True
            self._outbox.accept()

    def handle_answers(self, deliveries: Sequence[Delivery]) -> None:
        """Act on the answers among `deliveries` that are for this process."""
        for delivery in deliveries:
            match decode(delivery.topic, delivery.payload):
                case Decoded(Topic(message_type=MessageType.ANSWER), Answer(instance=self._instance) as answer):
                    self._handle(answer)

    def _handle(self, answer: Answer) -> None:
        now = self._monotonic()
        self._answered_at, self._is_answered, self._is_old_server = now, True, False
        if answer.sent_ms == self._sent_ms and now - self._said_at < ROUND_TRIP_S:
            middle_ms = (answer.sent_ms + round(self._clock().timestamp() * 1000)) // 2
            self._ahead_ms = middle_ms - answer.server_ms
        if answer.gateway == "refused":
            log.error(
                "another gateway of this name is running: this one keeps its readings and sends nothing. Stop one of them."
            )
            self._absent_until = now + REFUSED_S * self._random.uniform(1, 1.5)
            self._accepted = False
        elif answer.gateway == "wait":
            self._accepted = False
        elif answer.epoch == self._outbox.epoch:
            self._compare(answer.known)

    def _compare(self, known: int) -> None:
        """Accept the server's acceptance, or open a new epoch if the server knows numbers that this outbox did not give."""
        opened, last = self._outbox.opened, self._outbox.last_number()
        never_published_after = None if opened is None else max(opened, self.published_to)
        if known > (last if opened is None else opened):
            log.warning("the server knows number %d of epoch %s, which this copy has not given", known, self._outbox.epoch)
            self._outbox.open_new_epoch(never_published_after, known)
        else:
            self._outbox.accept()
            self._accepted = True
