"""One day of one centre through real parts: every device family, the network cut at noon, the edge killed twice.

Broker, database, ingest and gateway are real; only the time in the house is simulated. It moves in steps, and each step
waits until lamps that were told something have said that they do it.
"""

import os
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from zoneinfo import ZoneInfo

from firmware_sim.dialects import EARS, OBEYS, SPEAKERS
from firmware_sim.habits import speechless
from firmware_sim.mixed import SLUG, ZONE, Day, a_day
from firmware_sim.network import demo_network
from smartwork.clock import now
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import Profile
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.db.ledger.ledger import ledger
from smartwork.db.lighting.zone_settings import install_zone_settings
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import Endpoints, ephemeral
from smartwork.devstack.supervisor import Component, Supervisor
from smartwork.domain.ledger.ledger_day import ledger_total
from smartwork.domain.network.devices import Device
from smartwork.domain.network.places import Zone
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.progress import Progress, silent
from smartwork.scenarios.outbox_replay import ingest_component
from smartwork.scenarios.simulated_clock import Clock
from smartwork.scenarios.tcp_proxy import TcpProxy
from smartwork.transport.mqtt import Client

STEP = timedelta(seconds=20)
STEP_S = 0.02
"""What a step takes in real time at the least: long enough for a message to come through the gateway and back."""
REACTION = timedelta(seconds=40)
"""Two steps: how long the light may take after somebody sat down; in real time the gateway takes milliseconds."""
PATIENCE = timedelta(seconds=60)
"""After so long in the dark people whose sensor cannot speak use the switch; all other darkness is the gateway's."""
CUT, JOINED = time(12), time(14)
KILLS = (time(10, 15), time(15, 40))
DOWN = timedelta(seconds=40)
"""What a service manager takes to start a gateway again."""
STANDBY_SHARE = 0.006
_PATIENCE_S = 60.0
_EDGE = "edge"


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What the day came to. Darkness is time at a desk under less than the zone's level, beyond the reaction time.

    `by_hand_s` is darkness that ended because a person used the switch: a sensor was dead or silent and nobody could know.
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


@dataclass(slots=True)
class _Lamp:
    """A zone's lamp in the house: it obeys, says so, and meters what it burns."""

    device: Device
    zone: Zone
    level: float = 0.0
    energy_wh: float = 0.0
    told_at: datetime | None = None


@dataclass(slots=True)
class _House:
    """The truth of the centre: its lamps, and who has been in the dark since when."""

    day: Day
    client: Client
    lamps: dict[str, _Lamp]
    dark_since: dict[str, datetime] = field(default_factory=dict)
    dark_s: float = 0.0
    by_hand: int = 0
    by_hand_s: float = 0.0
    present_s: float = 0.0
    on_s: float = 0.0


def last_workday(today: date) -> date:
    """The newest weekday before `today`: its readings lie in the past, as ingest wants them."""
    day = today - timedelta(days=1)
    while day.isoweekday() > 5:
        day -= timedelta(days=1)
    return day


def simulate_day(seed: int, progress: Progress = silent, day: date | None = None) -> DayFigures:
    """Play the day and hold what came out against what was true.

    Raises SmartworkError with the reason where a part fails.
    """
    began = monotonic()
    played = a_day(day or last_workday(now().date()), seed)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="smartwork-day-")))
        pair = opened.enter_context(ephemeral("day", os.environ, progress))
        supervisor = opened.enter_context(Supervisor())
        connection = opened.enter_context(connect(pair.endpoints.database_url))
        proxy = opened.enter_context(TcpProxy(pair.endpoints.broker_url))
        _prepare(connection, played, pair.endpoints)
        supervisor.start(
            ingest_component(
                pair.endpoints.database_url, pair.endpoints.broker_url, folder / "ingest.log", worker="day", session_s=3600
            )
        )
        clock = _clock(folder / "clock", played)
        gateway = _gateway(pair.endpoints, proxy, folder)
        lamps = _lamps(played)
        ears = {ear for lamp in lamps.values() for ear in EARS[Profile(lamp.device.profile)](lamp.device.address)}
        client = opened.enter_context(Client(pair.endpoints.broker_url, "day-devices", subscriptions=sorted(ears)))
        client.wait_connected(_PATIENCE_S)
        house = _House(played, client, lamps)
        _start(supervisor, gateway, pair.endpoints)
        kills = _live(house, clock, proxy, supervisor, gateway, pair.endpoints, progress)
        progress("Waiting until nothing is on the way", 1, 1)
        alarms = _level(connection, house, supervisor, progress)
        total = ledger_total(chain.from_iterable(ledger(connection).values()))
    burnt = sum(lamp.energy_wh for lamp in lamps.values()) / 1000
    rated_w = sum(lamp.zone.light_power_w for lamp in lamps.values())
    always = rated_w * house.on_s / 3600 / 1000
    return DayFigures(
        day=played.day,
        messages=len(played.said),
        **asdict(total),
        present_h=house.present_s / 3600,
        dark_s=house.dark_s,
        by_hand=house.by_hand,
        by_hand_s=house.by_hand_s,
        lighting_kwh=burnt,
        always_on_kwh=always,
        saved_share=1 - burnt / always,
        kills=kills,
        cut_h=(datetime.combine(played.day, JOINED) - datetime.combine(played.day, CUT)) / timedelta(hours=1),
        alarms=tuple(sorted(alarms)),
        seconds=monotonic() - began,
    )


