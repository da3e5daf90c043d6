"""More messages as makers document them: meters of several phases, zones, radars' words, local times, names in other forms.

Sources: shelly-api-docs (EM, EMData, PresenceZone, RGBCCT), Tasmota's documentation (Status 0, Zigbee, PWM dimmers),
zigbee-herdsman-converters (electricity meters, Tuya radars), ESPHome (LD2450), The Things Stack (normalized payload).
"""

# ruff: noqa: E501 - a case is one line of a table

from typing import Any

import pytest

from smartwork.contracts.policy import Profile
from tests.unit.edge.adapters.test_field_messages import NOW, Case, gateway, raw, values_of

EM = {"id": 0, "a_act_power": 10, "b_act_power": 20, "c_act_power": 30}
EMDATA = {"id": 0, "a_total_act_energy": 1, "b_total_act_energy": 2, "c_total_act_energy": 3.5}


def changed(**components: object) -> dict[str, Any]:
    """A NotifyStatus with these components; `__` stands for the colon of their names."""
    named = {name.replace("__", ":"): status for name, status in components.items()}
    return {"method": "NotifyStatus", "params": {"ts": 1_773_144_000, **named}}


CASES: list[Case] = [
    (Profile.SHELLY, None, "s/events/rpc", changed(presencezone__200={"value": False, "num_objects": 0}, presencezone__201={"value": True, "num_objects": 2}), {"presence": 1, "occupant_count": 2}),
    (Profile.SHELLY, None, "s/events/rpc", changed(presencezone__200={"value": False}, presencezone__201={"value": False}), {"presence": 0}),
    (Profile.SHELLY, "presencezone:201", "s/events/rpc", changed(presencezone__200={"value": False}, presencezone__201={"value": True}), {"presence": 1}),
    (Profile.SHELLY, None, "s/events/rpc", changed(em__0={**EM, "total_act_power": 60}, emdata__0={**EMDATA, "total_act": 6.5}), {"power_w": 60, "energy_wh": 6.5}),
    (Profile.SHELLY, None, "s/events/rpc", changed(em__0=EM, emdata__0=EMDATA), {"power_w": 60, "energy_wh": 6.5}),
    (Profile.SHELLY, "em:b", "s/events/rpc", changed(em__0={**EM, "total_act_power": 60}, emdata__0={**EMDATA, "total_act": 6.5}), {"power_w": 20, "energy_wh": 2}),
    (Profile.SHELLY, "em:b", "s/events/rpc", changed(em__0={"total_act_power": 60}), {}),
    (Profile.SHELLY, "rgbcct:0", "s/status/rgbcct:0", {"output": True, "brightness": 50}, {"light_on": 1, "light_level": 0.5}),
    (Profile.SHELLY, None, "s/events/rpc", changed(input__0={"state": True}, cover__0={"apower": 3}, boolean__200={"value": True}), {}),
    (Profile.TASMOTA, "2", "tele/x/STATE", {"POWER1": "OFF", "POWER2": "ON", "Dimmer1": 10, "Dimmer2": 70}, {"light_on": 1, "light_level": 0.7}),
    (Profile.TASMOTA, None, "tele/zb/5ADF/SENSOR", {"ZbReceived": {"0x5ADF": {"Device": "0x5ADF", "Occupancy": 1}}}, {"presence": 1}),
    (Profile.TASMOTA, "0x5adf", "tele/zb/SENSOR", {"ZbReceived": {"desk": {"Device": "0x5ADF", "Occupancy": 0}}}, {"presence": 0}),
    (Profile.TASMOTA, None, "stat/x/STATUS0", {"Status": {"Power": 1}, "StatusSNS": {"ENERGY": {"Total": 1, "Power": 3}}, "StatusSTS": {"POWER": "ON"}}, {"light_on": 1, "power_w": 3, "energy_wh": 1000}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"power": 10, "power_phase_b": 20, "power_phase_c": 30}, {"power_w": 60}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"power": 66, "power_a": 10, "power_b": 20, "power_c": 30}, {"power_w": 66}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"energy_a": 1, "energy_b": 2, "energy_c": 3}, {"energy_wh": 6000}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"power": 10, "power_phase_b": "?"}, {}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"presence_state": "static", "occupancy": False}, {"presence": 1}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"motion_state": "none"}, {"presence": 0}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"motion_state": "large", "presence": False}, {"presence": 0}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"local_temperature": 21.5, "occupied_heating_setpoint": 19}, {"temperature_c": 21.5}),
    (Profile.HOMEASSISTANT, None, "homeassistant/sensor/office_people/state", "3", {"occupant_count": 3}),
    (Profile.ESPHOME, None, "d/sensor/presence_target_count/state", "2", {"occupant_count": 2}),
    (Profile.ESPHOME, None, "d/sensor/still_target_count/state", "2", {}),
    (Profile.ESPHOME, None, "d/sensor/illuminance_raw/state", "12000", {}),
    (Profile.ESPHOME, None, "d/sensor/temperature_f/state", "68", {"temperature_c": 20}),
    (Profile.ESPHOME, None, "d/sensor/room_temp/state", "21", {"temperature_c": 21}),
    (Profile.TTN, None, "v3/a/devices/b/up", {"uplink_message": {"normalized_payload": [
        {"time": "2026-03-10T10:00:00Z", "air": {"temperature": 19}}, {"time": "2026-03-10T11:00:00Z", "air": {"temperature": 20}}]}}, {"temperature_c": 20}),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "model", "topic", "payload", "values"), CASES)
