"""The messages that ingest has received and not yet taken: a queue for each centre, and turns between the centres.

A message that is over its centre's limits is not kept. It is acknowledged and not confirmed, so a batch waits at its edge,
which publishes it again.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Collection
from threading import Event, Lock

from smartwork.contracts.topics import MessageType
from smartwork.domain.network.quota import ALLOWANCES, CentreQuota, Quota
from smartwork.transport.mqtt import Delivery

EDGE_WINDOW = 256
"""More batches than an edge publishes without a confirmation. A centre that has more waiting is not an edge of ours."""
MAX_CENTRE_BYTES, MAX_BYTES = 16_000_000, 48_000_000
"""Payloads that may wait for one centre, and for all: this bounds memory."""
PAUSE_S = 10.0
"""A centre whose batches need more rows than its quota allows is not decoded for so long."""
_TURN_MESSAGES, _TURN_BYTES = 32, 100_000
"""What a centre gets in one turn."""
_ACTIVE_S = 60.0
_OTHERS_REMEMBERED = 10_000


class FairInbox:
    """Queues by centre. `put` may be called by one thread while another calls the rest."""

    def __init__(self, max_messages: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`max_messages`: how many the broker may deliver unacknowledged."""
        self._max_messages = max_messages
        self._monotonic = monotonic
        self._lock = Lock()
        self._arrived = Event()
        self._is_awaited = False
        self._queues: dict[str, deque[Delivery]] = {}
        self._bytes: Counter[str] = Counter()
        self._count = self._total_bytes = 0
        self._paused_until: dict[tuple[str, str], float] = {}
        self._last_at: dict[str, float] = {}
        self._quota = CentreQuota(ALLOWANCES[Quota.BYTES])
        self._over: Counter[tuple[str, Quota]] = Counter()

    def put(self, delivery: Delivery) -> bool:
        """Keep a message; False if its centre is over a limit."""
        centre, size, at_s = centre_of(delivery.topic), len(delivery.payload), self._monotonic()
        with self._lock:
            self._last_at[centre] = at_s
            if (quota := self._exceeded(centre, delivery, size, at_s)) is not None:
                self._over[centre, quota] += size if quota is Quota.BYTES else 1
                return False
            if (queue := self._queues.get(centre)) is None:
                queue = self._queues[centre] = deque()
            queue.append(delivery)
            self._bytes[centre] += size
            self._count += 1
            self._total_bytes += size
            if self._is_awaited:
                self._is_awaited = False
                self._arrived.set()
        return True

    def take(self, most: int, timeout_s: float, max_bytes: int | None = None) -> list[Delivery]:
        """Up to `most` messages, the centres in turn. Waits at most `timeout_s` seconds for the first.

        Returns when the payloads have `max_bytes` together.
        """
        with self._lock:
            if self._count:
                return self._take(most, max_bytes)
            self._is_awaited = True
            self._arrived.clear()
        self._arrived.wait(timeout_s)
        with self._lock:
            self._is_awaited = False
            return self._take(most, max_bytes)

    def __len__(self) -> int:
        return self._count

    def pause(self, centre: str, message_types: Collection[MessageType]) -> list[Delivery]:
        """Keep no messages of these types of a centre for PAUSE_S seconds; returns those that wait, which are taken out."""
        until = self._monotonic() + PAUSE_S
        with self._lock:
            self._paused_until.update(dict.fromkeys(((centre, message_type.value) for message_type in message_types), until))
            queue = self._queues.pop(centre, deque[Delivery]())
            dropped = [delivery for delivery in queue if _type_of(delivery.topic) in message_types]
            size = sum(len(delivery.payload) for delivery in dropped)
            if kept := deque(delivery for delivery in queue if _type_of(delivery.topic) not in message_types):
                self._queues[centre] = kept
            self._bytes[centre] -= size
            self._count -= len(dropped)
            self._total_bytes -= size
            self._over[centre, Quota.WAITING] += len(dropped)
        return dropped

    def over_quota(self) -> Counter[tuple[str, Quota]]:
        """What was not kept since the last call, by centre and quota: bytes, or messages."""
        with self._lock:
            found, self._over = self._over, Counter()
        return found

    def _exceeded(self, centre: str, delivery: Delivery, size: int, at_s: float) -> Quota | None:
        if self._paused_until and self._is_paused(centre, _type_of(delivery.topic), at_s):
            return Quota.WAITING
        if self._bytes[centre] + size > MAX_CENTRE_BYTES or self._total_bytes + size > MAX_BYTES:
            return Quota.WAITING
        queue = self._queues.get(centre)
        if queue is not None and len(queue) >= EDGE_WINDOW and 2 * self._count >= self._max_messages and self._others(at_s):
            return Quota.WAITING
        return None if self._quota.take(centre, size, at_s) else Quota.BYTES

    def _is_paused(self, centre: str, message_type: str, at_s: float) -> bool:
        until = self._paused_until.get((centre, message_type))
        if until is not None and at_s >= until:
            del self._paused_until[centre, message_type]
            return False
        return until is not None

    def _others(self, at_s: float) -> bool:
        """Whether several centres have sent something lately."""
        if len(self._last_at) > 1:
            self._last_at = {centre: last for centre, last in self._last_at.items() if at_s - last < _ACTIVE_S}
        return len(self._last_at) > 1

    def _take(self, most: int, max_bytes: int | None) -> list[Delivery]:
        found: list[Delivery] = []
        size = 0
        while self._queues and len(found) < most and (max_bytes is None or size < max_bytes):
            centre = next(iter(self._queues))
            queue = self._queues.pop(centre)
            turn = 0
            for _ in range(min(len(queue), _TURN_MESSAGES, most - len(found))):
                delivery = queue.popleft()
                found.append(delivery)
                turn += len(delivery.payload)
                if turn >= _TURN_BYTES or (max_bytes is not None and size + turn >= max_bytes):
                    break
            size += turn
            self._bytes[centre] -= turn
            if queue:
                self._queues[centre] = queue  # at the end: the other centres come first
            else:
                del self._bytes[centre]
        self._count -= len(found)
        self._total_bytes -= size
        return found


def _type_of(topic: str) -> str:
    """The level of the topic after the centre."""
    parts = topic.split("/", 4)
    return parts[3] if len(parts) > 3 else ""


def centre_of(topic: str) -> str:
    """The centre in a topic of the network broker, empty if there is none."""
    parts = topic.split("/", 3)
    return parts[2] if len(parts) > 3 and len(parts[2]) <= 48 else ""
