"""The translator: it finds each message's device by the policy, whose topics and time zone were checked before."""

import json
from datetime import UTC, datetime

import pytest

from edge.translator import Translator
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.metrics import Metric
from tests.support.factory import small_policy

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def policy(timezone: str = "Europe/Brussels", address: str = "zigbee2mqtt/desk 1") -> bytes:
    entry = {"device": "s-1", "profile": "zigbee2mqtt", "address": address, "interval_s": 60}
    return json.dumps({"v": 1, "version": 1, "timezone": timezone, "devices": [entry]}).encode()


def test_a_policy_with_valid_topics_and_an_existing_time_zone_is_accepted() -> None:
    assert isinstance(decode("sw/v1/mons/policy", policy()), Decoded)


@pytest.mark.parametrize("timezone", ["Europe/Brussel", "", "../etc/passwd", "Europe", "\0", "a" * 5_000])
def test_a_policy_with_an_unknown_time_zone_is_refused(timezone: str) -> None:
    assert "is no IANA zone" in getattr(decode("sw/v1/mons/policy", policy(timezone)), "reason", "")


@pytest.mark.parametrize("address", ["zigbee2mqtt/#", "zigbee2mqtt/+/x", "a\0b", ""])
def test_a_policy_with_an_address_that_is_no_topic_is_refused(address: str) -> None:
    assert "devices.0.address" in getattr(decode("sw/v1/mons/policy", policy(address=address)), "reason", "")


def test_readings_carry_the_registered_name_of_their_device() -> None:
    translator = Translator(small_policy().devices)
    assert "zigbee2mqtt/mons/desk 1/availability" in translator.subscriptions
    (found,) = translator.translate("zigbee2mqtt/mons/desk 2", b'{"occupancy": true}', NOW)
    assert (found.device, found.metric, found.value) == ("s-2", Metric.PRESENCE, 1.0)


def test_a_message_of_an_unregistered_device_is_refused() -> None:
    with pytest.raises(ValueError, match="no registered device"):
        Translator([]).translate("zigbee2mqtt/mons/desk 2", b'{"occupancy": true}', NOW)
