"""The entity states that Home Assistant shows."""

import json
from datetime import timedelta

import pytest

from edge.homeassistant.entity_states import EntityStates, GatewayHealth
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile, Role
from smartwork.contracts.reading import Reading
from tests.support.factory import NOON

DESK = "smartwork/mons/resource/d-1/occupancy"
LIGHT = "smartwork/mons/light/l-1/state"


def entry(device: str, role: Role = "presence", resource: str | None = None) -> DeviceEntry:
    return DeviceEntry(
        device=device, profile=Profile.ZIGBEE2MQTT, address=device, interval_s=60, role=role, resource=resource, zone="hall"
    )


def reading(device: str, metric: Metric, value: float, seconds_ago: float = 0) -> Reading:
    return Reading(round((NOON.timestamp() - seconds_ago) * 1000), device, metric, value)


@pytest.fixture
def states() -> EntityStates:
    return EntityStates("mons", [entry("s-1", resource="d-1"), entry("s-2", resource="d-1"), entry("l-1", "light")])


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (None, None, b"None"),
        (1.0, None, b"ON"),
        (1.0, 0.0, b"ON"),
        (0.0, None, b"OFF"),
        (0.0, 0.0, b"OFF"),
    ],
)
def test_a_desk_is_occupied_if_one_sensor_reports_presence_and_vacant_if_all_that_are_not_silent_report_absence(
    states: EntityStates, first: float | None, second: float | None, shown: bytes
) -> None:
    values = [("s-1", first), ("s-2", second)]
    states.update(reading(device, Metric.PRESENCE, value) for device, value in values if value is not None)
    assert states.payloads(NOON)[DESK] == shown


def test_a_zone_is_vacant_only_if_all_its_sensors_report_absence() -> None:
    states = EntityStates("mons", [entry("s-1"), entry("s-2")])
    states.update([reading("s-1", Metric.PRESENCE, 0)])
    assert list(states.payloads(NOON).values()) == [b"None"]
    states.update([reading("s-2", Metric.PRESENCE, 0)])
    assert list(states.payloads(NOON).values()) == [b"OFF"]


def test_a_stuck_sensor_does_not_outvote_a_good_one(states: EntityStates) -> None:
    day = [reading("s-1", Metric.PRESENCE, 1, seconds_ago) for seconds_ago in range(13 * 3_600, -1, -60)]
    states.update(day)
    assert states.payloads(NOON)[DESK] == b"ON"
    states.update([reading("s-2", Metric.PRESENCE, 0)])
    assert states.payloads(NOON)[DESK] == b"OFF"


def test_a_silent_sensor_makes_its_desk_unknown_not_vacant(states: EntityStates) -> None:
    states.update([reading("s-1", Metric.PRESENCE, 0), reading("s-2", Metric.PRESENCE, 0)])
    assert states.payloads(NOON + timedelta(seconds=150))[DESK] == b"OFF"
    assert states.payloads(NOON + timedelta(seconds=151))[DESK] == b"None"


def test_a_sensor_reported_offline_is_unknown_until_it_sends_again(states: EntityStates) -> None:
    states.update([reading("s-1", Metric.PRESENCE, 0, 20)])
    states.update([reading("s-1", Metric.ONLINE, 0, 10)])
    assert states.payloads(NOON)[DESK] == b"None"
    states.update([reading("s-1", Metric.PRESENCE, 0, 5)])
    assert states.payloads(NOON)[DESK] == b"OFF"


def test_a_late_reading_does_not_overwrite_a_newer_one(states: EntityStates) -> None:
    assert states.update([reading("s-1", Metric.PRESENCE, 1)]) == {DESK}
    assert states.update([reading("s-1", Metric.PRESENCE, 0, 30)]) == set()
    assert states.payloads(NOON)[DESK] == b"ON"


def test_unregistered_devices_and_other_metrics_change_no_topic(states: EntityStates) -> None:
    assert states.update([reading("s-9", Metric.PRESENCE, 1), reading("s-1", Metric.CO2_PPM, 500)]) == set()


def test_a_new_registry_keeps_the_known_values(states: EntityStates) -> None:
    states.update([reading("s-1", Metric.PRESENCE, 1), reading("l-1", Metric.LIGHT_ON, 1)])
    after = EntityStates("mons", [entry("s-1", resource="d-1")], states)
    assert after.payloads(NOON) == {DESK: b"ON"}


def test_a_light_is_shown_as_it_reports(states: EntityStates) -> None:
    assert json.loads(states.payloads(NOON)[LIGHT]) == {"state": None}
    states.update([reading("l-1", Metric.LIGHT_LEVEL, 0.5)])
    assert json.loads(states.payloads(NOON)[LIGHT]) == {"state": "ON", "color_mode": "brightness", "brightness": 128}
    states.update([reading("l-1", Metric.LIGHT_ON, 0)])
    assert json.loads(states.payloads(NOON)[LIGHT]) == {"state": "OFF"}


def test_health_without_a_confirmation_has_none() -> None:
    assert json.loads(GatewayHealth(True, 3, None, 2).payload()) == {
        "network": True,
        "outbox": 3,
        "confirmed": None,
        "policy": 2,
    }
    assert json.loads(GatewayHealth(True, 0, NOON, 2).payload())["confirmed"] == "2026-03-10T12:00:00+00:00"
