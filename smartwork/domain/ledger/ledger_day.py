"""The ledger of a centre by local day, and runs of reading numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class BatchRun:
    """A closed run [first, last] of reading numbers of one edge's outbox, part of the evidence of a visit."""

    edge: str
    epoch: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LedgerDay:
    """The ledger of one centre on one local day, in readings: numbered = stored + rejected + in_outbox + missing.

    `numbered`: given a number by the centre's edges. `rejected`: arrived, but kept with a reason instead of stored.
    `in_outbox`: still in an outbox, as the edge last reported. `missing`: in no outbox and not arrived.
    `duplicates`: arrived again and dropped; not part of the sum. None if it was not recorded, as on invoices.
    """

    day: date
    numbered: int
    stored: int
    rejected: int
    in_outbox: int
    missing: int
    duplicates: int | None = None

    @property
    def arrived(self) -> int:
        """Readings that reached the database."""
        return self.stored + self.rejected

    @property
    def is_complete(self) -> bool:
        """Whether every numbered reading has arrived."""
        return self.arrived == self.numbered

    @property
    def missing_share(self) -> float:
        """Share of the day's readings that have not arrived, whether missing or still in an outbox."""
        return (self.numbered - self.arrived) / self.numbered if self.numbered else 0.0


@dataclass(frozen=True, slots=True)
class LedgerTotal:
    """The sums of some ledger days, in readings."""

    numbered: int
    stored: int
    duplicates: int
    rejected: int
    in_outbox: int
    missing: int


def ledger_total(days: Iterable[LedgerDay]) -> LedgerTotal:
    """The sums of `days`. A day whose duplicates were not recorded adds none."""
    all_days = list(days)
    return LedgerTotal(
        numbered=sum(day.numbered for day in all_days),
        stored=sum(day.stored for day in all_days),
        duplicates=sum(day.duplicates or 0 for day in all_days),
        rejected=sum(day.rejected for day in all_days),
        in_outbox=sum(day.in_outbox for day in all_days),
        missing=sum(day.missing for day in all_days),
    )
