"""A centre in a real Home Assistant: it appears by itself, shows states, is switched there, disappears and returns."""

from pathlib import Path

import pytest

from smartwork.contracts.policy import Profile
from tests.support.homeassistant_centre import REGISTRY, HomeAssistantCentre, entry, policy
from tests.support.homeassistant_environments import Environments
from tests.support.program import Program, eventually

pytestmark = [pytest.mark.services, pytest.mark.homeassistant]
DESK = "binary_sensor.smartwork_mons_resource_desk_1_occupancy"
OTHER_DESK = "binary_sensor.smartwork_mons_resource_desk_2_occupancy"
MEETING_ROOM = "binary_sensor.smartwork_mons_resource_meeting_room_occupancy"
LIGHT = "light.smartwork_mons_light_l_1"
KNX_LIGHT = "light.smartwork_mons_light_l_2"
GATEWAY = "smartwork_mons_gateway"
CEILING = "zigbee2mqtt/mons/ceiling"


def test_every_desk_room_and_light_and_the_gateway_appear_without_configuration(centre: HomeAssistantCentre) -> None:
    expected = {
        DESK: "Desk 1 Occupancy",
        OTHER_DESK: "Desk 2 Occupancy",
        MEETING_ROOM: "Meeting room Occupancy",
        LIGHT: "L 1",
        KNX_LIGHT: "L 2",
        f"binary_sensor.{GATEWAY}_online": "Gateway Mons Online",
        f"binary_sensor.{GATEWAY}_network": "Gateway Mons Network",
        f"sensor.{GATEWAY}_outbox": "Gateway Mons Outbox",
        f"sensor.{GATEWAY}_confirmed": "Gateway Mons Last confirmation",
        f"sensor.{GATEWAY}_policy": "Gateway Mons Policy version",
        f"sensor.{GATEWAY}_not_understood": "Gateway Mons Not understood",
    }
    home_assistant = centre.home_assistant
    eventually(
        lambda: expected.keys() <= home_assistant.entities(),
        lambda: f"{home_assistant.entities()}\n{home_assistant.log_text}",
    )
    ours = {name for name in centre.home_assistant.entities() if "smartwork" in name}
    assert ours == expected.keys()
    for entity_id, name in expected.items():
        found = centre.home_assistant.entity(entity_id)
        assert found is not None
        assert found["attributes"]["friendly_name"] == name
    centre.wait_for_state(f"binary_sensor.{GATEWAY}_online", "on")
    centre.wait_for_state(f"binary_sensor.{GATEWAY}_network", "on")
    centre.wait_for_state(f"sensor.{GATEWAY}_policy", "1")


def test_a_desk_without_readings_is_unknown_not_vacant(centre: HomeAssistantCentre) -> None:
    centre.wait_for_state(OTHER_DESK, "unknown")


def test_a_presence_change_at_a_desk_is_shown(centre: HomeAssistantCentre) -> None:
    centre.publish("zigbee2mqtt/mons/desk 1", occupancy=True)
    centre.wait_for_state(DESK, "on")
    centre.publish("zigbee2mqtt/mons/desk 1", occupancy=False)
    centre.wait_for_state(DESK, "off")


def test_a_light_is_shown_with_its_brightness(centre: HomeAssistantCentre) -> None:
    centre.publish(CEILING, state="ON", brightness=127)
    centre.wait_for_state(LIGHT, "on")
    found = centre.home_assistant.entity(LIGHT)
    assert found is not None
    assert found["attributes"]["brightness"] == 128
    centre.publish(CEILING, state="OFF", brightness=0)
    centre.wait_for_state(LIGHT, "off")


def commanded_brightness(centre: HomeAssistantCentre) -> float:
    """The brightness (0 to 254) of the last command to the ceiling light, which then reports it."""
    last = centre.light_commands(f"{CEILING}/set")[-1]
    brightness = float(str(last.get("brightness", 0))) if last["state"] == "ON" else 0.0
    centre.publish(CEILING, state=last["state"], brightness=brightness)
    return brightness


def test_a_light_switched_there_is_commanded_and_its_zone_overridden(centre: HomeAssistantCentre) -> None:
    centre.publish("zigbee2mqtt/mons/desk 1", occupancy=True)
    centre.wait_for_state(DESK, "on")
    centre.publish(CEILING, state="OFF", brightness=0)
    centre.home_assistant.call("light/turn_on", entity_id=LIGHT)  # without a brightness: the policy's level
    assert commanded_brightness(centre) == pytest.approx(0.8 * 254, abs=2)
    centre.home_assistant.call("light/turn_on", entity_id=LIGHT, brightness_pct=30)
    assert commanded_brightness(centre) == pytest.approx(0.3 * 254, abs=2)
    eventually(lambda: (centre.home_assistant.entity(LIGHT) or {})["attributes"]["brightness"] == pytest.approx(77, abs=2))
    for somebody in (False, True):  # the policy's level would be 80 percent; the override wins
        centre.publish("zigbee2mqtt/mons/desk 1", occupancy=somebody)
        centre.wait_for_state(DESK, "on" if somebody else "off")
    assert centre.light_commands(f"{CEILING}/set", timeout_s=2) == []
    centre.home_assistant.call("light/turn_off", entity_id=LIGHT)
    assert commanded_brightness(centre) == 0
    centre.wait_for_state(LIGHT, "off")


