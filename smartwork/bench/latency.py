"""Latency: from a device's message on the broker of its centre to the committed row, at a steady moderate rate."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smartwork.bench.reading_load import DESKS, EDGE
from smartwork.clock import now
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.messages import Confirmation
from smartwork.contracts.metrics import Metric
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.bench.throwaway import numbers_by_value
from smartwork.db.core.connection import Connection
from smartwork.db.lighting.policy import policy
from smartwork.devstack.errors import DevstackError
from smartwork.devstack.supervisor import Component, Supervisor
from smartwork.transport.mqtt import MqttClient

RATE_HZ = 50.0
READINGS_A_MESSAGE = 2
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class IngestLatency:
    """Milliseconds from publication to the confirmation, which follows the commit."""

    p50_ms: float
    p99_ms: float
    readings: int


def measure(
    connection: Connection,
    broker_url: str,
    supervisor: Supervisor,
    centre: str,
    folder: Path,
    seconds: float,
    progress: Callable[[int, int], None],
) -> IngestLatency:
    """Publish RATE_HZ readings a second as the desks of `centre` do, through a real edge process and the running ingest.

    A row counts as committed when the confirmation of its batch arrives, which is later than the commit. The database must
    hold no readings. Raises DevstackError if a reading does not arrive.
    """
    confirmations = str(Topic(centre, MessageType.CONFIRMED, EDGE))
    applied = str(Topic(centre, MessageType.POLICY_APPLIED, EDGE))
    count = int(seconds * RATE_HZ / READINGS_A_MESSAGE)
    with MqttClient(broker_url, "bench-latency", subscriptions=[confirmations, applied]) as client:
        client.wait_connected(_TIMEOUT_S)
        in_force = policy(connection, centre, now()).model_dump_json().encode()
        client.publish(str(Topic(centre, MessageType.POLICY)), in_force, retain=True).wait_for_publish(_TIMEOUT_S)
        supervisor.start(_edge(broker_url, centre, folder))
        if not client.receive(1, _TIMEOUT_S):
            raise DevstackError(
                f"The edge of the latency measurement applied no policy within {_TIMEOUT_S:g} s; look at its log."
            )
        time.sleep(0.5)  # its subscriptions on the centre's broker follow the policy
        published_at, confirmed = _publish_and_collect(client, centre, count, supervisor.check, progress)
    supervisor.stop(f"edge {centre}")
    number = numbers_by_value(connection, Metric.ILLUMINANCE_LUX)
    waits = [_committed_at(number.get(float(i)), confirmed) - at for i, at in enumerate(published_at)]
    p50, p99 = np.percentile(np.array(waits) * 1000, [50, 99])
    return IngestLatency(float(p50), float(p99), count * READINGS_A_MESSAGE)


ConfirmedRuns = list[tuple[int, int, float]]
"""Confirmed runs of outbox numbers: first, last, and the monotonic time at which the confirmation arrived."""


def _publish_and_collect(
    client: MqttClient, centre: str, count: int, alive: Callable[[], None], progress: Callable[[int, int], None]
) -> tuple[list[float], ConfirmedRuns]:
    """Publish `count` messages on schedule; returns the time of each, and the confirmed runs."""
    published_at: list[float] = []
    confirmed: ConfirmedRuns = []
    began = time.monotonic()
    deadline = began + count * READINGS_A_MESSAGE / RATE_HZ + _TIMEOUT_S
    while sum(last - first + 1 for first, last, _ in confirmed) < count * READINGS_A_MESSAGE:
        due = began + len(published_at) * READINGS_A_MESSAGE / RATE_HZ
        if len(published_at) < count and time.monotonic() >= due:
            i = len(published_at)
            text = json.dumps({"occupancy": i // (DESKS * 40) % 2 == 0, "illuminance": i})
            published_at.append(time.monotonic())
            client.publish(f"zigbee2mqtt/{centre}/desk-{i % DESKS + 1}", text.encode())
            progress(i, count)
        rest = due + READINGS_A_MESSAGE / RATE_HZ - time.monotonic() if len(published_at) < count else 0.05
        confirmed += _confirmed_runs(client, max(0.0005, min(rest, 0.05)))
        if time.monotonic() > deadline:
            raise DevstackError(
                "Not every reading of the latency measurement was confirmed in time; look at the log of the edge."
            )
        alive()
    return published_at, confirmed


def _confirmed_runs(client: MqttClient, timeout_s: float) -> ConfirmedRuns:
    deliveries = client.receive(1_000, timeout_s)
    at = time.monotonic()
    client.acknowledge(deliveries)
    runs: ConfirmedRuns = []
    for delivery in deliveries:
        match decode(delivery.topic, delivery.payload):
            case Decoded(_, Confirmation(runs=more)):
                runs += [(first, last, at) for first, last in more]
    return runs


def _committed_at(number: int | None, confirmed: ConfirmedRuns) -> float:
    for first, last, at in confirmed:
        if number is not None and first <= number <= last:
            return at
    raise DevstackError("A reading of the latency measurement is not in the database.")


def _edge(broker_url: str, centre: str, folder: Path) -> Component:
    log_path = folder / f"edge-{centre}.log"
    outbox = folder / f"{centre}-latency.sqlite"
    env = {"SMARTWORK_BROKER_URL": broker_url, "SMARTWORK_CENTRE": centre, "SMARTWORK_OUTBOX": str(outbox)}
    return Component(f"edge {centre}", [sys.executable, "-m", "edge"], log_path, env)
