"""An MQTT client without a broker, which records what is published."""

from paho.mqtt.client import MQTTMessageInfo

from smartwork.transport.mqtt import MqttClient


class RecordingClient(MqttClient):
    """Connected or not as the test sets it; `published` holds (topic, payload, retained) in order."""

    def __init__(self) -> None:
        super().__init__("mqtt://nowhere.invalid", "recording")
        self.published: list[tuple[str, bytes, bool]] = []
        self.is_connected = True

    @property
    def connected(self) -> bool:
        """What the test has set."""
        return self.is_connected

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> MQTTMessageInfo:
        """Record it."""
        self.published.append((topic, payload, retain))
        return MQTTMessageInfo(qos)
