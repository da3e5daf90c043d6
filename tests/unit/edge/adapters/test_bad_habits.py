"""What devices of real centres do that no vector shows: hours that come twice, several channels, parts of a presence."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edge.adapters.families import ADAPTERS, COMMANDS
from edge.adapters.guess import guess
from edge.adapters.message import DeviceMessage
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def heard(profile: Profile, topic: str, payload: bytes, model: str | None = None, arrived: datetime = NOW) -> list[Reading]:
    address = ADAPTERS[profile].address_of(topic)
    assert address is not None, topic
    return ADAPTERS[profile].translate(
        DeviceMessage(topic, payload, "d", address, arrived, model, ZoneInfo("Europe/Brussels"))
    )


def values(readings: list[Reading]) -> dict[str, float]:
    return {reading.metric.label: reading.value for reading in readings}


@pytest.mark.parametrize("hour", [0, 1])
def test_a_local_time_in_the_hour_that_comes_twice_is_the_one_of_its_arrival(hour: int) -> None:
    at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)  # 02:30 in Brussels, first in summer time and then in winter time
    said = b'{"Time": "2026-10-25T02:30:00", "ENERGY": {"Power": 5}}'
    (found,) = heard(Profile.TASMOTA, "tele/plug/SENSOR", said, arrived=at + timedelta(seconds=2))
    assert (found.at_ms, found.by_arrival) == (round(at.timestamp() * 1000), False)


@pytest.mark.parametrize(
    ("profile", "topic"),
    [(Profile.ESPHOME, "a/sensor/energy/state"), (Profile.HOMEASSISTANT, "homeassistant/sensor/energy/state")],
)
def test_a_number_too_large_for_its_unit_is_refused_and_never_becomes_infinite(profile: Profile, topic: str) -> None:
    with pytest.raises(ValueError, match="1e308"):
        heard(profile, topic, b"1e308")


def test_who_sits_still_before_a_radar_stays_present_when_its_moving_target_is_gone() -> None:
    assert heard(Profile.ESPHOME, "desk-9/binary_sensor/moving_target/state", b"OFF") == []
    assert heard(Profile.ESPHOME, "desk-9/binary_sensor/still_target/state", b"OFF") == []
    assert values(heard(Profile.ESPHOME, "desk-9/binary_sensor/has_target/state", b"ON")) == {"presence": 1.0}


def test_of_several_presence_sensors_the_one_that_the_registry_names_speaks_for_the_device() -> None:
    assert heard(Profile.ESPHOME, "desk-9/binary_sensor/pir/state", b"OFF", model="occupancy") == []
    found = heard(Profile.ESPHOME, "desk-9/binary_sensor/occupancy/state", b"ON", model="occupancy")
    assert values(found) == {"presence": 1.0}


def test_occupancy_1_is_pending_for_elsys_and_occupied_for_all_others() -> None:
    topic, uplink = (
        "v3/a/devices/b/up",
        b'{"end_device_ids":{"dev_eui":"%s"},"uplink_message":{"decoded_payload":{"occupancy":1}}}',
    )
    assert values(heard(Profile.TTN, topic, uplink % b"A81758FFFE012345")) == {"presence": 0.0}
    assert values(heard(Profile.TTN, topic, uplink % b"70B3D57ED0000001")) == {"presence": 1.0}


def test_another_channel_of_a_shelly_is_not_taken_for_the_light() -> None:
    said = b'{"method": "NotifyStatus", "params": {"switch:0": {"output": false}, "switch:1": {"output": true}}}'
    assert values(heard(Profile.SHELLY, "shelly-1/events/rpc", said)) == {"light_on": 0.0}
    assert values(heard(Profile.SHELLY, "shelly-1/events/rpc", said, model="switch:1")) == {"light_on": 1.0}
    entry = DeviceEntry(
        device="l-1", profile=Profile.SHELLY, address="shelly-1", interval_s=60, role="light", model="switch:1"
    )
    ((topic, payload),) = COMMANDS[Profile.SHELLY](entry, 1.0, 0.0)
    assert topic == "shelly-1/rpc"
    assert b'"method": "Switch.Set", "params": {"id": 1, "on": true}' in payload


@pytest.mark.parametrize(
    ("name", "state", "unit", "metric", "value"),
    [
        ("energy", "1.5", "kWh", "energy_wh", 1500.0),
        ("energy", "1.5", "Wh", "energy_wh", 1.5),
        ("power", "1.5", "kW", "power_w", 1500.0),
        ("temperature", "68", "°F", "temperature_c", 20.0),
        ("temperature", "20", "°C", "temperature_c", 20.0),
    ],
)
def test_home_assistants_units_become_ours(name: str, state: str, unit: str, metric: str, value: float) -> None:
    said = f'{{"state": "{state}", "attributes": {{"unit_of_measurement": "{unit}"}}}}'
    assert values(heard(Profile.HOMEASSISTANT, f"homeassistant/sensor/{name}/state", said.encode())) == {metric: value}


def test_home_assistants_own_status_is_no_device() -> None:
    assert guess("homeassistant/status") is None
