"""What reconciliation hands to billing: a verdict with all the evidence that an invoice line will carry."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Verdict = Literal["used", "left_early", "overstayed", "no_show", "walk_in", "unverifiable", "cancelled"]
State = Literal["occupied", "vacant", "unknown"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in one state, half-open [start, end); a suspect one comes from a stuck sensor and is never billed."""

    start: datetime
    end: datetime
    state: State
    suspect: bool = False

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.end - self.start).total_seconds()


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


def local_days(start: datetime, end: datetime, timezone: str) -> list[date]:
    """The local days that [start, end) touches, in order; those of a moment where it is empty."""
    zone = ZoneInfo(timezone)
    first = start.astimezone(zone).date()
    last = max(first, (end - timedelta(microseconds=1)).astimezone(zone).date())
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def coverage(booked_or_stayed_s: float, unknown_s: float) -> float:
    """Share of a period in which a sensor could tell whether somebody was there."""
    return 1 - unknown_s / booked_or_stayed_s if booked_or_stayed_s else 1.0


@dataclass(frozen=True, slots=True)
class Proven:
    """One verdict as billing needs it: what was booked, what was measured, and where the proof lies.

    All durations are whole seconds; `booked_s = occupied_s + vacant_s + unknown_s` for a booking, 0 booked for a
    walk-in. `over_s` is occupied time past the booking's end. Spans are cut to the period shown (booking plus over).
    From `ceded_at` on another booking had the place: what was measured then is not this one's, and counts as vacant.
    `ledger` is the centre's on the days that it touches, as of the reading; a day that no edge knows of has none.
    """

    verdict_id: int
    verdict: Verdict
    company_id: int
    centre: str
    centre_name: str
    timezone: str
    resource: str
    resource_name: str
    kind: Literal["desk", "room"]
    member: str
    booking: str | None
    check_in: str | None
    check_in_method: str | None
    starts_at: datetime
    ends_at: datetime
    booked_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    over_s: int
    spans: tuple[Span, ...]
    batches: tuple[BatchRun, ...]
    ceded_at: datetime | None = None
    ledger: tuple[Completeness, ...] = ()
