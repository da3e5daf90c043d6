"""Some days of a small network: every message of its devices, and the bookings of its customers."""

from collections import Counter
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
from smartwork.db.core.roles import Role
from smartwork.db.network_setup import install
from smartwork.devstack.role_addresses import role_url
from smartwork.domain.network_setup import Network
from smartwork.domain.time import local_month
from smartwork.progress import no_progress
from smartwork.scenarios.outbox_replay import FilledOutbox, fill_outbox, replay_outboxes, temporary_ingest, wait_for_spans
from smartwork.transport.mqtt import MqttClient
from tests.support.past_edge import past_arrival

EDGE = "gateway"
SEED = 7


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """A device's message and its event time."""

    at_ms: int
    centre: str
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Days:
    """The first days of a month of some centres of the demo network."""

    network: Network
    month: date
    messages: Sequence[DeviceMessage]

    @property
    def centres(self) -> list[str]:
        """Slugs, in order."""
        return [centre.slug for centre in self.network.centres]

    def readings(self, centre: str) -> list[Reading]:
        """The readings that the edge of a centre translates, in the order of the messages."""
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
            for message in self.messages
            if message.centre == centre
            for reading in translator.translate(message.topic, message.payload, arrived)
        ]


def first_days(centres: Sequence[str], many: int) -> Days:
    """The first `many` days of the last full month in these centres. Equal at each call within a month."""
    whole = demo_network(SEED)
    network = replace(
        whole,
        centres=tuple(c for c in whole.centres if c.slug in centres),
        tariffs=tuple(t for t in whole.tariffs if t.centre is None or t.centre in centres),
    )
    month = (now().date().replace(day=1) - timedelta(days=1)).replace(day=1)
    end_ms = round((local_month(month, TIMEZONE).start + timedelta(days=many)).timestamp() * 1000)
    messages: list[DeviceMessage] = []
    for centre in network.centres:
        addresses = {device.slug: str(device.address) for device in centre.devices}
        readings = [r for r in centre_readings(network, centre.slug, month, SEED) if r.at_ms < end_ms]
        readings.sort(key=lambda r: (r.at_ms, r.device))
        for (at_ms, device), together in groupby(readings, key=lambda r: (r.at_ms, r.device)):
            values = {r.metric: r.value for r in together}
            message = encode_state(addresses[device], datetime.fromtimestamp(at_ms / 1000, UTC), values)
            messages.append(DeviceMessage(at_ms, centre.slug, message.topic, message.payload))
    return Days(network, month, sorted(messages, key=lambda message: message.at_ms))


def prepare(database_url: str, days: Days) -> None:
    """Migrate a database and install the network with its bookings and check-ins."""
    life = simulate_bookings(days.network, days.month, SEED)
    with connect(database_url) as connection:
        migrate(connection)
        install(connection, days.network)
        put_bookings(connection, life.bookings)
        put_check_ins(connection, life.check_ins)


def store_without_faults(database_url: str, broker_url: str, days: Days, folder: Path) -> None:
    """Store the days in a prepared database through the real chain, without faults."""
    boxes = []
    for centre in days.centres:
        path = folder / f"reference-{centre}.sqlite"
        fill_outbox(path, TIMEZONE, days.readings(centre), centre)
        boxes.append(FilledOutbox(centre, EDGE, path, TIMEZONE))
    with temporary_ingest(role_url(database_url, Role.INGEST), broker_url, folder) as supervisor:
        replay_outboxes(broker_url, boxes, no_progress, supervisor.check)
        wait_for_spans(database_url, no_progress, supervisor.check)


@contextmanager
def publishing_devices(broker_url: str, messages: Sequence[DeviceMessage], per_second: float) -> Iterator[Thread]:
    """Publish the messages at a steady rate in a thread, which is yielded.

    At the end of the block the rest is published at once.
    """
    no_delay = Event()

    def publish_all() -> None:
        began = monotonic()
        for i, message in enumerate(messages):
            if not i % 20:
                no_delay.wait(max(0.0, began + i / per_second - monotonic()))
            last = client.publish(message.topic, message.payload)
        last.wait_for_publish(60)

    with MqttClient(broker_url, "devices") as client:
        client.wait_connected(10)
        thread = Thread(target=publish_all, name="devices")
        thread.start()
        try:
            yield thread
        finally:
            no_delay.set()
            thread.join()


def count_by_centre(messages: Sequence[DeviceMessage]) -> Mapping[str, int]:
    """The number of messages of each centre's devices."""
    return dict(sorted(Counter(message.centre for message in messages).items()))
