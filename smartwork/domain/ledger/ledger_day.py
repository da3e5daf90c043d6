"""The ledger of a centre's day, and runs of reading numbers."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class BatchRun:
    """A run of reading numbers of one edge's outbox that an evidence rests on: closed [first, last]."""

    edge: str
    epoch: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Completeness:
    """The ledger of a centre for one local day, in readings: numbered = stored + rejected + waiting + missing.

    `numbered` at the centre's edges; `rejected` ones have arrived too, and are kept with the reason; `waiting` ones lie in
    an outbox by its edge's own word; `missing` ones are nowhere.
    """

    day: date
    numbered: int
    stored: int
    rejected: int
    waiting: int
    missing: int

    @property
    def arrived(self) -> int:
        """Readings that reached the database."""
        return self.stored + self.rejected

    @property
    def is_whole(self) -> bool:
        """Whether every reading that was numbered has arrived."""
        return self.arrived == self.numbered

    @property
    def missing_share(self) -> float:
        """Share of the day's readings that have not arrived: lost, or still on their way."""
        return (self.numbered - self.arrived) / self.numbered if self.numbered else 0.0
