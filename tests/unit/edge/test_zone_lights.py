"""The lights of a centre: told in each dialect, confirmed, told again, and given to whoever uses the switch."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.light_devices import PATIENT_TRIES
from edge.zone_lights import Lights
from smartwork.contracts.edge_reports import LightCommand
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Hours, Policy, Profile, ZoneLight
from smartwork.contracts.reading import Reading

NOON = datetime(2026, 10, 5, 10, tzinfo=UTC)
"""A Monday, 12:00 in Brussels."""


def policy(*lamps: Profile, hold_s: int = 600, zones: int = 1) -> Policy:
    names = [f"z-{i}" for i in range(zones)]
    sensors = [
        DeviceEntry(device=f"{zone}-s", profile=Profile.ESPHOME, address=f"{zone}-s", interval_s=600, zone=zone)
        for zone in names
    ]
    lights = [
        DeviceEntry(
            device=f"{zone}-l-{i}", profile=profile, address=f"{zone}-lamp-{i}", interval_s=600, role="light", zone=zone
        )
        for zone in names
        for i, profile in enumerate(lamps)
    ]
    return Policy(
        version=1,
        timezone="Europe/Brussels",
        devices=[*sensors, *lights],
        hours=Hours(opens="07:00", closes="19:00", open_days=[1, 2, 3, 4, 5]),
        lights=[ZoneLight(zone=zone, hold_s=hold_s, level=0.8, ramp_s=0, override_s=3_600) for zone in names],
    )


def presence(value: float, at: datetime, zone: str = "z-0") -> Reading:
    return Reading(round(at.timestamp() * 1000), f"{zone}-s", Metric.PRESENCE, value)


def state(on: bool, level: float | None = None, lamp: str = "z-0-l-0") -> list[Reading]:
    said = [Reading(0, lamp, Metric.LIGHT_ON, float(on))]
    return said if level is None else [*said, Reading(0, lamp, Metric.LIGHT_LEVEL, level)]


def occupied(*lamps: Profile) -> Lights:
    lights = Lights.of(policy(*lamps), NOON)
    lights.heard([presence(1, NOON)], NOON)
    return lights


def test_each_lamp_is_told_in_its_own_dialect() -> None:
    lights = Lights.of(policy(Profile.ZIGBEE2MQTT, Profile.TASMOTA, Profile.SHELLY, Profile.ESPHOME), NOON)
    told = {m.topic: m.payload for m in lights.heard([presence(1, NOON)], NOON)}
    assert json.loads(told["z-0-lamp-0/set"]) == {"state": "ON", "brightness": 203}
    assert told["cmnd/z-0-lamp-1/Backlog0"] == b"Fade 0;Dimmer 80;POWER ON"
    call: dict[str, Any] = json.loads(told["z-0-lamp-2/rpc"])
    assert (call["method"], call["params"]) == ("Light.Set", {"id": 0, "on": True, "brightness": 80})
    assert json.loads(told["z-0-lamp-3/light/panel/command"]) == {"state": "ON", "brightness": 204}


def test_only_the_zone_in_which_somebody_is_gets_light() -> None:
    lights = Lights.of(policy(Profile.ZIGBEE2MQTT, zones=2), NOON)
    lights.heard([presence(0, NOON, "z-0"), presence(0, NOON, "z-1")], NOON)
    told = lights.heard([presence(1, NOON, "z-1")], NOON)
    assert [message.topic for message in told] == ["z-1-lamp-0/set"]


def test_a_lamp_that_does_not_confirm_is_told_again_ever_later_and_becomes_an_alarm() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    again: list[float] = []
    for second in range(600):
        now = NOON + timedelta(seconds=second)
        again += [second for _ in lights.tick(now)]
        lights.heard([presence(1, now)], now)
    assert again[:4] == [3, 9, 21, 45]
    assert again[-1] - again[-2] <= 120
    (alarm,) = lights.alarms(NOON + timedelta(minutes=10))
    assert (alarm.kind, alarm.device, alarm.says) == ("lamp_disobeys", "z-0-l-0", "z-0-l-0 was told 80% and says nothing")
    lights.heard(state(True, 0.8), NOON + timedelta(minutes=10))
    assert lights.alarms(NOON + timedelta(minutes=10)) == []
    assert len(again) > PATIENT_TRIES


def test_a_lamp_that_confirms_is_left_in_peace() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    lights.heard(state(True, 0.8), NOON)
    for second in range(120):
        assert lights.tick(NOON + timedelta(seconds=second)) == []


def test_a_hand_on_the_switch_is_an_override_for_the_whole_zone_and_ends() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT, Profile.SHELLY)
    for lamp in ("z-0-l-0", "z-0-l-1"):
        lights.heard(state(True, 0.8, lamp), NOON)
    later = NOON + timedelta(minutes=5)
    told = lights.heard(state(False, lamp="z-0-l-0"), later)
    assert [message.topic for message in told] == ["z-0-lamp-1/rpc"]
    assert json.loads(told[0][1])["params"] == {"id": 0, "on": False}
    lights.heard([presence(1, later)], later)
    assert lights.tick(later + timedelta(minutes=1, seconds=-58)) == []
    end = later + timedelta(seconds=3_600)
    lights.heard([presence(1, end)], end)
    assert {message.topic for message in lights.tick(end)} <= {"z-0-lamp-0/set", "z-0-lamp-1/rpc"}
    assert lights.zones["z-0"].state.level == 0.8


def test_levels_on_the_way_of_a_ramp_are_no_hand() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    assert lights.heard(state(True, 0.3), NOON + timedelta(seconds=1)) == []
    assert lights.heard(state(True, 0.8), NOON + timedelta(seconds=2)) == []
    assert lights.zones["z-0"].state.override is None


def test_a_person_afar_orders_a_level_until_an_end_and_gives_it_back() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    until = NOON + timedelta(minutes=10)
    told = lights.ordered("z-0-l-0", LightCommand(level=0.2, until_ms=round(until.timestamp() * 1000)), NOON)
    assert json.loads(told[0][1]) == {"state": "ON", "brightness": 51}
    told = lights.ordered("z-0-l-0", LightCommand(level=None), NOON)
    assert json.loads(told[0][1])["brightness"] == 203
    assert lights.ordered("elsewhere", LightCommand(level=0.2), NOON) == []


def test_a_restart_knows_the_override_and_what_sensors_said() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    lights.ordered("z-0-l-0", LightCommand(level=0.2), NOON)
    kept = json.dumps(lights.remembered())
    soon = NOON + timedelta(minutes=1)
    again = Lights.of(policy(Profile.ZIGBEE2MQTT), soon, kept=kept)
    assert json.loads(again.tick(soon)[0][1])["brightness"] == 51
    vacant = Lights.of(policy(Profile.ZIGBEE2MQTT), NOON)
    vacant.heard([presence(0, NOON)], NOON)
    restarted = Lights.of(policy(Profile.ZIGBEE2MQTT), soon, kept=json.dumps(vacant.remembered()))
    assert json.loads(restarted.tick(soon)[0][1]) == {"state": "OFF"}, "nobody was there a minute ago"


def test_what_was_kept_and_cannot_be_read_is_not_known() -> None:
    for kept in ("", "[]", "{", '{"z-0": {"sensors": {"z-0-s": 1}}}', '{"z-0": {"override": ["a", 1]}}', '{"z-0": 5}'):
        lights = Lights.of(policy(Profile.ZIGBEE2MQTT), NOON, kept=kept)
        assert lights.tick(NOON), "in doubt there is light"


def test_a_silent_sensor_and_a_stuck_one_are_alarms() -> None:
    lights = Lights.of(policy(Profile.ZIGBEE2MQTT), NOON)
    lights.heard([presence(1, NOON)], NOON)
    lights.heard(state(True, 0.8), NOON)
    for hour in range(13):
        now = NOON + timedelta(hours=hour)
        lights.heard([presence(1, now)], now)
    assert [a.kind for a in lights.alarms(NOON + timedelta(hours=12, minutes=5))] == ["sensor_stuck"]
    kinds = [a.kind for a in lights.alarms(NOON + timedelta(hours=13))]
    assert kinds == ["sensor_silent", "sensor_stuck"]


def test_a_sensor_that_changes_its_mind_all_the_time_is_an_alarm_until_it_calms_down() -> None:
    lights = Lights.of(policy(Profile.ZIGBEE2MQTT), NOON)
    lights.heard(state(True, 0.8), NOON)
    for i in range(25):
        now = NOON + timedelta(seconds=20 * i)
        lights.heard([presence(float(i % 2), now)], now)
        lights.heard(state(lights.zones["z-0"].state.level != 0, lights.zones["z-0"].state.level), now)
    assert [alarm.kind for alarm in lights.alarms(now)] == ["sensor_flaps"]
    assert lights.alarms(now + timedelta(minutes=11)) == []


def test_a_new_policy_takes_over_what_is_known() -> None:
    lights = occupied(Profile.ZIGBEE2MQTT)
    lights.heard(state(True, 0.8), NOON)
    brighter = policy(Profile.ZIGBEE2MQTT)
    brighter = brighter.model_copy(update={"lights": [ZoneLight(zone="z-0", level=1.0)], "version": 2})
    after = Lights.of(brighter, NOON, lights)
    assert json.loads(after.tick(NOON)[0][1])["brightness"] == 254
