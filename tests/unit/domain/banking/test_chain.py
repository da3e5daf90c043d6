"""The statements of an account follow each other, and a missing one is told."""

import random
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.banking.chain import StatementHead, gaps, in_order, latest

DAY = date(2026, 11, 10)


def head(
    number: int, opening: int, closing: int, day: int | None = None, entries: frozenset[int] | None = None
) -> StatementHead:
    ends = DAY + timedelta(days=number if day is None else day)
    of = frozenset({number}) if entries is None else entries
    return StatementHead(number, f"2026/{number:03d}", Decimal(opening), ends, Decimal(closing), ends, of)


def test_a_gap_is_told_with_what_is_missing() -> None:
    [gap] = gaps([head(1, 0, 10), head(3, 25, 30)])
    assert (gap.before.number, gap.after.number, gap.missing) == ("2026/001", "2026/003", Decimal(15))


def test_statements_that_follow_each_other_leave_no_gap() -> None:
    assert not gaps([head(2, 10, 25), head(3, 25, 30), head(1, 0, 10)])


def test_a_statement_that_overlaps_leaves_no_gap() -> None:
    assert not gaps([head(1, 0, 10), head(2, 5, 12, entries=frozenset({1, 2}))])


def test_the_latest_of_a_day_is_where_the_balances_end() -> None:
    day = [head(9, 0, 10, 0), head(4, 10, 25, 0), head(5, 25, 5, 0)]
    assert latest(day) == day[2]
    assert latest([]) is None


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_the_order_of_imports(amounts: list[int], shuffle: random.Random) -> None:
    balance, heads = 0, []
    for number, amount in enumerate(amounts, start=1):
        heads.append(head(number, balance, balance + amount, number // 3))
        balance += amount
    mixed = list(heads)
    shuffle.shuffle(mixed)
    assert in_order(mixed) == heads
    assert not gaps(mixed)
