"""The rules of the family generic: every example of docs/devices.md reads and commands what it says."""

import json
import re
import tomllib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.families import COMMANDS
from edge.translator import Translator, UnknownDevice
from smartwork.contracts.generic_rules import GenericRules
from smartwork.contracts.policy import DeviceEntry, Profile
from tests.support.project import ROOT

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EXAMPLES = {
    name: (address, GenericRules.model_validate(tomllib.loads(rules)))
    for name, address, rules in re.findall(
        r"```toml\n# (\S+) at (\S+)\n(.*?)```", (ROOT / "docs" / "devices.md").read_text(), flags=re.DOTALL
    )
}


def entry(name: str) -> DeviceEntry:
    address, rules = EXAMPLES[name]
    return DeviceEntry(device="d", profile=Profile.GENERIC, address=address, interval_s=60, role="light", rules=rules)


@pytest.mark.parametrize(
    ("name", "topic", "payload", "expected"),
    [
        ("knx", "knx/1/2/3", "1", {"presence": 1.0}),
        ("knx", "knx/1/2/3", "FALSE", {"presence": 0.0}),
        ("knx", "knx/1/2/3", "maybe", {}),
        ("homie", "homie/desk-4/motion/motion", "true", {"presence": 1.0}),
        ("homie", "homie/desk-4/climate/temperature", "21.5", {"temperature_c": 21.5}),
        ("homie", "homie/desk-4/$state", "lost", {"online": 0.0}),
        ("enocean", "enocean/desk-9", {"sensor": {"occupied": "true", "supply": 0.9}},
         {"presence": 1.0, "battery_pct": 90.0}),
        ("enocean", "enocean/desk-9", {"sensor": {"occupied": "False", "supply": None}}, {"presence": 0.0}),
        ("dali", "dali/line1/7/state", {"level": 254, "lampOn": True, "power": 5000},
         {"light_level": 1.0, "light_on": 1.0, "power_w": 5.0}),
        ("node-red", "flows/room-2/people", "3", {"occupant_count": 3.0}),
        ("node-red", "flows/room-2/meter", {"phases": [{"total": 1.5}]}, {"energy_wh": 1500.0}),
    ],
)  # fmt: skip
def test_the_examples_of_the_documentation_read_what_they_say(
    name: str, topic: str, payload: object, expected: dict[str, float]
) -> None:
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    found = Translator([entry(name)]).translate(topic, raw, NOW)
    assert {reading.metric.label: reading.value for reading in found} == pytest.approx(expected)


def test_every_example_is_tried() -> None:
    assert set(EXAMPLES) == {"knx", "homie", "enocean", "dali", "node-red"}


def test_a_time_without_an_offset_is_local_time_of_the_centre() -> None:
    payload = {"sensor": {"timestamp": "2026-03-10T12:59:30", "occupied": "true"}}
    (reading,) = Translator([entry("enocean")]).translate("enocean/desk-9", json.dumps(payload).encode(), NOW)
    assert (reading.at_ms, reading.by_arrival) == (round(NOW.timestamp() * 1000) - 30_000, False)


def test_the_gateway_subscribes_to_the_topics_of_the_rules_and_takes_no_others() -> None:
    translator = Translator([entry("homie")])
    assert set(translator.subscriptions) == {
        f"homie/desk-4/{topic}" for topic in ("motion/motion", "climate/temperature", "$state")
    }
    with pytest.raises(UnknownDevice):
        translator.translate("homie/desk-4/other", b"1", NOW)


def test_a_command_fills_the_template() -> None:
    command = COMMANDS[Profile.GENERIC]
    assert command(entry("homie"), 0.4, 1.0) == [("homie/desk-4/lamp/level/set", b"40")]
    assert command(entry("dali"), 0.5, 1.5) == [("dali/line1/7/set", b'{"level": 127, "fadeMs": 1500}')]
    assert command(entry("knx"), 1.0, 0.0) == []


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"fields": []}, "fields"),
        ({"fields": [{"metric": "watts"}]}, "metric"),
        ({"fields": [{"metric": "power_w", "topic": "a/#"}]}, "topic"),
        ({"fields": [{"metric": "power_w"}], "command": {"topic": "set", "payload": "$brightness"}}, "unknown placeholders"),
        ({"fields": [{"metric": "power_w", "word": "x"}]}, "word"),
        ({"fields": [{"metric": "power_w", "unit": "VA"}]}, "'VA' is no unit of power_w; expected one of W, kW"),
        ({"fields": [{"metric": "presence", "unit": "%"}]}, "the metric has no unit"),
    ],
)
def test_wrong_rules_are_refused_naming_the_field(rules: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        GenericRules.model_validate(rules)


def test_only_generic_devices_have_rules_and_they_need_them() -> None:
    with pytest.raises(ValueError, match="rules are for devices of the family generic"):
        DeviceEntry(device="d", profile=Profile.GENERIC, address="a", interval_s=60)
    with pytest.raises(ValueError, match="rules are for devices of the family generic"):
        DeviceEntry(device="d", profile=Profile.SHELLY, address="a", interval_s=60, rules=EXAMPLES["knx"][1])


@given(st.sampled_from(sorted(EXAMPLES)), st.binary(max_size=60), st.integers(0, 3))
def test_any_bytes_give_readings_or_a_value_error(name: str, payload: bytes, which: int) -> None:
    translator = Translator([entry(name)])
    topics = translator.subscriptions
    try:
        translator.translate(topics[which % len(topics)], payload, NOW)
    except ValueError:
        return
