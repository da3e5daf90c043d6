"""The broker of a centre in docker-compose.yml: every family's default topics, and no device in the place of the edge."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.adapters import access_list
from edge.adapters.access_list import FAMILY_TOPICS
from edge.adapters.families import ADAPTERS, COMMANDS
from edge.homeassistant.discovery import CentreTopics
from smartwork.contracts.base_topics import parse_base_topics
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.errors import PublicationRefused
from smartwork.transport.client_ids import private_client_id
from smartwork.transport.mqtt import MqttClient
from tests.support.production_broker import ProductionBroker, production_broker

pytestmark = pytest.mark.services
PUBLISHED = {
    Profile.ZIGBEE2MQTT: ["zigbee2mqtt/desk 01", "zigbee2mqtt/floor 1/desk 01", "zigbee2mqtt/0x00158d0001/availability"],
    Profile.TASMOTA: ["tele/plug-7/SENSOR", "tele/plug-7/LWT", "stat/plug-7/RESULT", "tele/floor1/plug-7/STATE"],
    Profile.SHELLY: [
        "shellyplus1-a8032ab1/events/rpc",
        "shellyplus1-a8032ab1/status/switch:0",
        "floor1/shelly/online",
        "shellies/s1/relay/0",
    ],
    Profile.ESPHOME: ["radar-1/binary_sensor/presence/state", "radar-1/status", "floor1/radar-1/sensor/lux/state"],
    Profile.CHIRPSTACK: ["application/2c9e/device/0102030405060708/event/up", "eu868/gateway/0016c001/event/up"],
    Profile.TTN: ["v3/app@ttn/devices/desk-1/up"],
    Profile.MILESIGHT: ["uplink/vs341-1"],
    Profile.ELSYS: ["uplink/floor1/ers-1"],
    Profile.GENERIC: ["uplink/knx/1/2/3"],
}
"""Topics as the makers' documentation gives them."""
ADDRESSES = {
    Profile.ZIGBEE2MQTT: "zigbee2mqtt/lamp 1",
    Profile.TASMOTA: "lamp-1",
    Profile.SHELLY: "shellydimmer-a8032ab1",
    Profile.ESPHOME: "lamp-1",
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductionBroker]:
    users = ["edge", "devices", "homeassistant"]
    with production_broker(tmp_path_factory.mktemp("centre"), users, role="centre") as running:
        yield running


def test_the_committed_access_list_is_the_generated_one() -> None:
    assert access_list.PATH.read_text() == access_list.text(), "run: python -m edge.adapters.access_list"


def test_every_family_has_its_topics() -> None:
    assert set(FAMILY_TOPICS) == set(Profile)
    assert set(PUBLISHED) == set(Profile) - {Profile.HOMEASSISTANT}


@pytest.mark.parametrize("profile", PUBLISHED)
def test_a_device_publishes_on_its_familys_default_topics_and_the_edge_receives_it(
    broker: ProductionBroker, profile: Profile
) -> None:
    topics = PUBLISHED[profile]
    with broker.client("edge", ["#"]) as edge, broker.client("devices") as devices:
        edge.wait_connected(5)
        devices.wait_connected(5)
        for topic in topics:
            devices.deliver(topic, b"{}")
        found = {delivery.topic for delivery in edge.receive(100, 2)}
        while more := edge.receive(100, 0.3):
            found |= {delivery.topic for delivery in more}
    assert found == set(topics)


def test_devices_and_statestream_publish_below_the_base_topics_of_a_centre(tmp_path: Path) -> None:
    listed = access_list.text(parse_base_topics("zigbee2mqtt=zigbee2mqtt-2,homeassistant=homeassistant_state,generic=knx"))
    topics = ["zigbee2mqtt-2/bridgehead", "zigbee2mqtt-2/hall/desk 1/availability", "zigbee2mqtt/desk 1", "knx/1/2/3"]
    users = ["edge", "devices", "homeassistant"]
    with (
        production_broker(tmp_path, users, role="centre", access_list=listed) as broker,
        broker.client("edge", ["#"]) as edge,
        broker.client("devices", ["zigbee2mqtt-2/+/set"]) as devices,
        broker.client("homeassistant") as home,
    ):
        for client in (edge, devices, home):
            client.wait_connected(5)
        for topic in topics:
            devices.deliver(topic, b"{}")
        home.deliver("homeassistant_state/binary_sensor/desk/state", b"on")
        edge.deliver("zigbee2mqtt-2/lamp/set", b"{}")
        found: set[str] = set()
        while more := edge.receive(100, 1):
            found |= {delivery.topic for delivery in more}
        assert [delivery.topic for delivery in devices.receive(10, 2)] == ["zigbee2mqtt-2/lamp/set"]
        for topic in ("homeassistant_state/binary_sensor/desk/state", "zigbee2mqtt-3/desk", "homeassistant/device/x/config"):
            with pytest.raises(PublicationRefused):
                devices.deliver(topic, b"on")
    assert found == {*topics, "homeassistant_state/binary_sensor/desk/state", "zigbee2mqtt-2/lamp/set"}


