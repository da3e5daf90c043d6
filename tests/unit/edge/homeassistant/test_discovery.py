"""The discovery messages for Home Assistant, for any registry."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.homeassistant.discovery import CentreTopics, config_prefix, configs, lights, watched_places
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.contracts.topics import SLUG

SLUGS = st.from_regex(SLUG, fullmatch=True)
FEW = st.sampled_from(["a", "a-b", "b", "gateway", "light-a"])
ROLES = st.sampled_from(["presence", "ambient", "light", "meter", "switch"])
ENTRIES = st.builds(
    DeviceEntry,
    device=SLUGS | FEW,
    profile=st.sampled_from([profile for profile in Profile if profile is not Profile.GENERIC]),
    address=st.just("x/y"),
    interval_s=st.just(60),
    role=ROLES,
    zone=st.none() | FEW,
    resource=st.none() | SLUGS | FEW,
)
REGISTRIES = st.lists(ENTRIES, max_size=20, unique_by=lambda entry: entry.device)


def components(messages: dict[str, bytes]) -> list[dict[str, Any]]:
    return [component for payload in messages.values() for component in json.loads(payload)["components"].values()]


@given(SLUGS, REGISTRIES)
def test_unique_ids_and_entity_ids_are_unique(centre: str, devices: list[DeviceEntry]) -> None:
    found = components(configs(centre, devices, "1"))
    for field in ("unique_id", "default_entity_id"):
        names = [component[field] for component in found]
        assert len(names) == len(set(names))
    assert all(re.fullmatch(rf"{component['platform']}\.[a-z0-9_]+", component["default_entity_id"]) for component in found)
    assert len(found) == 6 + len(watched_places(devices)) + len(lights(devices))


@given(SLUGS, REGISTRIES)
def test_all_topics_are_valid_and_discovery_topics_are_well_formed(centre: str, devices: list[DeviceEntry]) -> None:
    messages = configs(centre, devices, "1")
    for topic in messages:
        assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", topic)
        assert topic.startswith(config_prefix(centre))
    for component in components(messages):
        for field in ("state_topic", "command_topic"):
            if field in component:
                assert re.fullmatch(rf"smartwork/{centre}/[a-z0-9/-]+", component[field])


@given(SLUGS, SLUGS, REGISTRIES)
def test_no_centre_removes_the_configurations_of_another(centre: str, other: str, devices: list[DeviceEntry]) -> None:
    theirs = configs(other, devices, "1")
    assert centre == other or not any(topic.startswith(config_prefix(centre)) for topic in theirs)


@given(REGISTRIES)
def test_devices_have_unique_identifiers_and_are_connected_via_the_gateway(devices: list[DeviceEntry]) -> None:
    found = [json.loads(payload) for payload in configs("mons", devices, "1").values()]
    names = [config["device"]["identifiers"][0] for config in found]
    assert len(names) == len(set(names))
    assert [config["device"].get("via_device") for config in found] == [None] + ["smartwork_mons_gateway"] * (len(found) - 1)
    assert all(config["origin"] == {"name": "Smartwork", "sw_version": "1"} for config in found)
    assert all(config["availability"] == [{"topic": "smartwork/mons/gateway/availability"}] for config in found)


@given(SLUGS)
def test_a_command_topic_names_its_light(device: str) -> None:
    topics = CentreTopics("mons")
    assert topics.commanded_device(topics.command(device)) == device


@pytest.mark.parametrize(
    "topic", ["smartwork/mons/light/l-1/state", "smartwork/liege/light/l-1/set", "zigbee2mqtt/l-1/set", "smartwork/mons"]
)
def test_other_topics_are_not_command_topics(topic: str) -> None:
    assert CentreTopics("mons").commanded_device(topic) is None
