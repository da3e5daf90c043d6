"""What is announced to Home Assistant, for any registry."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.homeassistant.discovery import Topics, config_prefix, configs, lamps, places
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.topics import SLUG

SLUGS = st.from_regex(SLUG, fullmatch=True)
FEW = st.sampled_from(["a", "a-b", "b", "gateway", "light-a"])
ROLES = st.sampled_from(["presence", "ambient", "light", "meter", "switch"])
ENTRIES = st.builds(
    DeviceEntry,
    device=SLUGS | FEW,
    profile=st.sampled_from(Profile),
    address=st.just("x/y"),
    interval_s=st.just(60),
    role=ROLES,
    zone=st.none() | FEW,
    resource=st.none() | SLUGS | FEW,
)
REGISTRIES = st.lists(ENTRIES, max_size=20, unique_by=lambda entry: entry.device)


def components(said: dict[str, bytes]) -> list[dict[str, Any]]:
    return [component for payload in said.values() for component in json.loads(payload)["components"].values()]


@given(SLUGS, REGISTRIES)
def test_every_unique_id_and_entity_is_there_once(centre: str, devices: list[DeviceEntry]) -> None:
    found = components(configs(centre, devices, "1"))
    for field in ("unique_id", "default_entity_id"):
        names = [component[field] for component in found]
        assert len(names) == len(set(names))
    assert all(re.fullmatch(rf"{each['platform']}\.[a-z0-9_]+", each["default_entity_id"]) for each in found)
    assert len(found) == 5 + len(places(devices)) + len(lamps(devices))


@given(SLUGS, REGISTRIES)
def test_every_topic_is_one_that_a_broker_takes_and_discovery_topics_are_well_formed(
    centre: str, devices: list[DeviceEntry]
) -> None:
    said = configs(centre, devices, "1")
    for topic in said:
        assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", topic)
        assert topic.startswith(config_prefix(centre))
    for component in components(said):
        for field in ("state_topic", "command_topic"):
            if field in component:
                assert re.fullmatch(rf"smartwork/{centre}/[a-z0-9/-]+", component[field])


@given(SLUGS, SLUGS, REGISTRIES)
def test_no_centre_removes_what_another_announced(one: str, other: str, devices: list[DeviceEntry]) -> None:
    theirs = configs(other, devices, "1")
    assert one == other or not any(topic.startswith(config_prefix(one)) for topic in theirs)


@given(REGISTRIES)
def test_devices_are_told_apart_and_all_hang_from_the_gateway(devices: list[DeviceEntry]) -> None:
    said = [json.loads(payload) for payload in configs("mons", devices, "1").values()]
    names = [each["device"]["identifiers"][0] for each in said]
    assert len(names) == len(set(names))
    assert [each["device"].get("via_device") for each in said] == [None] + ["smartwork_mons_gateway"] * (len(said) - 1)
    assert all(each["origin"] == {"name": "Smartwork", "sw_version": "1"} for each in said)
    assert all(each["availability"] == [{"topic": "smartwork/mons/gateway/availability"}] for each in said)


@given(SLUGS)
def test_a_command_topic_names_its_lamp(device: str) -> None:
    topics = Topics("mons")
    assert topics.commanded(topics.command(device)) == device


@pytest.mark.parametrize(
    "topic", ["smartwork/mons/light/l-1/state", "smartwork/liege/light/l-1/set", "zigbee2mqtt/l-1/set", "smartwork/mons"]
)
def test_other_topics_are_no_commands_of_ours(topic: str) -> None:
    assert Topics("mons").commanded(topic) is None
