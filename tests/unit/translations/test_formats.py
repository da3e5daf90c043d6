"""Numbers, amounts and dates are written as the readers of each language write them."""

from datetime import date
from decimal import Decimal

import pytest

from smartwork.domain.billing.parties import Language
from smartwork.translations import formats


@pytest.mark.parametrize(
    ("language", "text"), [("fr", "1\u202f234,50\u00a0€"), ("nl", "1.234,50\u00a0€"), ("en", "€\u202f1,234.50")]
)
def test_an_amount_has_its_sign_and_separators_where_the_language_puts_them(language: Language, text: str) -> None:
    assert formats.euro(Decimal("1234.5"), language) == text
    assert formats.euro(Decimal("-1234.5"), language) == f"−{text}"


@pytest.mark.parametrize(
    ("language", "figures"),
    [
        ("fr", ["1\u202f234\u202f567,8910", "1\u202f234", "7,50", "6,805", "21\u00a0%", "98,7\u00a0%"]),
        ("nl", ["1.234.567,8910", "1.234", "7,50", "6,805", "21\u00a0%", "98,7\u00a0%"]),
        ("en", ["1,234,567.8910", "1,234", "7.50", "6.805", "21%", "98.7%"]),
    ],
)
def test_numbers_and_percentages(language: Language, figures: list[str]) -> None:
    assert figures == [
        formats.number(Decimal("1234567.891"), language, 4),
        formats.count(1234, language),
        formats.price(Decimal("7.5"), language),
        formats.price(Decimal("6.8050"), language),
        formats.percent(Decimal(21), language),
        formats.percent(Decimal("98.7"), language, 1),
    ]


@pytest.mark.parametrize(
    ("language", "dates"),
    [
        ("fr", ["03/09/2026", "je 03/09", "septembre 2026"]),
        ("nl", ["03/09/2026", "do 03/09", "september 2026"]),
        ("en", ["3\u00a0Sep\u00a02026", "Th 03/09", "September 2026"]),
    ],
)
def test_dates(language: Language, dates: list[str]) -> None:
    day = date(2026, 9, 3)
    assert dates == [formats.day(day, language), formats.short_day(day, language), formats.month(day, language)]


def test_a_zero_has_no_sign() -> None:
    assert formats.number(Decimal("-0.00"), "en") == "0.00"
    assert formats.number(-0.0, "en") == "0.00"


def test_seconds_become_whole_minutes_to_the_nearest() -> None:
    assert [formats.minutes(seconds) for seconds in (0, 29, 30, 90)] == [0, 0, 1, 2]
