"""Hours bought ahead: spent oldest first in any centre, expiring, overdrawn, and given back by a correction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.contracts import Pool, PrepaidOrder
from smartwork.domain.billing.invoice import Drawdown, Line, PoolStatement
from smartwork.domain.billing.parties import Vat
from smartwork.domain.billing.rating import Group
from smartwork.domain.money import cents
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.time import days_of_month, months_later

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lot:
    """Hours bought at once, and how many of them are `left`; spent on days in [bought_on, expires_on)."""

    lot: str
    kind: PlaceKind
    bought_on: date
    expires_on: date | None
    hours: Decimal
    per_hour: Decimal
    left: Decimal

    @property
    def value(self) -> Decimal:
        """What is left, in EUR net: to the cent, so that all that is drawn adds up to what was paid."""
        return cents(self.left * self.per_hour)

    def holds_on(self, day: date) -> bool:
        """Whether it may be spent for a day."""
        return self.bought_on <= day and (self.expires_on is None or day < self.expires_on)


@dataclass(frozen=True, slots=True)
class MonthWithPrepaidHours:
    """A month's lines after credits have paid what they could: the lots then, and what was sold beyond the balance."""

    groups: tuple[Group, ...]
    lots: tuple[Lot, ...]
    overdrafts: tuple[Lot, ...]


def lot_from_order(purchase: PrepaidOrder, pool: Pool) -> Lot:
    """The lot that a purchase makes, at the pool's price."""
    expires = None if pool.expires_months is None else months_later(purchase.bought_on, pool.expires_months)
    bought = purchase.bought_on
    return Lot(purchase.external_id, purchase.kind, bought, expires, purchase.hours, pool.per_hour, purchase.hours)


def draw_down(lots: Sequence[Lot], kind: PlaceKind, day: date, hours: Decimal) -> tuple[list[Drawdown], list[Lot]]:
    """Take up to `hours` from the lots that hold on `day`, oldest first; the drawdowns, and the lots as they are then."""
    after, drawdowns = list(lots), []
    wanted = hours
    for index in sorted(range(len(lots)), key=lambda i: (lots[i].bought_on, lots[i].lot)):
        lot = lots[index]
        taken = min(wanted, lot.left) if lot.kind == kind and lot.holds_on(day) else _ZERO
        if taken > 0:
            after[index] = replace(lot, left=lot.left - taken)
            drawdowns.append(Drawdown(lot.lot, lot.bought_on, taken, lot.value - after[index].value))
            wanted -= taken
    return drawdowns, after


def return_hours(lots: Sequence[Lot], drawdowns: Iterable[Drawdown]) -> tuple[list[Drawdown], list[Lot]]:
    """Put the hours of `draws` back into their lots; the negative drawdowns that say so, and the lots as they are then."""
    after, found = {lot.lot: lot for lot in lots}, []
    for one in drawdowns:
        before = after[one.lot]
        after[one.lot] = replace(before, left=before.left + one.hours)
        found.append(Drawdown(one.lot, one.bought_on, -one.hours, before.value - after[one.lot].value))
    return found, [after[lot.lot] for lot in lots]


