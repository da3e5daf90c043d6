"""The client that reads messages straight from its buffer: nothing is lost, doubled or reordered."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from select import select

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from smartwork.transport.buffered import BufferedClient

Delivered = tuple[str, bytes, int, int]
"""Topic, payload, first byte of the packet, and packet identifier."""

_AT_MOST_ONCE, _AT_LEAST_ONCE, _RETAINED, _DUPLICATE = 0x30, 0x32, 0x01, 0x08
_PINGRESP = b"\xd0\x00"
_USER_PROPERTY = b"\x26\x00\x01k\x00\x01v"
_EMPTY_PUBLISH = b"\x30\x03\x00\x00\x00"


class _PairedClient(BufferedClient):
    """A client with a connection that is open already; the test is the broker."""

    def __init__(self, own_end: socket.socket) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id="test", protocol=MQTTv5, manual_ack=True)
        self._own_end = own_end
        self.delivered: list[Delivered] = []
        self.on_delivery = lambda *message: self.delivered.append(message)
        self.connect("broker")

    def fileno(self) -> int:
        """For `select`."""
        return self._own_end.fileno()

    def _create_socket_connection(self) -> socket.socket:
        return self._own_end


@contextmanager
def connected() -> Iterator[tuple[_PairedClient, socket.socket]]:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
        closing(socket.create_connection(listener.getsockname())) as ours,
        closing(listener.accept()[0]) as brokers,
    ):
        yield _PairedClient(ours), brokers


def variable_length(number: int) -> bytes:
    low, rest = number % 128, number // 128
    return bytes([low | 128]) + variable_length(rest) if rest else bytes([low])


def publish_packet(message: Delivered, properties: bytes) -> bytes:
    topic, payload, header, mid = message
    name = topic.encode()
    identifier = mid.to_bytes(2) if mid else b""
    body = len(name).to_bytes(2) + name + identifier + variable_length(len(properties)) + properties + payload
    return bytes([header]) + variable_length(len(body)) + body


def read(client: _PairedClient, brokers: socket.socket, pieces: Sequence[bytes]) -> None:
    for piece in pieces:
        brokers.sendall(piece)
        select([client], [], [], 10)
        client.loop_read()
        while (sock := client.socket()) is not None and getattr(sock, "pending", int)():
            client.loop_read()


messages = st.builds(
    lambda topic, payload, flags, mid: (topic, payload, (_AT_LEAST_ONCE if mid else _AT_MOST_ONCE) | flags, mid),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    st.one_of(
        st.binary(max_size=40),
        st.integers(100, 20_000).map(bytes),
        st.integers(1, 50).map(lambda times: times * _EMPTY_PUBLISH),
    ),
    st.sampled_from([0, _RETAINED, _DUPLICATE]),
    st.integers(0, 65_535),
)


@given(st.lists(st.tuples(messages, st.sampled_from([b"", _USER_PROPERTY, 20 * _USER_PROPERTY])), max_size=12), st.data())
def test_every_message_is_delivered_once_and_in_order_wherever_the_stream_is_cut(
    sent: list[tuple[Delivered, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(publish_packet(*each) + _PINGRESP for each in sent)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10))
    with connected() as (client, brokers):
        read(client, brokers, [stream[start:end] for start, end in pairwise([0, *sorted(cuts), len(stream)]) if start < end])
        assert client.delivered == [message for message, _ in sent]


def test_a_message_is_delivered_whole_though_each_byte_arrives_alone() -> None:
    message: Delivered = ("sw/v1/mons/readings/gateway", bytes(120), _AT_LEAST_ONCE, 7)
    stream = publish_packet(message, b"") + publish_packet(message, _USER_PROPERTY)
    with connected() as (client, brokers):
        read(client, brokers, [bytes([byte]) for byte in stream])
        assert client.delivered == [message, message]


def test_a_connection_that_the_broker_closes_after_a_message_is_noticed() -> None:
    message: Delivered = ("sw/v1/mons/readings/gateway", b"{}", _AT_LEAST_ONCE, 7)
    with connected() as (client, brokers):
        brokers.sendall(publish_packet(message, b""))
        brokers.shutdown(socket.SHUT_WR)
        for _ in range(2):
            select([client], [], [], 10)
            client.loop_read()
        assert client.delivered == [message]
        assert client.socket() is None
