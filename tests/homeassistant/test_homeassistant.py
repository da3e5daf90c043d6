"""A centre in a real Home Assistant: it appears by itself, follows, is switched there, goes and comes back."""

from pathlib import Path

import pytest

from smartwork.contracts.policy import Profile
from smartwork.devstack.homeassistant import Environments
from tests.support.homeassistant_centre import REGISTRY, House, entry, policy
from tests.support.program import Program, eventually

pytestmark = [pytest.mark.services, pytest.mark.homeassistant]
DESK = "binary_sensor.smartwork_mons_resource_desk_1_occupancy"
OTHER_DESK = "binary_sensor.smartwork_mons_resource_desk_2_occupancy"
MEETING_ROOM = "binary_sensor.smartwork_mons_resource_meeting_room_occupancy"
LAMP = "light.smartwork_mons_light_l_1"
KNX_LAMP = "light.smartwork_mons_light_l_2"
GATEWAY = "smartwork_mons_gateway"
CEILING = "zigbee2mqtt/mons/ceiling"


def test_every_desk_room_and_light_and_the_gateway_appear_without_configuration(house: House) -> None:
    expected = {
        DESK: "Desk 1 Occupancy",
        OTHER_DESK: "Desk 2 Occupancy",
        MEETING_ROOM: "Meeting room Occupancy",
        LAMP: "L 1",
        KNX_LAMP: "L 2",
        f"binary_sensor.{GATEWAY}_online": "Gateway Mons Online",
        f"binary_sensor.{GATEWAY}_network": "Gateway Mons Network",
        f"sensor.{GATEWAY}_outbox": "Gateway Mons Outbox",
        f"sensor.{GATEWAY}_confirmed": "Gateway Mons Last confirmation",
        f"sensor.{GATEWAY}_policy": "Gateway Mons Policy version",
    }
    eventually(lambda: expected.keys() <= house.home.entities(), lambda: f"{house.home.entities()}\n{house.home.said}")
    ours = {name for name in house.home.entities() if "smartwork" in name}
    assert ours == expected.keys()
    for entity_id, name in expected.items():
        found = house.home.entity(entity_id)
        assert found is not None
        assert found["attributes"]["friendly_name"] == name
    house.becomes(f"binary_sensor.{GATEWAY}_online", "on")
    house.becomes(f"binary_sensor.{GATEWAY}_network", "on")
    house.becomes(f"sensor.{GATEWAY}_policy", "1")


def test_a_desk_that_nobody_heard_of_is_unknown_and_not_vacant(house: House) -> None:
    house.becomes(OTHER_DESK, "unknown")


def test_a_presence_change_at_a_desk_is_seen(house: House) -> None:
    house.speak("zigbee2mqtt/mons/desk 1", occupancy=True)
    house.becomes(DESK, "on")
    house.speak("zigbee2mqtt/mons/desk 1", occupancy=False)
    house.becomes(DESK, "off")


def test_a_lamp_is_seen_with_its_brightness(house: House) -> None:
    house.speak(CEILING, state="ON", brightness=127)
    house.becomes(LAMP, "on")
    found = house.home.entity(LAMP)
    assert found is not None
    assert found["attributes"]["brightness"] == 128
    house.speak(CEILING, state="OFF", brightness=0)
    house.becomes(LAMP, "off")


def told(house: House) -> float:
    """The brightness (0 to 254) that the ceiling was told last; the ceiling obeys."""
    last = house.commands(f"{CEILING}/set")[-1]
    brightness = float(str(last.get("brightness", 0))) if last["state"] == "ON" else 0.0
    house.speak(CEILING, state=last["state"], brightness=brightness)
    return brightness


def test_a_light_that_is_switched_there_tells_the_lamp_and_overrides_its_zone(house: House) -> None:
    house.speak("zigbee2mqtt/mons/desk 1", occupancy=True)
    house.becomes(DESK, "on")
    house.speak(CEILING, state="OFF", brightness=0)
    house.home.call("light/turn_on", entity_id=LAMP)  # as bright as the policy has it
    assert told(house) == pytest.approx(0.8 * 254, abs=2)
    house.home.call("light/turn_on", entity_id=LAMP, brightness_pct=30)
    assert told(house) == pytest.approx(0.3 * 254, abs=2)
    eventually(lambda: (house.home.entity(LAMP) or {})["attributes"]["brightness"] == pytest.approx(77, abs=2))
    for somebody in (False, True):  # the zone's policy would give 80 percent to whoever is there; a person's hand wins
        house.speak("zigbee2mqtt/mons/desk 1", occupancy=somebody)
        house.becomes(DESK, "on" if somebody else "off")
    assert house.commands(f"{CEILING}/set", timeout_s=2) == []
    house.home.call("light/turn_off", entity_id=LAMP)
    assert told(house) == 0
    house.becomes(LAMP, "off")


