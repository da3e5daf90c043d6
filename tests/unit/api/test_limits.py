"""Rates, delays after invalid tokens, and the nesting of JSON."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.limits import FailedTokens, RateLimit, address_key
from api.request_body import nesting


def test_a_rate_allows_a_burst_and_then_its_average() -> None:
    rate = RateLimit(60)
    assert [rate.seconds_to_wait("a", 100.0) for _ in range(61)] == [0] * 60 + [1]
    assert rate.seconds_to_wait("b", 100.0) == 0, "every key has a rate of its own"
    assert [rate.seconds_to_wait("a", 103.0) for _ in range(4)] == [0, 0, 0, 1]


@given(st.lists(st.floats(0, 5), max_size=300))
def test_no_more_than_the_burst_and_the_average_are_allowed(pauses: list[float]) -> None:
    rate, at, allowed = RateLimit(60), 0.0, 0
    for pause in pauses:
        at += pause
        allowed += rate.seconds_to_wait("a", at) == 0
    assert allowed <= 60 + at + 1


def test_invented_keys_are_bounded() -> None:
    rate = RateLimit(60, most_keys=100)
    for n in range(10_000):
        rate.seconds_to_wait(str(n), 0.0)
    assert len(rate._buckets) == 100


def test_failures_are_held_back_longer_and_longer_and_are_forgotten() -> None:
    failed = FailedTokens(longest_delay_s=0.4)
    delays = [failed.delay_s(failed.count("a", 0.0)) for _ in range(16)]
    assert delays == [0.0] * 10 + [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]
    assert failed.delay_s(failed.count("b", 0.0)) == 0
    assert failed.delay_s(failed.count("a", 1_200.0)) == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("local", "local"),
    ],
)
def test_one_client_does_not_get_many_addresses(address: str, key: str) -> None:
    assert address_key(address) == key


JSON = st.recursive(
    st.none() | st.text(alphabet='[]{}"\\é,:', max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='[{"\\', max_size=3), inner, max_size=3),
    max_leaves=20,
)


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(JSON)
def test_nesting_is_that_of_the_parsed_value(value: object) -> None:
    assert nesting(json.dumps(value, ensure_ascii=False).encode()) == depth_of(value)


@pytest.mark.parametrize("unit", [b"[", b'"[', b'{"a":', b'[]"', b'"\\', b"[{", b'"' * 3, b'a"', b"\\"])
def test_the_worst_megabyte_is_checked_quickly(unit: bytes) -> None:
    body = (unit * (2**20 // len(unit) + 1))[: 2**20]
    start = time.perf_counter()
    nesting(body)
    assert time.perf_counter() - start < 1
