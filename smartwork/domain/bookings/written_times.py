"""Dates, times and durations as spreadsheets and other systems write them. docs/bookings.md lists the forms.

A text is read as the one instant that it can mean, or refused. The order of day and month is never guessed from one text:
`find_date_order` decides for a whole file.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Literal, get_args

from smartwork.domain.bookings.importing import NoSuchTimeError
from smartwork.domain.bookings.names import visible

DateOrder = Literal["dmy", "mdy", "ymd"]
DATE_ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)

_DAY = timedelta(days=1)
_BASES = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
_LAST_SHORT_YEAR = 69
_FEW_DECIMALS = 4
"""A serial date with so few decimals may have been rounded by its cell; see `_serial`."""
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "january jan janvier janv januari januar jan janner", "february feb fevrier fevr fev februari februar",
            "march mar mars maart mrt marz mrz mar", "april apr avril avr", "may mai mei",
            "june jun juin juni", "july jul juillet juil juli", "august aug aout augustus",
            "september sept sep septembre", "october oct octobre oktober okt",
            "november nov novembre", "december dec decembre dezember dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS = {
    name: weekday
    for weekday, names in enumerate(
        (
            "monday mon lundi lun maandag ma montag mo", "tuesday tue mardi mar dinsdag di dienstag",
            "wednesday wed mercredi mer woensdag wo mittwoch mi", "thursday thu jeudi jeu donderdag do donnerstag",
            "friday fri vendredi ven vrijdag vr freitag fr", "saturday sat samedi sam zaterdag za samstag sa",
            "sunday sun dimanche dim zondag zo sonntag so",
        )
    )
    for name in names.split()
}  # fmt: skip
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})$")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:\.|er|st|nd|rd|th)?[ /-]?([a-z]+)\.?[ /,-]{0,2}(\d{4}|\d{2})$")
_MONTH_DAY = re.compile(r"([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$")
_WEEKDAY = re.compile(r"([a-z]{2,9})[.,]{0,2} ")
_CLOCK = re.compile(r"(\d{1,2})(?::| ?[hu] ?)(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(?:([ap])\.?m\.?|h|uhr|uur))?$")
_HOUR = re.compile(r"(\d{1,2}) ?(?:([ap])\.?m\.?|h|u|uhr|uur)$")
_OFFSET = re.compile(r"(?: ?(z)| (?:utc|gmt)| ?(?:utc|gmt)? ?([+-])(\d{2}):?(\d{2}))$")
_BETWEEN = re.compile(r"(?<=\d)(?:t|,? (?:at |om |à |a |@ |um )?)(?=\d)")
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?$")
_FRACTION = re.compile(r"0?[.,](\d+)$|0$")
_NUMBER_OF = re.compile(r"(\d+[.,]\d+) ?(?:(h|hrs?|hours?|heures?|uur|u|stunden?|std)|min|mins|minutes?|minuten)\.?")
_NUMBER = re.compile(r"(\d+)(?:([.,])(\d+))?")
_PARTS = re.compile(
    r"(?:(\d+) ?(?:h|hr|hrs|hours?|heures?|uur|u|stunden?|std)\.?)? ?"
    r"(?:(?:and |et |en |und )?(\d+) ?(?:m|min|mins|minutes?|minuten)?\.?)?$"
)


@dataclass(frozen=True, slots=True)
class Written:
    """How a file writes its dates and numbers, where a text alone does not say it. None: the file must not need it."""

    date_order: DateOrder | None = None
    serial_base: Literal[1900, 1904] = 1900
    decimal: Literal[".", ","] | None = None


class DateOrderError(ValueError):
    """The dates of a file do not say, or contradict, which number is the day. `text` is the first such date."""

    def __init__(self, text: str, reason: str) -> None:
        self.text = text
        super().__init__(reason)


def clean(text: str) -> str:
    """`text` without invisible characters, and without the apostrophe by which a spreadsheet marks text."""
    return visible(text).removeprefix("'").replace("\u2212", "-").strip()


def find_date_order(texts: Iterable[str], told: DateOrder | None = None) -> DateOrder | None:
    """The order of day, month and year in which all numeric dates of `texts` are dates, or the one that was told.

    A year of two digits stands last, unless the date is written as 26-10-05, where it may stand first. None if no text needs
    an order. Raises DateOrderError if several orders fit, if none does, and if a text has another order than the one told.
    """
    left: frozenset[DateOrder] | None = None
    seen: list[tuple[str, dict[DateOrder, date]]] = []
    for text in texts:
        plain = _date_part(clean(text).lower())
        if (match := _YEAR_FIRST.match(plain)) and not _dates((match[1], match[3], match[4]), ("ymd",)):
            if _dates((match[1], match[4], match[3]), ("ymd",)):
                raise DateOrderError(text, f"{clean(text)!r} has the day before the month. Write dates as yyyy-mm-dd")
        elif possible := _possible(plain):
            seen.append((text, possible))
            left = frozenset(possible) if left is None else left & frozenset(possible)
            if told is not None and told not in possible:
                raise DateOrderError(text, f"{clean(text)!r} has another order than {told}, which was told. Check the order")
            if not left:
                first = next(other for other, orders in seen if not orders.keys() & possible.keys() or len(orders) == 1)
                raise DateOrderError(
                    text,
                    f"{clean(text)!r} and {clean(first)!r} have day, month and year in different orders, so other dates "
                    "of the file may mean either. Write all dates in one order",
                )
    if told is not None or left is None:
        return told
    for text, possible in seen:
        if len({possible[order] for order in left}) > 1:
            orders = [order for order in DATE_ORDERS if order in left]
            raise DateOrderError(
                text,
                f"{clean(text)!r} may be {' or '.join(str(possible[order]) for order in orders)}, and no date of the file "
                f"decides it. Use --date-order {' or --date-order '.join(orders)}, or date_order in the map",
            )
    return next(order for order in DATE_ORDERS if order in left)


def read_moment(text: str, written: Written) -> datetime:
    """The date and time of `text`; without an offset in the text it has no zone. Raises NoSuchTimeError."""
    plain = clean(text).lower()
    if match := _SERIAL.match(plain):
        moment = _serial(text, match, written)
        if match[2] is None:
            raise NoSuchTimeError(f"{text.strip()[:40]!r} has no time of day; expected for example 45567.375")
        return moment
    if plain.startswith("##"):
        raise NoSuchTimeError("'####' is shown where a column is too narrow; widen it before the sheet is saved as CSV")
    if (iso := _iso(plain)) is not None:
        return iso
    offset, rest = _split_offset(plain)
    day, clock = _split_time(rest)
    if (time := _clock(clock)) is not None:
        return (_midnight(_day(text, day, written)) + time).replace(tzinfo=offset)
    if not _is_date(text, plain, written):
        raise NoSuchTimeError(f"{text.strip()[:40]!r} is not a time; expected for example 2026-10-05T09:00")
    raise NoSuchTimeError(f"{text.strip()[:40]!r} has no time of day; expected for example 2026-10-05T09:00")


def read_day(text: str, written: Written) -> date:
    """The date of `text`. Raises NoSuchTimeError, also for a time of day other than midnight."""
    plain = clean(text).lower()
    if match := _SERIAL.match(plain):
        moment = _serial(text, match, written)
    else:
        day, clock = _split_time(plain)
        time = _clock(clock)
        moment = _midnight(_day(text, plain if time is None else day, written)) + (time or timedelta(0))
    if moment != _midnight(moment.date()):
        raise NoSuchTimeError(f"{text.strip()[:40]!r} has a time of day, where a date is expected")
    return moment.date()


def read_time_of_day(text: str) -> timedelta:
    """The time since midnight, up to 24:00. A number below 1 is a part of a day. Raises NoSuchTimeError."""
    plain = clean(text).lower()
    if match := _FRACTION.match(plain):
        return _part_of_day(text, match[1] or "0")
    plain = _split_time(plain)[1] if re.match(r"(1899-12-30|1899-12-31|1904-01-01)[ t]", plain) else plain
    time = _clock(plain)
    if time is None:
        raise NoSuchTimeError(f"{text.strip()[:40]!r} is not a time of day; expected for example 9:00, 09:00 or 9:00 AM")
    return time


def read_duration(text: str, unit: Literal["hours", "minutes", "days"], written: Written) -> timedelta:
    """The length that `text` states: `1:30`, `1 h 30`, `90 min`, or a number of `unit`. Raises NoSuchTimeError."""
    plain = clean(text).lower()
    number = _NUMBER.fullmatch(plain)
    if with_unit := _NUMBER_OF.fullmatch(plain):
        number, unit = _NUMBER.fullmatch(with_unit[1]), "hours" if with_unit[2] else "minutes"
    if match := re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?", plain):
        length = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3] or 0))
    elif number:
        length = _length(text, number, unit, written)
    elif plain and (parts := _PARTS.fullmatch(plain)):
        length = timedelta(hours=int(parts[1] or 0), minutes=int(parts[2] or 0))
    elif iso := re.fullmatch(r"pt(?:(\d+)h)?(?:(\d+)m)?(?:0+s)?", plain):
        length = timedelta(hours=int(iso[1] or 0), minutes=int(iso[2] or 0))
    else:
        raise NoSuchTimeError(f"{text.strip()[:40]!r} is not a duration; expected for example 1:30, 1.5 or 90 min")
    if length % timedelta(minutes=1):
        raise NoSuchTimeError(f"{text.strip()[:40]!r} is not a whole number of minutes; write it as h:mm")
    return length


def _length(text: str, number: re.Match[str], unit: str, written: Written) -> timedelta:
    whole, mark, decimals = number.groups()
    if mark and written.decimal not in (None, mark):
        raise NoSuchTimeError(
            f"{text.strip()[:40]!r} has {mark!r}, but the map says that decimals follow {written.decimal!r}"
        )
    if mark and written.decimal is None and len(decimals) == 3:
        raise NoSuchTimeError(f"{text.strip()[:40]!r} may be a thousand or a decimal number; set decimal in the map")
    if unit == "days":
        return int(whole) * _DAY + _part_of_day(text, decimals or "0")
    value = Decimal(f"{whole}.{decimals or 0}")
    return timedelta(seconds=float(value * (3600 if unit == "hours" else 60)))


def _serial(text: str, match: re.Match[str], written: Written) -> datetime:
    """A date as days since the base of a spreadsheet. Raises NoSuchTimeError if it has no time, or is out of range."""
    day = _midnight(_BASES[written.serial_base]) + int(match[1]) * _DAY
    if not 2000 <= day.year < 2100:
        raise NoSuchTimeError(f"{text.strip()[:40]!r} is not a time; expected for example 2026-10-05T09:00")
    return day + _part_of_day(text, match[2] or "0")


def _part_of_day(text: str, decimals: str) -> timedelta:
    """Decimals of a day, to the second. With few decimals a cell may have rounded them: 0.38 is shown for 9:00 and for 9:10.

    They are read only if they are a multiple of five minutes exactly, as 0.375 is.
    """
    part = Decimal(f"0.{decimals}") * 86400
    if len(decimals) <= _FEW_DECIMALS and part % 300:
        raise NoSuchTimeError(
            f"{text.strip()[:40]!r} is rounded, so its time of day is not known; format the column as date and time"
        )
    return timedelta(seconds=int(part.to_integral_value()))


def _iso(plain: str) -> datetime | None:
    """An ISO 8601 text with a time of day, in any of its forms, or None."""
    if not re.match(r"\d{4}-?(?:w|\d{2}).*\d[t ]\d", plain):
        return None
    try:
        return datetime.fromisoformat(plain.upper())
    except ValueError:
        return None


def _split_offset(plain: str) -> tuple[timezone | None, str]:
    """The offset at the end of a text, and the rest. A date such as 2026-10-05 has none."""
    match = _OFFSET.search(plain)
    if match is None or ":" not in plain[: match.start()]:
        return None, plain
    if match[2] is None:
        return UTC, plain[: match.start()]
    minutes = int(match[3]) * 60 + int(match[4])
    if int(match[4]) > 59 or minutes > 14 * 60:
        return None, plain
    return timezone(timedelta(minutes=minutes if match[2] == "+" else -minutes)), plain[: match.start()]


def _split_time(plain: str) -> tuple[str, str]:
    """What stands before the last white space, comma or T between digits, and what after it."""
    between = None
    for match in _BETWEEN.finditer(plain):
        between = match
    return (plain[: between.start()], plain[between.end() :]) if between else (plain, "")


def _date_part(plain: str) -> str:
    day, clock = _split_time(_split_offset(plain)[1])
    return day if clock else plain


def _clock(plain: str) -> timedelta | None:
    """A time of day, or None if the text is none."""
    if match := _CLOCK.match(plain):
        hours, minutes, seconds, fraction, half = match.groups()
        micros = int((fraction or "0").ljust(6, "0")[:6])
    elif match := _HOUR.match(plain):
        hours, minutes, seconds, micros, half = match[1], "0", "0", 0, match[2]
    else:
        return None
    hour, minute, second = int(hours), int(minutes), int(seconds or 0)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    time = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micros)
    return time if minute < 60 and second < 60 and time <= _DAY else None


def _is_date(text: str, plain: str, written: Written) -> bool:
    try:
        _day(text, plain, written)
    except NoSuchTimeError:
        return False
    return True


def _day(text: str, plain: str, written: Written) -> date:
    """The date of a text in lower case without a time. Raises NoSuchTimeError."""
    plain = "".join(each for each in unicodedata.normalize("NFD", plain) if not unicodedata.combining(each))
    weekday = None
    if (match := _WEEKDAY.match(plain)) and match[1] in _WEEKDAYS and _is_weekday(plain, match):
        weekday, plain = _WEEKDAYS[match[1]], plain[match.end() :]
    try:
        found = date(*_numbers(text, plain, written))
    except NoSuchTimeError:
        raise
    except ValueError as error:
        raise NoSuchTimeError(f"{text.strip()[:40]!r} is not a date: {error}") from None
    if weekday is not None and found.weekday() != weekday:
        raise NoSuchTimeError(f"{text.strip()[:40]!r}: {found} is another day of the week")
    return found


def _is_weekday(plain: str, match: re.Match[str]) -> bool:
    """Whether the first word is a day of the week, as in "mar. 6 oct. 2026", and not a month, as in "mar 6, 2026"."""
    return match[1] not in _MONTHS or _DAY_MONTH.match(plain, match.end()) is not None


def _numbers(text: str, plain: str, written: Written) -> tuple[int, int, int]:
    """Year, month and day of a date."""
    if match := _YEAR_FIRST.match(plain):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _COMPACT.match(plain):
        return int(match[1]), int(match[2]), int(match[3])
    if (match := _DAY_MONTH.match(plain)) and match[2] in _MONTHS:
        return _year(match[3]), _MONTHS[match[2]], int(match[1])
    if (match := _MONTH_DAY.match(plain)) and match[1] in _MONTHS:
        return int(match[3]), _MONTHS[match[1]], int(match[2])
    possible = _possible(plain)
    if written.date_order is not None and possible:
        possible = {order: day for order, day in possible.items() if order == written.date_order}
    if len(days := set(possible.values())) > 1:
        raise NoSuchTimeError(
            f"{text.strip()[:40]!r} may be {' or '.join(map(str, sorted(days)))}. Use --date-order, or date_order in the map"
        )
    if not days:
        raise NoSuchTimeError(
            f"{text.strip()[:40]!r} is not a date{f' in the order {written.date_order}' if written.date_order else ''}"
            if _NUMBERS.match(plain)
            else f"{text.strip()[:40]!r} is not a time; expected for example 2026-10-05T09:00"
        )
    (day,) = days
    return day.year, day.month, day.day


def _possible(plain: str) -> dict[DateOrder, date]:
    """The dates that three numbers can be, by order; empty if the text is not such a date."""
    match = _NUMBERS.match(plain)
    if match is None:
        return {}
    first, separator, second, last = match.groups()
    orders: tuple[DateOrder, ...] = ("dmy", "mdy")
    if len(last) == 2 and len(first) == 2 and len(second) == 2:
        orders = ("dmy", "mdy", "ymd") if separator == "-" else orders
    return _dates((first, second, last), orders)


def _dates(numbers: tuple[str, str, str], orders: Iterable[DateOrder]) -> dict[DateOrder, date]:
    found: dict[DateOrder, date] = {}
    for order in orders:
        named = dict(zip(order, numbers, strict=True))
        try:
            found[order] = date(_year(named["y"]), int(named["m"]), int(named["d"]))
        except ValueError:
            continue
    return found


def _year(digits: str) -> int:
    """The year; two digits mean 2000 to 2069. Raises ValueError for a later one."""
    if len(digits) == 4:
        return int(digits)
    if int(digits) > _LAST_SHORT_YEAR:
        raise ValueError("write years with four digits")
    return 2000 + int(digits)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone is added where the centre is known
