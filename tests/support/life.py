"""Some days of a small network: what its devices say, word by word, and what its customers booked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from edge.translator import Translator
from firmware_sim.demo_month import centre_readings, simulate_bookings
from firmware_sim.demo_network import TIMEZONE, demo_network
from firmware_sim.dialects.zigbee2mqtt import encode_state
from smartwork.clock import now
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading
from smartwork.db.bookings.bookings import put_bookings
from smartwork.db.bookings.check_ins import put_check_ins
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.db.network_setup import install
from smartwork.domain.network_setup import Network
from smartwork.domain.time import local_month
from smartwork.progress import no_progress
from smartwork.scenarios.outbox_replay import FilledOutbox, fill_outbox, replay_outboxes, temporary_ingest, wait_for_spans
from smartwork.transport.mqtt import Client
from tests.support.past_edge import past_arrival

EDGE = "gateway"
SEED = 7


@dataclass(frozen=True, slots=True)
class Said:
    """A device's message, and the instant of which it speaks."""

    at_ms: int
    centre: str
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Days:
    """The first days of a month of some centres of the demo network."""

    network: Network
    month: date
    said: Sequence[Said]

    @property
    def centres(self) -> list[str]:
        """Slugs, in order."""
        return [centre.slug for centre in self.network.centres]

    def readings(self, centre: str) -> list[Reading]:
        """What the edge of a centre understands, in the order in which its devices say it."""
        (place,) = (c for c in self.network.centres if c.slug == centre)
        translator = Translator(
            [
                DeviceEntry(device=d.slug, profile=Profile.ZIGBEE2MQTT, address=str(d.address), interval_s=d.interval_s)
                for d in place.devices
            ],
        )
        arrived = past_arrival()
        return [
            reading
            for each in self.said
            if each.centre == centre
            for reading in translator.translate(each.topic, each.payload, arrived)
        ]


def first_days(centres: Sequence[str], many: int) -> Days:
    """The first `many` days of the last full month in these centres; the same whenever asked in a month."""
    whole = demo_network(SEED)
    network = replace(
        whole,
        centres=tuple(c for c in whole.centres if c.slug in centres),
        tariffs=tuple(t for t in whole.tariffs if t.centre is None or t.centre in centres),
    )
    month = (now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    end_ms = round((local_month(month, TIMEZONE).start + timedelta(days=many)).timestamp() * 1000)
    said: list[Said] = []
    for centre in network.centres:
        addresses = {device.slug: str(device.address) for device in centre.devices}
        readings = [r for r in centre_readings(network, centre.slug, month, SEED) if r.at_ms < end_ms]
        readings.sort(key=lambda r: (r.at_ms, r.device))
        for (at_ms, device), together in groupby(readings, key=lambda r: (r.at_ms, r.device)):
            values = {r.metric: r.value for r in together}
            message = encode_state(addresses[device], datetime.fromtimestamp(at_ms / 1000, UTC), values)
            said.append(Said(at_ms, centre.slug, message.topic, message.payload))
    return Days(network, month, sorted(said, key=lambda each: each.at_ms))


def prepare(database_url: str, days: Days) -> None:
    """Migrate a database and give it the network with its bookings and check-ins."""
    life = simulate_bookings(days.network, days.month, SEED)
    with connect(database_url) as connection:
        migrate(connection)
        install(connection, days.network)
        put_bookings(connection, life.bookings)
        put_check_ins(connection, life.check_ins)


def store_without_faults(database_url: str, broker_url: str, days: Days, folder: Path) -> None:
    """Bring the days into a prepared database in order, by the real chain in which nothing fails."""
    boxes = []
    for centre in days.centres:
        path = folder / f"orderly-{centre}.sqlite"
        fill_outbox(path, TIMEZONE, days.readings(centre), centre)
        boxes.append(FilledOutbox(centre, EDGE, path, TIMEZONE))
    with temporary_ingest(database_url, broker_url, folder) as supervisor:
        replay_outboxes(broker_url, boxes, no_progress, supervisor.check)
        wait_for_spans(database_url, no_progress, supervisor.check)


@contextmanager
def speaking(broker_url: str, said: Sequence[Said], a_second: float) -> Iterator[Thread]:
    """Devices say this at a steady rate, in a thread that is yielded; leaving the block lets them say the rest at once."""
    hurry = Event()

    def speak_all() -> None:
        began = monotonic()
        for i, each in enumerate(said):
            if not i % 20:
                hurry.wait(max(0.0, began + i / a_second - monotonic()))
            last = client.publish(each.topic, each.payload)
        last.wait_for_publish(60)

    with Client(broker_url, "devices") as client:
        client.wait_connected(10)
        thread = Thread(target=speak_all, name="devices")
        thread.start()
        try:
            yield thread
        finally:
            hurry.set()
            thread.join()


def by_centre(said: Sequence[Said]) -> Mapping[str, int]:
    """How many messages each centre's devices say."""
    return {centre: sum(each.centre == centre for each in said) for centre in sorted({each.centre for each in said})}
