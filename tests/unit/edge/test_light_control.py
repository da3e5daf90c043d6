"""Light control: commands reach the lights, over the broker or Home Assistant, and the zones' state outlives a restart."""

import json
import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.homeassistant.commands import LightEntityCommand
from edge.light_control import LightControl
from edge.outbox import Outbox
from smartwork.contracts.edge_reports import LightCommand
from smartwork.contracts.policy import DeviceEntry, Policy, Profile
from tests.support.client import RecordingClient
from tests.support.lit_zones import NOON, policy

SOON = NOON + timedelta(minutes=1)


class Calls:
    """A connection to Home Assistant that keeps the service calls."""

    def __init__(self) -> None:
        self.called: list[tuple[str, dict[str, Any]]] = []

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def watch(self, entities: Collection[str]) -> None: ...

    def receive(self) -> Collection[Mapping[str, Any]]:
        return ()

    def call(self, service: str, data: bytes) -> None:
        self.called.append((service, json.loads(data)))


def control(outbox: Outbox, client: RecordingClient, home_assistant: Calls | None = None) -> LightControl:
    return LightControl(client, home_assistant, outbox, NOON)


def brightness(client: RecordingClient) -> list[object]:
    return [json.loads(payload).get("brightness", 0) for topic, payload, _ in client.published if topic.endswith("/set")]


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox.sqlite", "Europe/Brussels")


def with_light(profile: Profile, zone: str | None = None) -> Policy:
    light = DeviceEntry(device="l", profile=profile, address="light/knx", interval_s=60, role="light", zone=zone)
    return policy().model_copy(update={"devices": [light]})


def test_an_override_is_saved_and_restored_after_a_restart(outbox: Outbox) -> None:
    before, after = RecordingClient(), RecordingClient()
    lights = control(outbox, before)
    lights.apply(policy(Profile.ZIGBEE2MQTT), NOON)
    lights.handle_command("z-0", LightCommand(level=0.2), NOON)
    restarted = control(outbox, after)
    restarted.apply(policy(Profile.ZIGBEE2MQTT), SOON)
    restarted.tick(SOON)
    assert brightness(before) == brightness(after) == [51]


def test_a_light_in_no_zone_is_commanded_alone(outbox: Outbox) -> None:
    client = RecordingClient()
    lights = control(outbox, client)
    lights.apply(with_light(Profile.ZIGBEE2MQTT), NOON)
    lights.handle_entity_command(LightEntityCommand("l", 0.5), NOON)
    lights.handle_entity_command(LightEntityCommand("l", None), NOON)
    assert brightness(client) == [127, 254]


def test_a_light_of_home_assistant_is_switched_by_a_service_call(outbox: Outbox) -> None:
    client, home_assistant = RecordingClient(), Calls()
    lights = control(outbox, client, home_assistant)
    lights.apply(with_light(Profile.HOMEASSISTANT), NOON)
    lights.handle_entity_command(LightEntityCommand("l", 0.5), NOON)
    assert home_assistant.called == [("light/turn_on", {"entity_id": "light.knx", "brightness_pct": 50})]
    assert client.published == []


@pytest.mark.parametrize(
    ("profile", "device", "reason"),
    [
        (Profile.ZIGBEE2MQTT, "other", "not a registered light"),
        (Profile.ELSYS, "l", "cannot be commanded"),
        (Profile.HOMEASSISTANT, "l", "SMARTWORK_HOMEASSISTANT_URL is not set"),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_logged_with_its_reason(
    outbox: Outbox, caplog: pytest.LogCaptureFixture, profile: Profile, device: str, reason: str
) -> None:
    lights = control(outbox, RecordingClient())
    lights.apply(with_light(profile), NOON)
    with caplog.at_level(logging.WARNING, logger="edge"):
        lights.handle_entity_command(LightEntityCommand(device, 1.0), NOON)
    assert reason in caplog.text
