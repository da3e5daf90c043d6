"""One day of one centre through real parts: devices of every family, the network cut at noon, the gateway killed twice.

Broker, database, ingest and gateway are real; only the centre and its clock are simulated. The clock moves in steps; each
step waits until the lamps have received their commands.
"""

import os
import sys
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from zoneinfo import ZoneInfo

from firmware_sim.demo_network import demo_network
from firmware_sim.mixed_centre import SLUG, TIMEZONE, MixedDay, mixed_day
from smartwork.clock import now
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.db.core.roles import Role
from smartwork.db.ledger.ledger import ledger
from smartwork.db.lighting.zone_settings import install_zone_settings
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import Endpoints, ephemeral
from smartwork.devstack.supervisor import Component, Supervisor
from smartwork.domain.ledger.ledger_day import LedgerTotal, ledger_total
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.progress import Progress, no_progress
from smartwork.scenarios.outbox_replay import ingest_component
from smartwork.scenarios.simulated_centre import SimulatedCentre, lamp_command_topics, simulated_lamps
from smartwork.scenarios.simulated_clock import Clock
from smartwork.scenarios.tcp_proxy import TcpProxy
from smartwork.transport.mqtt import MqttClient

STEP = timedelta(seconds=20)
CUT, JOINED = time(12), time(14)
"""Local times at which the network between gateway and server is cut and joined again."""
KILLS = (time(10, 15), time(15, 40))
"""Local times at which the gateway is killed."""
RESTART_AFTER = timedelta(seconds=40)
"""How long a service manager takes to start a gateway again."""
STEPS_PER_CHECK = 30
_TIMEOUT_S = 60.0
_GATEWAY = "edge"


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The result of a day. Darkness is time at a place lit below the zone's level, beyond the reaction time.

    `by_hand` counts people who used the switch because their sensor was silent, and `by_hand_s` is their time in the dark.
    """

    day: date
    messages: int
    numbered: int
    stored: int
    duplicates: int
    rejected: int
    in_outbox: int
    missing: int
    present_h: float
    dark_s: float
    by_hand: int
    by_hand_s: float
    lighting_kwh: float
    always_on_kwh: float
    saved_share: float
    kills: int
    cut_h: float
    alarms: tuple[str, ...]
    seconds: float


def last_workday(today: date) -> date:
    """The newest weekday before `today`; ingest rejects readings from the future."""
    day = today - timedelta(days=1)
    while day.isoweekday() > 5:
        day -= timedelta(days=1)
    return day


def simulate_day(seed: int, progress: Progress = no_progress, day: date | None = None) -> DayFigures:
    """Run the day (the last workday if it is not given) and compare the results with the true presence.

    Raises SmartworkError if a component fails.
    """
    began = monotonic()
    mixed = mixed_day(day or last_workday(now().date()), seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="smartwork-day-")))
        endpoints = stack.enter_context(ephemeral("day", os.environ, progress)).endpoints
        supervisor = stack.enter_context(Supervisor())
        connection = stack.enter_context(connect(endpoints.database_url))
        proxy = stack.enter_context(TcpProxy(endpoints.broker_url))
        _prepare(connection, mixed, endpoints)
        log = folder / "ingest.log"
        ingest_url = endpoints.database_url_of(Role.INGEST)
        supervisor.start(ingest_component(ingest_url, endpoints.broker_url, log, worker="day", session_s=3600))
        clock = _start_clock(folder / "clock", mixed)
        gateway = _Gateway(supervisor, _gateway_component(endpoints, proxy, folder), endpoints.broker_url)
        lamps = simulated_lamps(mixed)
        client = stack.enter_context(
            MqttClient(endpoints.broker_url, "day-devices", subscriptions=lamp_command_topics(lamps))
        )
        client.wait_connected(_TIMEOUT_S)
        centre = SimulatedCentre(mixed, client, lamps)
        gateway.start()
        _run(centre, clock, proxy, gateway, progress)
        progress("Waiting until the outbox is empty", 1, 1)
        _wait_until_stored(connection, centre, supervisor, progress)
        alarms = tuple(sorted({alarm.kind for alarm in active_alarms(connection)}))
        total = ledger_total(chain.from_iterable(ledger(connection).values()))
    return _figures(centre, total, gateway.kills, alarms, monotonic() - began)


def _figures(centre: SimulatedCentre, total: LedgerTotal, kills: int, alarms: tuple[str, ...], seconds: float) -> DayFigures:
    used_kwh = sum(lamp.energy_wh for lamp in centre.lamps.values()) / 1000
    rated_w = sum(lamp.zone.light_power_w for lamp in centre.lamps.values())
    always_on_kwh = rated_w * centre.open_s / 3600 / 1000
    day = centre.day.day
    return DayFigures(
        day=day,
        messages=len(centre.day.messages),
        **asdict(total),
        present_h=centre.present_s / 3600,
        dark_s=centre.dark_s,
        by_hand=centre.by_hand,
        by_hand_s=centre.by_hand_s,
        lighting_kwh=used_kwh,
        always_on_kwh=always_on_kwh,
        saved_share=1 - used_kwh / always_on_kwh,
        kills=kills,
        cut_h=(datetime.combine(day, JOINED) - datetime.combine(day, CUT)) / timedelta(hours=1),
        alarms=alarms,
        seconds=seconds,
    )


def _prepare(connection: Connection, day: MixedDay, endpoints: Endpoints) -> None:
    network = replace(demo_network(1), centres=(day.centre,), companies=(), members=(), centre_contracts=())
    migrate(connection)
    install(connection, network)
    install_zone_settings(connection, network.centres, now())
    with MqttClient(endpoints.broker_url, "day-publish") as client:
        client.wait_connected(_TIMEOUT_S)
        publish_policies(connection, client, now())


def _start_clock(path: Path, day: MixedDay) -> Clock:
    path.write_bytes(bytes(8))
    clock = Clock(path)
    clock.set(day.messages[0][0] - STEP)
    return clock


def _gateway_component(endpoints: Endpoints, proxy: TcpProxy, folder: Path) -> Component:
    env = {
        "SMARTWORK_BROKER_URL": proxy.url,
        "SMARTWORK_CENTRE_BROKER_URL": endpoints.broker_url,
        "SMARTWORK_CENTRE": SLUG,
        "SMARTWORK_OUTBOX": str(folder / "outbox.sqlite"),
    }
    command = [sys.executable, "-m", "smartwork.scenarios.simulated_clock", str(folder / "clock")]
    return Component(_GATEWAY, command, folder / "edge.log", env)


@dataclass(slots=True)
class _Gateway:
    """The gateway process; `back_at` is the simulated time of its restart while it is down."""

    supervisor: Supervisor
    component: Component
    broker_url: str
    kills: int = 0
    back_at: datetime | None = None

    def start(self) -> None:
        """Start the gateway and wait until it has its policy and is online."""
        self._start_and_wait(restart=False)

    def kill(self, at: datetime) -> None:
        """Kill the gateway; `restart_when_due` starts it again after RESTART_AFTER."""
        self.supervisor.kill(_GATEWAY)
        self.kills, self.back_at = self.kills + 1, at + RESTART_AFTER

    def restart_when_due(self, at: datetime) -> None:
        """Start the gateway again if it was killed long enough ago."""
        if self.back_at is not None and at >= self.back_at:
            self.back_at = None
            self._start_and_wait(restart=True)

    def check(self) -> None:
        """Raise DevstackError if a component died that should run."""
        self.supervisor.check(None if self.back_at is None else ["ingest"])

    def _start_and_wait(self, *, restart: bool) -> None:
        topic = str(Topic(SLUG, MessageType.STATUS, "gateway"))
        with MqttClient(self.broker_url, "day-watch", subscriptions=[topic]) as client:
            client.wait_connected(_TIMEOUT_S)
            if restart:
                self.supervisor.restart(_GATEWAY)
            else:
                self.supervisor.start(self.component)
            self._wait_online(client)
        sleep(0.5)  # after the policy the gateway still subscribes on the centre's broker

    def _wait_online(self, client: MqttClient) -> None:
        deadline = monotonic() + _TIMEOUT_S
        while monotonic() < deadline:
            deliveries = client.receive(10, 0.1)
            client.acknowledge(deliveries)
            if any(b'"online"' in delivery.payload and not delivery.retained for delivery in deliveries):
                return
            self.supervisor.check()
        log_end = self.component.log_path.read_text(errors="replace")[-1000:]
        raise DevstackError(f"The gateway was not online within {_TIMEOUT_S:.0f} s. The end of its log:\n{log_end}")


def _run(centre: SimulatedCentre, clock: Clock, proxy: TcpProxy, gateway: _Gateway, progress: Progress) -> None:
    """Run the day step by step."""
    day = centre.day
    first, last = day.messages[0][0], day.messages[-1][0]
    steps = round((last - first) / STEP)
    pending_faults: list[tuple[datetime, Callable[[datetime], None]]] = [
        (_local(day.day, CUT), lambda _: proxy.cut()),
        (_local(day.day, JOINED), lambda _: proxy.restore()),
        *((_local(day.day, kill), gateway.kill) for kill in KILLS),
    ]
    pending_faults.sort(key=itemgetter(0))
    pending_messages = deque(day.messages)
    for step in range(steps + 1):
        at = first + (step + 1) * STEP
        clock.set(at)
        while pending_faults and pending_faults[0][0] <= at:
            pending_faults.pop(0)[1](at)
        gateway.restart_when_due(at)
        while pending_messages and pending_messages[0][0] <= at:
            _, message = pending_messages.popleft()
            centre.client.publish(message.topic, message.payload, retain=message.retain)
        centre.follow_commands(at)
        centre.measure(at, STEP)
        if step % STEPS_PER_CHECK == 0:
            gateway.check()
            progress(f"{at.astimezone(ZoneInfo(TIMEZONE)):%H:%M} in the centre", step, steps)


def _wait_until_stored(connection: Connection, centre: SimulatedCentre, supervisor: Supervisor, progress: Progress) -> None:
    """Wait until the ledger shows no reading in the outbox and none missing, or until the timeout."""
    deadline = monotonic() + _TIMEOUT_S
    while monotonic() < deadline:
        total = ledger_total(chain.from_iterable(ledger(connection).values()))
        if total.numbered and not total.in_outbox and not total.missing:
            return
        centre.follow_commands(datetime.now(UTC))
        supervisor.check()
        sleep(0.2)
        progress("Waiting until the outbox is empty", 0, 1)


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(TIMEZONE)).astimezone(UTC)
