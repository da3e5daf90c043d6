"""A publisher that costs next to nothing, and a subscriber that only counts: the two ends of a measurement.

The packets are made beforehand and written many at a time, so that what is measured is the receiver.
"""

import socket
import threading
import time
from collections.abc import Iterable, Sequence

from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from smartwork.errors import ServiceUnavailable
from smartwork.transport.mqtt import Address

WINDOW = 512
"""Publications that are not acknowledged yet: below the 2,000 that the broker's configuration allows."""
_PATIENCE_S = 60.0
_CONNECT, _CONNACK, _PUBLISH_QOS1, _PUBACK, _DISCONNECT = 0x10, 0x20, 0x32, 0x40, 0xE0


def packets(messages: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """The MQTT 5 PUBLISH packets, QoS 1, of these topics and payloads, to be sent by `flood` in this order."""
    made = []
    for i, (topic, payload) in enumerate(messages):
        name = topic.encode()
        identifier = i % 65_535 + 1
        body = len(name).to_bytes(2) + name + identifier.to_bytes(2) + b"\0" + payload
        made.append(bytes([_PUBLISH_QOS1]) + _varint(len(body)) + body)
    return made


def flood(broker_url: str, made: Sequence[bytes]) -> tuple[float, float]:
    """Publish prepared packets as fast as the broker takes them; the monotonic times of the first and of the last PUBACK.

    Raises ServiceUnavailable where the broker does not answer or takes nothing for a minute.
    """
    address = Address.parse(broker_url)
    try:
        with socket.create_connection((address.host, address.port), timeout=_PATIENCE_S) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.sendall(_connect_packet())
            answers = _Answers(link)
            if answers.next() != _CONNACK:
                raise ServiceUnavailable(f"The broker at {address.host}:{address.port} refuses the load.")
            began = time.monotonic()
            sent = settled = 0
            while settled < len(made):
                if sent < len(made) and sent - settled < WINDOW:
                    until = min(len(made), settled + WINDOW)
                    link.sendall(b"".join(made[sent:until]))
                    sent = until
                while answers.next() != _PUBACK:
                    pass
                settled += 1
                settled += answers.ready(_PUBACK)
            ended = time.monotonic()
            link.sendall(bytes([_DISCONNECT, 0]))
    except OSError as error:
        raise ServiceUnavailable(f"The broker at {address.host}:{address.port} does not take the load: {error}") from error
    return began, ended


class _Answers:
    """Reads the broker's packets from a socket; only their kind matters here."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._held = b""

    def next(self) -> int:
        """The kind of the next packet, waited for."""
        while (kind := self._take()) is None:
            more = self._link.recv(65_536)
            if not more:
                raise ConnectionError("it closed the connection")
            self._held += more
        return kind

    def ready(self, kind: int) -> int:
        """How many packets of `kind` are here already, without waiting."""
        found = 0
        while (taken := self._take()) is not None:
            found += taken == kind
        return found

    def _take(self) -> int | None:
        # The broker's answers are short, so that their length is one byte.
        if len(self._held) < 2 or len(self._held) < 2 + self._held[1]:
            return None
        kind = self._held[0] & 0xF0
        self._held = self._held[2 + self._held[1] :]
        return kind


def _varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def _connect_packet() -> bytes:
    name = b"flood"
    body = b"\0\4MQTT\5\2" + (60).to_bytes(2) + b"\0" + len(name).to_bytes(2) + name
    return bytes([_CONNECT, len(body)]) + body


class Counter:
    """A bare subscriber as the client library's documentation shows it: it counts messages and does nothing else."""

    def __init__(self, broker_url: str, topic_filter: str, expected: int) -> None:
        self._address = Address.parse(broker_url)
        self._filter = topic_filter
        self._expected = expected
        self._seen = 0
        self._subscribed, self._complete = threading.Event(), threading.Event()
        self._ended = 0.0
        self._paho = PahoClient(CallbackAPIVersion.VERSION2, client_id="counter", protocol=MQTTv5)
        self._paho.on_connect = self._when_connected
        self._paho.on_subscribe = lambda *_: self._subscribed.set()
        self._paho.on_message = self._count

    def _when_connected(self, *_: object) -> None:
        self._paho.subscribe(self._filter, 1)

    def _count(self, _client: PahoClient, _data: object, _message: MQTTMessage) -> None:
        self._seen += 1
        if self._seen == self._expected:
            self._ended = time.monotonic()
            self._complete.set()

    def listen(self) -> None:
        """Connect and subscribe; raises ServiceUnavailable where the broker does not answer."""
        self._paho.connect_async(self._address.host, self._address.port)
        self._paho.loop_start()
        if not self._subscribed.wait(10):
            raise ServiceUnavailable(f"The broker at {self._address.host}:{self._address.port} does not answer.")

    def finished_at(self) -> float:
        """The monotonic time at which the last expected message came; raises ServiceUnavailable where it does not come."""
        complete = self._complete.wait(_PATIENCE_S)
        self._paho.disconnect()
        self._paho.loop_stop()
        if not complete:
            raise ServiceUnavailable(f"The bare subscriber got {self._seen} of {self._expected} messages.")
        return self._ended
