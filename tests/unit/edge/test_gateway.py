"""What a gateway makes of a policy before it lives by it."""

from datetime import UTC, datetime

import pytest

from edge.gateway import Translator, why_unusable
from smartwork.contracts.messages import DeviceEntry, Policy, Profile
from smartwork.contracts.metrics import Metric
from smartwork.testing.factory import small_policy

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def policy(timezone: str = "Europe/Brussels", address: str = "zigbee2mqtt/desk 1") -> Policy:
    entry = DeviceEntry(device="s-1", profile=Profile.ZIGBEE2MQTT, address=address, interval_s=60)
    return Policy(version=1, timezone=timezone, devices=[entry])


def test_a_policy_of_the_registry_is_usable() -> None:
    assert why_unusable(small_policy()) is None


@pytest.mark.parametrize("timezone", ["Europe/Brussel", "", "../etc/passwd", "Europe", "\0", "a" * 5_000])
def test_a_policy_with_a_zone_that_does_not_exist_is_refused(timezone: str) -> None:
    assert "no time zone" in (why_unusable(policy(timezone)) or "")


@pytest.mark.parametrize("address", ["zigbee2mqtt/#", "zigbee2mqtt/+/x", "a\0b"])
def test_a_policy_with_a_device_whose_address_is_no_topic_is_refused(address: str) -> None:
    assert "the address of s-1" in (why_unusable(policy(address=address)) or "")


def test_messages_are_told_by_the_registry_name_of_their_device() -> None:
    translator = Translator(small_policy().devices)
    assert "zigbee2mqtt/mons/desk 1/availability" in translator.topics
    (found,) = translator.translate("zigbee2mqtt/mons/desk 2", b'{"occupancy": true}', NOW)
    assert (found.device, found.metric, found.value) == ("s-2", Metric.PRESENCE, 1.0)


def test_a_device_that_is_not_registered_is_refused() -> None:
    with pytest.raises(ValueError, match="no such device"):
        Translator([]).translate("zigbee2mqtt/mons/desk 2", b'{"occupancy": true}', NOW)
