"""An MQTT 5 client whose messages are acknowledged by the caller, after they are processed."""

import math
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Protocol, Self
from urllib.parse import unquote, urlsplit

from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import ConnectFlags, DisconnectFlags, MQTTMessageInfo, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from smartwork.backoff import Backoff
from smartwork.errors import PublicationRefused, ServiceUnavailable, SettingError
from smartwork.server_url import is_well_formed, malformed, without_password
from smartwork.transport.buffered import BufferedClient

KEEPALIVE_S = 30
FLUSH_TIMEOUT_S = 3.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 30.0
"""Limits of the pauses between attempts to connect, each a random share of its limit."""
STABLE_AFTER_S = 5.0
"""A connection that lasts this long ends the series of growing pauses. One that is accepted and lost at once does not."""
UNUSED_TOPIC = "smartwork/never-subscribed"
REFUSALS_REMEMBERED = 1_000
RECEIVE_MAXIMUM = 1_000
"""Most messages without acknowledgement, where a client does not ask for another number."""
EXPECTED = "expected mqtt://host:port or mqtts://host:port"
DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883}


class Delivery(NamedTuple):
    """A received message. The broker keeps its copy until the delivery is passed to `MqttClient.acknowledge`.

    `duplicate`: the broker delivered the message before, without an acknowledgement. `session` counts the sessions that the
    broker began for this client; in a new one it gives packet identifiers (`mid`) from the start again.
    """

    topic: str
    payload: bytes
    retained: bool
    qos: int
    mid: int
    connection: int
    duplicate: bool = False
    session: int = 0


class Inbox(Protocol):
    """Where received messages wait. `put` is called by the thread of the connection, the rest by the receiver's."""

    def put(self, delivery: Delivery) -> bool:
        """Keep a message; False if it is not to be kept. Then it is acknowledged at once."""

    def take(self, most: int, timeout_s: float, max_bytes: int | None = None) -> list[Delivery]:
        """As `MqttClient.receive`."""

    def __len__(self) -> int: ...


class FirstInFirstOut:
    """An inbox that keeps every message, in the order of arrival."""

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()
        # Not queue.SimpleQueue: a signal near the end of its timed wait makes it wait for ever, and SIGTERM is one.
        self._arrived = threading.Event()

    def put(self, delivery: Delivery) -> bool:
        """Keep a message."""
        self._waiting.append(delivery)
        if not self._arrived.is_set():
            self._arrived.set()
        return True

    def take(self, most: int, timeout_s: float, max_bytes: int | None = None) -> list[Delivery]:
        """As `MqttClient.receive`."""
        if not self._waiting:
            self._arrived.clear()
            if not self._waiting:  # what arrived before the event was cleared did not set it
                self._arrived.wait(timeout_s)
        found: list[Delivery] = []
        size = 0
        while self._waiting and len(found) < most and (max_bytes is None or not found or size < max_bytes):
            found.append(self._waiting.popleft())
            size += len(found[-1].payload)
        return found

    def __len__(self) -> int:
        return len(self._waiting)


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish, for example as a last will."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker's address, from a URL such as `mqtt://user:secret@host:1883` or `mqtts://host`."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    @classmethod
    def parse(cls, url: str) -> Self:
        """The address in `url`. Raises SettingError, which contains no password, if it is no mqtt:// or mqtts:// URL."""
        if not is_well_formed(url):
            raise SettingError(f"SMARTWORK_BROKER_URL is {malformed(url)}; {EXPECTED}")
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme not in DEFAULT_PORTS or not host or "," in parts.netloc or parts.path.strip("/") or parts.query:
            raise SettingError(f"SMARTWORK_BROKER_URL is {without_password(url)!r}; {EXPECTED}")
        return cls(
            host,
            parts.port or DEFAULT_PORTS[parts.scheme],
            parts.scheme == "mqtts",
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
        )


