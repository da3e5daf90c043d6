"""A centre's house through real parts: lamps that are lit, hands that win, alarms and unknown devices that are stored."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.clock import now
from smartwork.contracts.edge_reports import Alarm, Alarms, DiscoveredDevice, DiscoveredDevices
from smartwork.contracts.policy import Profile, ZoneLight
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, connect
from smartwork.db.lighting.policy import policy
from smartwork.db.lighting.zone_settings import install_zone_settings, set_zone_settings, undo_zone_settings, zone_settings
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network.devices import registered_devices
from smartwork.db.network.discovered_devices import discovered_devices
from smartwork.db.network.edge_reports import store_edge_reports
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.errors import InputError
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.transport.mqtt import Client
from tests.support.factory import NOON, small_network
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services
SET = "zigbee2mqtt/mons/ceiling/set"
ALARMS = Topic("mons", MessageType.ALARMS, "gateway")
MS = round(NOON.timestamp() * 1000)


@pytest.fixture
def database(outage: Stack) -> Iterator[Connection]:
    with closing(connect(outage.endpoints.database_url)) as connection:
        install(connection, small_network())
        install_zone_settings(connection, small_network().centres, NOON)
        yield connection


@pytest.fixture
def centre(outage: Stack, database: Connection) -> Iterator[Client]:
    """A client on the centre's broker that speaks as its devices do and hears what its lamp is told."""
    with Client(outage.endpoints.broker_url, "devices", subscriptions=[SET]) as client:
        client.wait_connected(10)
        publish_policies(database, client, now())
        yield client


@contextmanager
def edge(outage: Stack, folder: Path) -> Iterator[Program]:
    url = outage.endpoints.broker_url
    settings = {"centre": "mons", "broker_url": url, "centre_broker_url": url, "outbox": folder / "outbox.sqlite"}
    with Program("edge", settings, folder / "edge.log") as program:
        program.wait_for_log("is in force")
        yield program


def desk(client: Client, occupied: bool, number: int = 1) -> None:
    said = json.dumps({"occupancy": occupied}).encode()
    client.publish(f"zigbee2mqtt/mons/desk {number}", said).wait_for_publish(10)


def lamp(client: Client, **state: object) -> None:
    client.publish("zigbee2mqtt/mons/ceiling", json.dumps(state).encode()).wait_for_publish(10)


def told(client: Client) -> dict[str, object]:
    """What the lamp was told next."""
    heard: list[bytes] = []

    def something() -> bool:
        deliveries = client.receive(1, 0.1)
        client.acknowledge(deliveries)
        heard.extend(delivery.payload for delivery in deliveries)
        return bool(heard)

    eventually(something)
    found: dict[str, object] = json.loads(heard[0])
    return found


def test_somebody_sits_down_and_the_lamp_is_told_confirmed_and_after_a_hand_left_alone(
    outage: Stack, centre: Client, tmp_path: Path
) -> None:
    with edge(outage, tmp_path):
        desk(centre, True)
        assert told(centre) == {"state": "ON", "brightness": 127}
        lamp(centre, state="ON", brightness=127)
        order = {"v": 1, "level": 1.0}
        centre.publish("sw/v1/mons/command/l-1", json.dumps(order).encode()).wait_for_publish(10)
        assert told(centre) == {"state": "ON", "brightness": 254}
        lamp(centre, state="ON", brightness=254)
        centre.publish("sw/v1/mons/command/l-1", b'{"v": 1, "level": null}').wait_for_publish(10)
        assert told(centre) == {"state": "ON", "brightness": 127}


def test_a_lamp_that_does_not_answer_is_told_again(outage: Stack, centre: Client, tmp_path: Path) -> None:
    with edge(outage, tmp_path):
        desk(centre, True)
        assert told(centre) == told(centre)


def test_an_unknown_device_and_a_silent_sensor_reach_the_network_admin(
    outage: Stack, centre: Client, database: Connection, tmp_path: Path
) -> None:
    database.execute("UPDATE device SET interval_s = 1 WHERE slug = 's-1'")
    publish_policies(database, centre, now())
    urls = {"database_url": outage.endpoints.database_url, "broker_url": outage.endpoints.broker_url}
    with Program("ingest", urls, tmp_path / "ingest.log") as ingest, edge(outage, tmp_path):
        ingest.wait_for_log("is subscribed")

        def speaks_and_is_listed() -> bool:
            centre.publish("tele/plug-7/SENSOR", b'{"Time": "2026-03-10T12:00:00"}').wait_for_publish(10)
            return bool(discovered_devices(database))

        eventually(speaks_and_is_listed)
        (found,) = discovered_devices(database)
        assert (found.centre, found.profile, found.address, found.topic) == (
            "mons",
            "tasmota",
            "plug-7",
            "tele/plug-7/SENSOR",
        )
        eventually(lambda: any(a.device == "s-1" for a in active_alarms(database)))
        desk(centre, True)
        eventually(lambda: any(r.device == "s-1" and r.last_reading_at for r in registered_devices(database)))


def test_alarms_end_when_a_newer_report_does_not_name_them_and_an_older_report_ends_nothing(connection: Connection) -> None:
    install(connection, small_network())

    def report(ms: int, *kinds: str) -> None:
        said = [Alarm(kind="sensor_silent", device=kind, since_ms=MS, says=f"{kind} is silent") for kind in kinds]
        store_edge_reports(connection, [(ALARMS, Alarms(reported_ms=ms, alarms=said))])

    report(MS + 1_000, "s-1", "s-2")
    report(MS + 2_000, "s-2")
    assert [a.device for a in active_alarms(connection)] == ["s-2"]
    report(MS + 2_000, "s-2")
    report(MS - 1_000)
    assert [a.device for a in active_alarms(connection)] == ["s-2"]
    report(MS + 3_000)
    assert active_alarms(connection, "mons") == []


