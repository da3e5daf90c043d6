"""A client without a broker: it notes what it is told to say."""

from paho.mqtt.client import MQTTMessageInfo

from smartwork.transport.mqtt import Client


class NotingClient(Client):
    """Connected or not as the test says; `said` holds (topic, payload, retained) in order."""

    def __init__(self) -> None:
        super().__init__("mqtt://nowhere.invalid", "noting")
        self.said: list[tuple[str, bytes, bool]] = []
        self.is_connected = True

    @property
    def connected(self) -> bool:
        """What the test says."""
        return self.is_connected

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> MQTTMessageInfo:
        """Note it."""
        self.said.append((topic, payload, retain))
        return MQTTMessageInfo(qos)
