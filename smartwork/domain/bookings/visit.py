"""One verdict with its evidence: the value that reconciliation, rating, invoices, the API and the pages share."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from smartwork.domain.ledger.ledger_day import BatchRun, LedgerDay
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.presence.spans import Span
from smartwork.domain.time import Interval

Verdict = Literal[
    "used", "left_early", "overstayed", "no_show", "walk_in", "unverifiable", "cancelled", "cancelled_late"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class NetworkChange:
    """The network's last change of a booking that had begun: when, by which client or file, and why."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class EarlierVerdict:
    """The verdict that another one replaced after its evidence had closed, and when it did."""

    verdict: Verdict
    replaced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredVerdict:
    """A verdict on the period [starts_at, ends_at) and the measured time it rests on, in whole seconds.

    For a booking `booked_s = occupied_s + vacant_s + unknown_s`; for a walk-in `booked_s` is 0. `over_s` is presence after
    the end. From `reassigned_at` on another booking has the place: what is measured from then on belongs to that booking,
    and counts as vacant here. A booking that was cancelled late has the instant of its cancellation in `cancelled_at`; its
    place was free for others, so all of its time counts as vacant.
    """

    verdict: Verdict
    starts_at: datetime
    ends_at: datetime
    reassigned_at: datetime | None = None
    booked_s: int
    occupied_s: int
    vacant_s: int
    unknown_s: int
    over_s: int
    cancelled_at: datetime | None = None

    @property
    def period(self) -> Interval:
        """The period as an interval."""
        return Interval(self.starts_at, self.ends_at)

    @property
    def coverage(self) -> Decimal:
        """The share of the period in which presence was known; 0 of a booking that was cancelled."""
        if self.cancelled_at is not None:
            return Decimal(0)
        measured = self.occupied_s + self.vacant_s
        period = measured + self.unknown_s
        return Decimal(measured) / period if period else Decimal(0)

    @property
    def evidence_until(self) -> datetime:
        """The instant at which the evidence ends: after the overstay, or where another booking takes the place.

        A cancelled booking has none.
        """
        if self.cancelled_at is not None:
            return self.starts_at
        return self.reassigned_at or self.ends_at + timedelta(seconds=self.over_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(MeasuredVerdict):
    """A verdict, whose it is, and its evidence.

    `centre` and `resource` are slugs, `booking` and `check_in` external ids; `member` is a pseudonym, or None if nobody
    is known. `spans` are cut to the period and the overstay. `batches` are the runs of numbered readings under the spans.
    `ledger` is the centre's ledger of the local days that the visit touches, at the time of reading; a day on which no
    edge numbered a reading is left out. It is None if no ledger was recorded. `change` is the network's, if there was one,
    and `earlier` the last verdict that evidence replaced which came too late.
    """

    centre: str
    centre_name: str
    timezone: str
    resource: str
    resource_name: str
    kind: PlaceKind
    member: str | None
    booking: str | None
    check_in: str | None
    check_in_method: str | None
    spans: tuple[Span, ...] = ()
    batches: tuple[BatchRun, ...] = ()
    ledger: tuple[LedgerDay, ...] | None = None
    change: NetworkChange | None = None
    earlier: EarlierVerdict | None = None
