"""Alarms and discovered devices: from a real gateway into the database, and onto the screen."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.clock import now
from smartwork.contracts.edge_reports import (
    Alarm,
    Alarms,
    DiscoveredDevice,
    DiscoveredDevices,
    FieldNotUnderstood,
    FieldsNotUnderstood,
)
from smartwork.contracts.policy import Profile
from smartwork.contracts.topics import MessageType, Topic
from smartwork.db.core.connection import Connection, connect
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network.devices import registered_devices
from smartwork.db.network.discovered_devices import discovered_devices
from smartwork.db.network.edge_reports import store_edge_reports
from smartwork.db.network.fields_not_understood import fields_not_understood
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import NOON, small_network
from tests.support.lit_centre import desk, edge
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services
ALARMS = Topic("mons", MessageType.ALARMS, "gateway")
MS = round(NOON.timestamp() * 1000)


def test_a_discovered_device_and_a_silent_sensor_reach_the_database(
    outage: Stack, centre: MqttClient, database: Connection, tmp_path: Path
) -> None:
    database.execute("UPDATE device SET interval_s = 1 WHERE slug = 's-1'")
    publish_policies(database, centre, now())
    urls = {"database_url": outage.endpoints.database_url, "broker_url": outage.endpoints.broker_url}
    with Program("ingest", urls, tmp_path / "ingest.log") as ingest, edge(outage, tmp_path):
        ingest.wait_for_log("is subscribed")

        def publishes_and_is_listed() -> bool:
            centre.publish("tele/plug-7/SENSOR", b'{"Time": "2026-03-10T12:00:00"}').wait_for_publish(10)
            return bool(discovered_devices(database))

        eventually(publishes_and_is_listed)
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
        centre.publish("zigbee2mqtt/mons/desk 1", b'{"presence": "maybe", "battery": 80}').wait_for_publish(10)
        eventually(lambda: bool(fields_not_understood(database)))
        [field] = fields_not_understood(database)
        assert (field.device, field.field, field.count, field.sample) == ("s-1", "presence", 1, "maybe")


def test_a_gateway_without_a_policy_lists_the_devices_that_it_receives_and_logs_an_alarm_once(
    outage: Stack, tmp_path: Path
) -> None:
    url, log = outage.endpoints.broker_url, tmp_path / "edge.log"
    with closing(connect(outage.endpoints.database_url)) as database:
        install(database, small_network())
        settings = {"centre": "mons", "broker_url": url, "centre_broker_url": url, "outbox": tmp_path / "outbox.sqlite"}
        urls = {"database_url": outage.endpoints.database_url, "broker_url": url}
        gateway = Program("edge", settings, log)
        with Program("ingest", urls, tmp_path / "ingest.log") as ingest, gateway, MqttClient(url, "device") as client:
            ingest.wait_for_log("is subscribed")

            def publishes_and_is_listed() -> bool:
                client.publish("tele/plug-7/SENSOR", b'{"Time": "2026-03-10T12:00:00"}').wait_for_publish(10)
                return bool(discovered_devices(database))

            client.wait_connected(10)
            eventually(publishes_and_is_listed, lambda: gateway.log_text)
            database.execute("UPDATE device SET interval_s = 1, zone_id = NULL WHERE slug = 's-1'")
            publish_policies(database, client, now())
            eventually(lambda: "alarm: s-1 has sent no presence" in gateway.log_text, lambda: gateway.log_text)
            desk(client, True)
            eventually(lambda: "alarm ended: s-1" in gateway.log_text, lambda: gateway.log_text)
        assert "policy 1 is in force" in gateway.log_text


def test_alarms_end_when_a_newer_report_does_not_list_them_and_an_older_report_ends_nothing(connection: Connection) -> None:
    install(connection, small_network())

    def report(ms: int, *kinds: str) -> None:
        active = [Alarm(kind="sensor_silent", device=kind, since_ms=MS, says=f"{kind} is silent") for kind in kinds]
        store_edge_reports(connection, [(ALARMS, Alarms(reported_ms=ms, alarms=active))])

    report(MS + 1_000, "s-1", "s-2")
    report(MS + 2_000, "s-2")
    assert [a.device for a in active_alarms(connection)] == ["s-2"]
    report(MS + 2_000, "s-2")
    report(MS - 1_000)
    assert [a.device for a in active_alarms(connection)] == ["s-2"]
    report(MS + 3_000)
    assert active_alarms(connection, "mons") == []


def test_a_registered_device_is_no_longer_listed_as_discovered(connection: Connection) -> None:
    install(connection, small_network())
    discovered = [
        DiscoveredDevice(profile=Profile.TASMOTA, address="plug-7", topic="tele/plug-7/LWT", last_ms=MS),
        DiscoveredDevice(profile=Profile.ZIGBEE2MQTT, address="zigbee2mqtt/mons/desk 1", topic="x", last_ms=MS),
    ]
    store_edge_reports(
        connection,
        [(Topic("mons", MessageType.DISCOVERED_DEVICES, "gateway"), DiscoveredDevices(reported_ms=MS, devices=discovered))],
    )
    assert [each.address for each in discovered_devices(connection, "mons")] == ["plug-7"]
    assert {each.device for each in registered_devices(connection, "mons")} == {"s-1", "s-2", "l-1"}


def test_an_address_to_register_is_listed_whole_whatever_a_device_calls_itself(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(connection, small_network())
    address = "plug [/] in the long corridor behind the kitchen"
    discovered = [DiscoveredDevice(profile=Profile.TASMOTA, address=address, topic=f"tele/{address}/LWT", last_ms=MS)]
    message = "plug [/] is silent"
    alarms = [Alarm(kind="sensor_silent", device="s-1", since_ms=MS, says=message)]
    store_edge_reports(
        connection,
        [
            (Topic("mons", MessageType.DISCOVERED_DEVICES, "gateway"), DiscoveredDevices(reported_ms=MS, devices=discovered)),
            (ALARMS, Alarms(reported_ms=MS, alarms=alarms)),
        ],
    )
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "80")
    run = CliRunner().invoke
    [line] = [line for line in run(app, ["devices"], catch_exceptions=False).stdout.splitlines() if address in line]
    assert line.split()[:2] == ["mons", "tasmota"]
    assert message in run(app, ["alarms"], catch_exceptions=False).stdout


def test_the_json_of_devices_and_alarms_keeps_the_keys_that_scripts_read(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(connection, small_network())
    discovered = [DiscoveredDevice(profile=Profile.TASMOTA, address="plug-7", topic="tele/plug-7/LWT", last_ms=MS)]
    active = [Alarm(kind="sensor_silent", device="s-1", since_ms=MS, says="s-1 is silent")]
    reports = DiscoveredDevices(reported_ms=MS, devices=discovered), Alarms(reported_ms=MS, alarms=active)
    topics = Topic("mons", MessageType.DISCOVERED_DEVICES, "gateway"), ALARMS
    store_edge_reports(connection, list(zip(topics, reports, strict=True)))
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    run = CliRunner().invoke
    found = json.loads(run(app, ["devices", "--json"], catch_exceptions=False).stdout)
    registered = ["centre", "device", "profile", "address", "model", "role", "place", "heard_at", "battery_pct", "retired_at"]
    assert list(found["registered"][0]) == registered
    assert found["seen"] == [
        {
            "centre": "mons",
            "profile": "tasmota",
            "address": "plug-7",
            "topic": "tele/plug-7/LWT",
            "heard_at": "2026-03-10T12:00:00+00:00",
        }
    ]
    assert json.loads(run(app, ["alarms", "--json"], catch_exceptions=False).stdout) == [
        {
            "centre": "mons",
            "edge": "gateway",
            "kind": "sensor_silent",
            "device": "s-1",
            "since": "2026-03-10T12:00:00+00:00",
            "says": "s-1 is silent",
        }
    ]


def test_a_report_of_what_is_not_understood_replaces_the_last_one_and_is_listed(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(connection, small_network())

    def report(ms: int, *counts: tuple[str, int]) -> None:
        fields = [
            FieldNotUnderstood(device="s-1", field=name, count=n, since_ms=MS, last_ms=ms, sample="[b]?\0", reason="is odd")
            for name, n in counts
        ]
        topic = Topic("mons", MessageType.NOT_UNDERSTOOD, "gateway")
        store_edge_reports(connection, [(topic, FieldsNotUnderstood(reported_ms=ms, fields=fields))])

    report(MS + 2_000, ("presence", 2), ("co2", 1))
    report(MS + 1_000, ("old", 1))
    report(MS + 3_000, ("presence", 3))
    assert [(field.field, field.count) for field in fields_not_understood(connection, "mons")] == [("presence", 3)]
    monkeypatch.setenv("SMARTWORK_DATABASE_URL", database_url)
    shown = CliRunner().invoke(app, ["devices"], catch_exceptions=False).stdout
    assert "presence" in shown
    assert "[b]?" in shown
    listed = json.loads(CliRunner().invoke(app, ["devices", "--json"], catch_exceptions=False).stdout)["not_understood"]
    assert [(field["device"], field["field"], field["count"]) for field in listed] == [("s-1", "presence", 3)]
    report(MS + 4_000)
    assert fields_not_understood(connection) == []
