"""Replay of a recorded room as sensors of a centre; its figures are computed from what the database then holds."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from edge.translator import Translator
from firmware_sim.demo_network import demo_network
from firmware_sim.recordings import Recording, messages
from smartwork.clock import now
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading
from smartwork.db.core.connection import connect
from smartwork.db.core.roles import Role
from smartwork.db.network.centres import centre_slugs
from smartwork.db.network.devices import put_devices
from smartwork.db.network.places import put_resources
from smartwork.db.presence import recordings as stored
from smartwork.devstack.stack import Endpoints
from smartwork.domain.lighting.energy import LightingEnergy
from smartwork.domain.lighting.recorded_room import RoomFigures, lighting_energy, room_figures
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Rect, Resource
from smartwork.domain.time import Interval
from smartwork.errors import InputError
from smartwork.jobs.network.made_up_network import install_made_up, require_made_up
from smartwork.progress import Progress
from smartwork.scenarios.made_up_servers import prepare_schema, require_made_up_policies
from smartwork.scenarios.outbox_replay import FilledOutbox, fill_outbox, replay_outboxes, temporary_ingest, wait_for_spans

DEMO_SEED = 1


@dataclass(frozen=True, slots=True)
class ReplayedRoom:
    """The figures of a recording, computed from the stored readings."""

    figures: RoomFigures
    lighting: LightingEnergy


def play(
    recording: Recording, centre: str, hold_s: float, endpoints: Endpoints, work_dir: Path, progress: Progress
) -> ReplayedRoom:
    """Send a recording through edge, broker and ingest, and compute its figures from the database.

    Installs the demo network first if the database holds no centre. The same file gives the same batches, so a second
    replay changes nothing. Raises RealRecords if the database or the broker holds what is not of the demo network, InputError
    if there is no such centre, and ServiceUnavailable if the chain makes no progress.
    """
    device = f"recording-{recording.sha256[:8]}"
    with connect(endpoints.database_url) as connection:
        prepare_schema(connection, endpoints)
        network = demo_network(DEMO_SEED)
        require_made_up(connection, network)
        require_made_up_policies(endpoints.broker_url, network)
        if not centre_slugs(connection):
            install_made_up(connection, network)
        timezone = stored.centre_timezone(connection, centre)
        if timezone is None:
            raise InputError(f"There is no centre {centre!r}. Centres: {', '.join(centre_slugs(connection))}")
        place = Resource(
            device, f"Recording {device}", "recording", 1, stored.first_zone(connection, centre), Rect(0, 0, 1, 1)
        )
        address = f"zigbee2mqtt/{centre}/{device}"
        watcher = Device(device, Profile.ZIGBEE2MQTT, address, recording.interval_s, resource=device)
        put_resources(connection, centre, [place])
        put_devices(connection, centre, [watcher])
    box = FilledOutbox(centre, device, work_dir / "outboxes" / f"{centre}-{device}.sqlite", timezone)
    box.path.parent.mkdir(parents=True, exist_ok=True)
    fill_outbox(box.path, timezone, _translated(recording, device, address, timezone), f"{centre}/{device}")
    with temporary_ingest(endpoints.database_url_of(Role.INGEST), endpoints.broker_url, work_dir) as supervisor:
        replay_outboxes(endpoints.broker_url, [box], progress, supervisor.check)
        wait_for_spans(endpoints.database_url, progress, supervisor.check)
    return _figures(recording, centre, device, timedelta(seconds=hold_s), endpoints)


def _translated(recording: Recording, device: str, address: str, timezone: str) -> list[Reading]:
    """The readings that the edge translates from the messages of the recording, in the order of the messages."""
    entry = DeviceEntry(device=device, profile=Profile.ZIGBEE2MQTT, address=address, interval_s=recording.interval_s)
    arrived = now()
    translator = Translator([entry], timezone, max_age=arrived - recording.start)
    return [
        reading
        for topic, payload in messages(recording, address)
        for reading in translator.translate(topic, payload, arrived)
    ]


def _figures(recording: Recording, centre: str, device: str, hold: timedelta, endpoints: Endpoints) -> ReplayedRoom:
    window = Interval(recording.start, recording.end)
    with connect(endpoints.database_url) as connection:
        presence = [(at, value > 0) for at, value in stored.values(connection, centre, device, Metric.PRESENCE, window)]
        lux = stored.values(connection, centre, device, Metric.ILLUMINANCE_LUX, window)
        counter = stored.values(connection, centre, device, Metric.ENERGY_WH, window, with_end=True)
    return ReplayedRoom(
        room_figures(presence, lux, window, recording.interval_s, hold),
        lighting_energy(counter, presence, window, recording.interval_s, hold),
    )