class MqttClient:
    """One connection that reconnects by itself. Received messages wait in a queue for `receive`.

    `session_s`: how long the broker keeps the subscriptions and unacknowledged messages of this `client_id` after a
    disconnection; 0 starts a clean session each time. `receive_maximum`: the limit of unacknowledged messages, which
    bounds memory. `on_connected` is called after each successful subscription. Each new problem with the connection is
    passed to `report` once, and so is the first message that the broker refuses on a topic; `refused` counts all of them.
    If another client takes over the session and `yields_session()` is true, this one stays disconnected until `start`.
    """

    def __init__(
        self,
        broker_url: str,
        client_id: str,
        *,
        subscriptions: Sequence[str] = (),
        session_s: int = 0,
        receive_maximum: int = RECEIVE_MAXIMUM,
        inbox: Inbox | None = None,
        will: Message | None = None,
        on_connected: Callable[[], None] | None = None,
        yields_session: Callable[[], bool] = lambda: False,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._address = BrokerAddress.parse(broker_url)
        self._subscriptions = list(subscriptions)
        self._session_s = session_s
        self._receive_maximum = receive_maximum
        self._on_connected = on_connected
        self._yields_session = yields_session
        self._report = report
        self._client_id = client_id
        self._last_problem = ""
        self._refusals: dict[str, str] = {}
        self._refused_packets: dict[int, str] = {}
        self.refused = 0
        """The number of published messages that the broker did not accept."""
        self._connection = 0
        self._session = 0
        self._connected_at = math.inf
        self._inbox = inbox if inbox is not None else FirstInFirstOut()
        self._connected = threading.Event()
        self._flushed = threading.Event()
        self._paho = BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTv5,
            manual_ack=True,
            reconnect_on_failure=True,
        )
        self._paho.max_inflight_messages_set(1_000)
        self._paho.backoff = Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        self._paho.on_fault = self._when_faulty
        if self._address.user:
            self._paho.username_pw_set(self._address.user, self._address.password)
        if self._address.tls:
            self._paho.tls_set_context(ssl.create_default_context())
        if will:
            self._paho.will_set(will.topic, will.payload, will.qos, will.retain)
        self._paho.on_connect = self._when_connected
        self._paho.on_subscribe = self._when_subscribed
        self._paho.on_unsubscribe = lambda *_: self._flushed.set()
        self._paho.on_connect_fail = self._when_refused
        self._paho.on_disconnect = self._when_disconnected
        self._paho.on_delivery = self._when_delivered
        self._paho.on_refused = self._when_publication_refused

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start to connect in the background, and retry until it succeeds."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = min(self._receive_maximum, 65_535)
        if self._session_s:
            properties.SessionExpiryInterval = self._session_s
        self._paho.connect_async(
            self._address.host,
            self._address.port,
            KEEPALIVE_S,
            clean_start=self._session_s == 0,
            properties=properties,
        )
        self._paho.loop_start()

    def stop(self) -> None:
        """Disconnect after the broker has read all publications and acknowledgements. A kept session stays at the broker."""
        if self._connected.is_set():
            self._flush()
            self._paho.disconnect()
        self._paho.loop_stop()
        self._connected.clear()

    @property
    def connected(self) -> bool:
        """Whether the client is connected and subscribed."""
        return self._connected.is_set()

    @property
    def alive(self) -> bool:
        """Whether the thread of the connection runs: connected, or trying to connect."""
        return self._paho.is_running

    @property
    def queued(self) -> int:
        """The number of received messages that `receive` has not returned yet."""
        return len(self._inbox)

    def wait_connected(self, timeout_s: float) -> None:
        """Return once connected. Raises ServiceUnavailable after `timeout_s` seconds."""
        if not self._connected.wait(timeout_s):
            raise ServiceUnavailable(
                f"The broker at {self._where()} does not answer. Is it running, and is the address right?"
            )

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> MQTTMessageInfo:
        """Publish a message. With QoS 1 it is sent again until the broker acknowledges it; the result can be waited for."""
        return self._paho.publish(topic, payload, qos, retain)

    def deliver(self, topic: str, payload: bytes, *, retain: bool = False, timeout_s: float = 10.0) -> None:
        """Publish a message with QoS 1 and return once the broker has accepted it.

        Raises PublicationRefused if it refuses the message, and ServiceUnavailable if it does not answer.
        """
        sent = self.publish(topic, payload, retain=retain)
        sent.wait_for_publish(timeout_s)
        if not sent.is_published():
            raise ServiceUnavailable(f"The broker at {self._where()} did not accept {topic} within {timeout_s:g} s.")
        if (reason := self._refused_packets.pop(sent.mid, None)) is not None:
            raise PublicationRefused(self._refusal(topic, reason))

    def subscribe(self, topics: Sequence[str]) -> None:
        """Replace the subscriptions, now and after each reconnection."""
        dropped = [topic for topic in self._subscriptions if topic not in topics]
        self._subscriptions = list(topics)
        if self._connected.is_set():
            if dropped:
                self._paho.unsubscribe(dropped)
            self._send_subscriptions()

    def receive(self, most: int, timeout_s: float, max_bytes: int | None = None) -> list[Delivery]:
        """Up to `most` messages. Waits at most `timeout_s` seconds for the first and does not wait for more.

        Returns when the payloads have `max_bytes` together.
        """
        return self._inbox.take(most, timeout_s, max_bytes)

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Acknowledge deliveries. Those of an earlier connection are skipped: the broker delivers them again."""
        self._paho.acknowledge([d.mid for d in deliveries if d.qos and d.connection == self._connection])

    def _flush(self) -> None:
        """Return when the broker has read everything sent so far, or after FLUSH_TIMEOUT_S.

        Closing a connection with unread incoming messages resets it, and acknowledgements on the way are lost. The broker
        answers in order: once it answers a request without effect, it has read them.
        """
        self._flushed.clear()
        self._paho.unsubscribe(UNUSED_TOPIC)
        self._flushed.wait(FLUSH_TIMEOUT_S)

    def _send_subscriptions(self) -> None:
        if self._subscriptions:
            self._paho.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._subscriptions])

    def _where(self) -> str:
        return f"{self._address.host}:{self._address.port}"

    def _report_once(self, problem: str) -> None:
        if problem != self._last_problem:
            self._last_problem = problem
            self._report(problem)

    def _when_connected(
        self,
        _client: PahoClient,
        _data: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._report_once(f"The broker at {self._where()} refuses the connection: {reason}. Trying again.")
            return
        self._connection += 1
        self._session += not flags.session_present
        self._connected_at = time.monotonic()
        self._last_problem = ""
        if self._subscriptions:
            self._send_subscriptions()
        else:
            self._ready()

    def _when_subscribed(
        self, _client: PahoClient, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._report_once(f"The broker at {self._where()} refuses a subscription: {refused[0]}.")
        else:
            self._ready()

    def _refusal(self, topic: str, reason: str) -> str:
        user = self._address.user or "an unnamed user"
        return f"The broker at {self._where()} refuses what {user} publishes on {topic}: {reason}. Check its access list."

    def _when_publication_refused(self, topic: str, mid: int, reason: str) -> None:
        self.refused += 1
        for remembered in (self._refusals, self._refused_packets):
            if len(remembered) >= REFUSALS_REMEMBERED:
                remembered.clear()
        self._refused_packets[mid] = reason
        if self._refusals.get(topic) != reason:
            self._refusals[topic] = reason
            self._report(self._refusal(topic, reason))

    def _ready(self) -> None:
        if not self._connected.is_set():
            self._connected.set()
            if self._on_connected:
                self._on_connected()

    def _when_refused(self, _client: PahoClient, _data: object) -> None:
        self._report_once(f"The broker at {self._where()} does not answer. Trying again.")

    def _when_disconnected(
        self,
        _client: PahoClient,
        _data: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._connected.clear()
        if time.monotonic() - self._connected_at >= STABLE_AFTER_S:
            self._paho.backoff.reset()
        if reason == "Session taken over":
            self._report_once(
                f"Another client connected to the broker at {self._where()} as {self._client_id}, and this one was "
                "disconnected. Stop one of the two."
            )
            if self._yields_session():
                self._paho.disconnect()
        elif reason.is_failure:
            self._report_once(f"The connection to the broker at {self._where()} was lost: {reason}. Trying again.")

    def _when_faulty(self, error: Exception) -> None:
        self._connected.clear()
        problem = f"{type(error).__name__}: {error}"
        self._report_once(f"The connection to the broker at {self._where()} failed ({problem[:200]}). Trying again.")

    def _when_delivered(self, topic: str, payload: bytes, header: int, mid: int) -> None:
        qos = header >> 1 & 0b11
        flags = bool(header & 0b1), qos, mid, self._connection, bool(header & 0b1000)
        delivery = Delivery(topic, payload, *flags, self._session)
        if not self._inbox.put(delivery) and qos:
            self._paho.acknowledge([mid])
