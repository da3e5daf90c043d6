"""The database ids of centres, outboxes and devices by name, cached by each worker. An id never changes."""

import time
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ingest.messages import OutboxKey, ReceivedBatch

RELOAD_S = 1.0
"""Messages of centres that do not exist shall not read all centres each time."""


class IdCache:
    """Ids by name. Reading from the cache needs no connection and is safe in any thread; filling it needs one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._centres: dict[str, tuple[int, str]] = {}
        self._outboxes: dict[OutboxKey, int] = {}
        self._devices: dict[str, dict[str, int]] = {}
        self._loaded_at = time.monotonic()
        self._load()

    def has_centre(self, slug: str) -> bool:
        """Whether the centre exists. A centre that is not cached is looked up in the database, once in RELOAD_S."""
        if slug not in self._centres and time.monotonic() - self._loaded_at > RELOAD_S:
            self._load()
            self._loaded_at = time.monotonic()
        return slug in self._centres

    def centre_id(self, slug: str) -> int:
        """The id of a cached centre."""
        return self._centres[slug][0]

    def timezone(self, slug: str) -> str:
        """The time zone of a cached centre."""
        return self._centres[slug][1]

    def outbox_id(self, key: OutboxKey) -> int:
        """The id of a cached outbox."""
        return self._outboxes[key]

    def has_outbox(self, key: OutboxKey) -> bool:
        """Whether the outbox is cached: all that this worker or an earlier one stored are."""
        return key in self._outboxes

    def known_devices(self, centre: str) -> AbstractSet[str]:
        """The slugs of the devices of a cached centre, looked up in the database the first time."""
        if centre not in self._devices:
            self._load_devices({centre})
        return self._devices[centre].keys()

    def device_ids(self, centre: str) -> dict[str, int]:
        """The ids of the centre's devices by slug."""
        return self._devices[centre]

    def has_all(self, batches: Iterable[ReceivedBatch]) -> bool:
        """Whether centre, outbox and devices of all these batches are cached."""
        for received in batches:
            centre = received.topic.centre
            if centre not in self._centres or received.outbox not in self._outboxes:
                return False
            if not self._devices.get(centre, {}).keys() >= set(received.batch.devices):
                return False
        return True

    def register(self, batches: Sequence[ReceivedBatch], outboxes: Iterable[OutboxKey]) -> None:
        """Insert the outboxes and devices that have no row yet, and cache their ids. All centres must be known.

        `outboxes` are those of ledger reports, which may have no batch yet. Commits by itself.
        """
        self._register_outboxes({received.outbox for received in batches} | set(outboxes))
        self._register_devices(batches)

    def _register_outboxes(self, outboxes: AbstractSet[OutboxKey]) -> None:
        new = sorted(outboxes - self._outboxes.keys())
        if not new:
            return
        arguments = {
            "centre_ids": [self.centre_id(centre) for centre, _, _ in new],
            "edges": [edge for _, edge, _ in new],
            "epochs": [epoch for _, _, epoch in new],
        }
        self._connection.execute(sql("ensure_outboxes"), arguments)
        ids = self._connection.execute(sql("outboxes"), arguments).fetchall()
        self._outboxes |= {key: outbox_id for key, (outbox_id,) in zip(new, ids, strict=True)}

    def _register_devices(self, batches: Sequence[ReceivedBatch]) -> None:
        named: dict[str, set[str]] = {}
        for received in batches:
            named.setdefault(received.topic.centre, set()).update(received.batch.devices)
        if uncached := named.keys() - self._devices.keys():
            self._load_devices(uncached)
        new = sorted((centre, slug) for centre, slugs in named.items() for slug in slugs - self._devices[centre].keys())
        if new:
            centre_ids = [self.centre_id(centre) for centre, _ in new]
            self._connection.execute(sql("ensure_devices"), {"centre_ids": centre_ids, "slugs": [slug for _, slug in new]})
            self._load_devices({centre for centre, _ in new})

    def _load(self) -> None:
        self._centres = {
            str(slug): (centre_id, str(timezone))
            for slug, centre_id, timezone in self._connection.execute(sql("known_centres"))
        }
        self._outboxes = {
            (str(centre), str(edge), str(epoch)): outbox_id
            for centre, edge, epoch, outbox_id in self._connection.execute(sql("known_outboxes"))
        }

    def _load_devices(self, centres: AbstractSet[str]) -> None:
        by_centre: dict[str, dict[str, int]] = {centre: {} for centre in centres}
        centre_ids = [self.centre_id(centre) for centre in centres]
        for centre, slug, device_id in self._connection.execute(sql("known_devices"), (centre_ids,)):
            by_centre[str(centre)][str(slug)] = device_id
        self._devices |= by_centre
