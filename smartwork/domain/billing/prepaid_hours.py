"""Prepaid hours: lots bought ahead, drawn down oldest first by the lines of a month, overdrawn, returned and expired."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.contracts import Pool, PrepaidOrder
from smartwork.domain.billing.invoice import Drawdown, Line, PoolStatement
from smartwork.domain.billing.parties import Vat
from smartwork.domain.billing.rating import Group
from smartwork.domain.money import round_to_cent
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.time import days_of_month, months_later

_ZERO = Decimal(0)


OVERDRAFT_PREFIX = "overdraft "
"""Prefix of the orders that billing itself makes when it sells an overdraft."""


@dataclass(frozen=True, slots=True)
class Lot:
    """The hours of one order; `left` of them are not drawn down yet. They pay for days in [bought_on, expires_on).

    `returned_from` is the expired lot of a new one whose hours were given back.
    """

    lot: str
    kind: PlaceKind
    bought_on: date
    expires_on: date | None
    hours: Decimal
    per_hour: Decimal
    left: Decimal
    returned_from: str | None = None

    @property
    def value(self) -> Decimal:
        """The value of the hours left, EUR net, rounded to the cent.

        A drawdown takes the difference of two such values, so that all drawdowns of a lot add up to its price.
        """
        return round_to_cent(self.left * self.per_hour)

    def is_valid_on(self, day: date) -> bool:
        """Whether the lot may pay for hours of that day."""
        return self.bought_on <= day and (self.expires_on is None or day < self.expires_on)


@dataclass(frozen=True, slots=True)
class PrepaidResult:
    """The lines of a month after prepaid hours were drawn down, the lots after that, and the overdrafts sold as new lots."""

    groups: tuple[Group, ...]
    lots: tuple[Lot, ...]
    overdrafts: tuple[Lot, ...]


def lot_from_order(order: PrepaidOrder, pool: Pool) -> Lot:
    """The lot that an order makes, at the pool's price."""
    expires = None if pool.expires_months is None else months_later(order.bought_on, pool.expires_months)
    return Lot(order.external_id, order.kind, order.bought_on, expires, order.hours, pool.per_hour, order.hours)


def draw_down(lots: Sequence[Lot], kind: PlaceKind, day: date, hours: Decimal) -> tuple[list[Drawdown], list[Lot]]:
    """Take up to `hours` from the lots of that kind that are valid on `day`, oldest first.

    Returns the drawdowns, and all lots after them in the order given.
    """
    after, drawdowns = list(lots), []
    wanted = hours
    for index in sorted(range(len(lots)), key=lambda i: (lots[i].bought_on, lots[i].lot)):
        lot = lots[index]
        drawn = min(wanted, lot.left) if lot.kind == kind and lot.is_valid_on(day) else _ZERO
        if drawn > 0:
            after[index] = replace(lot, left=lot.left - drawn)
            drawdowns.append(Drawdown(lot.lot, lot.bought_on, drawn, lot.value - after[index].value))
            wanted -= drawn
    return drawdowns, after


def return_hours(lots: Sequence[Lot], drawdowns: Iterable[Drawdown]) -> tuple[list[Drawdown], list[Lot]]:
    """Return the hours of `drawdowns` to their lots.

    Returns negative drawdowns that record the return, and all lots after it.
    """
    after, returned = {lot.lot: lot for lot in lots}, []
    for drawdown in drawdowns:
        before = after[drawdown.lot]
        after[drawdown.lot] = replace(before, left=before.left + drawdown.hours)
        value = before.value - after[drawdown.lot].value
        returned.append(Drawdown(drawdown.lot, drawdown.bought_on, -drawdown.hours, value))
    return returned, [after[lot.lot] for lot in lots]


def pay_from_lots(groups: Iterable[Group], lots: Sequence[Lot], pools: Iterable[Pool], month: date) -> PrepaidResult:
    """Pay the hours of `groups` from `lots`: corrections return their hours first, then lines draw down in order of time.

    Only lines sold by the hour are paid this way, never passes or fees. When the lots are empty, the pool sells its overdraft
    of the month; hours beyond that stay on the line and are charged in money.
    """
    by_kind: dict[str, Pool] = {pool.kind: pool for pool in pools}
    last = days_of_month(month)[-1]
    left = list(lots)
    overdrafts: dict[PlaceKind, Lot] = {}
    done: list[Group] = []
    for group in sorted(groups, key=lambda group: (group[0].kind != "correction", *_order(group))):
        lines: list[Line] = []
        for line in group:
            pool = by_kind.get(line.place_kind) if line.place_kind else None
            if line.kind == "correction":
                returned, left = return_hours(left, [_negated(drawdown) for drawdown in line.drawdowns])
                lines.append(replace(line, drawdowns=tuple(returned)))
            elif pool and line.unit == "hour":
                drawdowns, left = draw_down(left, pool.kind, line.starts_on, line.hours)
                beyond = line.hours - sum((drawdown.hours for drawdown in drawdowns), _ZERO)
                overdrawn = _overdraw(overdrafts, pool, beyond, last)
                lines.append(_paid(line, [*drawdowns, *overdrawn]))
            else:
                lines.append(line)
        done.append(tuple(lines))
    return PrepaidResult(tuple(done), tuple(left), tuple(overdrafts.values()))


