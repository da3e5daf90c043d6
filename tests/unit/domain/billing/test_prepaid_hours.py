"""Hours bought ahead: the balance is conserved, the oldest are spent first, and nothing is spent twice."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.contracts import Pool, PrepaidOrder
from smartwork.domain.billing.corrections import IssuedGroup, reversal
from smartwork.domain.billing.prepaid_hours import (
    Lot,
    draw_down,
    expire,
    lot_from_order,
    own_lots,
    pay_from_lots,
    return_hours,
    returned_hours,
)
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


@given(LOTS, st.data(), st.integers(-10, 60))
def test_returned_hours_never_expire_and_no_hour_or_cent_is_lost(lots: list[Lot], data: st.DataObject, days: int) -> None:
    day = DAY + timedelta(days=days)
    returned = {lot.lot: data.draw(HOURS) for lot in lots if data.draw(st.booleans())}
    lost, left = expire(lots, day, returned)
    given_back = own_lots(left, returned, day, day, "2026-10")
    for lot in lots:
        is_over = lot.expires_on is not None and lot.expires_on <= day
        back = min(lot.left, returned.get(lot.lot, Decimal(0))) if is_over else Decimal(0)
        own = next((each for each in given_back if each.lot == lot.lot), None)
        gone = sum((drawdown.hours for drawdown in lost if drawdown.lot == lot.lot), Decimal(0))
        assert (own.own.hours if own else 0) == back
        assert gone == (lot.left - back if is_over else 0)
        if own:
            assert own.value == own.own.value
            assert own.own.is_valid_on(day)
            assert own.own.expires_on
            assert lot.expires_on
            assert own.own.expires_on - own.own.bought_on == lot.expires_on - lot.bought_on
        value = sum((drawdown.value for drawdown in lost if drawdown.lot == lot.lot), Decimal(0))
        if is_over:
            assert value + (own.value if own else 0) == lot.value


@given(st.integers(1, 40), st.integers(0, 40), st.decimals(0, 20, places=4))
def test_what_hours_take_from_their_old_lot_and_bring_to_the_new_one_differs_by_a_cent_at_most(
    back: int, others: int, price: Decimal
) -> None:
    hours, left = Decimal(back) / 4, Decimal(back + others) / 4
    lot = Lot("L", "desk", DAY - timedelta(days=30), DAY, left, price, left)
    [given_back] = own_lots([lot], {"L": hours}, DAY, DAY, "CN-2026-00001")
    assert abs(given_back.value - given_back.own.value) <= Decimal("0.01")
    assert given_back.own.lot == "L returned CN-2026-00001"


def test_lines_return_hours_by_the_sign_of_their_document() -> None:
    lot = Lot("L", "desk", DAY - timedelta(days=30), None, Decimal(5), Decimal(4), Decimal(5))
    spent = pay_from_lots([line(60, day=15)], [lot], [Pool("desk", Decimal(4), Decimal(0), None)], OCTOBER)
    [[used]] = spent.groups
    [taken_back] = reversal(IssuedGroup(invoice(spent.groups), spent.groups[0]))
    assert returned_hours([used]) == {}
    assert returned_hours([taken_back]) == {"L": Decimal(1)}
    assert returned_hours([used], is_credit=True) == {"L": Decimal(1)}