def test_without_an_override_the_zone_follows_its_policy(centre: HomeAssistantCentre) -> None:
    centre.devices.publish("sw/v1/mons/command/l-1", b'{"v": 1, "level": null, "until_ms": null}').wait_for_publish(10)
    assert commanded_brightness(centre) == pytest.approx(0.8 * 254, abs=2)


def test_a_sensor_that_only_home_assistant_knows_is_read(centre: HomeAssistantCentre) -> None:
    centre.home_assistant.call("input_boolean/turn_on", entity_id="input_boolean.somebody")
    centre.wait_for_state(MEETING_ROOM, "on")
    centre.home_assistant.call("input_boolean/turn_off", entity_id="input_boolean.somebody")
    centre.wait_for_state(MEETING_ROOM, "off")


def test_a_light_that_only_home_assistant_knows_is_read_and_commanded(centre: HomeAssistantCentre) -> None:
    centre.home_assistant.call("light/turn_on", entity_id="light.knx_ceiling", brightness=100)
    centre.wait_for_state(KNX_LIGHT, "on")
    centre.home_assistant.call("light/turn_off", entity_id=KNX_LIGHT)
    centre.wait_for_state("light.knx_ceiling", "off")
    centre.wait_for_state(KNX_LIGHT, "off")
    centre.home_assistant.call("light/turn_on", entity_id=KNX_LIGHT, brightness_pct=40)
    centre.wait_for_state("light.knx_ceiling", "on")
    eventually(lambda: float(centre.home_assistant.state("input_number.knx_level") or 0) == pytest.approx(102, abs=2))


def test_a_device_that_leaves_the_registry_disappears_and_a_new_one_appears(centre: HomeAssistantCentre) -> None:
    centre.wait_for_state(OTHER_DESK, "unknown")
    moved = entry("s-9", "zigbee2mqtt/mons/desk 9", Profile.ZIGBEE2MQTT, resource="desk-9")
    centre.publish_policy((*(device for device in REGISTRY if device.device != "s-2"), moved))
    centre.wait_for_state(OTHER_DESK, None)
    centre.wait_for_state("binary_sensor.smartwork_mons_resource_desk_9_occupancy", "unknown")
    centre.publish_policy()
    centre.wait_for_state("binary_sensor.smartwork_mons_resource_desk_9_occupancy", None)
    centre.wait_for_state(OTHER_DESK, "unknown")


def test_a_gateway_that_goes_away_makes_its_entities_unavailable_until_it_is_back(centre: HomeAssistantCentre) -> None:
    centre.publish("zigbee2mqtt/mons/desk 1", occupancy=True)
    centre.wait_for_state(DESK, "on")
    centre.gateway.kill()
    centre.wait_for_state(DESK, "unavailable", timeout_s=90)
    centre.wait_for_state(LIGHT, "unavailable")
    centre.wait_for_state(f"binary_sensor.{GATEWAY}_online", "off")
    centre.gateway.start()
    centre.wait_for_state(f"binary_sensor.{GATEWAY}_online", "on")
    centre.publish("zigbee2mqtt/mons/desk 1", occupancy=False)
    centre.wait_for_state(DESK, "off")
    centre.wait_for_state(MEETING_ROOM, centre.home_assistant.state("binary_sensor.meeting_room_presence"))
    assert centre.gateway.stop() == 0
    centre.wait_for_state(DESK, "unavailable")
    centre.gateway.start()
    centre.wait_for_state(DESK, "unknown")


def test_a_refused_token_is_reported_without_showing_it_and_the_gateway_goes_on(
    centre: HomeAssistantCentre, environments: Environments, tmp_path: Path
) -> None:
    settings = {
        "centre": "liege",
        "broker_url": centre.broker_url,
        "outbox": tmp_path / "outbox.sqlite",
        "homeassistant_url": centre.home_assistant.url,
        "homeassistant_token": "an-expired-token",
    }
    with Program("edge", settings, tmp_path / "edge.log", str(environments.edge)) as other:
        other.wait_for_log("refuses SMARTWORK_HOMEASSISTANT_TOKEN")
        centre.devices.publish("sw/v1/liege/policy", policy(1, ()).model_dump_json().encode(), retain=True)
        other.wait_for_log("policy 1 is in force")
        assert other.stop() == 0
        assert "an-expired-token" not in other.log_text
        assert "Traceback" not in other.log_text


def test_after_a_restart_of_home_assistant_all_entities_return_and_the_newest_state_is_read(
    centre: HomeAssistantCentre,
) -> None:
    centre.publish("zigbee2mqtt/mons/desk 1", occupancy=True)
    centre.wait_for_state(DESK, "on")
    centre.home_assistant.call("input_boolean/turn_off", entity_id="input_boolean.somebody")
    centre.wait_for_state(MEETING_ROOM, "off")
    centre.home_assistant.stop()
    centre.gateway.wait_for_log("does not answer")
    centre.home_assistant.start()
    centre.wait_for_state(DESK, "on")
    centre.wait_for_state(LIGHT, centre.home_assistant.state(LIGHT))
    centre.home_assistant.call("input_boolean/turn_on", entity_id="input_boolean.somebody")
    centre.wait_for_state(MEETING_ROOM, "on", timeout_s=90)
    assert "ERROR" not in centre.home_assistant.log_text
    assert centre.home_assistant.token not in centre.gateway.log_text
    assert "entity_id" not in centre.gateway.log_text
