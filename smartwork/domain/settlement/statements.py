"""A centre's month in one statement: what was booked and measured, what nobody signed for, what is owed and paid when."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from pydantic import TypeAdapter

from smartwork.domain.billing.canonical_json import canonical_text
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.bookings.visit import Verdict
from smartwork.domain.time import days_of_month

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of one kind in a centre on one local day: how many, and their seconds; `signed` where a company is named."""

    day: date
    verdict: Verdict
    signed: bool
    count: int
    booked_s: int
    measured_s: int
    unknown_s: int


@dataclass(frozen=True, slots=True)
class VerdictSum:
    """The month's verdicts of one kind; walk-ins that nobody signed for stand apart."""

    verdict: Verdict
    signed: bool
    count: int
    booked_s: int
    measured_s: int
    unknown_s: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """One local day of a centre: bookings that held, no-shows among them, walk-ins, seconds, and EUR net it brought in."""

    day: date
    bookings: int
    no_shows: int
    walk_ins: int
    unsigned: int
    booked_s: int
    measured_s: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class UnsignedStay:
    """A stay without a booking that no check-in names anybody for."""

    timezone: str
    resource: str
    resource_name: str
    starts_at: datetime
    ends_at: datetime
    occupied_s: int


@dataclass(frozen=True, slots=True)
class Account:
    """What the network owes a centre, EUR, above zero: before the document, by it, and paid out of both on a day.

    `reference` is what the centre reads on its bank statement.
    """

    opening: Decimal
    gross: Decimal
    paid: Decimal
    paid_on: date | None
    reference: str | None

    @property
    def closing(self) -> Decimal:
        """What is owed after the payment; below zero where the centre owes it."""
        return self.opening + self.gross - self.paid


@dataclass(frozen=True, slots=True)
class Statement:
    """What a centre is told beside a self-billed document, as it stood when that was issued.

    `earlier` is what corrections of earlier months brought in or took back, EUR net; the days' `net` and it make `charged`,
    what companies were charged for the centre in documents that the settlement took in.
    """

    number: str
    verdicts: tuple[VerdictSum, ...]
    days: tuple[DayRow, ...]
    unsigned: tuple[UnsignedStay, ...]
    charged: Decimal
    earlier: Decimal
    account: Account

    def canonical(self) -> str:
        """The statement as JSON text, always the same for the same statement."""
        return canonical_text(_SNAPSHOT.dump_python(self, mode="json"))

    @classmethod
    def parse(cls, document: object) -> "Statement":
        """The statement that `document` (JSON values) holds; raises ValueError where it is none."""
        return _SNAPSHOT.validate_python(document, strict=False)


_SNAPSHOT = TypeAdapter(Statement)


def statement(
    invoice: Invoice,
    judged: Sequence[Judged],
    unsigned: Iterable[UnsignedStay],
    charged: Iterable[tuple[date, Decimal]],
    account: Account,
) -> Statement:
    """The statement beside `invoice`: every day of its month on which something happened, every kind of verdict once.

    `charged` are the lines that the settlement took in: the local day they begin on, and EUR net, credits at their worth.
    """
    days = days_of_month(invoice.month)
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for day, net in charged:
        by_day[day] += net
    of_month = {day: by_day.get(day, _ZERO) for day in days}
    total = sum(by_day.values(), _ZERO)
    rows = (_day(day, [one for one in judged if one.day == day], of_month) for day in days)
    return Statement(
        invoice.number,
        tuple(_sums(judged)),
        tuple(row for row in rows if row.bookings or row.walk_ins or row.unsigned or row.net),
        tuple(sorted(unsigned, key=lambda stay: (stay.starts_at, stay.resource))),
        total,
        total - sum(of_month.values(), _ZERO),
        account,
    )


def _day(day: date, its: Sequence[Judged], net: Mapping[date, Decimal]) -> DayRow:
    held = [one for one in its if one.verdict not in ("walk_in", "cancelled")]
    return DayRow(
        day,
        sum(one.count for one in held),
        sum(one.count for one in held if one.verdict == "no_show"),
        sum(one.count for one in its if one.verdict == "walk_in" and one.signed),
        sum(one.count for one in its if one.verdict == "walk_in" and not one.signed),
        sum(one.booked_s for one in held),
        sum(one.measured_s for one in its),
        net[day],
    )


def _sums(judged: Sequence[Judged]) -> Iterable[VerdictSum]:
    found: dict[tuple[Verdict, bool], list[Judged]] = defaultdict(list)
    for one in judged:
        found[one.verdict, one.signed or one.verdict != "walk_in"].append(one)
    order: tuple[Verdict, ...] = ("used", "overstayed", "left_early", "no_show", "unverifiable", "walk_in", "cancelled")
    for verdict, signed in sorted(found, key=lambda key: (order.index(key[0]), not key[1])):
        its = found[verdict, signed]
        yield VerdictSum(
            verdict,
            signed,
            sum(one.count for one in its),
            sum(one.booked_s for one in its),
            sum(one.measured_s for one in its),
            sum(one.unknown_s for one in its),
        )
