"""Discovered devices: their family is guessed by topic, and they are reported soon, newest first, and again later."""

from datetime import UTC, datetime, timedelta

import pytest

from edge.discovered_devices import MIN_INTERVAL, DeviceDiscovery, identify, topic_filters
from edge.report_timing import REPUBLISH
from edge.translator import Translator
from smartwork.contracts.base_topics import parse_base_topics
from smartwork.contracts.edge_reports import DISCOVERED_DEVICES_LIMIT
from smartwork.contracts.policy import DeviceEntry, Profile

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
    ("topic", "found"),
    [
        ("zigbee2mqtt-2/bridgehead", ("zigbee2mqtt", "zigbee2mqtt-2/bridgehead")),
        ("floor1/z2m/hall/desk", ("zigbee2mqtt", "floor1/z2m/hall/desk")),
        ("radio/desk-1", ("zigbee2mqtt", "radio/desk-1")),
        ("radio/set/desk", ("zigbee2mqtt", "radio/set/desk")),
        ("radio/desk-1/availability", ("zigbee2mqtt", "radio/desk-1")),
        ("homeassistant_state/binary_sensor/desk/state", ("homeassistant", "homeassistant_state/binary_sensor/desk")),
        ("knx/1/2/3", ("generic", "knx/1/2/3")),
        ("radio/bridge/state", None),
        ("floor1/z2m/bridge/devices", None),
        ("floor1/z2m/bridge/response/device/rename", None),
        ("radio/desk-1/set/state", None),
        ("homeassistant_state/sensor/x/last_changed", None),
    ],
)
def test_devices_below_the_base_topics_of_a_centre_are_discovered(topic: str, found: tuple[str, str] | None) -> None:
    bases = parse_base_topics(
        "zigbee2mqtt=zigbee2mqtt-2, zigbee2mqtt=radio,zigbee2mqtt=floor1/z2m,homeassistant=homeassistant_state,generic=knx"
    )
    device = identify(topic, bases)
    assert (device and (device.profile.value, device.address)) == found
    assert "radio/#" in topic_filters(bases)
    assert "homeassistant_state/+/+/state" in topic_filters(bases)


@pytest.mark.parametrize(
    "text",
    ["zigbee2mqtt", "tasmota=x", "zigbee2mqtt=", "zigbee2mqtt=a/#", "zigbee2mqtt=+/a", "zigbee2mqtt=/a", "zigbee2mqtt=a//b",
     "zigbee2mqtt=sw/v1", "generic=smartwork", "homeassistant=homeassistant/device", "generic=cmnd", "generic=a b",
     "generic=a\ntopic readwrite #", "generic=$SYS", "x=y"],
)  # fmt: skip
def test_a_wrong_base_topic_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"base topic|FAMILY=BASE"):
        parse_base_topics(text)


@pytest.mark.parametrize("name", ["bridgehead", "bridge-1", "set", "hall/bridge", "hall/set", "settings/get"])
def test_a_registered_device_is_read_whatever_its_friendly_name(name: str) -> None:
    entry = DeviceEntry(device="d", profile=Profile.ZIGBEE2MQTT, address=f"zigbee2mqtt-2/{name}", interval_s=60)
    [reading] = Translator([entry]).translate(f"zigbee2mqtt-2/{name}", b'{"occupancy": true}', NOON)
    assert reading.value == 1


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
