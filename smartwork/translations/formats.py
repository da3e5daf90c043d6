"""Numbers, amounts and dates as each language writes them, by the rules of the Unicode CLDR that Babel carries.

Minus signs are written as U+2212. Patterns and locales are parsed once, and results are cached: a document formats the same
values many times.
"""

from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, parse_pattern

from smartwork.domain.billing.parties import Language

_EURO = {"fr": "#,##0.00\u00a0€", "nl": "#,##0.00\u00a0€", "en": "€\u202f#,##0.00"}
_PERCENT_SIGN = {"fr": "\u00a0%", "nl": "\u00a0%", "en": "%"}
_DAY = {"fr": "dd/MM/y", "nl": "dd/MM/y", "en": "d\u00a0MMM\u00a0y"}
"""In English the month has its name, so that day and month are not confused."""
_WEEKDAY_AND_DAY = "EEEEEE dd/MM"
_MONTH = "LLLL y"


def minutes(seconds: int) -> int:
    """Whole minutes, to the nearest."""
    return (seconds + 30) // 60


def duration(seconds: int) -> str:
    """A length of time to the second: "45 min", "45 min 20 s"."""
    whole, rest = divmod(seconds, 60)
    return f"{whole} min {rest} s" if rest else f"{whole} min"


def clock_minutes(seconds: int) -> str:
    """A length of time in minutes and seconds: "149:12"."""
    return f"{seconds // 60}:{seconds % 60:02}"


def number(value: Decimal | float, language: Language, places: int = 2) -> str:
    """`value` with `places` decimals and thousands separators."""
    return _formatted(value, "#,##0" + (f".{'0' * places}" if places else ""), language)


def count(value: int, language: Language) -> str:
    """A whole number with thousands separators."""
    return number(value, language, 0)


def price(value: Decimal, language: Language) -> str:
    """A price with all its decimals, and at least two."""
    exponent = value.normalize().as_tuple().exponent
    return number(value, language, max(2, -exponent if isinstance(exponent, int) else 2))


def euro(value: Decimal, language: Language) -> str:
    """An amount in EUR to the cent, the sign where the language puts it."""
    return _formatted(value, _EURO[language], language)


def percent(value: Decimal | float, language: Language, places: int = 0) -> str:
    """A percentage with its sign; `value` is in percent, 21 and not 0.21."""
    return number(value, language, places) + _PERCENT_SIGN[language]


def country(code: str, language: Language) -> str:
    """The name of a country by its code of ISO 3166-1."""
    return str(_locale(language).territories.get(code, code))


def day(value: date, language: Language) -> str:
    """A date, day first."""
    return date_text(value, _DAY[language], language)


def short_day(value: date, language: Language) -> str:
    """Weekday, day and month, for lists within one month."""
    return date_text(value, _WEEKDAY_AND_DAY, language)


def month(value: date, language: Language) -> str:
    """Name of the month, and the year."""
    return date_text(value, _MONTH, language)


@lru_cache(maxsize=8192)
def date_text(value: date, pattern: str, language: Language) -> str:
    """A date by a CLDR pattern, such as `EEE d MMM y`."""
    return format_date(value, pattern, _locale(language))


@lru_cache(maxsize=8192)
def _formatted(value: Decimal | float, pattern: str, language: Language) -> str:
    # Adding zero turns a negative zero into zero.
    written: str = _number_pattern(pattern).apply(value + 0, _locale(language))
    return written.replace("-", "−")


@cache
def _locale(language: Language) -> Locale:
    return Locale.parse(language)


@cache
def _number_pattern(pattern: str) -> NumberPattern:
    return parse_pattern(pattern)