def test_a_device_that_is_registered_is_no_longer_listed_as_unknown(connection: Connection) -> None:
    install(connection, small_network())
    seen = [
        DiscoveredDevice(profile=Profile.TASMOTA, address="plug-7", topic="tele/plug-7/LWT", last_ms=MS),
        DiscoveredDevice(profile=Profile.ZIGBEE2MQTT, address="zigbee2mqtt/mons/desk 1", topic="x", last_ms=MS),
    ]
    store_edge_reports(
        connection,
        [(Topic("mons", MessageType.DISCOVERED_DEVICES, "gateway"), DiscoveredDevices(reported_ms=MS, devices=seen))],
    )
    assert [each.address for each in discovered_devices(connection, "mons")] == ["plug-7"]
    assert {each.device for each in registered_devices(connection, "mons")} == {"s-1", "s-2", "l-1"}


def test_an_address_to_register_is_listed_whole_whatever_a_device_calls_itself(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(connection, small_network())
    address = "plug [/] in the long corridor behind the kitchen"
    seen = [DiscoveredDevice(profile=Profile.TASMOTA, address=address, topic=f"tele/{address}/LWT", last_ms=MS)]
    says = "plug [/] is silent"
    alarms = [Alarm(kind="sensor_silent", device="s-1", since_ms=MS, says=says)]
    store_edge_reports(
        connection,
        [
            (Topic("mons", MessageType.DISCOVERED_DEVICES, "gateway"), DiscoveredDevices(reported_ms=MS, devices=seen)),
            (ALARMS, Alarms(reported_ms=MS, alarms=alarms)),
        ],
    )
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "80")
    run = CliRunner().invoke
    [line] = [line for line in run(app, ["devices"], catch_exceptions=False).stdout.splitlines() if address in line]
    assert line.split()[:2] == ["mons", "tasmota"]
    assert says in run(app, ["alarms"], catch_exceptions=False).stdout


def test_a_policy_holds_what_an_edge_needs_to_light_alone(connection: Connection) -> None:
    install(connection, small_network())
    install_zone_settings(connection, small_network().centres, NOON)
    found = policy(connection, "mons", NOON)
    assert {(d.device, d.role, d.zone, d.resource) for d in found.devices} == {
        ("s-1", "presence", "hall", "desk-1"),
        ("s-2", "presence", "hall", "desk-2"),
        ("l-1", "light", "hall", None),
    }
    assert found.hours is not None
    assert (found.hours.opens, found.hours.closes, found.hours.open_days) == ("08:00", "18:00", [1, 2, 3, 4, 5])
    assert [light.level for light in found.lights] == [0.5]
    assert policy(connection, "mons", NOON).version == found.version


def test_settings_have_versions_and_an_undo_brings_back_the_one_before(connection: Connection) -> None:
    install(connection, small_network())
    first = policy(connection, "mons", NOON).version
    with pytest.raises(InputError, match="nothing to undo"):
        undo_zone_settings(connection, "mons", "hall", NOON)
    set_zone_settings(connection, "mons", ZoneLight(zone="hall", hold_s=600), NOON)
    set_zone_settings(connection, "mons", ZoneLight(zone="hall", hold_s=1_200), NOON + timedelta(days=1))
    assert policy(connection, "mons", NOON).version == first + 1
    assert undo_zone_settings(connection, "mons", "hall", NOON + timedelta(days=2)).hold_s == 600
    (found,) = zone_settings(connection)
    assert (found.version, found.light.hold_s) == (3, 600)
    with pytest.raises(InputError, match="has no zone attic"):
        set_zone_settings(connection, "mons", ZoneLight(zone="attic"), NOON)


def test_a_facility_manager_changes_a_hold_time_on_the_command_line(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(connection, small_network())
    install_zone_settings(connection, small_network().centres, NOON)
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    run = CliRunner().invoke
    arguments = ["light", "set", "--centre", "mons", "--zone", "hall", "--hold", "15m", "--daylight-lux", "500"]
    assert run(app, [*arguments, "--dry-run"], catch_exceptions=False).exit_code == 0
    assert zone_settings(connection)[0].light.hold_s == 60
    run(app, arguments, catch_exceptions=False)
    found = json.loads(run(app, ["light", "show", "--json"], catch_exceptions=False).stdout)
    assert (found[0]["hold_s"], found[0]["daylight_lux"], found[0]["version"]) == (900, 500.0, 2)
    run(app, ["light", "undo", "--centre", "mons", "--zone", "hall"], catch_exceptions=False)
    assert zone_settings(connection)[0].light.hold_s == 60
    with pytest.raises(InputError, match="--hold is 'soon'"):
        run(app, [*arguments[:-4], "--hold", "soon"], catch_exceptions=False)
    with pytest.raises(InputError, match="background is above level"):
        run(app, ["light", "set", "--centre", "mons", "--zone", "hall", "--background", "0.9"], catch_exceptions=False)
    assert json.loads(run(app, ["alarms", "--json"], catch_exceptions=False).stdout) == []
    assert len(json.loads(run(app, ["devices", "--json"], catch_exceptions=False).stdout)["registered"]) == 3
