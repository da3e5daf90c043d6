"""Devices of several families at one gateway: each in its own format through a real broker, canonical on the wire."""

import json
from pathlib import Path

import pytest

from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.messages import Batch
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Policy, PolicyApplied, Profile
from smartwork.transport.mqtt import Delivery, MqttClient
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services

POLICY = Policy(
    version=7,
    timezone="Europe/Brussels",
    devices=[
        DeviceEntry(device="plug", profile=Profile.TASMOTA, address="plug-7", interval_s=300, role="meter"),
        DeviceEntry(device="lamp", profile=Profile.SHELLY, address="shellydimmer-1", interval_s=600, role="light"),
        DeviceEntry(device="radar", profile=Profile.ESPHOME, address="desk-9", interval_s=300),
        DeviceEntry(
            device="desk",
            profile=Profile.CHIRPSTACK,
            address="application/a/device/24e124746c123456",
            interval_s=600,
            model="VS341",
        ),
        DeviceEntry(device="eye", profile=Profile.ELSYS, address="elsys/eye-1", interval_s=600, model="ERS-EYE"),
    ],
)
PUBLISHED = [
    ("tele/plug-7/SENSOR", {"ENERGY": {"Power": 35, "Total": 1.5}}),
    ("shellydimmer-1/events/rpc", {"method": "NotifyStatus", "params": {"light:0": {"output": True, "brightness": 40}}}),
    ("desk-9/binary_sensor/presence/state", "ON"),
    ("application/a/device/24e124746c123456/event/up", {"fPort": 85, "data": "AXVkAwAB"}),
    ("elsys/eye-1", "1102"),
]
EXPECTED = {
    ("plug", Metric.POWER_W, 35.0),
    ("plug", Metric.ENERGY_WH, 1500.0),
    ("lamp", Metric.LIGHT_ON, 1.0),
    ("lamp", Metric.LIGHT_LEVEL, 0.4),
    ("radar", Metric.PRESENCE, 1.0),
    ("desk", Metric.PRESENCE, 1.0),
    ("desk", Metric.BATTERY_PCT, 100.0),
    ("eye", Metric.PRESENCE, 1.0),
}


def received_readings(deliveries: list[Delivery]) -> tuple[set[tuple[str, int, float]], bool]:
    """The readings that the gateway published, and whether it reported the policy as applied."""
    found, applied = set(), False
    for delivery in deliveries:
        match decode(delivery.topic, delivery.payload):
            case Decoded(_, Batch() as batch):
                found |= {(batch.devices[d], m, v) for d, m, v in zip(batch.device, batch.metric, batch.value, strict=True)}
                assert batch.by_arrival == list(range(len(batch.at_ms))), "none of these devices sends a time"
            case Decoded(_, PolicyApplied(version=7)):
                applied = True
    return found, applied


def test_one_gateway_translates_devices_of_five_families(broker_url: str, tmp_path: Path) -> None:
    settings = {"centre": "mons", "broker_url": broker_url, "outbox": tmp_path / "outbox.sqlite"}
    topics = ["sw/v1/mons/readings/+", "sw/v1/mons/policy/applied/+"]
    received: list[Delivery] = []

    def receive() -> tuple[set[tuple[str, int, float]], bool]:
        more = network.receive(50, 0.1)
        network.acknowledge(more)
        received.extend(more)
        return received_readings(received)

    with (
        MqttClient(broker_url, "network", subscriptions=topics) as network,
        Program("edge", settings, tmp_path / "log") as edge,
    ):
        network.wait_connected(10)
        network.publish("desk-9/binary_sensor/presence/state", b"OFF", retain=True).wait_for_publish(10)  # an old state
        network.publish("sw/v1/mons/policy", POLICY.model_dump_json().encode(), retain=True).wait_for_publish(10)
        eventually(lambda: receive()[1], lambda: edge.log_text)
        for topic, payload in PUBLISHED:
            text = payload if isinstance(payload, str) else json.dumps(payload)
            network.publish(topic, text.encode()).wait_for_publish(10)
        eventually(lambda: len(receive()[0]) >= len(EXPECTED), lambda: f"{received_readings(received)}\n{edge.log_text}")
        assert received_readings(received)[0] == EXPECTED
        assert "Traceback" not in edge.log_text
