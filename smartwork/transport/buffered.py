"""The MQTT client library with buffered reading, and with many acknowledgements in one write."""

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from paho.mqtt.client import Client as PahoClient
from paho.mqtt.enums import MQTTErrorCode, _ConnectionState

from smartwork.backoff import Backoff

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

_READ_AT_ONCE = 65_536
_PACKETS_AT_ONCE = 100
"""After so many packets the loop sends what is queued."""
_PUBLISH, _PUBACK = 0x30, 0x40


class _BufferedSocket:
    """A socket that is read in large pieces. The library reads a packet's type and length byte by byte."""

    def __init__(self, sock: "SocketLike") -> None:
        self._sock = sock
        self._buffer = b""
        self._at = 0

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes; from the buffer if it is not empty."""
        if self._at == len(self._buffer):
            self._buffer, self._at = self._sock.recv(_READ_AT_ONCE), 0
        piece = self._buffer[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def take_publish(self) -> tuple[int, bytes] | None:
        """The first byte and the body of the next packet, if it is a PUBLISH of which every byte is buffered; else None."""
        if self._at == len(self._buffer):
            with suppress(OSError):  # the library reads next, and handles the same error
                self._buffer, self._at = self._sock.recv(_READ_AT_ONCE), 0
        try:
            header = self._buffer[self._at]
            length, start = _variable_length(self._buffer, self._at + 1)
        except IndexError:
            return None
        if header & 0xF0 != _PUBLISH or start + length > len(self._buffer):
            return None
        self._at = start + length
        return header, self._buffer[start : self._at]

    def pending(self) -> int:
        """The number of buffered bytes. The library calls this before it waits for the socket."""
        buffered = len(self._buffer) - self._at
        pending = getattr(self._sock, "pending", None)
        return buffered + (pending() if pending else 0)

    def send(self, data: bytes | bytearray) -> int:
        """As socket.socket."""
        return self._sock.send(data)

    def close(self) -> None:
        """As socket.socket."""
        self._sock.close()

    def fileno(self) -> int:
        """As socket.socket."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """As socket.socket."""
        self._sock.setblocking(flag)


class BufferedClient(PahoClient):
    """The library's client with fewer system calls, random pauses, and a thread that survives an exception.

    All other behaviour is the library's. `backoff` gives the pauses between attempts to connect; the caller resets it.
    `on_fault` receives an exception of a callback or of the library, after which the client connects again.
    `on_delivery` receives each message: topic, payload, the first byte of its packet (MQTT 5, 3.3.1), and its identifier.
    `on_refused` receives topic, packet identifier and reason of each publication that the broker does not accept.
    """

    on_delivery: Callable[[str, bytes, int, int], None]
    on_fault: Callable[[Exception], None]
    backoff: Backoff
    on_refused: Callable[[str, int, str], None]

    def _create_socket(self) -> "SocketLike":
        sock = super()._create_socket()
        # Without it a message waits for the TCP acknowledgement of the one before: 40 ms between presence and light.
        setsockopt = getattr(sock, "setsockopt", None)
        if setsockopt is not None:
            setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _BufferedSocket(sock)

    @property
    def is_running(self) -> bool:
        """Whether the thread that `loop_start` started has not ended."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def _thread_main(self) -> None:
        # The library ends its thread at any exception but OSError: a name that cannot be looked up, a packet that is none, a
        # fault in a callback. The program would go on without a connection and without knowing.
        try:
            while True:
                try:
                    self.loop_forever(retry_first_connection=True)
                except Exception as error:  # noqa: BLE001 - whatever it is, the connection must come back
                    self.on_fault(error)
                    self._sock_close()
                    self._reconnect_wait()
                    if self._thread_terminate:
                        return
                    self._state = _ConnectionState.MQTT_CS_CONNECT_ASYNC
                else:
                    return
        finally:
            self._thread = None

    def _reconnect_wait(self) -> None:
        until = time.monotonic() + self.backoff.next_pause()
        ended = (_ConnectionState.MQTT_CS_DISCONNECTING, _ConnectionState.MQTT_CS_DISCONNECTED)
        while self._state not in ended and not self._thread_terminate and (left_s := until - time.monotonic()) > 0:
            time.sleep(min(left_s, 0.5))

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """As the library's, which reads one packet; continues while more packets are buffered."""
        result = super().loop_read(max_packets)
        for _ in range(_PACKETS_AT_ONCE):
            sock = self.socket()
            if result or not isinstance(sock, _BufferedSocket) or not sock.pending():
                break
            result = super().loop_read(max_packets)
        return result

    def _packet_read(self) -> MQTTErrorCode:
        # The library reads a packet in five pieces through a dictionary: a third of the cost of receiving a message.
        sock = self._sock
        is_between_packets = self._in_packet["command"] == 0
        if is_between_packets and isinstance(sock, _BufferedSocket) and (publish := sock.take_publish()) is not None:
            self._deliver(*publish)
            with self._msgtime_mutex:
                self._last_msg_in = time.monotonic()
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._packet_read()

    def _handle_publish(self) -> MQTTErrorCode:
        self._deliver(self._in_packet["command"], bytes(self._in_packet["packet"]))
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _deliver(self, header: int, body: bytes) -> None:
        # The library makes five objects of each message and takes four locks: half the cost of receiving a message.
        # Properties are skipped: no program here sends any that matter, and the client allows no topic aliases.
        at = 2 + int.from_bytes(body[:2])
        topic = body[2:at].decode(errors="replace")
        mid = 0
        if header & 0x06:
            mid = int.from_bytes(body[at : at + 2])
            at += 2
        length, at = _variable_length(body, at)
        self.on_delivery(topic, body[at + length :], header, mid)

    def _do_on_publish(self, mid: int, reason_code: "ReasonCode", properties: "Properties") -> MQTTErrorCode:
        # The library reports the reason without the topic, and only here does it still know the message.
        if reason_code.is_failure:
            self.on_refused(self._out_messages[mid].topic, mid, str(reason_code))
        return super()._do_on_publish(mid, reason_code, properties)

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Acknowledge QoS 1 messages, all in one write; `ack` needs one for each."""
        if mids:
            packets = b"".join(b"\x40\x02" + mid.to_bytes(2) for mid in mids)
            self._packet_queue(_PUBACK, packets, mids[-1], 1)


def _variable_length(data: bytes, at: int) -> tuple[int, int]:
    """The variable byte integer of MQTT at index `at`, and the index after it. Raises IndexError if its end is missing."""
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return length, at
