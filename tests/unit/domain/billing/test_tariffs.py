"""A price is found for a centre, a kind and a day, or the error says for which there is none."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.billing.tariffs import RateMissing, Tariff, fingerprint, tariff_at
from tests.support.stays import contract

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


OCTOBER = date(2026, 10, 1)
WAS = Tariff(None, "desk", date(2026, 1, 1), Decimal("7.50"))


@pytest.mark.parametrize(
    "now",
    [
        [replace(WAS, valid_until=date(2026, 11, 1)), Tariff(None, "desk", date(2026, 11, 1), Decimal(8))],
        [replace(WAS, valid_from=date(2025, 1, 1))],
        [WAS, Tariff("namur", "desk", date(2025, 1, 1), Decimal(6), date(2026, 10, 1))],
    ],
)
def test_prices_of_other_months_leave_a_month_as_it_was(now: list[Tariff]) -> None:
    assert fingerprint(now, OCTOBER) == fingerprint([WAS], OCTOBER)


@pytest.mark.parametrize(
    "now",
    [
        [replace(WAS, per_hour=Decimal("7.60"))],
        [replace(WAS, valid_until=date(2026, 10, 31)), Tariff(None, "desk", date(2026, 10, 31), Decimal(8))],
        [WAS, Tariff("namur", "desk", date(2026, 10, 20), Decimal(6))],
        [replace(WAS, day=Decimal(40))],
        [],
    ],
)
def test_another_price_on_any_day_of_a_month_is_seen(now: list[Tariff]) -> None:
    assert fingerprint(now, OCTOBER) != fingerprint([WAS], OCTOBER)


def test_a_contract_is_seen_to_change_by_its_rules_and_not_by_its_time_to_pay() -> None:
    was = contract()
    assert fingerprint([replace(was, payment_days=60)], OCTOBER) == fingerprint([was], OCTOBER)
    assert fingerprint([replace(was, no_show_share=Decimal("0.6"))], OCTOBER) != fingerprint([was], OCTOBER)
