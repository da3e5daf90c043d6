"""Every family's public examples give the expected readings; other bytes on any topic give at most a ValueError."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.families import ADAPTERS
from edge.adapters.message import DeviceMessage
from smartwork.contracts.policy import Profile
from smartwork.contracts.reading import Reading

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)


def raw(payload: object) -> bytes:
    return payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()


def readings_of(
    profile: Profile, topic: str, payload: object, model: str | None = None, arrived: datetime = NOW
) -> list[Reading]:
    address = ADAPTERS[profile].address_of(topic)
    assert address is not None, topic
    assert any(matches(topic_filter, topic) for topic_filter in ADAPTERS[profile].subscriptions(address)), (
        "the gateway does not subscribe to it"
    )
    return (
        ADAPTERS[profile]
        .translate(DeviceMessage(topic, raw(payload), "d", address, arrived, model, ZoneInfo("Europe/Brussels")))
        .readings()
    )


def matches(topic_filter: str, topic: str) -> bool:
    wanted, levels = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(levels) and all(w in ("+", level) for w, level in zip(wanted, levels, strict=True))


def values(readings: list[Reading]) -> dict[str, float]:
    return {reading.metric.label: reading.value for reading in readings}


def test_all_shared_vectors_give_the_expected_readings(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "device-vectors" / "vectors.json").read_text())
    assert len(vectors) >= 19
    for vector in vectors:
        at = datetime.fromisoformat(vector["at"]) if "at" in vector else NOW
        found = readings_of(Profile(vector["profile"]), vector["topic"], vector["payload"], arrived=at + timedelta(seconds=1))
        expected = {name: float(value) for name, value in vector["readings"].items()}
        assert values(found) == pytest.approx(expected, abs=0.01), vector
        if "at" in vector:
            assert {r.at_ms for r in found} == {round(at.timestamp() * 1000)}, vector
            assert not any(r.by_arrival for r in found)


PUBLIC: list[dict[str, Any]] = json.loads((Path(__file__).parent / "public-examples.json").read_text())


@pytest.mark.parametrize("example", PUBLIC, ids=lambda example: f"{example['profile']} {example['source'][:60]}")
def test_examples_of_the_makers_documents_give_the_expected_readings(example: dict[str, Any]) -> None:
    found = readings_of(Profile(example["profile"]), example["topic"], example["payload"], example.get("model"))
    assert values(found) == pytest.approx(example["readings"], abs=0.01)


def test_a_local_time_without_an_offset_is_read_in_the_centres_zone() -> None:
    payload = {"Time": "2026-03-10T12:59:30", "ENERGY": {"Power": 5}}
    (found,) = readings_of(Profile.TASMOTA, "tele/plug-7/SENSOR", payload)
    assert (found.at_ms, found.by_arrival) == (NOW_MS - 30_000, False)


def test_a_local_time_that_occurs_twice_is_the_first_one_if_it_has_just_arrived() -> None:
    fold = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in Brussels, for the first time
    payload = {"Time": "2026-10-25T02:30:00", "ENERGY": {"Power": 5}}
    (found,) = readings_of(Profile.TASMOTA, "tele/plug-7/SENSOR", payload, arrived=fold + timedelta(seconds=1))
    assert (found.at_ms, found.by_arrival) == (round(fold.timestamp() * 1000), False)


@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(hours=1), timedelta(days=-40)])
def test_an_implausible_device_time_is_replaced_by_the_arrival_and_marked(ahead: timedelta) -> None:
    payload = {"occupancy": True, "last_seen": (NOW + ahead).isoformat()}
    (found,) = readings_of(Profile.ZIGBEE2MQTT, "zigbee2mqtt/desk", payload)
    assert (found.at_ms, found.by_arrival) == (NOW_MS, True)


def test_readings_of_a_device_without_a_clock_are_marked_as_timed_by_arrival() -> None:
    (found,) = readings_of(Profile.ESPHOME, "desk-9/binary_sensor/presence/state", "ON")
    assert (found.at_ms, found.by_arrival) == (NOW_MS, True)


def test_a_partial_status_gives_no_readings_for_absent_fields() -> None:
    payload = {"method": "NotifyStatus", "params": {"ts": NOW.timestamp(), "light:0": {"id": 0, "brightness": 40}}}
    assert values(readings_of(Profile.SHELLY, "shelly-1/events/rpc", payload)) == {"light_level": 0.4}


def test_pending_is_not_occupied() -> None:
    for payload, present in (("1100", 0.0), ("1101", 0.0), ("1102", 1.0)):
        assert values(readings_of(Profile.ELSYS, "elsys/desk-1", payload)) == {"presence": present}


def test_the_field_that_is_cut_short_is_ignored_and_those_before_it_count() -> None:
    assert values(readings_of(Profile.ELSYS, "elsys/desk-1", "11020100")) == {"presence": 1.0}
    assert values(readings_of(Profile.MILESIGHT, "gw/desk", "017564030175", "VS341")) == {"battery_pct": 100.0}
    assert readings_of(Profile.CHIRPSTACK, "application/x/device/24e1/event/up", {"data": "%%"}) == []


def test_an_unknown_state_of_home_assistant_is_neither_presence_nor_absence() -> None:
    assert readings_of(Profile.HOMEASSISTANT, "homeassistant/binary_sensor/desk_presence/state", "unknown") == []
    offline = readings_of(Profile.HOMEASSISTANT, "homeassistant/binary_sensor/desk_presence/state", "unavailable")
    assert values(offline) == {"online": 0.0}


TOPICS = [
    *(str(example["topic"]) for example in PUBLIC),
    "zigbee2mqtt/desk",
    "zigbee2mqtt/desk/availability",
    "tele/x/SENSOR",
    "tele/x/STATE",
    "stat/x/RESULT",
    "shelly/events/rpc",
    "shelly/status/light:0",
    "a/sensor/power/state",
    "a/sensor/energy/state",
    "homeassistant/sensor/energy/state",
    "a/light/panel/state",
    "application/x/device/24e1/event/status",
    "v3/a/devices/b/up",
    "homeassistant/sensor/power/state",
]
words = st.sampled_from(
    ["method", "params", "ts", "NotifyStatus", "light:0", "Time", "ENERGY", "Power", "LD2410", "Energy", "data", "object",
     "1e308", "energy", "occupancy", "uplink_message", "frm_payload", "time", "2026-01-01T00:00:00", "state", "ON",
     "attributes", "brightness"]
)  # fmt: skip
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), words)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4))
payloads = st.one_of(st.binary(max_size=40), anything.map(lambda value: json.dumps(value).encode()), words.map(str.encode))


@given(st.sampled_from(list(Profile)), st.one_of(st.sampled_from(TOPICS), st.text(max_size=20)), payloads)
def test_any_bytes_on_any_topic_give_readings_or_a_value_error_and_the_same_each_time(
    profile: Profile, topic: str, payload: bytes
) -> None:
    adapter = ADAPTERS[profile]
    address = adapter.address_of(topic) or topic
    message = DeviceMessage(topic, payload, "d", address, NOW)
    try:
        found = adapter.translate(message)
    except ValueError:
        return
    assert found == adapter.translate(message)
    readings = found.readings()
    assert all(math.isfinite(reading.value) for reading in readings)
    assert [(used.metric, used.value) for used in found.used] == [(reading.metric, reading.value) for reading in readings]
