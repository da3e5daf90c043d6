"""A lamp of a centre with a real gateway: it follows presence, and an override by a person wins."""

import json
from pathlib import Path

import pytest

from smartwork.clock import now
from smartwork.db.core.connection import Connection
from smartwork.db.network.assignments import assign
from smartwork.devstack.stack import Stack
from smartwork.transport.mqtt import MqttClient
from tests.support.factory import NOON
from tests.support.lit_centre import desk, edge, lamp, next_command

pytestmark = pytest.mark.services


@pytest.fixture
def shared_desk(database: Connection) -> Connection:
    """Both sensors watch desk 1, and the centre is open at all times."""
    assign(database, "mons", "s-2", "desk-1", NOON, now())
    database.execute("UPDATE centre SET opens = '00:00', closes = '23:59', open_days = '{1,2,3,4,5,6,7}'")
    database.execute("UPDATE zone_settings SET settings = settings || '{\"hold_s\": 0}'")
    return database


@pytest.mark.usefixtures("shared_desk")
def test_a_dead_sensor_leaves_the_lamp_to_the_living_one_of_its_desk(
    outage: Stack, centre: MqttClient, tmp_path: Path
) -> None:
    with edge(outage, tmp_path):
        assert next_command(centre) == {"state": "ON", "brightness": 127}  # nothing is known yet
        lamp(centre, state="ON", brightness=127)
        desk(centre, False)
        assert next_command(centre)["state"] == "OFF"
        lamp(centre, state="OFF")
        desk(centre, True, number=2)
        assert next_command(centre) == {"state": "ON", "brightness": 127}


def test_presence_commands_the_lamp_and_an_override_wins_until_it_is_ended(
    outage: Stack, centre: MqttClient, tmp_path: Path
) -> None:
    with edge(outage, tmp_path):
        desk(centre, True)
        assert next_command(centre) == {"state": "ON", "brightness": 127}
        lamp(centre, state="ON", brightness=127)
        command = {"v": 1, "level": 1.0}
        centre.publish("sw/v1/mons/command/l-1", json.dumps(command).encode()).wait_for_publish(10)
        assert next_command(centre) == {"state": "ON", "brightness": 254}
        lamp(centre, state="ON", brightness=254)
        centre.publish("sw/v1/mons/command/l-1", b'{"v": 1, "level": null}').wait_for_publish(10)
        assert next_command(centre) == {"state": "ON", "brightness": 127}


def test_a_lamp_that_does_not_confirm_gets_the_command_again(outage: Stack, centre: MqttClient, tmp_path: Path) -> None:
    with edge(outage, tmp_path):
        desk(centre, True)
        assert next_command(centre) == next_command(centre)
