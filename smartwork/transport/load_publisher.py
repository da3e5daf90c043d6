"""The publisher of measurements. It sends packets that were made beforehand, many in one write, so that it needs little
processor time and the receiver is what is measured.
"""

import socket
import time
from collections.abc import Iterable, Sequence

from smartwork.errors import ServiceUnavailable
from smartwork.transport.mqtt import BrokerAddress

WINDOW = 512
"""Packets sent and not yet acknowledged, at most: below `max_inflight_messages` of the broker's configuration."""
_TIMEOUT_S = 60.0
_CONNECT, _CONNACK, _PUBLISH_QOS1, _PUBACK, _DISCONNECT = 0x10, 0x20, 0x32, 0x40, 0xE0


def publish_packets(messages: Iterable[tuple[str, bytes]]) -> list[bytes]:
    """The MQTT 5 PUBLISH packets, QoS 1, of these topics and payloads, for `send_packets`."""
    made = []
    for i, (topic, payload) in enumerate(messages):
        name = topic.encode()
        identifier = i % 65_535 + 1
        body = len(name).to_bytes(2) + name + identifier.to_bytes(2) + b"\0" + payload
        made.append(bytes([_PUBLISH_QOS1]) + _varint(len(body)) + body)
    return made


def send_packets(broker_url: str, made: Sequence[bytes]) -> tuple[float, float]:
    """Send packets as fast as the broker accepts them. Returns the monotonic times of the start and of the last PUBACK.

    Raises ServiceUnavailable if the broker does not answer, or accepts nothing for a minute.
    """
    address = BrokerAddress.parse(broker_url)
    try:
        with socket.create_connection((address.host, address.port), timeout=_TIMEOUT_S) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.sendall(_connect_packet())
            answers = _Answers(link)
            if answers.next() != _CONNACK:
                raise ServiceUnavailable(f"The broker at {address.host}:{address.port} refused the connection of the load.")
            began = time.monotonic()
            sent = acknowledged = 0
            while acknowledged < len(made):
                if sent < len(made) and sent - acknowledged < WINDOW:
                    until = min(len(made), acknowledged + WINDOW)
                    link.sendall(b"".join(made[sent:until]))
                    sent = until
                while answers.next() != _PUBACK:
                    pass
                acknowledged += 1
                acknowledged += answers.ready(_PUBACK)
            ended = time.monotonic()
            link.sendall(bytes([_DISCONNECT, 0]))
    except OSError as error:
        raise ServiceUnavailable(
            f"The broker at {address.host}:{address.port} stopped accepting the load: {error}"
        ) from error
    return began, ended


class _Answers:
    """The broker's packets on a socket; only their type is read."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._unread = b""

    def next(self) -> int:
        """Wait for the next packet and return its type."""
        while (kind := self._take()) is None:
            more = self._link.recv(65_536)
            if not more:
                raise ConnectionError("the broker closed the connection")
            self._unread += more
        return kind

    def ready(self, kind: int) -> int:
        """The number of packets of type `kind` that have arrived. Does not wait."""
        count = 0
        while (taken := self._take()) is not None:
            count += taken == kind
        return count

    def _take(self) -> int | None:
        # The broker's answers are short: their length is one byte.
        if len(self._unread) < 2 or len(self._unread) < 2 + self._unread[1]:
            return None
        kind = self._unread[0] & 0xF0
        self._unread = self._unread[2 + self._unread[1] :]
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
