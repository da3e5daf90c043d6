"""Money rounds by a name and never loses a cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.money import CENT, cents, spread


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.005", "0.01"), ("0.0049", "0.00"), ("13.125", "13.13"), ("-0.005", "-0.01")]
)
def test_halves_round_away_from_zero(amount: str, rounded: str) -> None:
    assert str(cents(Decimal(amount))) == rounded


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any))
def test_parts_add_up_and_none_is_a_step_off_its_share(total: int, weights: list[int]) -> None:
    whole = total * CENT
    parts = spread(whole, [Decimal(w) for w in weights])
    assert sum(parts) == whole
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - whole * weight / sum(weights)) < CENT


def test_largest_remainder_gets_the_cent() -> None:
    assert spread(Decimal("0.10"), [Decimal(1), Decimal(2), Decimal(3)]) == [
        Decimal("0.02"),
        Decimal("0.03"),
        Decimal("0.05"),
    ]


@pytest.mark.parametrize(("total", "weights"), [("-1", [1]), ("1", [0, 0]), ("1", [2, -1]), ("0.005", [1])])
def test_what_cannot_be_split_is_refused(total: str, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"spread needs|no multiple"):
        spread(Decimal(total), [Decimal(w) for w in weights])


def test_nothing_is_never_below_zero() -> None:
    assert str(cents(Decimal("-0.001"))) == "0.00"
    assert str(cents(Decimal(0) * -3)) == "0.00"
