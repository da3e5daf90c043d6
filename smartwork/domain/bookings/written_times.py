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

DateOrder = Literal["dmy", "mdy", "ymd"]
DATE_ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)

_DAY = timedelta(days=1)
_BASES = {1900: date(1899, 12, 30), 1904: date(1904, 1, 1)}
_FEW_DECIMALS = 4
"""A serial date with so few decimals may have been rounded by its cell; see `_serial`."""
_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "january jan janvier janv januari januar jan", "february feb fevrier fevr fev februari februar",
            "march mar mars maart mrt marz mar", "april apr avril avr", "may mai mei",
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
_CLOCK = re.compile(r"(\d{1,2})(?::|h)(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([ap])\.?m\.?)?$")
_HOUR = re.compile(r"(\d{1,2}) ?(?:([ap])\.?m\.?|h)$")
_OFFSET = re.compile(r"(?: ?(z)| (?:utc|gmt)| ?(?:utc|gmt)? ?([+-])(\d{2}):?(\d{2}))$")
_BETWEEN = re.compile(r"(?<=\d)(?:t|,? (?:at |om |à |a |@ |um )?)(?=\d)")
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d+))?$")
_FRACTION = re.compile(r"0?[.,](\d+)$|0$")
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
    """`text` without invisible characters and surrounding white space; every white space is one plain space."""
    visible = "".join(each for each in text if unicodedata.category(each) != "Cf")
    return " ".join(visible.removeprefix("'").split())


def find_date_order(texts: Iterable[str]) -> DateOrder | None:
    """Which number of the numeric dates in `texts` is the day: the order in which all of them are dates.

    A year of two digits stands last. None if no text needs it. Raises DateOrderError if both orders fit, or none.
    """
    day_first = month_first = undecided = None
    for text in texts:
        match = _NUMBERS.match(_date_part(clean(text).lower()))
        if match is None:
            continue
        first, second = int(match[1]), int(match[3])
        if first > 12 >= second:
            day_first = day_first or text
        elif second > 12 >= first:
            month_first = month_first or text
        elif first != second:
            undecided = undecided or text
    if day_first and month_first:
        raise DateOrderError(
            month_first,
            f"{clean(day_first)!r} has the day first and {clean(month_first)!r} the month first, so the other dates of the "
            "file may mean either. Write all dates in one order",
        )
    if undecided and not (day_first or month_first):
        raise DateOrderError(
            undecided,
            f"{clean(undecided)!r} may have the day or the month first, and no date of the file decides it. "
            "Use --date-order dmy or --date-order mdy, or date_order in the map",
        )
    return "dmy" if day_first else "mdy" if month_first else None


def read_moment(text: str, written: Written) -> datetime:
    """The date and time of `text`; without an offset in the text it has no zone. Raises NoSuchTimeError."""
    plain = clean(text).lower()
    if match := _SERIAL.match(plain):
        return _serial(text, match, written)
    offset, rest = _split_offset(plain)
    day, clock = _split_time(rest)
    if (time := _clock(clock)) is not None:
        return (_midnight(_day(text, day, written)) + time).replace(tzinfo=offset)
    try:
        moment = datetime.fromisoformat(plain.upper())
    except ValueError:
        moment = None
    if moment is not None and re.search(r"[T ]\d", plain.upper()):
        return moment
    if moment is None and not _is_date(text, plain, written):
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
    if (match := _WEEKDAY.match(plain)) and match[1] in _WEEKDAYS and match[1] not in _MONTHS:
        weekday, plain = _WEEKDAYS[match[1]], plain[match.end() :]
    year, month, day = _numbers(text, plain, written)
    try:
        found = date(year, month, day)
    except ValueError:
        raise NoSuchTimeError(f"{text.strip()[:40]!r}: there is no day {day} in month {month} of {year}") from None
    if weekday is not None and found.weekday() != weekday:
        raise NoSuchTimeError(f"{text.strip()[:40]!r}: {found} is another day of the week")
    return found


def _numbers(text: str, plain: str, written: Written) -> tuple[int, int, int]:
    """Year, month and day of a date."""
    if match := _YEAR_FIRST.match(plain):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _COMPACT.match(plain):
        return int(match[1]), int(match[2]), int(match[3])
    if (match := _DAY_MONTH.match(plain)) and match[2] in _MONTHS:
        return _year(text, match[3]), _MONTHS[match[2]], int(match[1])
    if (match := _MONTH_DAY.match(plain)) and match[1] in _MONTHS:
        return int(match[3]), _MONTHS[match[1]], int(match[2])
    match = _NUMBERS.match(plain)
    if match is None:
        raise NoSuchTimeError(f"{text.strip()[:40]!r} is not a time; expected for example 2026-10-05T09:00")
    first, second, last = match[1], match[3], match[4]
    if written.date_order == "ymd":
        if len(last) == 4:
            raise NoSuchTimeError(f"{text.strip()[:40]!r} has the year last, but date_order is ymd")
        return _year(text, first), int(second), int(last)
    if written.date_order is None and first.lstrip("0") != second.lstrip("0"):
        raise NoSuchTimeError(
            f"{text.strip()[:40]!r} may have the day or the month first. Use --date-order dmy or --date-order mdy"
        )
    day, month = (first, second) if written.date_order != "mdy" else (second, first)
    return _year(text, last), int(month), int(day)


def _year(text: str, digits: str) -> int:
    if len(digits) == 4:
        return int(digits)
    if int(digits) > 69:
        raise NoSuchTimeError(f"{text.strip()[:40]!r} has the year {digits}; write years with four digits")
    return 2000 + int(digits)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone is added where the centre is known
