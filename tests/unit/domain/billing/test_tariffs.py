"""A price is found for a centre, a kind and a day, or the error says for which there is none."""

from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.billing.tariffs import RateMissing, Tariff, tariff_at

TARIFFS = [
    Tariff(None, "desk", date(2026, 1, 1), Decimal("7.50")),
    Tariff(None, "desk", date(2026, 7, 1), Decimal("8.00")),
    Tariff("namur", "desk", date(2026, 3, 1), Decimal("6.00"), date(2026, 9, 1)),
    Tariff("namur", "room", date(2026, 1, 1), Decimal("24.00")),
]


@pytest.mark.parametrize(
    ("centre", "day", "price"),
    [
        ("mons", date(2026, 6, 30), "7.50"),
        ("mons", date(2026, 7, 1), "8.00"),
        ("namur", date(2026, 2, 28), "7.50"),
        ("namur", date(2026, 8, 31), "6.00"),
        ("namur", date(2026, 9, 1), "8.00"),
    ],
)
def test_named_centre_wins_then_the_newer_price(centre: str, day: date, price: str) -> None:
    assert tariff_at(TARIFFS, centre, "desk", day).per_hour == Decimal(price)


@pytest.mark.parametrize(
    ("centre", "kind", "day"), [("mons", "room", date(2026, 5, 1)), ("mons", "desk", date(2025, 12, 31))]
)
def test_missing_price_names_centre_kind_and_day(centre: str, kind: str, day: date) -> None:
    with pytest.raises(RateMissing, match=f"{kind} in centre {centre} on {day}"):
        tariff_at(TARIFFS, centre, kind, day)
