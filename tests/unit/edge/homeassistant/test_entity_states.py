"""What Home Assistant is told of a centre."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.homeassistant.entity_states import Health, View, Wish
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile, Role
from smartwork.contracts.reading import Reading
from tests.support.factory import NOON

DESK = "smartwork/mons/resource/d-1/occupancy"
LAMP = "smartwork/mons/light/l-1/state"


def entry(device: str, role: Role = "presence", resource: str | None = None) -> DeviceEntry:
    return DeviceEntry(
        device=device, profile=Profile.ZIGBEE2MQTT, address=device, interval_s=60, role=role, resource=resource, zone="hall"
    )


def reading(device: str, metric: Metric, value: float, seconds_ago: float = 0) -> Reading:
    return Reading(round((NOON.timestamp() - seconds_ago) * 1000), device, metric, value)


@pytest.fixture
def view() -> View:
    return View("mons", [entry("s-1", resource="d-1"), entry("s-2", resource="d-1"), entry("l-1", "light")])


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (None, None, b"None"),
        (1.0, None, b"ON"),
        (1.0, 0.0, b"ON"),
        (0.0, None, b"None"),
        (0.0, 0.0, b"OFF"),
    ],
)
def test_a_desk_is_occupied_where_one_sensor_says_so_and_vacant_only_where_all_do(
    view: View, first: float | None, second: float | None, shown: bytes
) -> None:
    said = [("s-1", first), ("s-2", second)]
    view.hear(reading(device, Metric.PRESENCE, value) for device, value in said if value is not None)
    assert view.states(NOON)[DESK] == shown


def test_a_sensor_that_fell_silent_leaves_its_desk_unknown_and_not_vacant(view: View) -> None:
    view.hear([reading("s-1", Metric.PRESENCE, 0), reading("s-2", Metric.PRESENCE, 0)])
    assert view.states(NOON + timedelta(seconds=150))[DESK] == b"OFF"
    assert view.states(NOON + timedelta(seconds=151))[DESK] == b"None"


def test_a_sensor_that_is_said_to_be_away_is_unknown_until_it_speaks_again(view: View) -> None:
    view.hear([reading(device, Metric.PRESENCE, 0, 20) for device in ("s-1", "s-2")])
    view.hear([reading("s-1", Metric.ONLINE, 0, 10)])
    assert view.states(NOON)[DESK] == b"None"
    view.hear([reading("s-1", Metric.PRESENCE, 0, 5)])
    assert view.states(NOON)[DESK] == b"OFF"


def test_a_late_reading_does_not_overwrite_a_newer_one(view: View) -> None:
    assert view.hear([reading("s-1", Metric.PRESENCE, 1)]) == {DESK}
    assert view.hear([reading("s-1", Metric.PRESENCE, 0, 30)]) == set()
    assert view.states(NOON)[DESK] == b"ON"


def test_readings_of_others_and_other_metrics_touch_nothing(view: View) -> None:
    assert view.hear([reading("s-9", Metric.PRESENCE, 1), reading("s-1", Metric.CO2_PPM, 500)]) == set()


def test_a_new_registry_goes_on_with_what_was_known(view: View) -> None:
    view.hear([reading("s-1", Metric.PRESENCE, 1), reading("l-1", Metric.LIGHT_ON, 1)])
    after = View("mons", [entry("s-1", resource="d-1")])
    after.inherit(view)
    assert after.states(NOON) == {DESK: b"ON"}


def test_a_lamp_is_shown_as_it_said_it_is(view: View) -> None:
    assert json.loads(view.states(NOON)[LAMP]) == {"state": None}
    view.hear([reading("l-1", Metric.LIGHT_LEVEL, 0.5)])
    assert json.loads(view.states(NOON)[LAMP]) == {"state": "ON", "color_mode": "brightness", "brightness": 128}
    view.hear([reading("l-1", Metric.LIGHT_ON, 0)])
    assert json.loads(view.states(NOON)[LAMP]) == {"state": "OFF"}


@given(st.integers(0, 255))
def test_a_brightness_asked_for_is_the_level_wished_for(brightness: int) -> None:
    wish = Wish.parse("l-1", json.dumps({"state": "ON", "brightness": brightness}).encode())
    assert round((wish.level or 0) * 255) == brightness


def test_on_without_brightness_leaves_the_level_to_the_policy_and_off_is_dark() -> None:
    assert Wish.parse("l-1", b'{"state": "ON"}') == Wish("l-1", None)
    assert Wish.parse("l-1", b'{"state": "OFF", "transition": 2}') == Wish("l-1", 0.0)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"ON",
        b"\xff",
        b"[" * 50_000,
        b"[]",
        b"{}",
        b'{"state": "ON", "brightness": 256}',
        b'{"state": "ON", "brightness": "5"}',
    ],
)
def test_a_command_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|expected"):
        Wish.parse("l-1", payload)


def test_health_that_was_never_confirmed_says_so() -> None:
    assert json.loads(Health(True, 3, None, 2).payload()) == {"network": True, "outbox": 3, "confirmed": None, "policy": 2}
    assert json.loads(Health(True, 0, NOON, 2).payload())["confirmed"] == "2026-03-10T12:00:00+00:00"
