"""Messages that nobody should send: real ones, mutated as bytes and as JSON."""

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
_STRANGE: tuple[Any, ...] = (
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


def messages(chance: Random) -> Iterator[tuple[str, bytes]]:
    """Topics and payloads without end; about one in ten of the payloads is a message that may be stored."""
    while True:
        message = deepcopy(chance.choice(_REAL))
        if "first" in message and chance.random() < 0.5:
            message["first"] = chance.randrange(1, 10**9)
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            _bend(message, chance)
        payload = json.dumps(message, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")
        for _ in range(chance.choice((0, 0, 1, 3))):
            payload = chance.choice(_MUTATIONS)(payload, chance)
        yield chance.choice(_TOPICS), payload


def deliveries(chance: Random, many: int) -> list[Delivery]:
    """The next so many messages as ingest receives them."""
    source = messages(chance)
    return [Delivery(*next(source), retained=False, qos=1, mid=1 + i, connection=1) for i in range(many)]


def _bend(message: dict[str, Any], chance: Random) -> None:
    """Make one field strange: a value, an element, a name, or its absence."""
    if not message:
        return
    name = chance.choice(list(message))
    value = message[name]
    match chance.randrange(5):
        case 0:
            message[name] = deepcopy(chance.choice(_STRANGE))
        case 1:
            del message[name]
        case 2:
            message[str(chance.choice(_STRANGE))[:200]] = value
        case _ if isinstance(value, list) and value:
            value[chance.randrange(len(value))] = deepcopy(chance.choice(_STRANGE))
        case _:
            message[name] = [value] * chance.choice((0, 2, 6_000))


def _cut(payload: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(payload) + 1)
    return payload[:at] + payload[at + chance.randrange(1, 20) :]


def _flip(payload: bytes, chance: Random) -> bytes:
    if not payload:
        return b"\xff"
    at = chance.randrange(len(payload))
    return payload[:at] + bytes([payload[at] ^ 1 << chance.randrange(8)]) + payload[at + 1 :]


def _insert(payload: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(payload) + 1)
    return payload[:at] + chance.randbytes(chance.randrange(1, 12)) + payload[at:]


def _repeat(payload: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(payload) + 1)
    return payload[:at] + payload[max(0, at - 30) : at] * chance.randrange(1, 4) + payload[at:]


def _nest(payload: bytes, chance: Random) -> bytes:
    deep = chance.choice((50, 300, 5_000))
    return b"[" * deep + payload + b"]" * deep


def _only_noise(_: bytes, chance: Random) -> bytes:
    return chance.randbytes(chance.randrange(300))


_MUTATIONS: tuple[Callable[[bytes, Random], bytes], ...] = (_cut, _flip, _flip, _insert, _repeat, _nest, _only_noise)
