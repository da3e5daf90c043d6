"""What reconciliation hands to billing: a verdict with all the evidence that an invoice line will carry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.presence.spans import Span

Verdict = Literal["used", "left_early", "overstayed", "no_show", "walk_in", "unverifiable", "cancelled"]


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
    ledger: tuple[LedgerDay, ...] = ()
