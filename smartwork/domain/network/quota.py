"""Quotas of a centre: how much it may send before the rest waits, so that it neither fills the database nor delays others."""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum

_CENTRES_REMEMBERED = 50_000


class Quota(StrEnum):
    """What is limited, as its name in alarms and metrics."""

    DEVICES = "devices that no registry has"
    OUTBOXES = "new outboxes"
    REJECTED = "rejected messages and readings"
    REPORTS = "lines of alarms and discovered devices"
    BYTES = "bytes"
    WAITING = "messages that wait in ingest"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a centre may use at once, and what it gets back each minute."""

    at_once: int
    per_minute: int


ALLOWANCES: dict[Quota, Allowance] = {
    Quota.DEVICES: Allowance(2_000, 10),
    Quota.OUTBOXES: Allowance(30, 1),
    Quota.REJECTED: Allowance(20_000, 100),
    Quota.REPORTS: Allowance(4_000, 60),
    Quota.BYTES: Allowance(20_000_000, 20_000_000),
}
"""Far above what a centre needs. A million readings have 20 MB: those of a centre with 100 desks in four days."""


class CentreQuota:
    """One quota of every centre, as token buckets. Not thread-safe."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By centre what is used, and the time of that figure in seconds. A centre that used nothing is not in it."""

    def take(self, centre: str, amount: int, at_s: float) -> bool:
        """Use `amount` at the time `at_s`; False, and nothing is used, if the centre has nothing left.

        An amount that is larger than what is left is granted, and the centre waits for longer afterwards. Otherwise a single
        message could be too large for ever.
        """
        used = self._used_at(centre, at_s)
        if used >= self._allowance.at_once:
            return False
        self._used[centre] = (used + amount, at_s)
        self._used.move_to_end(centre)
        if len(self._used) > _CENTRES_REMEMBERED:
            self._used.popitem(last=False)
        return True

    def left(self, centre: str, at_s: float) -> int:
        """How much the centre may use at the time `at_s`; 0 if it owes."""
        return max(0, int(self._allowance.at_once - self._used_at(centre, at_s)))

    def _used_at(self, centre: str, at_s: float) -> float:
        used, since_s = self._used.get(centre, (0.0, at_s))
        return max(0.0, used - max(0.0, at_s - since_s) * self._allowance.per_minute / 60)
