"""Valid messages, mutated as bytes and as JSON."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import timedelta
from random import Random
from typing import Any

from smartwork.contracts.messages import LedgerReport, LedgerReportDay, Status
from smartwork.contracts.metrics import Metric
from smartwork.transport.mqtt import Delivery
from tests.support.factory import EPOCH, NOON, TODAY, batch, presence

CENTRE = "mons"
_TOPICS = (
    "sw/v1/mons/readings/gateway", "sw/v1/mons/readings/gateway", "sw/v1/mons/readings/second",
    "sw/v1/mons/ledger/gateway", "sw/v1/mons/status/gateway", "sw/v1/atlantis/readings/gateway",
    "sw/v1/MONS/readings/gateway", "sw/v1/mons/readings/gate way", "sw/v1/mons/readings/\u202e\U0001f480",
    "sw/v1//readings/", "sw/v1/mons/ledger/" + "x" * 60_000,
)  # fmt: skip
_UNUSUAL: tuple[Any, ...] = (
    None, True, False, "", "1", "\x00", "nan", "\ud800", "é" * 500, "2026-02-30", "2000-01-01", "2099-12-31", "2010-01-04",
    0, -1, 1, 14, 255, 32_767, 32_768, 2**31 - 1, 2**31, 2**53, 2**62, 2**62 + 1, 2**63 - 1, 2**63, 2**64, 10**400,
    -(2**63), 0.5, -0.0, 5e-324, 1e308, float("inf"), float("nan"), 4_102_444_800_000, 1_262_304_000_000,
    [], {}, [[]], [None] * 3, list(range(300)), {"v": 1},
)  # fmt: skip


def _real() -> list[dict[str, Any]]:
    morning = NOON - timedelta(hours=3)
    some = batch(1, presence("s-1", morning, [True, False] * 5))
    many = batch(500, [(morning + timedelta(seconds=i), f"d-{i % 7}", Metric(1 + i % 13), 0.5) for i in range(60)])
    report = LedgerReport(
        epoch=EPOCH,
        reported_ms=round(NOON.timestamp() * 1000),
        last=10,
        days=[LedgerReportDay(day=TODAY.isoformat(), numbered=10, in_outbox=0)],
    )
    return [json.loads(m.model_dump_json()) for m in (some, many, some, many, report, Status(state="online"))]


_REAL = _real()


def messages(rng: Random) -> Iterator[tuple[str, bytes]]:
    """An endless sequence of topics and payloads. About one in ten payloads is a valid message."""
    while True:
        message = deepcopy(rng.choice(_REAL))
        if "first" in message and rng.random() < 0.5:
            message["first"] = rng.randrange(1, 10**9)
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            _change_field(message, rng)
        payload = json.dumps(message, ensure_ascii=rng.random() < 0.5).encode(errors="surrogatepass")
        for _ in range(rng.choice((0, 0, 1, 3))):
            payload = rng.choice(_MUTATIONS)(payload, rng)
        yield rng.choice(_TOPICS), payload


def deliveries(rng: Random, many: int) -> list[Delivery]:
    """The next `many` messages as ingest receives them."""
    source = messages(rng)
    return [Delivery(*next(source), retained=False, qos=1, mid=1 + i, connection=1) for i in range(many)]


def _change_field(message: dict[str, Any], rng: Random) -> None:
    """Change one field: its value, an element of it, its name, or remove it."""
    if not message:
        return
    name = rng.choice(list(message))
    value = message[name]
    match rng.randrange(5):
        case 0:
            message[name] = deepcopy(rng.choice(_UNUSUAL))
        case 1:
            del message[name]
        case 2:
            message[str(rng.choice(_UNUSUAL))[:200]] = value
        case _ if isinstance(value, list) and value:
            value[rng.randrange(len(value))] = deepcopy(rng.choice(_UNUSUAL))
        case _:
            message[name] = [value] * rng.choice((0, 2, 6_000))


def _cut(payload: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(payload) + 1)
    return payload[:at] + payload[at + rng.randrange(1, 20) :]


def _flip(payload: bytes, rng: Random) -> bytes:
    if not payload:
        return b"\xff"
    at = rng.randrange(len(payload))
    return payload[:at] + bytes([payload[at] ^ 1 << rng.randrange(8)]) + payload[at + 1 :]


def _insert(payload: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(payload) + 1)
    return payload[:at] + rng.randbytes(rng.randrange(1, 12)) + payload[at:]


def _repeat(payload: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(payload) + 1)
    return payload[:at] + payload[max(0, at - 30) : at] * rng.randrange(1, 4) + payload[at:]


def _nest(payload: bytes, rng: Random) -> bytes:
    deep = rng.choice((50, 300, 5_000))
    return b"[" * deep + payload + b"]" * deep


def _only_noise(_: bytes, rng: Random) -> bytes:
    return rng.randbytes(rng.randrange(300))


_MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (_cut, _flip, _flip, _insert, _repeat, _nest, _only_noise)
