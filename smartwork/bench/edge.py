"""The bench of the gateway: rates of its outbox and of devices through it, and its start time, memory and disk space."""

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from edge.outbox import LIMIT_BYTES, Outbox
from smartwork.bench import light_latency
from smartwork.bench.light_latency import LightLatency
from smartwork.bench.machine import machine, peak_rss_mb
from smartwork.bench.reading_load import EDGE, ZONE
from smartwork.clock import now
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Policy, Profile
from smartwork.contracts.reading import Reading
from smartwork.contracts.topics import MessageType, Topic
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.stack import ephemeral
from smartwork.devstack.supervisor import Component, Supervisor
from smartwork.progress import Progress, no_progress
from smartwork.transport.load_publisher import publish_packets, send_packets
from smartwork.transport.mqtt import MqttClient

CENTRE = "mons"
DESKS = 50
PORTION = 100
"""Readings in a transaction of the outbox alone. The gateway takes what has arrived, at most 500 messages."""
A_DAY = DESKS * (24 * 60 + 4 * 24 * 4)
"""Readings of 50 desks in a day: presence each minute, and four values of climate each quarter of an hour."""
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """How much is measured. Each figure is the median of `rounds` measurements."""

    messages: int
    outbox_s: float
    singles: int
    changes: int
    rounds: int


QUICK = EdgePlan(messages=10_000, outbox_s=2, singles=2_000, changes=200, rounds=1)
FULL = EdgePlan(messages=30_000, outbox_s=5, singles=10_000, changes=1_000, rounds=3)


@dataclass(frozen=True, slots=True)
class EdgeFigures:
    """The result of a run. `days_offline`: for how long the outbox holds the readings of 50 desks without the network."""

    readings_per_s: float
    outbox_rps: float
    single_rps: float
    bytes_per_reading: float
    days_offline: float
    start_s: float
    rss_mb: float
    light_p50_ms: float
    light_p99_ms: float
    seconds: float
    machine: str


def run(plan: EdgePlan, progress: Progress = no_progress, env: Mapping[str, str] | None = None) -> EdgeFigures:
    """Measure the gateway with a temporary broker. A reading counts once its transaction is synced to disk.

    Raises SmartworkError with the reason if a figure could not be measured.
    """
    began = time.monotonic()
    steps = 3 * plan.rounds + 2
    done = iter(range(steps + 1))
    alone, single, through, starts, memory = [], [], [], [], []
    with TemporaryDirectory(prefix="smartwork-bench-", dir=Path.cwd()) as name:
        folder = Path(name)
        for i in range(plan.rounds):
            progress("Outbox alone", next(done), steps)
            alone.append(_outbox_rps(folder / f"alone-{i}.sqlite", plan.outbox_s))
            progress("One reading a transaction", next(done), steps)
            rate, size = _single_rps(folder / f"single-{i}.sqlite", plan.singles)
            single.append(rate)
        progress("Starting a broker", next(done), steps)
        with ephemeral("bench-edge", os.environ if env is None else env, progress) as pair, Supervisor() as supervisor:
            for i in range(plan.rounds):
                progress("Devices through the gateway", next(done), steps)
                url = pair.endpoints.broker_url
                measured = _gateway_round(url, supervisor, folder / f"through-{i}.sqlite", plan.messages, i + 1)
                through.append(measured.rate)
                starts.append(measured.start_s)
                memory.append(measured.rss_mb)
            progress("Presence to light", next(done), steps)
            light = _light_latency(pair.endpoints.broker_url, supervisor, folder / "light.sqlite", plan)
    return EdgeFigures(
        readings_per_s=median(through),
        outbox_rps=median(alone),
        single_rps=median(single),
        bytes_per_reading=size,
        days_offline=LIMIT_BYTES / (size * A_DAY),
        start_s=median(starts),
        rss_mb=max(memory),
        light_p50_ms=light.p50_ms,
        light_p99_ms=light.p99_ms,
        seconds=time.monotonic() - began,
        machine=machine(),
    )


def _outbox_rps(path: Path, seconds: float) -> float:
    """Readings a second into an outbox on the disk of the working folder, with one synced transaction for each PORTION."""
    with Outbox(path, ZONE) as outbox:
        began = time.monotonic()
        count = 0
        while (spent := time.monotonic() - began) < seconds:
            count += outbox.append(list(_readings(count, PORTION)))
        return count / spent


def _single_rps(path: Path, count: int) -> tuple[float, float]:
    """Readings a second if each is a transaction, as without the network, and bytes on disk for each."""
    with Outbox(path, ZONE) as outbox:
        began = time.monotonic()
        for reading in _readings(0, count):
            outbox.append([reading], unsealed=True)
        rate = count / (time.monotonic() - began)
        outbox.seal()
    return rate, path.stat().st_size / count


