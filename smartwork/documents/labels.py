"""The number and date habits of the documents in the three languages."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from smartwork.documents.translations import WORDS
from smartwork.domain.billing.parties import Language

_ORDER: tuple[Language, ...] = ("fr", "nl", "en")
_MONTHS: dict[Language, str] = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}
_DAYS: dict[Language, str] = {"fr": "lu ma me je ve sa di", "nl": "ma di wo do vr za zo", "en": "Mo Tu We Th Fr Sa Su"}
_MARKS: dict[Language, dict[int, str]] = {
    "fr": str.maketrans({",": "\u202f", ".": ",", "-": "−"}),
    "nl": str.maketrans({",": ".", ".": ",", "-": "−"}),
    "en": str.maketrans({"-": "−"}),
}


_COLUMNS: dict[Language, dict[str, str]] = {
    language: {key: texts[column] for key, texts in WORDS.items()} for column, language in enumerate(_ORDER)
}


def words(language: Language) -> dict[str, str]:
    """Every label of the documents in `language`, by key."""
    return _COLUMNS[language]


def minutes(seconds: int) -> int:
    """Whole minutes, to the nearest."""
    return (seconds + 30) // 60


def number(value: Decimal, language: Language, places: int = 2) -> str:
    """`value` with `places` decimals and the language's thousands and decimal marks."""
    return f"{value + 0:,.{places}f}".translate(_MARKS[language])


def count(value: int, language: Language) -> str:
    """A whole number with the language's thousands marks."""
    return number(Decimal(value), language, 0)


def price(value: Decimal, language: Language) -> str:
    """A price with all the decimals it has, and at least two."""
    exponent = value.normalize().as_tuple().exponent
    return number(value, language, max(2, -exponent if isinstance(exponent, int) else 2))


def euro(value: Decimal, language: Language) -> str:
    """An amount in EUR, the sign where the language puts it."""
    if language == "en":
        return f"{'−' if value < 0 else ''}€\u202f{number(abs(value), language)}"
    return f"{number(value, language)}\u00a0€"


def day(value: date, language: Language) -> str:
    """A date in figures, day first; in English the month has its name, so that nobody swaps them."""
    if language == "en":
        return f"{value.day}\u00a0{_MONTHS['en'].split()[value.month - 1][:3]}\u00a0{value.year}"
    return f"{value:%d/%m/%Y}"


@lru_cache(maxsize=512)
def short_day(value: date, language: Language) -> str:
    """Weekday and day of the month, as lists of one month show them."""
    return f"{_DAYS[language].split()[value.weekday()]} {value:%d/%m}"


def month(value: date, language: Language) -> str:
    """Name of the month, and the year."""
    return f"{_MONTHS[language].split()[value.month - 1]} {value.year}"


def percent(value: Decimal, language: Language, places: int = 0) -> str:
    """A percentage with its sign as the language writes it."""
    sign = "%" if language == "en" else "\u00a0%"
    return number(value, language, places) + sign
