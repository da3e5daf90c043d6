"""Which readings can be true: a known metric, a value within its range, an event time within the batch's local day."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import numpy as np

from smartwork.contracts.metrics import RANGES, Metric
from smartwork.db.ingest.columns import BatchColumns, Flags
from smartwork.domain.ledger.report_checks import CLOCK_AHEAD
from smartwork.domain.time import local_day

OLDEST = datetime(2010, 1, 1, tzinfo=UTC)
"""An earlier event time comes from a clock that was never set."""
CLOCK_TOLERANCE = timedelta(minutes=10)
"""How far an event time may lie ahead of the server's clock."""

_LOW = np.full(max(Metric) + 1, np.inf)
_HIGH = np.full(max(Metric) + 1, -np.inf)
for _metric, _range in RANGES.items():
    _LOW[_metric], _HIGH[_metric] = _range.low, _range.high


def plausible(columns: BatchColumns, days: Sequence[tuple[str, str]], arrived_at: datetime) -> Flags:
    """A flag for each reading: whether it can be true.

    `days` has the local day and the centre's time zone of each batch.
    """
    bounds = np.array([_day_bounds_ms(*day) for day in days], dtype=np.int64).reshape(-1, 2)
    oldest = np.maximum(bounds[:, 0], _ms(OLDEST))
    newest = np.minimum(bounds[:, 1] - 1, _ms(arrived_at + CLOCK_TOLERANCE))
    metric = np.where(columns.metric < len(_LOW), columns.metric, 0)
    at_ms, value = columns.at_ms, columns.value
    in_time = (at_ms >= columns.per_reading(oldest)) & (at_ms <= columns.per_reading(newest))
    is_plausible: Flags = in_time & (value >= _LOW[metric]) & (value <= _HIGH[metric])
    return is_plausible


def rejection_reason(at_ms: int, code: int, value: float, day: str, latest_ms: int) -> str:
    """The reason why a reading is not plausible: its time, metric code and value, and the local day of its batch.

    `latest_ms` is the latest time that a device may send, as `latest_ms(arrived_at)`.
    """
    if at_ms < _OLDEST_MS:
        return f"the device's clock is far in the past (before {OLDEST.date()})"
    if at_ms > latest_ms:
        return CLOCK_AHEAD
    if code not in RANGES:
        return f"unknown metric {code}"
    limits = RANGES[Metric(code)]
    if not limits.low <= value <= limits.high:
        return f"{Metric(code).label} outside {limits.low:g} to {limits.high:g}"
    return f"the event lies outside the batch's day {day}"


def latest_ms(arrived_at: datetime) -> int:
    """The latest time that a device may send in a message that arrives then, in ms since 1970 UTC."""
    return _ms(arrived_at + CLOCK_TOLERANCE)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


_OLDEST_MS = _ms(OLDEST)


@lru_cache(maxsize=4_096)
def _day_bounds_ms(day: str, timezone: str) -> tuple[int, int]:
    """Start and end of a local day, in ms since 1970 UTC."""
    window = local_day(date.fromisoformat(day), timezone)
    return _ms(window.start), _ms(window.end)
