"""The gateway's connection to the network's broker: what it subscribes to there, its status, and what it publishes."""

import time
from collections.abc import Callable

from smartwork.contracts.messages import Status, WireModel
from smartwork.contracts.topics import MessageType, Topic
from smartwork.transport.mqtt import Message, MqttClient

SESSION_S = 7 * 86_400
STATUS_EVERY_S = 60.0
"""A server that starts later, or that does not know the centre yet, misses a status that is published once."""


class NetworkConnection:
    """A client of the network's broker that publishes `online` regularly and `offline` by its last will."""

    def __init__(
        self,
        broker_url: str,
        centre: str,
        edge: str,
        warn: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._centre = centre
        self._edge = edge
        self._is_away = False
        self.policy_topic = str(Topic(centre, MessageType.POLICY))
        self.client = MqttClient(
            broker_url,
            f"edge-{centre}",
            subscriptions=[
                self.policy_topic,
                str(Topic(centre, MessageType.CONFIRMED, edge)),
                str(Topic(centre, MessageType.ANSWER, edge)),
                str(Topic(centre, MessageType.COMMAND, "+")),
            ],
            session_s=SESSION_S,
            will=Message(self._topic(MessageType.STATUS), _json(Status(state="offline")), retain=True),
            on_connected=self._publish_online,
            report=warn,
        )
        self._online_published_at = 0.0

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""
        return self.client.connected

    def stay_away(self, away: bool) -> None:
        """Leave the broker without a word about this edge's status, or come back to it."""
        if away and not self._is_away:
            self.client.stop()
        elif self._is_away and not away:
            self.client.start()
        self._is_away = away

    def publish(self, message_type: MessageType, message: WireModel) -> None:
        """Publish a report of this edge, retained."""
        self.client.publish(self._topic(message_type), _json(message), retain=True)

    def repeat_status(self) -> None:
        """Publish `online` again if STATUS_EVERY_S have passed, as a sign of life."""
        if self.connected and self._monotonic() - self._online_published_at >= STATUS_EVERY_S:
            self._publish_online()

    def _publish_online(self) -> None:
        self._online_published_at = self._monotonic()
        self.publish(MessageType.STATUS, Status(state="online"))

    def publish_offline(self, timeout_s: float) -> None:
        """Publish that the gateway stops, and wait until the broker has it."""
        offline = _json(Status(state="offline"))
        self.client.publish(self._topic(MessageType.STATUS), offline, retain=True).wait_for_publish(timeout_s)

    def _topic(self, message_type: MessageType) -> str:
        return str(Topic(self._centre, message_type, self._edge))


def _json(message: WireModel) -> bytes:
    return message.model_dump_json().encode()
