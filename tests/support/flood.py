"""A centre that floods the network broker, and a well-behaved one that measures how long its batches take."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from threading import Event, Thread
from typing import Self
from zoneinfo import ZoneInfo

from smartwork.clock import now
from smartwork.contracts.messages import Confirmation
from smartwork.contracts.topics import MessageType, Topic
from smartwork.domain.network_setup import Network
from smartwork.transport.load_publisher import publish_packets, send_packets
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import batch, presence, small_network

GREEDY, HONEST = "mons", "liege"
Messages = Sequence[tuple[str, bytes]]


def two_centres() -> Network:
    """A network of both centres."""
    network = small_network(GREEDY)
    return replace(network, centres=network.centres + small_network(HONEST).centres)


def invented_devices_and_epochs(many: int) -> Messages:
    """Batches of 400 readings; every reading has a device of its own, and every batch an epoch of its own."""
    return [
        _batch(f"{i:012x}", 1, devices=[f"d-{i}-{j}" for j in range(400)], device=list(range(400)))
        for i in range(1, many + 1)
    ]


def valid_batches(many: int) -> Messages:
    """Batches of 400 readings of two registered devices, in one outbox."""
    return [_batch("0123456789ab", 1 + i * 400, devices=["s-1", "s-2"], device=[0, 1] * 200) for i in range(many)]


def implausible_readings(many: int) -> Messages:
    """Batches of 400 readings, none of which can be true."""
    return [_batch("0123456789ab", 1 + i * 400, devices=["s-1"], device=[0] * 400, value=[1e9] * 400) for i in range(many)]


def garbage(many: int) -> Messages:
    """Messages that are no batch, 20 kB each."""
    rng = Random(1)
    return [(_topic(MessageType.READINGS), rng.randbytes(20_000)) for _ in range(many)]


def invented_alarms(many: int) -> Messages:
    """Reports of 1,000 alarms each, all of which are new."""
    return [_report(MessageType.ALARMS, {"alarms": [_alarm(i, j) for j in range(1_000)]}, i) for i in range(many)]


def invented_discoveries(many: int) -> Messages:
    """Reports of 200 discovered devices each, all of which are new."""
    return [_report(MessageType.DISCOVERED_DEVICES, {"devices": [_found(i, j) for j in range(200)]}, i) for i in range(many)]


def publish_over(broker_url: str, messages: Messages, seconds: float) -> None:
    """Publish all messages, in twenty equal steps over these seconds, or as fast as the broker accepts them."""
    began, step = time.monotonic(), -(-len(messages) // 20)
    for i in range(20):
        if part := messages[i * step : (i + 1) * step]:
            send_packets(broker_url, publish_packets(part))
        time.sleep(max(0.0, began + (i + 1) * seconds / 20 - time.monotonic()))


class HonestCentre:
    """Publishes a batch at intervals while its `with` block lasts, and measures the seconds until each is confirmed.

    At the end of the block it waits until all are confirmed.
    """

    def __init__(self, broker_url: str, every_s: float = 0.05) -> None:
        self.waits_s: list[float] = []
        self._every_s = every_s
        self._published: dict[int, float] = {}
        self._confirmed: set[int] = set()
        self._stop = Event()
        confirmations = str(Topic(HONEST, MessageType.CONFIRMED, "gateway"))
        self._client = MqttClient(broker_url, "honest", subscriptions=[confirmations])
        self._threads = [Thread(target=self._publish), Thread(target=self._receive)]

    @property
    def published(self) -> int:
        """The number of batches so far."""
        return len(self._published)

    def __enter__(self) -> Self:
        self._client.start()
        self._client.wait_connected(10)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        deadline = time.monotonic() + 30
        while len(self._confirmed) < self.published and time.monotonic() < deadline:
            self._collect()
        self._client.stop()

    def _publish(self) -> None:
        topic = str(Topic(HONEST, MessageType.READINGS, "gateway"))
        while not self._stop.wait(self._every_s):
            at, number = now(), self.published + 1
            content = batch(number, presence("s-1", at, [True], 1), day=_local_day(at))
            self._published[number] = time.monotonic()
            self._client.publish(topic, content.model_dump_json().encode())

    def _receive(self) -> None:
        while not self._stop.is_set():
            self._collect()

    def _collect(self) -> None:
        for delivery in self._client.receive(500, 0.05):
            at = time.monotonic()
            for first, last in Confirmation.model_validate_json(delivery.payload).runs:
                new = set(range(first, last + 1)) - self._confirmed
                self._confirmed |= new
                self.waits_s += [at - self._published[number] for number in new]


def percentile_99(values: Sequence[float]) -> float:
    """The 99th percentile of the values."""
    return sorted(values)[int(len(values) * 0.99)]


def _local_day(at: datetime) -> date:
    return at.astimezone(ZoneInfo("Europe/Brussels")).date()


def _topic(message_type: MessageType) -> str:
    return str(Topic(GREEDY, message_type, "gateway"))


def _batch(
    epoch: str, first: int, *, devices: list[str], device: list[int], value: list[float] | None = None
) -> tuple[str, bytes]:
    at = now() - timedelta(minutes=5)
    at_ms = round(at.timestamp() * 1000)
    content = {
        "v": 1,
        "epoch": epoch,
        "first": first,
        "day": _local_day(at).isoformat(),
        "devices": devices,
        "at_ms": [at_ms + first // 400 * 50 + i for i in range(len(device))],
        "device": device,
        "metric": [1] * len(device),
        "value": value or [1.0] * len(device),
    }
    return _topic(MessageType.READINGS), json.dumps(content, separators=(",", ":")).encode()


def _report(message_type: MessageType, lines: dict[str, object], i: int) -> tuple[str, bytes]:
    at_ms = round(now().timestamp() * 1000) + i
    return _topic(message_type), json.dumps({"v": 1, "reported_ms": at_ms, **lines}).encode()


def _alarm(i: int, j: int) -> dict[str, object]:
    return {"kind": "sensor_silent", "device": f"d-{i}-{j}", "since_ms": 1_791_180_000_000, "says": "silent"}


def _found(i: int, j: int) -> dict[str, object]:
    return {"profile": "tasmota", "address": f"p-{i}-{j}", "topic": f"tele/p-{i}-{j}/LWT", "last_ms": 1_791_180_000_000 + i}