def test_without_anybodys_hand_the_zone_follows_its_policy(house: House) -> None:
    house.devices.publish("sw/v1/mons/command/l-1", b'{"v": 1, "level": null, "until_ms": null}').wait_for_publish(10)
    assert told(house) == pytest.approx(0.8 * 254, abs=2)


def test_a_sensor_that_only_home_assistant_knows_is_read(house: House) -> None:
    house.home.call("input_boolean/turn_on", entity_id="input_boolean.somebody")
    house.becomes(MEETING_ROOM, "on")
    house.home.call("input_boolean/turn_off", entity_id="input_boolean.somebody")
    house.becomes(MEETING_ROOM, "off")


def test_a_light_that_only_home_assistant_knows_is_read_and_commanded(house: House) -> None:
    house.home.call("light/turn_on", entity_id="light.knx_ceiling", brightness=100)
    house.becomes(KNX_LAMP, "on")
    house.home.call("light/turn_off", entity_id=KNX_LAMP)
    house.becomes("light.knx_ceiling", "off")
    house.becomes(KNX_LAMP, "off")
    house.home.call("light/turn_on", entity_id=KNX_LAMP, brightness_pct=40)
    house.becomes("light.knx_ceiling", "on")
    eventually(lambda: float(house.home.state("input_number.knx_level") or 0) == pytest.approx(102, abs=2))


def test_a_device_that_leaves_the_registry_disappears_and_a_new_one_appears(house: House) -> None:
    house.becomes(OTHER_DESK, "unknown")
    moved = entry("s-9", "zigbee2mqtt/mons/desk 9", Profile.ZIGBEE2MQTT, resource="desk-9")
    house.publish_policy((*(each for each in REGISTRY if each.device != "s-2"), moved))
    house.becomes(OTHER_DESK, None)
    house.becomes("binary_sensor.smartwork_mons_resource_desk_9_occupancy", "unknown")
    house.publish_policy()
    house.becomes("binary_sensor.smartwork_mons_resource_desk_9_occupancy", None)
    house.becomes(OTHER_DESK, "unknown")


def test_a_gateway_that_goes_away_makes_its_entities_unavailable_until_it_is_back(house: House) -> None:
    house.speak("zigbee2mqtt/mons/desk 1", occupancy=True)
    house.becomes(DESK, "on")
    house.gateway.kill()
    house.becomes(DESK, "unavailable", timeout_s=90)
    house.becomes(LAMP, "unavailable")
    house.becomes(f"binary_sensor.{GATEWAY}_online", "off")
    house.gateway.start()
    house.becomes(f"binary_sensor.{GATEWAY}_online", "on")
    house.speak("zigbee2mqtt/mons/desk 1", occupancy=False)
    house.becomes(DESK, "off")
    house.becomes(MEETING_ROOM, house.home.state("binary_sensor.meeting_room_presence"))
    assert house.gateway.stop() == 0
    house.becomes(DESK, "unavailable")
    house.gateway.start()
    house.becomes(DESK, "unknown")


def test_a_token_that_is_refused_is_said_and_never_shown_and_the_gateway_goes_on(
    house: House, environments: Environments, tmp_path: Path
) -> None:
    settings = {
        "centre": "liege",
        "broker_url": house.broker_url,
        "outbox": tmp_path / "outbox.sqlite",
        "homeassistant_url": house.home.url,
        "homeassistant_token": "an-expired-token",
    }
    with Program("edge", settings, tmp_path / "edge.log", str(environments.edge)) as other:
        other.wait_until_it_says("refuses SMARTWORK_HOMEASSISTANT_TOKEN")
        house.devices.publish("sw/v1/liege/policy", policy(1, ()).model_dump_json().encode(), retain=True)
        other.wait_until_it_says("policy 1 is in force")
        assert other.stop() == 0
        assert "an-expired-token" not in other.said
        assert "Traceback" not in other.said


def test_after_a_restart_of_home_assistant_everything_is_there_again_and_the_newest_state_is_read(house: House) -> None:
    house.speak("zigbee2mqtt/mons/desk 1", occupancy=True)
    house.becomes(DESK, "on")
    house.home.call("input_boolean/turn_off", entity_id="input_boolean.somebody")
    house.becomes(MEETING_ROOM, "off")
    house.home.stop()
    house.gateway.wait_until_it_says("does not answer")
    house.home.start()
    house.becomes(DESK, "on")
    house.becomes(LAMP, house.home.state(LAMP))
    house.home.call("input_boolean/turn_on", entity_id="input_boolean.somebody")
    house.becomes(MEETING_ROOM, "on", timeout_s=90)
    assert "ERROR" not in house.home.said
    assert house.home.token not in house.gateway.said
    assert "entity_id" not in house.gateway.said
