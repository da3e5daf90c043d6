"""The translator: it finds each message's device by the policy, whose topics and time zone were checked before."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from edge.translator import Translator
from smartwork.contracts.decode import Decoded, decode
from smartwork.contracts.metrics import Metric
from smartwork.contracts.policy import DeviceEntry, Profile
from smartwork.domain.presence.sensor_limits import silence_timeout
from tests.support.factory import NOON, small_policy

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


def times_of_readings(every_s: float, for_s: float, interval_s: int, *payloads: bytes) -> list[float]:
    """When readings came of messages every `every_s` seconds with these payloads in turn, in seconds from the start."""
    entry = DeviceEntry(device="s-1", profile=Profile.ZIGBEE2MQTT, address="zigbee2mqtt/desk", interval_s=interval_s)
    translator = Translator([entry])
    times = [i * every_s for i in range(round(for_s / every_s))]
    return [
        at
        for i, at in enumerate(times)
        if translator.translate("zigbee2mqtt/desk", payloads[i % len(payloads)], NOON + timedelta(seconds=at))
    ]


@pytest.mark.parametrize("interval_s", [1, 5, 10, 60, 600])
@pytest.mark.parametrize("every_s", [0.05, 0.5, 0.999, 1.0, 2.0])
@pytest.mark.parametrize("payload", [b'{"occupancy": true}', b'{"occupancy": false}'])
def test_a_sensor_that_repeats_itself_is_never_silent(payload: bytes, every_s: float, interval_s: int) -> None:
    times = times_of_readings(every_s, 6 * interval_s, interval_s, payload)
    timeout = silence_timeout(interval_s).total_seconds()
    assert all(later - earlier < timeout for earlier, later in pairwise([*times, 6 * interval_s]))


def test_most_repeats_give_no_reading() -> None:
    assert times_of_readings(0.5, 40, 10, b'{"occupancy": true}') == [0, 5, 10, 15, 20, 25, 30, 35]
    assert times_of_readings(0.05, 3_600, 60, b'{"occupancy": true}')[:3] == [0, 30, 60]


def test_a_message_that_is_delivered_twice_gives_readings_once() -> None:
    assert times_of_readings(0.3, 0.6, 60, b'{"occupancy": true}') == [0]


def test_a_change_always_gives_readings_however_soon_it_comes() -> None:
    assert times_of_readings(0.25, 2, 60, b'{"occupancy": true}', b'{"occupancy": false}') == [i / 4 for i in range(8)]


def test_a_regular_report_with_an_equal_payload_gives_readings() -> None:
    assert times_of_readings(20, 100, 60, b'{"occupancy": true}') == [0, 20, 40, 60, 80]
