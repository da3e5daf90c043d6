"""The lights of a centre: commanded in each family's format, confirmed, retried, and overridden by whoever switches them."""

import json
from datetime import timedelta
from typing import Any

from edge import saved_lights
from edge.zone_lights import ZoneLights
from smartwork.contracts.edge_reports import LightCommand
from smartwork.contracts.policy import Profile, ZoneSettings
from tests.support.lit_zones import NOON, policy, presence, state


def occupied(*families: Profile) -> ZoneLights:
    """A zone with these lights, in which a sensor reports presence at noon."""
    lights = ZoneLights.of(policy(*families), NOON)
    lights.handle_readings([presence(1, NOON)], NOON)
    return lights


def test_each_light_is_commanded_in_its_familys_format() -> None:
    lights = ZoneLights.of(policy(Profile.ZIGBEE2MQTT, Profile.TASMOTA, Profile.SHELLY, Profile.ESPHOME), NOON)
    sent = {m.topic: m.payload for m in lights.handle_readings([presence(1, NOON)], NOON)}
    assert json.loads(sent["z-0-lamp-0/set"]) == {"state": "ON", "brightness": 203}
    assert sent["cmnd/z-0-lamp-1/Backlog0"] == b"Fade 0;Dimmer 80;POWER ON"
    call: dict[str, Any] = json.loads(sent["z-0-lamp-2/rpc"])
    assert (call["method"], call["params"]) == ("Light.Set", {"id": 0, "on": True, "brightness": 80})
    assert json.loads(sent["z-0-lamp-3/light/panel/command"]) == {"state": "ON", "brightness": 204}


def test_sensors_of_one_desk_share_it_and_others_do_not() -> None:
    of_policy = policy(Profile.ZIGBEE2MQTT)
    first = of_policy.devices[0]
    more = [first.model_copy(update={"device": f"s-{i}", "address": f"s-{i}", "resource": f"d-{i // 2}"}) for i in range(5)]
    lights = ZoneLights.of(of_policy.model_copy(update={"devices": [*of_policy.devices, *more]}), NOON)
    assert lights.zones["z-0"].policy.shared == {"s-0": ("s-1",), "s-1": ("s-0",), "s-2": ("s-3",), "s-3": ("s-2",)}


def test_only_the_zone_with_presence_is_lit() -> None:
    lights = ZoneLights.of(policy(Profile.ZIGBEE2MQTT, zones=2), NOON)
    lights.handle_readings([presence(0, NOON, "z-0"), presence(0, NOON, "z-1")], NOON)
    sent = lights.handle_readings([presence(1, NOON, "z-1")], NOON)
    assert [message.topic for message in sent] == ["z-1-lamp-0/set"]


def test_an_unconfirmed_command_is_sent_again_at_growing_intervals() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    retries: list[float] = []
    for second in range(600):
        now = NOON + timedelta(seconds=second)
        retries += [second for _ in lights.tick(now)]
        lights.handle_readings([presence(1, now)], now)
    assert retries[:4] == [3, 9, 21, 45]
    assert retries[-1] - retries[-2] <= 120


def test_a_confirmed_command_is_not_sent_again() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    lights.handle_readings(state(True, 0.8), NOON)
    for second in range(120):
        assert lights.tick(NOON + timedelta(seconds=second)) == []


def test_a_light_switched_by_hand_overrides_its_whole_zone_until_the_override_ends() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT, Profile.SHELLY)
    for light in ("z-0-l-0", "z-0-l-1"):
        lights.handle_readings(state(True, 0.8, light), NOON)
    later = NOON + timedelta(minutes=5)
    sent = lights.handle_readings(state(False, light="z-0-l-0"), later)
    assert [message.topic for message in sent] == ["z-0-lamp-1/rpc"]
    assert json.loads(sent[0][1])["params"] == {"id": 0, "on": False}
    lights.handle_readings([presence(1, later)], later)
    assert lights.tick(later + timedelta(minutes=1, seconds=-58)) == []
    end = later + timedelta(seconds=3_600)
    lights.handle_readings([presence(1, end)], end)
    assert {message.topic for message in lights.tick(end)} <= {"z-0-lamp-0/set", "z-0-lamp-1/rpc"}
    assert lights.zones["z-0"].state.level == 0.8


def test_intermediate_levels_of_a_ramp_are_not_taken_for_a_change_by_hand() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    assert lights.handle_readings(state(True, 0.3), NOON + timedelta(seconds=1)) == []
    assert lights.handle_readings(state(True, 0.8), NOON + timedelta(seconds=2)) == []
    assert lights.zones["z-0"].state.override is None


def test_a_command_sets_a_level_until_an_end_and_a_level_of_none_ends_the_override() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    until = NOON + timedelta(minutes=10)
    command = LightCommand(level=0.2, until_ms=round(until.timestamp() * 1000))
    sent = lights.handle_command("z-0-l-0", command, NOON)
    assert json.loads(sent[0][1]) == {"state": "ON", "brightness": 51}
    sent = lights.handle_command("z-0-l-0", LightCommand(level=None), NOON)
    assert json.loads(sent[0][1])["brightness"] == 203
    assert lights.handle_command("elsewhere", LightCommand(level=0.2), NOON) == []


def test_a_restart_restores_the_override_and_the_sensors_presence() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    lights.handle_command("z-0-l-0", LightCommand(level=0.2), NOON)
    soon = NOON + timedelta(minutes=1)
    restarted = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), soon, saved=saved_and_loaded(lights))
    assert json.loads(restarted.tick(soon)[0][1])["brightness"] == 51
    vacant = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), NOON)
    vacant.handle_readings([presence(0, NOON)], NOON)
    restarted = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), soon, saved=saved_and_loaded(vacant))
    assert json.loads(restarted.tick(soon)[0][1]) == {"state": "OFF"}, "the sensor reported absence a minute ago"


def saved_and_loaded(lights: ZoneLights) -> dict[str, saved_lights.SavedZone]:
    return saved_lights.from_json(saved_lights.to_json(lights.to_save()))


def test_without_saved_state_sensors_are_unknown_and_the_light_is_on() -> None:
    lights = ZoneLights.of(policy(Profile.ZIGBEE2MQTT), NOON, saved=saved_lights.from_json('{"z-0": 5}'))
    assert json.loads(lights.tick(NOON)[0][1])["state"] == "ON"


def test_a_new_policy_takes_over_the_state_of_its_zones() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    lights.handle_readings(state(True, 0.8), NOON)
    brighter = policy(Profile.ZIGBEE2MQTT)
    brighter = brighter.model_copy(update={"lights": [ZoneSettings(zone="z-0", level=1.0)], "version": 2})
    after = ZoneLights.of(brighter, NOON, lights)
    assert json.loads(after.tick(NOON)[0][1])["brightness"] == 254