def _prepare(connection: Connection, played: Day, endpoints: Endpoints) -> None:
    network = replace(demo_network(1), centres=(played.centre,), companies=(), members=(), centre_contracts=())
    migrate(connection)
    install(connection, network)
    install_zone_settings(connection, network.centres, now())
    with Client(endpoints.broker_url, "day-publish") as client:
        client.wait_connected(_PATIENCE_S)
        publish_policies(connection, client, now())


def _clock(path: Path, played: Day) -> Clock:
    path.write_bytes(bytes(8))
    clock = Clock(path)
    clock.set(played.said[0][0] - STEP)
    return clock


def _gateway(endpoints: Endpoints, proxy: TcpProxy, folder: Path) -> Component:
    env = {
        "SMARTWORK_BROKER_URL": proxy.url,
        "SMARTWORK_CENTRE_BROKER_URL": endpoints.broker_url,
        "SMARTWORK_CENTRE": SLUG,
        "SMARTWORK_OUTBOX": str(folder / "outbox.sqlite"),
    }
    command = [sys.executable, "-m", "smartwork.scenarios.simulated_clock", str(folder / "clock")]
    return Component(_EDGE, command, folder / "edge.log", env)


def _lamps(played: Day) -> dict[str, _Lamp]:
    zones = {zone.slug: zone for zone in played.centre.zones}
    return {str(d.zone): _Lamp(d, zones[str(d.zone)]) for d in played.centre.devices if d.role == "light"}


def _start(supervisor: Supervisor, gateway: Component, endpoints: Endpoints, *, again: bool = False) -> None:
    """Start the gateway and wait until it lives by its policy."""
    topic = str(Topic(SLUG, MessageType.STATUS, "gateway"))
    with Client(endpoints.broker_url, "day-watch", subscriptions=[topic]) as watch:
        watch.wait_connected(_PATIENCE_S)
        if again:
            supervisor.restart(_EDGE)
        else:
            supervisor.start(gateway)
        _wait_online(watch, supervisor)
    sleep(0.5)  # its subscriptions on the centre's broker follow the policy


def _wait_online(watch: Client, supervisor: Supervisor) -> None:
    deadline = monotonic() + _PATIENCE_S
    while monotonic() < deadline:
        deliveries = watch.receive(10, 0.1)
        watch.acknowledge(deliveries)
        if any(b'"online"' in d.payload and not d.retained for d in deliveries):
            return
        supervisor.check()
    raise DevstackError("The gateway did not come online; look at its log.")


