"""Device messages whose readings are in the outbox: a broker that got no acknowledgement delivers them again."""

import hashlib
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence

from smartwork.transport.mqtt import RECEIVE_MAXIMUM, Delivery

_SCHEMA = """
CREATE TABLE IF NOT EXISTS recorded_message (n INTEGER PRIMARY KEY, packet INTEGER NOT NULL, digest BLOB NOT NULL);
"""


class RecordedMessages:
    """The last messages that were recorded, by packet identifier; in the outbox file, so that a restart knows them.

    A message that is delivered again keeps its packet identifier (MQTT 5, 4.4), and is marked as a duplicate. The broker has
    at most RECEIVE_MAXIMUM messages without acknowledgement, so no older one can come again. The caller opens transactions.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)
        rows = db.execute("SELECT n, packet, digest FROM recorded_message ORDER BY n").fetchall()
        self._recorded: OrderedDict[int, bytes] = OrderedDict((packet, digest) for _, packet, digest in rows)
        self._n: int = rows[-1][0] if rows else 0
        self._session = 0
        self._is_new_session = False

    def has(self, delivery: Delivery) -> bool:
        """Whether the readings of a delivery are recorded already.

        A packet identifier that comes with a new message, or in a new session, belongs to no recorded message any more.
        """
        if delivery.session != self._session:
            self._session = delivery.session
            self._recorded.clear()
            self._is_new_session = True
        if not delivery.duplicate:
            self._recorded.pop(delivery.mid, None)
            return False
        return self._recorded.get(delivery.mid) == _digest(delivery)

    def write(self, deliveries: Sequence[Delivery]) -> None:
        """Write in the caller's transaction that these messages are recorded, and forget the oldest ones."""
        rows = [
            (self._n + number, delivery.mid, _digest(delivery))
            for number, delivery in enumerate((each for each in deliveries if each.qos), start=1)
        ]
        if rows:
            if self._is_new_session:
                self._db.execute("DELETE FROM recorded_message")
            self._db.executemany("INSERT OR REPLACE INTO recorded_message VALUES (?, ?, ?)", rows)
            self._db.execute("DELETE FROM recorded_message WHERE n <= ?", (rows[-1][0] - RECEIVE_MAXIMUM,))

    def committed(self, deliveries: Sequence[Delivery]) -> None:
        """The transaction of `write` with the same messages is committed."""
        self._is_new_session &= not any(delivery.qos for delivery in deliveries)
        for delivery in deliveries:
            if delivery.qos:
                self._n += 1
                self._recorded[delivery.mid] = _digest(delivery)
                self._recorded.move_to_end(delivery.mid)
        while len(self._recorded) > RECEIVE_MAXIMUM:
            self._recorded.popitem(last=False)


def _digest(delivery: Delivery) -> bytes:
    return hashlib.blake2b(delivery.topic.encode() + b"\0" + delivery.payload, digest_size=8).digest()
