"""The gateway's connection to the network's broker: what it subscribes to there, its status, and what it publishes."""

from collections.abc import Callable

from smartwork.contracts.messages import Status, WireModel
from smartwork.contracts.topics import MessageType, Topic
from smartwork.transport.mqtt import Message, MqttClient

SESSION_S = 7 * 86_400


class NetworkConnection:
    """A client of the network's broker that publishes `online` at each connection and `offline` by its last will."""

    def __init__(self, broker_url: str, centre: str, edge: str, warn: Callable[[str], None]) -> None:
        self._centre = centre
        self._edge = edge
        self.policy_topic = str(Topic(centre, MessageType.POLICY))
        self.client = MqttClient(
            broker_url,
            f"edge-{centre}",
            subscriptions=[
                self.policy_topic,
                str(Topic(centre, MessageType.CONFIRMED, edge)),
                str(Topic(centre, MessageType.COMMAND, "+")),
            ],
            session_s=SESSION_S,
            will=Message(self._topic(MessageType.STATUS), _json(Status(state="offline")), retain=True),
            on_connected=lambda: self.publish(MessageType.STATUS, Status(state="online")),
            report=warn,
        )

    @property
    def connected(self) -> bool:
        """Whether the broker is reached."""
        return self.client.connected

    def publish(self, message_type: MessageType, message: WireModel) -> None:
        """Publish a report of this edge, retained."""
        self.client.publish(self._topic(message_type), _json(message), retain=True)

    def publish_offline(self, timeout_s: float) -> None:
        """Publish that the gateway stops, and wait until the broker has it."""
        offline = _json(Status(state="offline"))
        self.client.publish(self._topic(MessageType.STATUS), offline, retain=True).wait_for_publish(timeout_s)

    def _topic(self, message_type: MessageType) -> str:
        return str(Topic(self._centre, message_type, self._edge))


def _json(message: WireModel) -> bytes:
    return message.model_dump_json().encode()
