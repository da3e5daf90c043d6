"""The MQTT client library with a buffer on what it reads, and acknowledgements that leave together."""

import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from paho.mqtt.client import Client as PahoClient
from paho.mqtt.enums import MQTTErrorCode

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

_READ_AT_ONCE = 65_536
_PACKETS_AT_ONCE = 100
"""Then what is to be sent has its turn."""
_PUBACK = 0x40


class _Buffered:
    """A socket that is read in large pieces: the library asks for a packet's kind and length byte by byte."""

    def __init__(self, sock: "SocketLike") -> None:
        self._sock = sock
        self._held = b""
        self._at = 0

    def recv(self, size: int) -> bytes:
        """Up to `size` bytes, from what was read before where there is any."""
        if self._at == len(self._held):
            self._held, self._at = self._sock.recv(_READ_AT_ONCE), 0
        found = self._held[self._at : self._at + size]
        self._at += len(found)
        return found

    def pending(self) -> int:
        """How many bytes can be had although the kernel may have none; the library asks before it waits."""
        held = len(self._held) - self._at
        pending = getattr(self._sock, "pending", None)
        return held + (pending() if pending else 0)

    def send(self, data: bytes | bytearray) -> int:
        """As the socket's."""
        return self._sock.send(data)

    def close(self) -> None:
        """As the socket's."""
        self._sock.close()

    def fileno(self) -> int:
        """As the socket's."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """As the socket's."""
        self._sock.setblocking(flag)


class BufferedClient(PahoClient):
    """The library's client, reading with few system calls; what it does otherwise is the library's.

    `on_delivery` gets each message: topic, payload, whether it was retained, QoS, and the number to acknowledge it by.
    """

    on_delivery: Callable[[str, bytes, bool, int, int], None]

    def _create_socket(self) -> "SocketLike":
        sock = super()._create_socket()
        # Else a message waits for the acknowledgement of the one before: 40 ms between a presence and its light.
        for_options = getattr(sock, "setsockopt", None)
        if for_options is not None:
            for_options(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Buffered(sock)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """As the library's, which reads one packet, and then on while more of them are here already."""
        found = super().loop_read(max_packets)
        for _ in range(_PACKETS_AT_ONCE):
            sock = self.socket()
            if found or not isinstance(sock, _Buffered) or not sock.pending():
                break
            found = super().loop_read(max_packets)
        return found

    def _handle_publish(self) -> MQTTErrorCode:
        # The library makes five objects of each message and takes four locks, which was half of what receiving one cost.
        # Properties are passed over: nothing of ours sends any that count, and we allow no topic aliases.
        header, packet = self._in_packet["command"], self._in_packet["packet"]
        qos = (header & 0x06) >> 1
        at = 2 + int.from_bytes(packet[:2])
        topic = packet[2:at].decode(errors="replace")
        mid = 0
        if qos:
            mid = int.from_bytes(packet[at : at + 2])
            at += 2
        length, shift = 0, 0
        while at < len(packet):
            length |= (packet[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not packet[at - 1] & 0x80:
                break
        self.on_delivery(topic, bytes(packet[at + length :]), bool(header & 0x01), qos, mid)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Acknowledge QoS 1 messages as `ack` does each, all in one write."""
        if mids:
            packets = b"".join(b"\x40\x02" + mid.to_bytes(2) for mid in mids)
            self._packet_queue(_PUBACK, packets, mids[-1], 1)
