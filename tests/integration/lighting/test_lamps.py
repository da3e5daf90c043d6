"""A lamp of a centre with a real gateway: it follows presence, and an override by a person wins."""

import json
from pathlib import Path

import pytest

from smartwork.devstack.stack import Stack
from smartwork.transport.mqtt import MqttClient
from tests.support.lit_centre import desk, edge, lamp, next_command

pytestmark = pytest.mark.services


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
