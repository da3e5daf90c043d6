"""Latency of light: from a presence message to the command for the lamp, through a real broker and a real gateway."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smartwork.bench.reading_load import ZONE
from smartwork.contracts.policy import DeviceEntry, Policy, Profile, ZoneSettings
from smartwork.devstack.errors import DevstackError
from smartwork.transport.mqtt import MqttClient

RATE_HZ = 25.0
"""Changes of presence a second: all 50 desks of a centre change within two seconds."""
_BASE = "zigbee2mqtt/mons"
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class LightLatency:
    """Milliseconds from the publication of a presence message until a subscriber receives the command for the lamp."""

    p50_ms: float
    p99_ms: float


def policy(version: int, desks: int) -> Policy:
    """A policy with one zone for each desk, with a lamp and no hold time: each change of presence changes the light."""
    sensors = [_entry(f"s-{i}", f"{_BASE}/desk/{i}", i) for i in range(desks)]
    lamps = [_entry(f"l-{i}", f"{_BASE}/lamp/{i}", i).model_copy(update={"role": "light"}) for i in range(desks)]
    lights = [ZoneSettings(zone=f"z-{i}", hold_s=0, ramp_s=0) for i in range(desks)]
    return Policy(version=version, timezone=ZONE, devices=[*sensors, *lamps], lights=lights)


def _entry(device: str, address: str, zone: int) -> DeviceEntry:
    return DeviceEntry(device=device, profile=Profile.ZIGBEE2MQTT, address=address, interval_s=600, zone=f"z-{zone}")


def measure(broker_url: str, desks: int, changes: int, alive: Callable[[], None]) -> LightLatency:
    """Publish `changes` changes of presence, one after the other, with `policy` in force; lamps confirm their commands.

    Raises DevstackError if a lamp gets no command.
    """
    waits: list[float] = []
    with MqttClient(broker_url, "bench-light", subscriptions=[f"{_BASE}/lamp/+/set"]) as client:
        client.wait_connected(_TIMEOUT_S)
        _confirm_first_commands(client)
        for i in range(changes + desks):
            desk, present = i % desks, i // desks % 2 == 1  # unknown counts as present, so the first change is to absent
            began = time.monotonic()
            client.publish(f"{_BASE}/desk/{desk}", json.dumps({"occupancy": present}).encode())
            commanded_at = _commanded_at(client, desk, began + _TIMEOUT_S)
            if i >= desks:  # the first round gives every sensor a known state
                waits.append(commanded_at - began)
            alive()
            time.sleep(max(0.0, began + 1 / RATE_HZ - time.monotonic()))
    p50, p99 = np.percentile(np.array(waits) * 1000, [50, 99])
    return LightLatency(float(p50), float(p99))


def _confirm_first_commands(client: MqttClient) -> None:
    """Confirm the first commands until no more arrive."""
    while _confirm_commands(client, 1.0):
        pass


def _commanded_at(client: MqttClient, desk: int, deadline: float) -> float:
    """The monotonic time at which the lamp of a desk got a command."""
    while time.monotonic() < deadline:
        for topic, at in _confirm_commands(client, 0.05):
            if topic == f"{_BASE}/lamp/{desk}/set":
                return at
    raise DevstackError(f"The lamp of desk {desk} got no command within {_TIMEOUT_S:g} s; look at the log of the edge.")


def _confirm_commands(client: MqttClient, timeout_s: float) -> list[tuple[str, float]]:
    """The topics of commands that have arrived, with their time; each lamp confirms at once."""
    deliveries = client.receive(100, timeout_s)
    at = time.monotonic()
    client.acknowledge(deliveries)
    for delivery in deliveries:
        client.publish(delivery.topic.removesuffix("/set"), delivery.payload)
    return [(delivery.topic, at) for delivery in deliveries]
