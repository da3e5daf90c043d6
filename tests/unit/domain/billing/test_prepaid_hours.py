"""Hours bought ahead: the balance is conserved, the oldest are spent first, and nothing is spent twice."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.contracts import Pool, PrepaidOrder
from smartwork.domain.billing.corrections import IssuedGroup, reversal
from smartwork.domain.billing.prepaid_hours import Lot, draw_down, expire, lot_from_order, pay_from_lots, return_hours
from smartwork.domain.time import months_later
from tests.support.stays import OCTOBER, invoice, line

HOURS = st.integers(1, 400).map(lambda n: Decimal(n) / 4)
DAY = date(2026, 10, 20)


def lots_of(parts: list[tuple[int, Decimal, Decimal, int | None]]) -> list[Lot]:
    return [
        Lot(f"L-{i}", "desk", DAY - timedelta(days=age), None if lasts is None else DAY + timedelta(days=lasts), h, price, h)
        for i, (age, h, price, lasts) in enumerate(parts)
    ]


LOTS = st.lists(
    st.tuples(
        st.integers(-3, 60), HOURS, st.decimals(0, 20, places=4), st.none() | st.integers(-2, 40).filter(lambda n: n != 0)
    ),
    max_size=6,
).map(lots_of)


@given(LOTS, HOURS)
def test_what_is_drawn_leaves_the_lots_and_no_lot_falls_below_zero(lots: list[Lot], wanted: Decimal) -> None:
    drawdowns, after = draw_down(lots, "desk", DAY, wanted)
    taken = sum((drawdown.hours for drawdown in drawdowns), Decimal(0))
    assert sum(lot.left for lot in lots) - sum(lot.left for lot in after) == taken <= wanted
    assert all(lot.left >= 0 for lot in after)
    assert sum(lot.value for lot in lots) - sum(lot.value for lot in after) == sum(drawdown.value for drawdown in drawdowns)


@given(LOTS, HOURS)
def test_no_younger_lot_is_touched_while_an_older_one_has_hours(lots: list[Lot], wanted: Decimal) -> None:
    drawdowns, after = draw_down(lots, "desk", DAY, wanted)
    youngest = max((drawdown.bought_on for drawdown in drawdowns), default=None)
    assert youngest is None or not [lot for lot in after if lot.left and lot.bought_on < youngest and lot.is_valid_on(DAY)]


@given(LOTS, HOURS)
def test_only_lots_of_the_day_and_kind_are_spent(lots: list[Lot], wanted: Decimal) -> None:
    spent = {drawdown.lot for drawdown in draw_down(lots, "desk", DAY, wanted)[0]}
    assert spent <= {lot.lot for lot in lots if lot.bought_on <= DAY and (lot.expires_on is None or lot.expires_on > DAY)}
    assert draw_down(lots, "room", DAY, wanted) == ([], lots)


@given(LOTS, HOURS)
def test_returning_hours_restores_hours_and_value(lots: list[Lot], wanted: Decimal) -> None:
    drawdowns, after = draw_down(lots, "desk", DAY, wanted)
    returned, restored = return_hours(after, drawdowns)
    assert restored == lots
    assert sum(drawdown.value for drawdown in returned) == -sum(drawdown.value for drawdown in drawdowns)


@given(LOTS, st.lists(st.integers(1, 20), max_size=8), st.integers(0, 20))
def test_a_month_conserves_every_hour(lots: list[Lot], quarters: list[int], overdraft: int) -> None:
    pool = Pool("desk", Decimal("4.1000"), Decimal(overdraft), 12)
    groups = [line(15 * n, day=i % 20, hour=i, name=f"B-{i}") for i, n in enumerate(quarters)]
    spent = pay_from_lots(groups, lots, [pool], OCTOBER)
    lines = [charge for group in spent.groups for charge in group]
    drawn = sum((d.hours for charge in lines for d in charge.drawdowns), Decimal(0))
    sold = sum((lot.hours for lot in spent.overdrafts), Decimal(0))
    assert drawn == sum(lot.left for lot in lots) - sum(lot.left for lot in spent.lots) + sold
    assert sold <= overdraft
    assert all(
        charge.quantity == charge.hours - sum((d.hours for d in charge.drawdowns), Decimal(0)) >= 0 for charge in lines
    )
    assert sum(lot.left for lot in spent.lots) >= 0


@given(LOTS, st.integers(1, 30))
def test_hours_of_reversed_lines_are_back_in_their_lots(lots: list[Lot], quarters: int) -> None:
    pool = Pool("desk", Decimal(4), Decimal(0), None)
    first = pay_from_lots([line(15 * quarters, day=15)], lots, [pool], OCTOBER)
    again = pay_from_lots([reversal(IssuedGroup(invoice(first.groups), first.groups[0]))], first.lots, [pool], OCTOBER)
    assert list(again.lots) == lots


@given(LOTS, st.integers(-10, 60))
def test_what_expires_is_what_was_left_of_lots_that_no_longer_hold(lots: list[Lot], days: int) -> None:
    until = DAY + timedelta(days=days)
    lost, after = expire(lots, until)
    assert sum(drawdown.hours for drawdown in lost) == sum(lot.left for lot in lots) - sum(lot.left for lot in after)
    assert all(lot.left == 0 or lot.expires_on is None or lot.expires_on > until for lot in after)


def test_a_year_later_is_the_same_day_or_the_months_last() -> None:
    assert months_later(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert months_later(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert months_later(date(2026, 1, 15), -12) == date(2025, 1, 15)
    lot = lot_from_order(
        PrepaidOrder("O-1", "acme", "desk", date(2026, 10, 1), Decimal(10)), Pool("desk", Decimal(4), Decimal(0), 12)
    )
    assert (lot.expires_on, lot.left, lot.value) == (date(2027, 10, 1), Decimal(10), Decimal("40.00"))
