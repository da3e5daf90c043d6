"""What ingest calls centres, outboxes and devices: their numbers in the database, which never change, remembered."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from smartwork.contracts.topics import Topic
from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.db.ingest.columns import Arrival

OutboxKey = tuple[str, str, str]
"""Centre, edge and epoch."""


class Registry:
    """Numbers by name. Looking up needs no connection and may be done from any thread; learning needs one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._centres: dict[str, tuple[int, str]] = {}
        self._outboxes: dict[OutboxKey, int] = {}
        self._devices: dict[str, dict[str, int]] = {}
        self._read()

    def knows_centre(self, slug: str) -> bool:
        """Whether the centre is in the database, looked up there where it was not remembered."""
        if slug not in self._centres:
            self._read()
        return slug in self._centres

    def centre_id(self, slug: str) -> int:
        """The number of a known centre."""
        return self._centres[slug][0]

    def zone(self, slug: str) -> str:
        """The time zone of a known centre."""
        return self._centres[slug][1]

    def outbox_id(self, key: OutboxKey) -> int:
        """The number of a registered outbox."""
        return self._outboxes[key]

    def devices(self, centre: str) -> dict[str, int]:
        """The numbers of the centre's registered devices by name."""
        return self._devices[centre]

    def knows(self, arrivals: Iterable[Arrival]) -> bool:
        """Whether everything that these batches name is remembered; asks nobody."""
        for arrival in arrivals:
            centre = arrival.topic.centre
            if centre not in self._centres or outbox_key(arrival.topic, arrival.batch.epoch) not in self._outboxes:
                return False
            if not self._devices.get(centre, {}).keys() >= set(arrival.batch.devices):
                return False
        return True

    def register(self, arrivals: Sequence[Arrival], reports: Iterable[tuple[Topic, str]]) -> None:
        """Make sure that all outboxes and devices of known centres have a row, in transactions of their own.

        `reports` are the topics and epochs of ledger reports, whose outbox may have no batch yet.
        """
        spoken = {outbox_key(a.topic, a.batch.epoch) for a in arrivals}
        spoken |= {outbox_key(topic, epoch) for topic, epoch in reports}
        if strange := sorted(spoken - self._outboxes.keys()):
            arguments = {
                "centre_ids": [self.centre_id(centre) for centre, _, _ in strange],
                "edges": [edge for _, edge, _ in strange],
                "epochs": [epoch for _, _, epoch in strange],
            }
            self._connection.execute(sql("ensure_outboxes"), arguments)
            numbers = self._connection.execute(sql("outboxes"), arguments).fetchall()
            self._outboxes |= {key: number for key, (number,) in zip(strange, numbers, strict=True)}
        named: dict[str, set[str]] = {}
        for arrival in arrivals:
            named.setdefault(arrival.topic.centre, set()).update(arrival.batch.devices)
        if unread := named.keys() - self._devices.keys():
            self._read_devices(unread)
        strangers = sorted((c, slug) for c, slugs in named.items() for slug in slugs - self._devices[c].keys())
        if strangers:
            centre_ids = [self.centre_id(centre) for centre, _ in strangers]
            slugs = [slug for _, slug in strangers]
            self._connection.execute(sql("ensure_devices"), {"centre_ids": centre_ids, "slugs": slugs})
            self._read_devices({centre for centre, _ in strangers})

    def _read(self) -> None:
        self._centres = {
            str(slug): (number, str(zone)) for slug, number, zone in self._connection.execute(sql("centre_zones"))
        }
        self._outboxes = {
            (str(centre), str(edge), str(epoch)): number
            for centre, edge, epoch, number in self._connection.execute(sql("known_outboxes"))
        }

    def _read_devices(self, centres: AbstractSet[str]) -> None:
        found: dict[str, dict[str, int]] = {centre: {} for centre in centres}
        ids = [self.centre_id(centre) for centre in centres]
        for centre, slug, number in self._connection.execute(sql("known_devices"), (ids,)):
            found[str(centre)][str(slug)] = number
        self._devices |= found


def outbox_key(topic: Topic, epoch: str) -> OutboxKey:
    """Which outbox speaks on this topic in this epoch."""
    return topic.centre, str(topic.name), epoch
