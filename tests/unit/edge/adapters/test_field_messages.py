"""Messages of real devices, from public logs and makers' vectors: each gives the right readings and no others."""

# ruff: noqa: E501 - a case is one line of a table

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.adapters.families import ADAPTERS, COMMANDS
from edge.translator import Translator
from smartwork.contracts.policy import DeviceEntry, Profile

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def raw(payload: object) -> bytes:
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


def gateway(profile: Profile, topic: str, model: str | None = None) -> Translator:
    """A translator with one device that publishes on `topic`."""
    address = ADAPTERS[profile].address_of(topic)
    assert address is not None, topic
    return Translator([DeviceEntry(device="d", profile=profile, address=address, interval_s=60, model=model)])


def home_assistant(device_class: str, unit: str) -> dict[str, object]:
    """A state of 31 with its declared device class and unit."""
    return {"state": "31", "attributes": {"device_class": device_class, "unit_of_measurement": unit}}


def values_of(profile: Profile, topic: str, payload: object, model: str | None = None) -> dict[str, float]:
    readings = gateway(profile, topic, model).translate(topic, raw(payload), NOW)
    return {reading.metric.label: reading.value for reading in readings}


def test_all_messages_from_the_field_give_the_right_readings(shared_data: Path) -> None:
    cases: list[dict[str, Any]] = json.loads((shared_data / "device-vectors" / "field-cases.json").read_text())
    assert len(cases) >= 36
    wrong: list[tuple[object, ...]] = []
    for case in cases:
        arrived, profile = datetime.fromisoformat(case["arrived"]), Profile(case["profile"])
        expected = dict(case["expected"])
        absent, at = expected.pop("not", []), expected.pop("at", None)
        readings = gateway(profile, case["topic"], case["model"]).translate(case["topic"], raw(case["payload"]), arrived)
        found = {reading.metric.label: reading.value for reading in readings}
        if {name: found.get(name) for name in expected} != pytest.approx({name: float(v) for name, v in expected.items()}):
            wrong.append((case["id"], "expected", expected, "found", found))
        if any(name in found for name in absent):
            wrong.append((case["id"], "must not be there", absent, found))
        at_ms = {reading.at_ms for reading in readings}
        if at is not None and at_ms != {round(datetime.fromisoformat(at).timestamp() * 1000)}:
            wrong.append((case["id"], "at", at, at_ms))
    assert wrong == []


Case = tuple[Profile, str | None, str, object, dict[str, float]]