def pay_from_lots(groups: Iterable[Group], lots: Sequence[Lot], pools: Iterable[Pool], month: date) -> MonthWithPrepaidHours:
    """Pay the hours of `groups` from `lots`: first what corrections give back, then line by line in order of time.

    Only hours are paid so, never passes or fees. Beyond the balance a pool sells its overdraft of the month; what goes
    further stays on the line.
    """
    by_kind = {pool.kind: pool for pool in pools}
    last = days_of_month(month)[-1]
    ordered = sorted(groups, key=lambda g: (g[0].kind != "correction", *_when(g)))
    left = list(lots)
    overdrawn: dict[PlaceKind, Lot] = {}
    done: list[Group] = []
    for group in ordered:
        lines: list[Line] = []
        for line in group:
            pool = by_kind.get(line.place_kind) if line.place_kind else None
            if line.kind == "correction":
                drawdowns, left = return_hours(
                    left, [Drawdown(d.lot, d.bought_on, -d.hours, -d.value) for d in line.drawdowns]
                )
                lines.append(replace(line, drawdowns=tuple(drawdowns)))
            elif pool and line.unit == "hour":
                drawdowns, left = draw_down(left, pool.kind, line.starts_on, line.hours)
                beyond = line.hours - sum((one.hours for one in drawdowns), _ZERO)
                extra = _overdraw(overdrawn, pool, beyond, last)
                lines.append(_paid(line, [*drawdowns, *extra]))
            else:
                lines.append(line)
        done.append(tuple(lines))
    return MonthWithPrepaidHours(tuple(done), tuple(left), tuple(overdrawn.values()))


def sale_line(lot: Lot, vat: Vat, *, overdraft: bool = False) -> Group:
    """The line that sells a lot."""
    return (
        Line(
            line=1,
            kind="overdraft" if overdraft else "credits_bought",
            quantity=lot.hours,
            unit="hour",
            price=lot.per_hour,
            net=cents(lot.hours * lot.per_hour),
            vat_category=vat.category,
            vat_rate=vat.rate,
            starts_on=lot.bought_on,
            ends_on=lot.bought_on,
            place_kind=lot.kind,
            hours=lot.hours,
            label=lot.lot,
        ),
    )


def expire(lots: Iterable[Lot], until: date) -> tuple[list[Drawdown], list[Lot]]:
    """What is lost with the lots that no longer hold on the day `until`, and the lots as they are then."""
    lost, after = [], []
    for lot in lots:
        gone = lot.left > 0 and lot.expires_on is not None and lot.expires_on <= until
        if gone:
            lost.append(Drawdown(lot.lot, lot.bought_on, lot.left, lot.value))
        after.append(replace(lot, left=_ZERO) if gone else lot)
    return lost, after


def pool_statement(
    kind: PlaceKind, opening: Decimal, bought: Decimal, groups: Iterable[Group], lost: Decimal
) -> PoolStatement:
    """The movement of a kind's hours over a month: opening + bought - spent - expired = closing."""
    drawdowns = (one.hours for group in groups for line in group if line.place_kind == kind for one in line.drawdowns)
    spent = sum(drawdowns, _ZERO)
    return PoolStatement(kind, opening, bought, spent, lost, opening + bought - spent - lost)


def _overdraw(overdrawn: dict[PlaceKind, Lot], pool: Pool, hours: Decimal, on: date) -> list[Drawdown]:
    """Sell up to `hours` beyond the balance, as far as the month's overdraft goes; `overdrawn` keeps what was sold."""
    none = Lot(f"overdraft {on:%Y-%m} {pool.kind}", pool.kind, on, None, _ZERO, pool.per_hour, _ZERO)
    before = overdrawn.get(pool.kind, none)
    taken = min(hours, pool.overdraft_hours - before.hours)
    if taken <= 0:
        return []
    after = replace(before, hours=before.hours + taken)
    overdrawn[pool.kind] = after
    value = cents(after.hours * pool.per_hour) - cents(before.hours * pool.per_hour)
    return [Drawdown(after.lot, on, taken, value)]


def _paid(line: Line, drawdowns: Sequence[Drawdown]) -> Line:
    quantity = line.hours - sum((one.hours for one in drawdowns), _ZERO)
    return replace(line, quantity=quantity, net=cents(quantity * line.price), drawdowns=tuple(drawdowns))


def _when(group: Group) -> tuple[str, str]:
    line = group[0]
    proof = line.proofs[0] if line.proofs else None
    named = ((proof.booking or proof.check_in) if proof else line.label) or ""
    return (proof.starts_at.isoformat() if proof else line.starts_on.isoformat()), named
