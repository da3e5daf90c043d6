"""From somebody sitting down to the lamp being told, through a real broker and a real gateway with fifty desks."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from smartwork.bench.load import ZONE
from smartwork.contracts.policy import DeviceEntry, Policy, Profile, ZoneLight
from smartwork.devstack.errors import DevstackError
from smartwork.transport.mqtt import Client

RATE_HZ = 25.0
"""Changes a second: a whole centre that comes and goes within two seconds."""
_BASE = "zigbee2mqtt/mons"
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class LightLatency:
    """Milliseconds from the publication of a presence to the command for its lamp, as a subscriber gets it."""

    p50_ms: float
    p99_ms: float


def policy(version: int, desks: int) -> Policy:
    """Each desk a zone of its own with a lamp and no hold, so that every change of presence is a change of light."""
    sensors = [_entry(f"s-{i}", f"{_BASE}/desk/{i}", i) for i in range(desks)]
    lamps = [_entry(f"l-{i}", f"{_BASE}/lamp/{i}", i).model_copy(update={"role": "light"}) for i in range(desks)]
    lights = [ZoneLight(zone=f"z-{i}", hold_s=0, ramp_s=0) for i in range(desks)]
    return Policy(version=version, timezone=ZONE, devices=[*sensors, *lamps], lights=lights)


def _entry(device: str, address: str, zone: int) -> DeviceEntry:
    return DeviceEntry(device=device, profile=Profile.ZIGBEE2MQTT, address=address, interval_s=600, zone=f"z-{zone}")


def measure(broker_url: str, desks: int, changes: int, alive: Callable[[], None]) -> LightLatency:
    """Let `changes` people sit down or get up, one after the other, under `policy` in force; lamps confirm.

    Raises DevstackError where a lamp is not told.
    """
    waits: list[float] = []
    with Client(broker_url, "bench-light", subscriptions=[f"{_BASE}/lamp/+/set"]) as client:
        client.wait_connected(_PATIENCE_S)
        _quiet(client)
        for i in range(changes + desks):
            desk, present = i % desks, i // desks % 2 == 1  # unknown counts as somebody: the first change is that nobody is
            began = time.monotonic()
            client.publish(f"{_BASE}/desk/{desk}", json.dumps({"occupancy": present}).encode())
            told = _told(client, desk, began + _PATIENCE_S)
            if i >= desks:  # the first round only makes every sensor known
                waits.append(told - began)
            alive()
            time.sleep(max(0.0, began + 1 / RATE_HZ - time.monotonic()))
    p50, p99 = np.percentile(np.array(waits) * 1000, [50, 99])
    return LightLatency(float(p50), float(p99))


def _quiet(client: Client) -> None:
    """Answer what lamps are told at first, until nothing more comes."""
    while _answer(client, 1.0):
        pass


def _told(client: Client, desk: int, deadline: float) -> float:
    """When the desk's lamp was told something."""
    while time.monotonic() < deadline:
        for topic, at in _answer(client, 0.05):
            if topic == f"{_BASE}/lamp/{desk}/set":
                return at
    raise DevstackError(f"The lamp of desk {desk} was not told anything within {_PATIENCE_S:g} s; look at the edge's log.")


def _answer(client: Client, timeout_s: float) -> list[tuple[str, float]]:
    """What lamps were told and when it came; each confirms at once."""
    deliveries = client.receive(100, timeout_s)
    at = time.monotonic()
    client.acknowledge(deliveries)
    for delivery in deliveries:
        client.publish(delivery.topic.removesuffix("/set"), delivery.payload)
    return [(delivery.topic, at) for delivery in deliveries]