ONE_ODD_FIELD: list[Case] = [
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"presence": "maybe", "battery": 80}, {"battery_pct": 80}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/cover", {"state": "OPEN", "position": 40, "linkquality": 9}, {"link_quality": 9}),
    (Profile.TASMOTA, None, "tele/m/SENSOR", {"ENERGY": {"Power": "err", "Total": [1, 2]}}, {"energy_wh": 3000}),
    (Profile.TASMOTA, "2", "tele/m/SENSOR", {"ENERGY": {"Power": [5, 7], "Total": [1, 2]}}, {"power_w": 7, "energy_wh": 2000}),
    (Profile.TASMOTA, None, "tele/a/SENSOR", {"ENERGY": 5, "AM2301": {"Temperature": 20, "Humidity": "x"}}, {"temperature_c": 20}),
    (Profile.SHELLY, None, "s/status/light:0", {"output": "?", "brightness": 50}, {"light_level": 0.5}),
    (Profile.CHIRPSTACK, "vs341", "application/1/device/24e1/event/up", {"data": "AXVkAwAH"}, {"battery_pct": 100}),
    (Profile.CHIRPSTACK, "vs341", "application/1/device/24e1/event/up", {"data": "AXVkAwABASc="}, {"battery_pct": 100, "presence": 1}),
    (Profile.TTN, None, "v3/a/devices/b/up", {"uplink_message": {"decoded_payload": {"occupancy": [], "co2": 500}}}, {"co2_ppm": 500}),
]  # fmt: skip
BY_MODEL: list[Case] = [
    (Profile.MILESIGHT, "ts301", "gw/d", "017564030001", {"battery_pct": 100}),
    (Profile.MILESIGHT, "WS303", "gw/d", "017564030001", {"battery_pct": 100}),
    (Profile.MILESIGHT, "WS202", "gw/d", "017564030001040000", {"battery_pct": 100, "presence": 1}),
    (Profile.MILESIGHT, "VS370", "gw/d", "017564030000040001", {"battery_pct": 100, "presence": 0}),
    (Profile.MILESIGHT, None, "gw/d", "017564030001", {"battery_pct": 100}),
    (Profile.MILESIGHT, "WS203", "gw/d", "01755C03671A01046873050001", {"battery_pct": 92, "temperature_c": 28.2, "humidity_pct": 57.5, "presence": 1}),
    (Profile.MILESIGHT, "VS321", "gw/d", "0367E4000468700 5FD0200".replace(" ", ""), {"temperature_c": 22.8, "humidity_pct": 56, "occupant_count": 2, "presence": 1}),
    (Profile.MILESIGHT, "VS321", "gw/d", "05FD020008F40001", {}),
    (Profile.MILESIGHT, "WS502:2", "gw/d", "FF2932", {"light_on": 1}),
    (Profile.MILESIGHT, "WS502:1", "gw/d", "FF2932", {"light_on": 0}),
    (Profile.MILESIGHT, "WS558:3", "gw/d", "08310004", {"light_on": 1}),
    (Profile.MILESIGHT, "AM107", "gw/d", "01755C03673401046865056A4900066 51C0079001400077DE704".replace(" ", ""),
     {"battery_pct": 92, "temperature_c": 30.8, "humidity_pct": 50.5, "presence": 1, "illuminance_lux": 28, "co2_ppm": 1255}),
    (Profile.MILESIGHT, "WT101", "gw/d", "0367D2000467DC00", {"temperature_c": 21}),
    (Profile.MILESIGHT, "AM103", "gw/d", "0367FFFF0468FF077DE803", {"co2_ppm": 1000}),
    (Profile.MILESIGHT, "CT303-v2", "gw/d", "106310270000116364000000", {"energy_wh": 101_000}),
]  # fmt: skip
PRESENCE_FIRST: list[Case] = [
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"occupancy": True, "presence": False}, {"presence": 0}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"occupancy_1": False, "occupancy_2": True}, {"presence": 1}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"occupancy_1": False, "occupancy_2": "?"}, {}),
    (Profile.ZIGBEE2MQTT, "2", "zigbee2mqtt/a", {"occupancy_1": True, "occupancy_2": False}, {"presence": 0}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt/a", {"people_1": 2, "people_2": 1}, {"occupant_count": 3}),
    (Profile.SHELLY, None, "s/status/presencezone:201", {"id": 201, "value": True, "num_objects": 2}, {"presence": 1, "occupant_count": 2}),
    (Profile.SHELLY, "presencezone:200", "s/status/presencezone:201", {"id": 201, "value": True}, {}),
    (Profile.SHELLY, None, "s/status/motion:0", {"id": 0, "motion": True}, {"presence": 1}),
    (Profile.TTN, None, "v3/a/devices/b/up", {"uplink_message": {"decoded_payload": {"region_1": 0, "region_2": 1}}}, {"presence": 1}),
    (Profile.ESPHOME, None, "d/binary_sensor/moving_target/state", "ON", {}),
]  # fmt: skip
DECLARED: list[Case] = [
    *((Profile.ESPHOME, None, f"d/sensor/{name}/state", "23", {}) for name in (
        "still_energy", "moving_energy", "g3_still_energy", "apparent_power", "reactive_power", "power_factor", "chip_temperature",
        "internal_temperature", "esp32_temperature", "battery_voltage", "wifi_signal", "absolute_humidity", "illuminance_threshold",
        "target_temperature", "total_daily_energy_cost")),
    *((Profile.HOMEASSISTANT, None, "homeassistant/sensor/x/state", home_assistant(quantity, unit), {}) for quantity, unit in (
        ("reactive_power", "var"), ("power_factor", "%"), ("energy_storage", "kWh"), ("absolute_humidity", "g/m³"), ("voltage", "V"),
        ("power", "VA"), ("battery", "V"))),
    (Profile.HOMEASSISTANT, None, "homeassistant/sensor/x/state", home_assistant("power", "kW"), {"power_w": 31_000}),
    (Profile.HOMEASSISTANT, None, "homeassistant/sensor/x/state", home_assistant("energy", "mWh"), {"energy_wh": 0.031}),
    (Profile.HOMEASSISTANT, None, "homeassistant/sensor/x/state", home_assistant("temperature", "°F"), {"temperature_c": -0.556}),
    (Profile.HOMEASSISTANT, None, "homeassistant/sensor/desk_temperature/state", "unavailable", {"online": 0}),
    (Profile.TASMOTA, None, "tele/a/SENSOR", {"AM2301": {"Temperature": 68}, "TempUnit": "F"}, {"temperature_c": 20}),
    (Profile.SHELLY, None, "s/status/humidity:0", {"rh": 50, "errors": ["out_of_range"]}, {}),
    (Profile.CHIRPSTACK, None, "application/1/device/a8/event/status", {"batteryLevel": 0, "externalPowerSource": True}, {}),
    (Profile.TTN, None, "v3/a/devices/b/up", {"uplink_message": {"decoded_payload": {"battery": 3.59}}}, {}),
]  # fmt: skip
SHAPES: list[Case] = [
    (Profile.SHELLY, None, "shellies/s1/relay/0", "on", {"light_on": 1}),
    (Profile.SHELLY, None, "shellies/s1/relay/0/energy", "120", {"energy_wh": 2}),
    (Profile.SHELLY, None, "shellies/em/emeter/0/total", "1234.5", {"energy_wh": 1234.5}),
    (Profile.SHELLY, None, "shellies/s1/light/0/status", {"ison": True, "brightness": 40}, {"light_on": 1, "light_level": 0.4}),
    (Profile.SHELLY, None, "shellies/s1/temperature", "55", {}),
    (Profile.SHELLY, None, "s/status/em:0", {"a_act_power": 1, "total_act_power": 30.5}, {"power_w": 30.5}),
    (Profile.SHELLY, None, "s/status/emdata:0", {"total_act": 77}, {"energy_wh": 77}),
    (Profile.SHELLY, "em1data:1", "s/status/em1data:1", {"total_act_energy": 5}, {"energy_wh": 5}),
    (Profile.SHELLY, "bc:02:6e:c3:93:c3", "s/events/rpc",
     {"method": "NotifyEvent", "params": {"events": [{"event": "shelly-blu", "data": {"address": "bc:02:6e:c3:93:c3", "motion": 1, "illuminance": 232}}]}},
     {"presence": 1, "illuminance_lux": 232}),
    (Profile.TASMOTA, None, "stat/a/STATUS8", {"StatusSNS": {"ENERGY": {"Power": 5}}}, {"power_w": 5}),
    (Profile.TASMOTA, None, "stat/a/STATUS11", {"StatusSTS": {"POWER": "ON", "Dimmer": 50}}, {"light_on": 1, "light_level": 0.5}),
    (Profile.TASMOTA, "dali-7", "stat/a/RESULT", {"DALI": {"Power": "ON", "Dimmer": 40, "Address": 7}}, {"light_on": 1, "light_level": 0.4}),
    (Profile.TASMOTA, "dali-7", "stat/a/RESULT", {"DALI": {"Power": "ON", "Dimmer": 40, "Address": 8}}, {}),
    (Profile.TASMOTA, "hall", "tele/zb/SENSOR", {"ZbReceived": {"0x12": {"Name": "hall", "Occupancy": 0}}}, {"presence": 0}),
    (Profile.TASMOTA, "0x13", "tele/zb/SENSOR", {"ZbReceived": {"0x12": {"Occupancy": 1}}}, {}),
    (Profile.ZIGBEE2MQTT, None, "zigbee2mqtt-2/bridgehead", {"occupancy": True}, {"presence": 1}),
    (Profile.ZIGBEE2MQTT, None, "office/radar", {"presence": True}, {"presence": 1}),
    (Profile.ZIGBEE2MQTT, "left", "zigbee2mqtt/a", {"state_left": "ON", "state_right": "OFF"}, {"light_on": 1}),
    (Profile.HOMEASSISTANT, None, "ha/office/light/lamp/state", "on", {"light_on": 1}),
    (Profile.MILESIGHT, None, "office/desk", {"pir": "trigger", "humidity": 40}, {"presence": 1, "humidity_pct": 40}),
    (Profile.TTN, None, "v3/a/devices/b/up", {"uplink_message": {"normalized_payload": [{"air": {"temperature": 20.5}, "action": {"motion": {"detected": True}}, "battery": 3.6}]}},
     {"temperature_c": 20.5, "presence": 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "model", "topic", "payload", "expected"), [*ONE_ODD_FIELD, *BY_MODEL, *PRESENCE_FIRST, *DECLARED, *SHAPES]
)
def test_a_message_gives_the_readings_it_means(
    profile: Profile, model: str | None, topic: str, payload: object, expected: dict[str, float]
) -> None:
    assert values_of(profile, topic, payload, model) == pytest.approx(expected, abs=0.001)


def test_a_simulated_uplink_gives_no_reading() -> None:
    uplink = {"simulated": True, "uplink_message": {"f_port": 85, "frm_payload": "AXVkAwAB"}}
    assert values_of(Profile.TTN, "v3/a/devices/b/up", uplink, "vs341") == {}


@pytest.mark.parametrize(
    ("time", "at", "by_arrival"),
    [
        ("1970-01-01T00:00:03", "2026-03-10T12:00:00", True),
        ("2036-01-01T00:00:00", "2026-03-10T12:00:00", True),
        ("2026-03-10T13:00:00", "2026-03-10T12:00:00", False),  # Brussels in winter
        ("2026-03-10T12:59:00", "2026-03-10T11:59:00", False),
        ("2026-03-10T14:00:00", "2026-03-10T12:00:00", True),  # an hour ahead: a wrong zone
        ("2026-03-10T12:00:01", "2026-03-10T12:00:01", True),  # UTC taken for local time
        ("2026-03-10T09:17:00", "2026-03-10T12:00:00", True),
    ],
)
def test_a_local_time_counts_only_if_it_agrees_with_the_arrival(time: str, at: str, by_arrival: bool) -> None:
    translator = gateway(Profile.TASMOTA, "tele/p/SENSOR")
    (reading,) = translator.translate("tele/p/SENSOR", raw({"Time": time, "ENERGY": {"Power": 5}}), NOW)
    expected = round(datetime.fromisoformat(f"{at}+00:00").timestamp() * 1000)
    assert (reading.at_ms, reading.by_arrival) == (expected, by_arrival)
    is_alarmed = bool(translator.ignored.alarms(NOW))
    assert is_alarmed is by_arrival


def test_history_with_an_offset_keeps_its_own_time() -> None:
    translator = gateway(Profile.ZIGBEE2MQTT, "zigbee2mqtt/a")
    times = ["2026-03-07T08:00:00+01:00", "2026-03-08T08:00:00+01:00", "2026-03-10T12:59:00+01:00"]
    found = [translator.translate("zigbee2mqtt/a", raw({"occupancy": True, "last_seen": time}), NOW) for time in times]
    assert [reading.at_ms for readings in found for reading in readings] == [
        round(datetime.fromisoformat(time).timestamp() * 1000) for time in times
    ]


def test_two_channels_of_one_device_are_two_devices() -> None:
    entries = [
        DeviceEntry(device=f"lamp-{channel}", profile=Profile.SHELLY, address="s", interval_s=60, role="light", model=f"switch:{channel}")
        for channel in (0, 1)
    ]  # fmt: skip
    payload = {"method": "NotifyStatus", "params": {"switch:0": {"output": False}, "switch:1": {"output": True}}}
    readings = Translator(entries).translate("s/events/rpc", raw(payload), NOW)
    assert {(reading.device, reading.value) for reading in readings} == {("lamp-0", 0.0), ("lamp-1", 1.0)}
    assert [COMMANDS[Profile.SHELLY](entry, 1.0, 0.0)[0][1] for entry in entries] == [
        b'{"id": 1, "src": "smartwork", "method": "Switch.Set", "params": {"id": 0, "on": true}}',
        b'{"id": 1, "src": "smartwork", "method": "Switch.Set", "params": {"id": 1, "on": true}}',
    ]


def test_a_declared_class_and_unit_decide_about_the_value_of_an_esphome_sensor() -> None:
    translator = gateway(Profile.ESPHOME, "plug/sensor/total/state")
    assert translator.translate("plug/sensor/total/state", b"1.4", NOW) == []
    config = {"device_class": "energy", "unit_of_measurement": "kWh", "stat_t": "plug/sensor/total/state"}
    assert translator.translate("homeassistant/sensor/plug/total/config", raw(config), NOW) == []
    (reading,) = translator.translate("plug/sensor/total/state", b"1.5", NOW)
    assert (reading.metric.label, reading.value) == ("energy_wh", 1500)


def test_what_is_not_understood_is_counted_by_device_and_field_and_alarmed_with_the_newest_sample() -> None:
    translator = gateway(Profile.ZIGBEE2MQTT, "zigbee2mqtt/a")
    for value in ("maybe", "perhaps"):
        translator.translate("zigbee2mqtt/a", raw({"occupancy": value, "state": "none"}), NOW)
    assert {name: count.count for name, count in translator.ignored.of("d").items()} == {"occupancy": 2}
    [alarm] = translator.ignored.alarms(NOW)
    assert (alarm.kind, alarm.device) == ("not_understood", "d")
    assert "occupancy = 'perhaps' is not understood (2 times)" in alarm.says
    assert translator.ignored.alarms(NOW + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("profile", "model", "data"),
    [(Profile.CHIRPSTACK, "WS502:2", "CCL/"), (Profile.CHIRPSTACK, "ws523", "CAH//w=="), (Profile.TTN, "WS501", "CBH/")],
)
def test_a_lorawan_switch_is_switched_by_a_downlink_for_its_channel(profile: Profile, model: str, data: str) -> None:
    entry = DeviceEntry(device="l", profile=profile, address="a/device/24e1", interval_s=60, role="light", model=model)
    [(topic, payload)] = COMMANDS[profile](entry, 1.0, 0.0)
    assert topic == {Profile.CHIRPSTACK: "a/device/24e1/command/down", Profile.TTN: "a/device/24e1/down/push"}[profile]
    assert f'"{data}"' in payload.decode()