def _live(
    house: _House,
    clock: Clock,
    proxy: TcpProxy,
    supervisor: Supervisor,
    gateway: Component,
    endpoints: Endpoints,
    progress: Progress,
) -> int:
    """Let the day pass, step by step; returns how often the edge was killed."""
    day, said = house.day, iter(house.day.said)
    at, end, waiting = day.said[0][0], day.said[-1][0], next(said)
    steps = round((end - at) / STEP)
    kills = [_local(day.day, kill) for kill in KILLS]
    back_at: datetime | None = None
    killed = 0
    for step in range(steps + 1):
        at += STEP
        clock.set(at)
        if _local(day.day, CUT) <= at < _local(day.day, CUT) + STEP:
            proxy.cut()
        if _local(day.day, JOINED) <= at < _local(day.day, JOINED) + STEP:
            proxy.restore()
        if kills and at >= kills[0]:
            kills.pop(0)
            supervisor.kill(_EDGE)
            killed, back_at = killed + 1, at + DOWN
        if back_at is not None and at >= back_at:
            back_at = None
            _start(supervisor, gateway, endpoints, again=True)
        while waiting is not None and waiting[0] <= at:
            message = waiting[1]
            house.client.publish(message.topic, message.payload, retain=message.retain)
            waiting = next(said, None)  # type: ignore[assignment]
        _settle(house, at)
        _measure(house, at)
        if step % 30 == 0:
            supervisor.check(None if back_at is None else ["ingest"])
            progress(f"{at.astimezone(ZoneInfo(ZONE)):%H:%M} in the centre", step, steps)
    return killed


def _settle(house: _House, at: datetime) -> None:
    """Let lamps do what they are told, and say so, until a moment passes in which nothing comes."""
    deadline = monotonic() + STEP_S
    while (rest := deadline - monotonic()) > 0:
        deliveries = house.client.receive(100, rest)
        for delivery in deliveries:
            for lamp in house.lamps.values():
                order = OBEYS[Profile(lamp.device.profile)](lamp.device.address, delivery.topic, delivery.payload)
                if order is not None:
                    lamp.level = 0.0 if not order.on else 1.0 if order.level is None else order.level
                    _say(house, lamp, at)
                    deadline = monotonic() + STEP_S
        house.client.acknowledge(deliveries)


def _say(house: _House, lamp: _Lamp, at: datetime) -> None:
    values = {
        Metric.LIGHT_ON: float(lamp.level > 0),
        Metric.LIGHT_LEVEL: lamp.level,
        Metric.POWER_W: _power_w(lamp),
        Metric.ENERGY_WH: round(lamp.energy_wh, 3),
    }
    for said in SPEAKERS[Profile(lamp.device.profile)](lamp.device.address, at, values):
        house.client.publish(said.topic, said.payload, retain=said.retain)


def _power_w(lamp: _Lamp) -> float:
    return round(lamp.zone.light_power_w * max(lamp.level, STANDBY_SHARE), 1)


def _measure(house: _House, at: datetime) -> None:
    """Meter the step that is over, and look who sits in the dark."""
    step_s = STEP.total_seconds()
    centre = house.day.centre
    open_now = centre.hours.of(house.day.day)
    if open_now is not None and open_now.start <= at < open_now.end:
        house.on_s += step_s
    for lamp in house.lamps.values():
        lamp.energy_wh += _power_w(lamp) * step_s / 3600
    for resource in centre.resources:
        lamp = house.lamps[resource.zone]
        stay = next((s for s in house.day.present[resource.slug] if s.start <= at < s.end), None)
        wanted = lamp.zone.light.level if lamp.zone.light else 0.0
        if stay is None or lamp.level >= wanted - 0.01:
            since = house.dark_since.pop(resource.slug, None)
            house.present_s += step_s if stay is not None else 0.0
            if since is not None and at - since > REACTION:
                house.dark_s += (at - since - REACTION).total_seconds()
            continue
        house.present_s += step_s
        since = house.dark_since.setdefault(resource.slug, max(stay.start, at - STEP))
        if at - since >= PATIENCE and speechless(house.day.habits[f"{resource.slug}-presence"], since):
            house.by_hand += 1
            house.by_hand_s += (at - since).total_seconds()
            house.dark_since.pop(resource.slug)
            lamp.level = wanted
            _say(house, lamp, at)


def _level(connection: Connection, house: _House, supervisor: Supervisor, progress: Progress) -> set[str]:
    """Wait until the outbox is empty and the ledger says so; returns the kinds of alarms that stand then."""
    deadline = monotonic() + _PATIENCE_S
    while monotonic() < deadline:
        total = ledger_total(chain.from_iterable(ledger(connection).values()))
        if total.numbered and not total.in_outbox and not total.missing:
            return {alarm.kind for alarm in active_alarms(connection)}
        _settle(house, datetime.now(UTC))
        supervisor.check()
        sleep(0.2)
        progress("Waiting until nothing is on the way", 0, 1)
    return {alarm.kind for alarm in active_alarms(connection)}


def _local(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZoneInfo(ZONE)).astimezone(UTC)