def test_a_documented_message_gives_the_right_readings_and_no_others(
    profile: Profile, model: str | None, topic: str, payload: object, values: dict[str, float]
) -> None:
    assert values_of(profile, topic, payload, model) == pytest.approx(values, abs=1e-3)


@pytest.mark.parametrize(
    "claimed",
    ["0000-00-00T00:00:00", "2106-02-07T06:28:15", "9999-12-31T23:59:59", "1970-01-01T00:00:03", "N/A", "", 12345, True, {"a": 1},
     [], 1e30, -5],
)  # fmt: skip
def test_no_clock_however_absurd_loses_a_live_reading(claimed: object) -> None:
    """Of a device that is on the air its message's arrival is the time."""
    assert values_of(Profile.TASMOTA, "tele/x/SENSOR", {"Time": claimed, "ENERGY": {"Power": 3}}) == {"power_w": 3}
    assert values_of(Profile.ZIGBEE2MQTT, "zigbee2mqtt/a", {"last_seen": claimed, "occupancy": True}) == {"presence": 1}
    assert values_of(Profile.SHELLY, "s/events/rpc", {"method": "NotifyStatus", "params": {"ts": claimed, "motion:0": {"motion": True}}}) == {"presence": 1}  # fmt: skip


def test_a_change_of_one_zone_does_not_empty_the_others() -> None:
    """Shelly reports what has changed, so the gateway keeps what it knows of the other zones."""
    translator = gateway(Profile.SHELLY, "s/events/rpc")
    seconds = iter(range(1_773_140_000, 1_773_140_099))

    def values(method: str = "NotifyStatus", **components: object) -> dict[str, float]:
        message = {"method": method, "params": {**changed(**components)["params"], "ts": next(seconds)}}
        return {r.metric.label: r.value for r in translator.translate("s/events/rpc", raw(message), NOW)}

    assert values(presencezone__200={"value": True, "num_objects": 1}) == {"presence": 1, "occupant_count": 1}
    assert values(presencezone__201={"value": False, "num_objects": 0}) == {"presence": 1, "occupant_count": 1}
    assert values(presencezone__201={"num_objects": 2}) == {"presence": 1, "occupant_count": 3}
    status = raw({"id": 200, "value": False, "num_objects": 0})
    of_topic = translator.translate("s/status/presencezone:200", status, NOW)
    assert {r.metric.label: r.value for r in of_topic} == {"presence": 0, "occupant_count": 2}
    assert values(presencezone__201={"value": "?"}) == {"occupant_count": 2}, "somebody may be there"
    gone = values("NotifyFullStatus", presencezone__202={"value": False, "num_objects": 0})
    assert gone == {"presence": 0, "occupant_count": 0}, "the other zones do not exist any more"
    assert values(switch__0={"output": True}) == {"light_on": 1}
