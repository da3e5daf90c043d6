"""The adapter of Zigbee2MQTT: documented messages give readings, anything else a ValueError."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.message import DeviceMessage
from edge.adapters.zigbee2mqtt import subscriptions, translate
from edge.outbox import Outbox
from smartwork.contracts.metrics import Metric
from smartwork.contracts.reading import Reading

ADDRESS = "zigbee2mqtt/mons/desk 1"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)


def readings_of(payload: object, topic: str = ADDRESS) -> list[Reading]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return translate(DeviceMessage(topic, body, "s-1", ADDRESS, NOW)).readings()


def test_documented_messages_give_the_readings_of_the_shared_vectors(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "device-vectors" / "vectors.json").read_text())
    ours = [vector for vector in vectors if vector["profile"] == "zigbee2mqtt"]
    assert len(ours) >= 4
    for vector in ours:
        raw = vector["payload"]
        payload = raw.encode() if isinstance(raw, str) else json.dumps(raw).encode()
        address = vector["topic"].removesuffix("/availability")
        assert vector["topic"] in subscriptions(address)
        found = translate(DeviceMessage(vector["topic"], payload, "d", address, NOW)).readings()
        expected = {name: float(value) for name, value in vector["readings"].items()}
        assert {r.metric.label: r.value for r in found} == pytest.approx(expected, abs=0.01), vector


@pytest.mark.parametrize(
    ("last_seen", "at_ms"),
    [
        ("2026-03-10T11:59:30.250Z", NOW_MS - 29_750),
        ("2026-03-10T12:59:30+01:00", NOW_MS - 30_000),
        (NOW_MS - 5, NOW_MS - 5),
        (None, NOW_MS),
    ],
)
def test_event_time_is_last_seen_if_the_device_sends_it(last_seen: object, at_ms: int) -> None:
    assert readings_of({"occupancy": True, "last_seen": last_seen}) == [
        Reading(at_ms, "s-1", Metric.PRESENCE, 1.0, by_arrival=last_seen is None)
    ]


def test_energy_is_converted_to_wh_and_brightness_to_a_level() -> None:
    found = {r.metric: r.value for r in readings_of({"energy": 1.234567, "brightness": 127, "state": "OFF"})}
    assert found == {Metric.ENERGY_WH: 1234.567, Metric.LIGHT_LEVEL: 0.5, Metric.LIGHT_ON: 0.0}


def test_unknown_properties_and_nulls_are_ignored() -> None:
    assert readings_of({"color_temp": 300, "occupancy": None, "battery": 80}) == [
        Reading(NOW_MS, "s-1", Metric.BATTERY_PCT, 80.0, by_arrival=True)
    ]
    assert readings_of({}) == []


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b"[" * 100_000,
    ],
)
def test_invalid_payloads_are_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        readings_of(payload)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"battery": 80, "occupancy": 2}',
        b'{"battery": 80, "occupancy": "maybe"}',
        b'{"battery": 80, "temperature": true}',
        b'{"battery": 80, "state": "TOGGLE"}',
        b'{"battery": 80, "power": NaN}',
        b'{"battery": 80, "power": -Infinity}',
        b'{"battery": 80, "power": 1e999}',
        b'{"battery": 80, "power": ' + b"9" * 400 + b"}",
        b'{"battery": 80, "power": [1]}',
        b'{"battery": 80, "power": {"a": 1}}',
    ],
)
def test_a_field_that_is_not_understood_is_ignored_and_the_others_count(payload: bytes) -> None:
    assert [(r.metric, r.value) for r in readings_of(payload)] == [(Metric.BATTERY_PCT, 80.0)]


@pytest.mark.parametrize(
    "last_seen",
    [
        "yesterday",
        "2026-03-10T09:17:00",
        "0001-01-01T00:00:00+14:00",
        5000,
        -1,
        True,
        1e300,
        float("nan"),
        [1],
        "9999-12-31T23:59:59-14:00",
        "1970-01-01T00:00:00Z",
    ],
)
def test_a_time_that_is_not_plausible_is_replaced_by_the_arrival(last_seen: object) -> None:
    assert readings_of({"power": 1, "last_seen": last_seen}) == [Reading(NOW_MS, "s-1", Metric.POWER_W, 1.0, by_arrival=True)]


@pytest.mark.parametrize("payload", [b"", b"here", b'{"state": ["online"]}', b'{"state": {}}', b'{"status": "online"}'])
def test_an_availability_in_neither_form_gives_no_reading(payload: bytes) -> None:
    assert readings_of(payload, f"{ADDRESS}/availability") == []


NAMES = ["occupancy", "state", "brightness", "power", "energy", "last_seen", "linkquality", "people", "other"]
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("2026-01-01T00:00Z"))
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
objects = st.dictionaries(st.sampled_from(NAMES), anything, max_size=5)
payloads = st.one_of(st.binary(max_size=60), st.one_of(anything, objects).map(lambda value: json.dumps(value).encode()))
topics = st.sampled_from([ADDRESS, f"{ADDRESS}/availability"])


@given(payloads, topics)
def test_any_bytes_and_any_json_give_readings_that_the_outbox_accepts_or_a_value_error(payload: bytes, topic: str) -> None:
    try:
        found = readings_of(payload, topic)
    except ValueError:
        return
    with _outbox() as outbox:
        assert outbox.append(found) == len(found)


def _outbox() -> Outbox:
    return Outbox(Path(":memory:"), "Europe/Brussels")


def test_a_message_gives_one_reading_for_each_metric() -> None:
    """Somebody who sits still is present and does not move: presence counts before occupancy."""
    payload: dict[str, Any] = {"occupancy": False, "presence": True}
    assert [r.value for r in readings_of(payload)] == [1.0]
