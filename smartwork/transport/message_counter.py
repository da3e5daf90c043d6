"""A bare subscriber that counts messages: what ingest is compared with when each message has one reading."""

import threading
import time

from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from smartwork.errors import ServiceUnavailable
from smartwork.transport.mqtt import BrokerAddress

_TIMEOUT_S = 60.0


class MessageCounter:
    """A subscriber as the client library's documentation shows it. It counts messages and does nothing else."""

    def __init__(self, broker_url: str, topic_filter: str, expected: int) -> None:
        self._address = BrokerAddress.parse(broker_url)
        self._filter = topic_filter
        self._expected = expected
        self._received = 0
        self._subscribed, self._complete = threading.Event(), threading.Event()
        self._ended = 0.0
        self._paho = PahoClient(CallbackAPIVersion.VERSION2, client_id="counter", protocol=MQTTv5)
        self._paho.on_connect = self._when_connected
        self._paho.on_subscribe = lambda *_: self._subscribed.set()
        self._paho.on_message = self._count

    def _when_connected(self, *_: object) -> None:
        self._paho.subscribe(self._filter, 1)

    def _count(self, _client: PahoClient, _data: object, _message: MQTTMessage) -> None:
        self._received += 1
        if self._received == self._expected:
            self._ended = time.monotonic()
            self._complete.set()

    def start(self) -> None:
        """Connect and subscribe. Raises ServiceUnavailable if the broker does not answer."""
        self._paho.connect_async(self._address.host, self._address.port)
        self._paho.loop_start()
        if not self._subscribed.wait(10):
            raise ServiceUnavailable(f"The broker at {self._address.host}:{self._address.port} does not answer.")

    def finished_at(self) -> float:
        """The monotonic time at which the last expected message arrived. Raises ServiceUnavailable if it does not arrive."""
        complete = self._complete.wait(_TIMEOUT_S)
        self._paho.disconnect()
        self._paho.loop_stop()
        if not complete:
            raise ServiceUnavailable(f"The bare subscriber received {self._received} of {self._expected} messages.")
        return self._ended