def _readings(first: int, count: int) -> Iterator[Reading]:
    at_ms = int(now().timestamp() * 1000)
    for i in range(first, first + count):
        yield Reading(at_ms + i, f"s-{i % DESKS + 1}", Metric.PRESENCE, float(i // DESKS % 2))


@dataclass(frozen=True, slots=True)
class _GatewayRound:
    """The result of one round of devices through the gateway."""

    rate: float
    start_s: float
    rss_mb: float


def _light_latency(broker_url: str, supervisor: Supervisor, outbox: Path, plan: EdgePlan) -> LightLatency:
    version = plan.rounds + 1
    with _running_gateway(broker_url, supervisor, outbox, light_latency.policy(version, DESKS)):
        return light_latency.measure(broker_url, DESKS, plan.changes, supervisor.check)


@contextmanager
def _running_gateway(broker_url: str, supervisor: Supervisor, outbox: Path, policy: Policy) -> Iterator[float]:
    """Run a gateway with the policy in force; yields the seconds from its start until its status was online."""
    status, applied = str(Topic(CENTRE, MessageType.STATUS, EDGE)), str(Topic(CENTRE, MessageType.POLICY_APPLIED, EDGE))
    with MqttClient(broker_url, "bench-edge", subscriptions=[status, applied]) as client:
        client.wait_connected(_TIMEOUT_S)
        topic = str(Topic(CENTRE, MessageType.POLICY))
        client.publish(topic, policy.model_dump_json().encode(), retain=True).wait_for_publish(_TIMEOUT_S)
        began = time.monotonic()
        supervisor.start(_component(broker_url, outbox))
        start_s = _wait_for(client, status, b"online", supervisor) - began
        _wait_for(client, applied, f'"version":{policy.version}'.encode(), supervisor)
    time.sleep(0.5)  # its subscriptions on the centre's broker follow the policy
    try:
        yield start_s
    finally:
        supervisor.stop("edge")


def _gateway_round(broker_url: str, supervisor: Supervisor, outbox: Path, messages: int, version: int) -> _GatewayRound:
    """Publish messages of desks as fast as the broker takes them, until all readings are in the gateway's outbox."""
    policy = Policy(version=version, timezone=ZONE, devices=[_desk(i) for i in range(DESKS)])
    with _running_gateway(broker_url, supervisor, outbox, policy) as start_s:
        sender = multiprocessing.get_context("spawn").Process(target=_send, args=(broker_url, messages), daemon=True)
        sender.start()
        try:
            rate = _rate(outbox, 2 * messages, lambda: _check(supervisor, sender))
            rss_mb = peak_rss_mb(supervisor.pid("edge"))
        finally:
            sender.kill()
            sender.join()
    return _GatewayRound(rate, start_s, rss_mb)


def _check(supervisor: Supervisor, sender: BaseProcess) -> None:
    supervisor.check()
    if sender.exitcode:
        raise DevstackError("The load generator died.")


def _rate(path: Path, readings: int, alive: Callable[[], None]) -> float:
    """Readings a second between the first and the last in the outbox, read from the outbox file."""
    with Outbox(path, ZONE) as outbox:
        deadline = time.monotonic() + _TIMEOUT_S
        began, first, last = 0.0, 0, 0
        while last < readings:
            time.sleep(0.01)
            last = int(outbox.load("last") or 0)
            at = time.monotonic()
            if last and not first:
                began, first = at, last
            if at > deadline:
                raise DevstackError(
                    f"Only {last} of {readings} readings reached the outbox in {_TIMEOUT_S:g} s; look at the log of the edge."
                )
            alive()
        return (last - first) / (at - began)


def _wait_for(client: MqttClient, topic: str, word: bytes, supervisor: Supervisor) -> float:
    """The monotonic time at which a message that contains `word` arrived on `topic`."""
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        deliveries = client.receive(10, 0.02)
        client.acknowledge(deliveries)
        if any(d.topic == topic and word in d.payload and not d.retained for d in deliveries):
            return time.monotonic()
        supervisor.check()
    raise DevstackError(f"The edge did not publish {word.decode()} on {topic} within {_TIMEOUT_S:g} s; look at its log.")


def _send(broker_url: str, messages: int) -> None:
    texts = [json.dumps({"occupancy": i // DESKS % 2 == 0, "illuminance": i}).encode() for i in range(messages)]
    send_packets(broker_url, publish_packets((f"{_address(i % DESKS)}", text) for i, text in enumerate(texts)))


def _address(desk: int) -> str:
    return f"zigbee2mqtt/{CENTRE}/desk-{desk + 1}"


def _desk(i: int) -> DeviceEntry:
    return DeviceEntry(device=f"s-{i + 1}", profile=Profile.ZIGBEE2MQTT, address=_address(i), interval_s=60)


def _component(broker_url: str, outbox: Path) -> Component:
    env = {"SMARTWORK_BROKER_URL": broker_url, "SMARTWORK_CENTRE": CENTRE, "SMARTWORK_OUTBOX": str(outbox)}
    return Component("edge", [sys.executable, "-m", "edge"], outbox.with_suffix(".log"), env)
