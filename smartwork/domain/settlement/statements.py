"""A centre's statement of a month: verdicts, days, unattributed stays, charges, and what is owed and paid.

Statements are stored as JSON. Fields whose name has changed since keep their first JSON key as an alias.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field, TypeAdapter

from smartwork.domain.billing.canonical_json import canonical_text
from smartwork.domain.billing.invoice import Invoice, Unattributed
from smartwork.domain.bookings.visit import Verdict
from smartwork.domain.money import round_to_cent
from smartwork.domain.settlement.payouts import PayoutState
from smartwork.domain.time import days_of_month

_ZERO = Decimal(0)
_VERDICT_ORDER: tuple[Verdict, ...] = (
    "used", "overstayed", "left_early", "no_show", "unverifiable", "walk_in", "cancelled", "cancelled_late",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DayVerdicts:
    """The verdicts of one kind in a centre on one local day: their number, and sums in seconds.

    `is_attributed`: whether a company is known. Only walk-ins may be unattributed.
    """

    day: date
    verdict: Verdict
    is_attributed: bool
    count: int
    booked_s: int
    measured_s: int
    unknown_s: int


@dataclass(frozen=True, slots=True)
class MonthVerdicts:
    """The verdicts of one kind in a centre in one month. Unattributed walk-ins are a kind of their own."""

    verdict: Verdict
    is_attributed: Annotated[bool, Field(alias="signed")]
    count: int
    booked_s: int
    measured_s: int
    unknown_s: int


@dataclass(frozen=True, slots=True)
class StatementDay:
    """One local day of a centre.

    `bookings` that were not cancelled, with the `no_shows` among them; walk-ins; sums in seconds; `net` is the revenue of
    the day in EUR.
    """

    day: date
    bookings: int
    no_shows: int
    walk_ins: int
    unattributed: Annotated[int, Field(alias="unsigned")]
    booked_s: int
    measured_s: int
    net: Decimal


@dataclass(frozen=True, slots=True)
class UnattributedStay:
    """A measured stay that no booking or check-in names; it is billed to nobody."""

    timezone: str
    resource: str
    resource_name: str
    starts_at: datetime
    ends_at: datetime
    occupied_s: int


def unattributed_sum(stays: Sequence[UnattributedStay]) -> Unattributed | None:
    """The number of stays and their hours of presence, to the hundredth; None without stays."""
    if not stays:
        return None
    return Unattributed(len(stays), round_to_cent(Decimal(sum(stay.occupied_s for stay in stays)) / 3600))


@dataclass(frozen=True, slots=True)
class AccountPayout:
    """A payout that was ordered, paid or refused since the statement before, and its `state` since the day `on`.

    `change` is what it changes in what is owed to the centre, EUR: minus the amount if it was ordered since, the amount if it
    was refused since, 0 if it was only paid. `reference` is the text on the centre's bank statement.
    """

    reference: str
    amount: Decimal
    ordered_on: date
    state: PayoutState
    on: date
    change: Decimal
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CentreAccount:
    """What the network owes a centre, in EUR: `opening` before the document, `gross` by it, and the `payouts` since.

    Amounts that the centre owes are negative. Statements of earlier versions have no `payouts`: they state one as `paid`, on
    the day on which it was ordered.
    """

    opening: Decimal
    gross: Decimal
    paid: Decimal = _ZERO
    paid_on: date | None = None
    reference: str | None = None
    payouts: tuple[AccountPayout, ...] = ()

    @property
    def closing(self) -> Decimal:
        """What is owed after the payouts; negative if the centre owes it."""
        return self.opening + self.gross - self.paid + sum((payout.change for payout in self.payouts), _ZERO)


@dataclass(frozen=True, slots=True)
class Statement:
    """A centre's statement with the self-billed document `number`, as of the day when that was issued.

    `charged` is what companies were charged for the centre in the documents that the settlement took in, in EUR net. It is
    the sum of the days' `net` and of `earlier_months`, the corrections of earlier months.
    """

    number: str
    verdicts: tuple[MonthVerdicts, ...]
    days: tuple[StatementDay, ...]
    unattributed: Annotated[tuple[UnattributedStay, ...], Field(alias="unsigned")]
    charged: Decimal
    earlier_months: Annotated[Decimal, Field(alias="earlier")]
    account: CentreAccount

    def canonical(self) -> str:
        """The statement as JSON text: the same text for the same statement."""
        fields = _STATEMENT.dump_python(self, mode="json", by_alias=True)
        if not self.account.payouts:  # as in statements of earlier versions
            del fields["account"]["payouts"]
        return canonical_text(fields)

    @classmethod
    def parse(cls, document: object) -> "Statement":
        """The statement in `document` (JSON values). Raises ValueError if there is none."""
        return _STATEMENT.validate_python(document, strict=False)


_STATEMENT = TypeAdapter(Statement)


def statement(
    invoice: Invoice,
    verdicts: Sequence[DayVerdicts],
    unattributed: Iterable[UnattributedStay],
    charged: Iterable[tuple[date, Decimal]],
    account: CentreAccount,
) -> Statement:
    """The statement of the month of `invoice`, with every day on which something happened.

    `charged` are the lines that the settlement took in: their first local day, and EUR net with prepaid hours at their value.
    """
    days = days_of_month(invoice.month)
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for day, net in charged:
        by_day[day] += net
    own_month = {day: by_day.get(day, _ZERO) for day in days}
    total = sum(by_day.values(), _ZERO)
    rows = (_statement_day(day, [group for group in verdicts if group.day == day], own_month) for day in days)
    return Statement(
        invoice.number,
        tuple(_month_verdicts(verdicts)),
        tuple(row for row in rows if row.bookings or row.walk_ins or row.unattributed or row.net),
        tuple(sorted(unattributed, key=lambda stay: (stay.starts_at, stay.resource))),
        total,
        total - sum(own_month.values(), _ZERO),
        account,
    )


def _statement_day(day: date, verdicts: Sequence[DayVerdicts], net: Mapping[date, Decimal]) -> StatementDay:
    bookings = [group for group in verdicts if group.verdict not in ("walk_in", "cancelled", "cancelled_late")]
    walk_ins = [group for group in verdicts if group.verdict == "walk_in"]
    return StatementDay(
        day,
        bookings=sum(group.count for group in bookings),
        no_shows=sum(group.count for group in bookings if group.verdict == "no_show"),
        walk_ins=sum(group.count for group in walk_ins if group.is_attributed),
        unattributed=sum(group.count for group in walk_ins if not group.is_attributed),
        booked_s=sum(group.booked_s for group in bookings),
        measured_s=sum(group.measured_s for group in verdicts),
        net=net[day],
    )


def _month_verdicts(verdicts: Sequence[DayVerdicts]) -> Iterable[MonthVerdicts]:
    by_kind: dict[tuple[Verdict, bool], list[DayVerdicts]] = defaultdict(list)
    for group in verdicts:
        by_kind[group.verdict, group.is_attributed or group.verdict != "walk_in"].append(group)
    for verdict, is_attributed in sorted(by_kind, key=lambda kind: (_VERDICT_ORDER.index(kind[0]), not kind[1])):
        groups = by_kind[verdict, is_attributed]
        yield MonthVerdicts(
            verdict,
            is_attributed,
            count=sum(group.count for group in groups),
            booked_s=sum(group.booked_s for group in groups),
            measured_s=sum(group.measured_s for group in groups),
            unknown_s=sum(group.unknown_s for group in groups),
        )
