"""Discovered devices: their family is guessed by topic, and they are reported soon, newest first, and again later."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.discovered_devices import MIN_INTERVAL, DeviceDiscovery, identify
from edge.report_timing import REPUBLISH
from smartwork.contracts.edge_reports import DISCOVERED_DEVICES_LIMIT

NOON = datetime(2026, 10, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("topic", "profile", "address"),
    [
        ("zigbee2mqtt/hall/desk 1", "zigbee2mqtt", "zigbee2mqtt/hall/desk 1"),
        ("tele/plug-7/SENSOR", "tasmota", "plug-7"),
        ("shellyplus1-a8/events/rpc", "shelly", "shellyplus1-a8"),
        ("desk-9/binary_sensor/presence/state", "esphome", "desk-9"),
        ("application/a/device/24e1/event/up", "chirpstack", "application/a/device/24e1"),
        ("v3/app@ttn/devices/desk/up", "ttn", "v3/app@ttn/devices/desk"),
        ("homeassistant/light/ceiling/state", "homeassistant", "light/ceiling"),
    ],
)
def test_the_family_and_address_of_an_unregistered_device_follow_from_its_topic(
    topic: str, profile: str, address: str
) -> None:
    found = identify(topic)
    assert found is not None
    assert (found.profile.value, found.address) == (profile, address)


@pytest.mark.parametrize(
    "topic",
    ["zigbee2mqtt/bridge/state", "sw/v1/mons/readings/gateway", "zigbee2mqtt/desk/set", "x", "homeassistant/status"],
)
def test_topics_that_are_no_devices_are_not_identified(topic: str) -> None:
    assert identify(topic) is None


def test_discovered_devices_are_reported_once_soon_newest_first_and_never_more_than_the_limit() -> None:
    devices = DeviceDiscovery()
    assert devices.pending_report(NOON) is None
    for i in range(DISCOVERED_DEVICES_LIMIT + 5):
        devices.add(f"tele/plug-{i}/SENSOR", NOON)
    devices.add("sw/v1/mons/status/gateway", NOON)
    report = devices.pending_report(NOON)
    assert report is not None
    assert len(report.devices) == DISCOVERED_DEVICES_LIMIT
    assert report.devices[0].address == f"plug-{DISCOVERED_DEVICES_LIMIT + 4}"
    devices.add("tele/plug-1/SENSOR", NOON)
    assert devices.pending_report(NOON + timedelta(seconds=1)) is None
    assert devices.pending_report(NOON + MIN_INTERVAL) is not None


def test_a_new_registry_clears_the_list() -> None:
    devices = DeviceDiscovery()
    devices.add("tele/plug-7/SENSOR", NOON)
    devices.pending_report(NOON)
    devices.clear()
    report = devices.pending_report(NOON + MIN_INTERVAL)
    assert report is not None
    assert report.devices == []
    assert devices.pending_report(NOON + MIN_INTERVAL + REPUBLISH) is None
