"""The readings of a portion of batches as columns: one operation judges thousands, whatever their number per batch."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from smartwork.contracts.messages import Batch
from smartwork.contracts.metrics import RANGES, Metric
from smartwork.contracts.topics import Topic
from smartwork.domain.time import local_day

OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
"""No sensor network of ours is older: an earlier event time is a clock that was never set."""
CLOCK_TOLERANCE = timedelta(minutes=10)

_LOW = np.full(max(Metric) + 1, np.inf)
_HIGH = np.full(max(Metric) + 1, -np.inf)
for _metric, _range in RANGES.items():
    _LOW[_metric], _HIGH[_metric] = _range.low, _range.high

_Scalar = TypeVar("_Scalar", bound=np.generic)
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch as it came: its topic (centre and edge), the decoded model and the bytes it was decoded from."""

    topic: Topic
    batch: Batch
    payload: bytes


@dataclass(frozen=True, slots=True)
class Columns:
    """The readings of several batches one behind the other, and by batch the digest of its bytes and how many it has.

    `device` counts the names of all batches' `devices` one behind the other; `n` is the number in the outbox.
    """

    digests: list[bytes]
    lengths: Integers
    at_ms: Integers
    device: Integers
    metric: Integers
    value: Floats
    n: Integers

    def spread(self, by_batch: npt.NDArray[_Scalar]) -> npt.NDArray[_Scalar]:
        """A value of each batch, repeated for each of its readings."""
        return np.repeat(by_batch, self.lengths)

    def starts(self) -> Integers:
        """The place of each batch's first reading."""
        return np.cumsum(self.lengths) - self.lengths


def gather(arrivals: Sequence[Arrival]) -> Columns:
    """The columns of these batches, in order. It needs no registry, so that it can be done while the database works."""
    batches = [arrival.batch for arrival in arrivals]
    lengths = np.array([len(b.at_ms) for b in batches], dtype=np.int64)
    named = np.array([len(b.devices) for b in batches], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    total = int(lengths.sum())

    def column(values: Iterable[list[int]]) -> Integers:
        return np.fromiter(chain.from_iterable(values), dtype=np.int64, count=total)

    return Columns(
        digests=[hashlib.sha256(arrival.payload).digest() for arrival in arrivals],
        lengths=lengths,
        at_ms=column(b.at_ms for b in batches),
        device=column(b.device for b in batches) + np.repeat(np.cumsum(named) - named, lengths),
        metric=column(b.metric for b in batches),
        value=np.fromiter(chain.from_iterable(b.value for b in batches), dtype=np.float64, count=total),
        n=np.arange(total, dtype=np.int64)
        + np.repeat(np.array([b.first for b in batches], dtype=np.int64) - starts, lengths),
    )


def judge(columns: Columns, days: Sequence[tuple[str, str]], arrived_at: datetime) -> Flags:
    """Which readings can be true: a known metric, within its range, and within their batch's local day.

    `days` holds each batch's day and the zone of its centre. A day may reach back to OLDEST and CLOCK_TOLERANCE ahead.
    """
    bounds = np.array([_day_ms(*each) for each in days], dtype=np.int64).reshape(-1, 2)
    oldest = np.maximum(bounds[:, 0], ms(OLDEST))
    newest = np.minimum(bounds[:, 1] - 1, ms(arrived_at + CLOCK_TOLERANCE))
    metric = np.where(columns.metric < len(_LOW), columns.metric, 0)
    at_ms, value = columns.at_ms, columns.value
    timely = (at_ms >= columns.spread(oldest)) & (at_ms <= columns.spread(newest))
    found: Flags = timely & (value >= _LOW[metric]) & (value <= _HIGH[metric])
    return found


def why(columns: Columns, i: int, day: str, arrived_at: datetime) -> str:
    """The reason for which `judge` refuses reading `i`, of a batch of `day`."""
    at_ms, code, value = int(columns.at_ms[i]), int(columns.metric[i]), float(columns.value[i])
    if at_ms < ms(OLDEST):
        return f"the device's clock is far in the past (before {OLDEST.date()})"
    if at_ms > ms(arrived_at + CLOCK_TOLERANCE):
        return "the device's clock is ahead of time"
    if code not in RANGES:
        return f"unknown metric {code}"
    limits = RANGES[Metric(code)]
    if not limits.low <= value <= limits.high:
        return f"{Metric(code).label} outside {limits.low:g} to {limits.high:g}"
    return f"the event lies outside the batch's day {day}"


def ms(at: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return int(at.timestamp() * 1000)


@lru_cache(maxsize=4_096)
def _day_ms(day: str, timezone: str) -> tuple[int, int]:
    """Where a local day begins and where it ends, in milliseconds."""
    window = local_day(date.fromisoformat(day), timezone)
    return ms(window.start), ms(window.end)
