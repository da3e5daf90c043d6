"""Limits on requests: size, nesting, time, and rate by token and by address."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may use of the API. `docs/api.md` lists the limits."""

    body_bytes: int = 2**20
    body_s: float = 10.0
    """For the body, from the end of the headers to its last byte."""
    headers_s: float = 10.0
    """For the headers, from the connection or from the previous response."""
    request_s: float = 300.0
    """For a request and its response, until the last byte is received by the client."""
    nesting: int = 32
    requests_per_minute: int = 3_000
    """Of one token."""
    address_requests_per_minute: int = 6_000
    longest_delay_s: float = 1.0
    """For which the response to an invalid token is held back."""
    at_once: int = 16
    """Requests of one token that are served at the same time; others wait."""
    waiting: int = 64
    """Requests of one token that may wait."""
    connections: int = 2_000
    """Open connections of all clients."""


class RateLimit:
    """A token bucket for each key: `per_minute` at once, then `per_minute` spread over each minute."""

    def __init__(self, per_minute: int, most_keys: int = 10_000) -> None:
        self._burst, self._per_s, self._most_keys = float(per_minute), per_minute / 60, most_keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, key: str, at: float) -> int:
        """Count a request of `key` at `at`, in seconds of a monotonic clock. 0 if it is allowed, else when to try again."""
        left, since = self._buckets.pop(key, (self._burst, at))
        left = min(self._burst, left + (at - since) * self._per_s)
        self._buckets[key] = (left - 1 if left >= 1 else left, at)
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        return 0 if left >= 1 else math.ceil((1 - left) / self._per_s)


class FailedTokens:
    """Counts requests with an invalid token by address, and says how long the response to the next one is held back.

    A valid token from the same address is never held back, because many clients may share an address.
    """

    FREE = 10
    """Failures that are answered at once: a person may copy a token wrongly several times."""
    FORGET_S = 10.0
    """One failure is forgotten in this time."""

    def __init__(self, longest_delay_s: float, most_addresses: int = 10_000) -> None:
        self._longest_delay_s, self._most_addresses = longest_delay_s, most_addresses
        self._failures: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def count(self, address: str, at: float) -> float:
        """Count a failure at `at`, in seconds of a monotonic clock. Returns the number of failures that are not forgotten."""
        failures, since = self._failures.pop(address, (0.0, at))
        failures = max(0.0, failures - (at - since) / self.FORGET_S) + 1
        self._failures[address] = (failures, at)
        if len(self._failures) > self._most_addresses:
            self._failures.popitem(last=False)
        return failures

    def delay_s(self, failures: float) -> float:
        """Seconds to hold the response back: 0.1 more for each failure, up to the longest delay."""
        return min(self._longest_delay_s, max(0, math.floor(failures) - self.FREE) / 10)


def address_key(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 address, which one client may have whole."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)
