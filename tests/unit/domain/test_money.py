"""Money is rounded to the cent by one rule."""

from decimal import Decimal

import pytest

from smartwork.domain.money import round_to_cent


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.005", "0.01"), ("0.0049", "0.00"), ("13.125", "13.13"), ("-0.005", "-0.01")]
)
def test_halves_round_away_from_zero(amount: str, rounded: str) -> None:
    assert str(round_to_cent(Decimal(amount))) == rounded


def test_zero_is_never_negative() -> None:
    assert str(round_to_cent(Decimal("-0.001"))) == "0.00"
    assert str(round_to_cent(Decimal(0) * -3)) == "0.00"
