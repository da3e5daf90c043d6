"""Cases from real centres that no vector has: repeated hours, several channels, partial presence."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edge.adapters.families import ADAPTERS, COMMANDS
from edge.adapters.message import DeviceMessage
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.reading import Reading

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def readings_of(
    profile: Profile, topic: str, payload: bytes, model: str | None = None, arrived: datetime = NOW
) -> list[Reading]:
    address = ADAPTERS[profile].address_of(topic)
    assert address is not None, topic
    return (
        ADAPTERS[profile]
        .translate(DeviceMessage(topic, payload, "d", address, arrived, model, ZoneInfo("Europe/Brussels")))
        .readings()
    )


def values(readings: list[Reading]) -> dict[str, float]:
    return {reading.metric.label: reading.value for reading in readings}


@pytest.mark.parametrize("hour", [0, 1])
def test_a_local_time_that_occurs_twice_is_the_occurrence_nearer_to_the_arrival(hour: int) -> None:
    at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)  # 02:30 in Brussels, first in summer time and then in winter time
    payload = b'{"Time": "2026-10-25T02:30:00", "ENERGY": {"Power": 5}}'
    (found,) = readings_of(Profile.TASMOTA, "tele/plug/SENSOR", payload, arrived=at + timedelta(seconds=2))
    assert (found.at_ms, found.by_arrival) == (round(at.timestamp() * 1000), False)


@pytest.mark.parametrize(
    ("profile", "topic"),
    [(Profile.ESPHOME, "a/sensor/energy_kwh/state"), (Profile.HOMEASSISTANT, "homeassistant/sensor/energy/state")],
)
def test_a_number_that_overflows_its_unit_is_ignored(profile: Profile, topic: str) -> None:
    assert readings_of(profile, topic, b"1e308") == []


def test_a_radars_moving_and_still_targets_are_ignored_so_that_a_still_person_stays_present() -> None:
    assert readings_of(Profile.ESPHOME, "desk-9/binary_sensor/moving_target/state", b"OFF") == []
    assert readings_of(Profile.ESPHOME, "desk-9/binary_sensor/still_target/state", b"OFF") == []
    assert values(readings_of(Profile.ESPHOME, "desk-9/binary_sensor/has_target/state", b"ON")) == {"presence": 1.0}


def test_of_several_presence_components_the_one_named_in_the_registry_counts() -> None:
    assert readings_of(Profile.ESPHOME, "desk-9/binary_sensor/pir/state", b"OFF", model="occupancy") == []
    found = readings_of(Profile.ESPHOME, "desk-9/binary_sensor/occupancy/state", b"ON", model="occupancy")
    assert values(found) == {"presence": 1.0}


def test_occupancy_1_is_pending_for_elsys_and_occupied_for_all_others() -> None:
    topic, uplink = (
        "v3/a/devices/b/up",
        b'{"end_device_ids":{"dev_eui":"%s"},"uplink_message":{"decoded_payload":{"occupancy":1}}}',
    )
    assert values(readings_of(Profile.TTN, topic, uplink % b"A81758FFFE012345")) == {"presence": 0.0}
    assert values(readings_of(Profile.TTN, topic, uplink % b"70B3D57ED0000001")) == {"presence": 1.0}


def test_only_the_registered_channel_of_a_shelly_is_the_light() -> None:
    payload = b'{"method": "NotifyStatus", "params": {"switch:0": {"output": false}, "switch:1": {"output": true}}}'
    assert values(readings_of(Profile.SHELLY, "shelly-1/events/rpc", payload)) == {"light_on": 0.0}
    assert values(readings_of(Profile.SHELLY, "shelly-1/events/rpc", payload, model="switch:1")) == {"light_on": 1.0}
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
def test_home_assistants_units_are_converted(name: str, state: str, unit: str, metric: str, value: float) -> None:
    payload = f'{{"state": "{state}", "attributes": {{"unit_of_measurement": "{unit}"}}}}'
    assert values(readings_of(Profile.HOMEASSISTANT, f"homeassistant/sensor/{name}/state", payload.encode())) == {
        metric: value
    }