def sale_line(lot: Lot, vat: Vat, *, overdraft: bool = False) -> Group:
    """The line that sells a lot to the company."""
    return (
        Line(
            line=1,
            kind="overdraft" if overdraft else "credits_bought",
            quantity=lot.hours,
            unit="hour",
            price=lot.per_hour,
            net=round_to_cent(lot.hours * lot.per_hour),
            vat_category=vat.category,
            vat_rate=vat.rate,
            starts_on=lot.bought_on,
            ends_on=lot.bought_on,
            place_kind=lot.kind,
            hours=lot.hours,
            label=lot.lot,
        ),
    )


def expire(lots: Iterable[Lot], day: date, returned: Mapping[str, Decimal] | None = None) -> tuple[list[Drawdown], list[Lot]]:
    """Expire the lots that are no longer valid on `day`. Returns the hours lost as drawdowns, and all lots after that.

    Hours that were `returned` to a lot, and are left, do not expire: `own_lots` gives them a lot of their own.
    """
    lost, after = [], []
    for lot in lots:
        kept = min(lot.left, (returned or {}).get(lot.lot, _ZERO))
        is_lost = lot.left > kept and lot.expires_on is not None and lot.expires_on <= day
        rest = replace(lot, left=kept) if is_lost else lot
        if is_lost:
            lost.append(Drawdown(lot.lot, lot.bought_on, lot.left - kept, lot.value - rest.value))
        after.append(rest)
    return lost, after


def returned_hours(lines: Iterable[Line], *, is_credit: bool = False) -> dict[str, Decimal]:
    """The hours that lines return to lots, by lot; of an issued document, `is_credit` says whether it is a credit note."""
    returned: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        for drawdown in line.drawdowns:
            hours = drawdown.hours if is_credit else -drawdown.hours
            if hours > 0:
                returned[drawdown.lot] += hours
    return dict(returned)


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Hours that leave an expired lot for `own`, their new one. `value` is what they take from the value of the old one."""

    lot: str
    value: Decimal
    own: Lot


def own_lots(lots: Iterable[Lot], returned: Mapping[str, Decimal], day: date, on: date, by: str) -> tuple[GivenBack, ...]:
    """The new lots of hours that were `returned` to lots that are no longer valid on `day`, as far as they are left.

    They cost the same, and are valid from the day `on` for as many days as the old lot was. `by` tells their names apart.
    """
    given: list[GivenBack] = []
    for lot in lots:
        hours = min(lot.left, returned.get(lot.lot, _ZERO))
        if hours > 0 and lot.expires_on is not None and lot.expires_on <= day:
            until = on + (lot.expires_on - lot.bought_on)
            own = Lot(f"{lot.lot} returned {by}", lot.kind, on, until, hours, lot.per_hour, hours, returned_from=lot.lot)
            given.append(GivenBack(lot.lot, lot.value - replace(lot, left=lot.left - hours).value, own))
    return tuple(given)


def pool_statement(
    kind: PlaceKind, opening: Decimal, bought: Decimal, groups: Iterable[Group], expired: Decimal
) -> PoolStatement:
    """The movement of a kind's hours over a month: opening + bought - spent - expired = closing."""
    lines = [line for group in groups for line in group if line.place_kind == kind]
    spent = sum((drawdown.hours for line in lines for drawdown in line.drawdowns), _ZERO)
    return PoolStatement(kind, opening, bought, spent, expired, opening + bought - spent - expired)


def _overdraw(overdrafts: dict[PlaceKind, Lot], pool: Pool, hours: Decimal, on: date) -> list[Drawdown]:
    """Sell up to `hours` beyond the balance, as far as the pool's monthly overdraft allows; adds the sale to `overdrafts`."""
    empty = Lot(f"{OVERDRAFT_PREFIX}{on:%Y-%m} {pool.kind}", pool.kind, on, None, _ZERO, pool.per_hour, _ZERO)
    before = overdrafts.get(pool.kind, empty)
    sold = min(hours, pool.overdraft_hours - before.hours)
    if sold <= 0:
        return []
    after = replace(before, hours=before.hours + sold)
    overdrafts[pool.kind] = after
    value = round_to_cent(after.hours * pool.per_hour) - round_to_cent(before.hours * pool.per_hour)
    return [Drawdown(after.lot, on, sold, value)]


def _negated(drawdown: Drawdown) -> Drawdown:
    return replace(drawdown, hours=-drawdown.hours, value=-drawdown.value)


def _paid(line: Line, drawdowns: Sequence[Drawdown]) -> Line:
    quantity = line.hours - sum((drawdown.hours for drawdown in drawdowns), _ZERO)
    return replace(line, quantity=quantity, net=round_to_cent(quantity * line.price), drawdowns=tuple(drawdowns))


def _order(group: Group) -> tuple[str, str]:
    """Sorts groups by time, then by booking or check-in."""
    line = group[0]
    billed = line.visits[0] if line.visits else None
    reference = ((billed.visit.booking or billed.visit.check_in) if billed else line.label) or ""
    return (billed.visit.starts_at.isoformat() if billed else line.starts_on.isoformat()), reference