@pytest.mark.parametrize("profile", ADDRESSES)
def test_the_edge_commands_a_light_of_each_family(broker: ProductionBroker, profile: Profile) -> None:
    entry = DeviceEntry(device="lamp-1", profile=profile, address=ADDRESSES[profile], interval_s=60, role="light")
    ((topic, payload),) = COMMANDS[profile](entry, 0.5, 0.0)
    with (
        broker.client("edge", ADAPTERS[profile].subscriptions(entry.address)) as edge,
        broker.client("devices", [topic]) as lamp,
    ):
        edge.wait_connected(5)
        lamp.wait_connected(5)
        edge.deliver(topic, payload)
        assert [delivery.topic for delivery in lamp.receive(10, 2)] == [topic]


def test_a_centre_appears_in_its_home_assistant_and_is_commanded_from_there(broker: ProductionBroker) -> None:
    config, state = "homeassistant/device/smartwork_mons_gateway/config", "smartwork/mons/light/l-1/state"
    wish, birth = CentreTopics("mons").command("l-1"), "homeassistant/status"
    with broker.client("edge", [wish, birth]) as edge, broker.client("homeassistant", [config, state]) as home:
        edge.wait_connected(5)
        home.wait_connected(5)
        for topic in (config, state):
            edge.deliver(topic, b"{}")
        assert {d.topic for d in home.receive(10, 2) + home.receive(10, 0.5)} == {config, state}
        for topic in (birth, wish):
            home.deliver(topic, b"{}")
        assert {d.topic for d in edge.receive(10, 2) + edge.receive(10, 0.5)} == {birth, wish}


@pytest.mark.parametrize(
    "topic",
    [
        "homeassistant/device/smartwork_mons_gateway/config",
        "smartwork/mons/gateway/availability",
        "smartwork/mons/gateway/state",
        "smartwork/mons/light/l-1/state",
        "smartwork/mons/light/l-1/set",
        "sw/v1/mons/state",
        "sw/v1/mons/readings/gateway",
        "homeassistant/binary_sensor/desk/state",
        "cmnd/plug-7/POWER",
        "lamp-1/light/panel/command",
        "anything",
    ],
)
def test_a_device_publishes_nothing_that_is_the_edges_or_a_command(broker: ProductionBroker, topic: str) -> None:
    with broker.client("devices") as devices:
        devices.wait_connected(5)
        with pytest.raises(PublicationRefused):
            devices.deliver(topic, b"x")


def test_a_device_that_claims_the_edges_client_id_does_not_disconnect_it(broker: ProductionBroker) -> None:
    problems: list[str] = []
    name = "edge-mons-devices"
    with MqttClient(
        broker.url("edge"), private_client_id(name, broker.url("edge")), session_s=60, report=problems.append
    ) as edge:
        edge.wait_connected(5)
        for claimed in (name, private_client_id(name, broker.url("devices"))):
            with broker.client("devices", client_id=claimed) as attacker:
                attacker.wait_connected(5)
        time.sleep(0.2)
        assert edge.connected
    assert problems == []


def test_a_private_client_id_is_stable_and_differs_by_password() -> None:
    urls = [f"mqtt://edge:{password}@h:1883" for password in ("a-secret", "b-secret")]
    first, second = (private_client_id("edge-mons", url) for url in urls)
    assert first == private_client_id("edge-mons", urls[0]) != second
    assert "secret" not in first
    assert private_client_id("edge-mons", "mqtt://h:1883") == "edge-mons"
