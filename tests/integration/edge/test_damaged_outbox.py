"""A gateway whose files are damaged goes on: lights without the network, readings, and an alarm."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from smartwork.clock import now
from smartwork.db.core.connection import Connection, connect
from smartwork.db.ledger.ledger import ledger
from smartwork.db.lighting.zone_settings import install_zone_settings
from smartwork.db.network.alarms import active_alarms
from smartwork.db.network_setup import install
from smartwork.devstack.stack import Stack
from smartwork.domain.ledger.ledger_day import ledger_total
from smartwork.jobs.network.publish_policies import publish_policies
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import NOON, small_network
from tests.support.fault_checks import last_number
from tests.support.lit_centre import SET, desk, next_command
from tests.support.program import Program, eventually

pytestmark = pytest.mark.services
NOWHERE = "mqtt://127.0.0.1:9"


def random_bytes(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(Random(5).randbytes(200))


def directory_in_its_place(path: Path) -> None:
    path.unlink()
    path.mkdir()


def cut_in_the_middle(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def stored_and_missing(database: Connection) -> tuple[int, int]:
    total = ledger_total(ledger(database).get("mons", []))
    return total.stored, total.missing


DAMAGES: list[Callable[[Path], None]] = [
    random_bytes,
    cut_in_the_middle,
    lambda path: os.truncate(path, 0),
    directory_in_its_place,
]


@contextmanager
def lit_centre(outage: Stack, gateway: Program) -> Iterator[tuple[Connection, MqttClient]]:
    """A centre with zone settings, whose gateway has had the policy in force and is stopped again."""
    with (
        closing(connect(outage.endpoints.database_url)) as database,
        MqttClient(outage.endpoints.broker_url, "devices", subscriptions=[SET]) as centre,
    ):
        install(database, small_network())
        install_zone_settings(database, small_network().centres, NOON)
        centre.wait_connected(10)
        publish_policies(database, centre, now())
        with gateway:
            gateway.wait_for_log("is in force")
        yield database, centre


def test_with_a_damaged_outbox_and_without_the_network_the_lights_work_and_later_the_alarm_and_the_readings_arrive(
    outage: Stack, tmp_path: Path
) -> None:
    url, outbox = outage.endpoints.broker_url, tmp_path / "outbox.sqlite"
    settings = {"centre": "mons", "broker_url": url, "centre_broker_url": url, "outbox": outbox}
    online = Program("edge", settings, tmp_path / "online.log")
    alone = Program("edge", settings | {"broker_url": NOWHERE}, tmp_path / "alone.log")
    ingest = Program("ingest", {"database_url": outage.endpoints.database_url, "broker_url": url}, tmp_path / "ingest.log")
    with lit_centre(outage, online) as (database, centre):
        for number, damage in enumerate(DAMAGES, 1):
            damage(outbox)
            for part in ("-wal", "-shm"):
                outbox.with_name(outbox.name + part).unlink(missing_ok=True)
            with alone:
                eventually(lambda expected=number: alone.log_text.count("is listening") == expected, lambda: alone.log_text)  # type: ignore[misc]
                desk(centre, occupied=True)
                eventually(lambda: next_command(centre)["state"] == "ON", lambda: alone.log_text)
                assert alone.stop() == 0
        assert "Traceback" not in alone.log_text
        assert alone.log_text.count("was set aside as") == len(DAMAGES)
        with online, ingest:
            desk(centre, occupied=False)

            def complete() -> bool:
                total = ledger_total(ledger(database).get("mons", []))
                kinds = {alarm.kind for alarm in active_alarms(database)}
                return total.stored > 0 and total.in_outbox == 0 and "outbox_damaged" in kinds

            eventually(complete, lambda: f"{online.log_text}\n{ingest.log_text}", 40)


@pytest.mark.parametrize(("damage", "at_least"), [(random_bytes, 2_001), (cut_in_the_middle, 1)])
def test_each_reading_of_a_damaged_outbox_is_stored_or_missing_with_its_number(
    outage: Stack, tmp_path: Path, damage: Callable[[Path], None], at_least: int
) -> None:
    url, outbox = outage.endpoints.broker_url, tmp_path / "outbox.sqlite"
    settings = {"centre": "mons", "broker_url": url, "centre_broker_url": url, "outbox": outbox}
    online = Program("edge", settings, tmp_path / "online.log")
    alone = Program("edge", settings | {"broker_url": NOWHERE}, tmp_path / "alone.log")
    ingest = Program("ingest", {"database_url": outage.endpoints.database_url, "broker_url": url}, tmp_path / "ingest.log")
    with (
        closing(connect(outage.endpoints.database_url)) as database,
        MqttClient(url, "devices") as centre,
    ):
        install(database, small_network())
        centre.wait_connected(10)
        publish_policies(database, centre, now())
        with online, ingest:
            online.wait_for_log("is in force")
            desk(centre, occupied=True)
            eventually(lambda: stored_and_missing(database) == (1, 0), lambda: online.log_text)
            online.stop()
        with alone:
            alone.wait_for_log("is listening")
            for i in range(1_000):
                centre.publish("zigbee2mqtt/mons/desk 1", json.dumps({"occupancy": i % 2 == 0, "battery": 50}).encode())
            eventually(lambda: last_number(outbox) == 2_001, lambda: f"{last_number(outbox)} {alone.log_text}", 30)
            alone.stop()
        damage(outbox)
        with online, ingest:
            shown_missing = 0

            def settled() -> bool:
                nonlocal shown_missing
                total = ledger_total(ledger(database).get("mons", []))
                shown_missing = max(shown_missing, total.missing)
                is_whole = total.in_outbox == 0 and total.stored + total.missing >= 2_001
                return is_whole and total.stored >= at_least and "were salvaged" in online.log_text

            eventually(settled, lambda: f"{ledger(database)}\n{online.log_text}\n{ingest.log_text}", 40)
            assert shown_missing <= 2_001 - at_least, "what was not read yet was shown as missing"
            assert sum(stored_and_missing(database)) == 2_001, ledger(database)
            assert "Traceback" not in online.log_text


def test_a_damaged_policy_file_does_not_stop_the_lights(outage: Stack, tmp_path: Path) -> None:
    url, outbox = outage.endpoints.broker_url, tmp_path / "outbox.sqlite"
    settings = {"centre": "mons", "broker_url": url, "centre_broker_url": url, "outbox": outbox}
    policy = tmp_path / "outbox.sqlite.policy.json"
    online = Program("edge", settings, tmp_path / "online.log")
    alone = Program("edge", settings | {"broker_url": NOWHERE}, tmp_path / "alone.log")
    with lit_centre(outage, online) as (_, centre):
        of_another_centre = json.loads(policy.read_text()) | {"centre": "namur"}
        for text in ("{", json.dumps(of_another_centre)):
            policy.write_text(text)
            with alone:
                alone.wait_for_log("is listening")
                desk(centre, occupied=True)
                eventually(lambda: next_command(centre)["state"] == "ON", lambda: alone.log_text)
                assert alone.stop() == 0
        assert "Traceback" not in alone.log_text
        assert "it belongs to the centre namur" in alone.log_text
