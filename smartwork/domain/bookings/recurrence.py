"""Recurrence rules of RFC 5545, 3.3.10, as far as a booking can repeat: by day, week, month or year.

A rule gives local dates; the time of day is that of the first occurrence. The search goes up to a given date and takes time
in proportion to it, also for a rule that no date fulfils.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, cast

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

_DAY = timedelta(days=1)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RANGES = {
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYMONTH": (1, 12),
    "BYSETPOS": (-366, 366),
}
_NOT_WITH = {
    "BYMONTHDAY": ("WEEKLY",),
    "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY"),
    "BYWEEKNO": ("DAILY", "WEEKLY", "MONTHLY"),
}
"""Parts that RFC 5545 forbids with these frequencies."""
_TIME_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")


class UnsupportedRuleError(ValueError):
    """A rule that is wrong or not supported; the message names the part."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule, without what ends it: `count` and `until` are as written, and the caller applies them.

    `weekdays` has pairs of ordinal (0: every) and weekday, Monday 0.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    week_start: int = 0
    weekdays: tuple[tuple[int, int], ...] = ()
    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    positions: tuple[int, ...] = ()

    @property
    def is_endless(self) -> bool:
        """Whether the rule names no end."""
        return self.count is None and self.until is None


def parse_rule(text: str, at: time | None) -> Rule:
    """The rule of an RRULE value; `at` is the time of day of the first occurrence, None for a whole day.

    UNTIL is a date, a naive datetime, or an aware one in UTC. Raises UnsupportedRuleError.
    """
    parts = _parts(text)
    frequency = parts.pop("FREQ", "").upper()
    if frequency not in _FREQUENCIES:
        raise UnsupportedRuleError(
            f"FREQ={frequency[:20] or '(missing)'} is not supported; expected {', '.join(_FREQUENCIES)}"
        )
    if "COUNT" in parts and "UNTIL" in parts:
        raise UnsupportedRuleError("COUNT and UNTIL exclude each other; keep one")
    _check_scale(parts)
    _check_time(parts, at)
    for name, frequencies in _NOT_WITH.items():
        if name in parts and frequency in frequencies:
            raise UnsupportedRuleError(f"{name} cannot be used with FREQ={frequency}")
    numbers = {name: _numbers(name, parts.pop(name), *limits) for name, limits in _RANGES.items() if name in parts}
    rule = Rule(
        cast("Frequency", frequency),
        interval=_positive("INTERVAL", parts.pop("INTERVAL", "1")),
        count=_positive("COUNT", parts.pop("COUNT")) if "COUNT" in parts else None,
        until=_until(parts.pop("UNTIL")) if "UNTIL" in parts else None,
        week_start=_weekday("WKST", parts.pop("WKST", "MO")),
        weekdays=_weekdays(parts.pop("BYDAY", ""), frequency, with_weeks="BYWEEKNO" in numbers),
        months=frozenset(numbers.get("BYMONTH", ())),
        month_days=frozenset(numbers.get("BYMONTHDAY", ())),
        year_days=frozenset(numbers.get("BYYEARDAY", ())),
        weeks=frozenset(numbers.get("BYWEEKNO", ())),
        positions=tuple(numbers.get("BYSETPOS", ())),
    )
    if parts:
        raise UnsupportedRuleError(f"{next(iter(parts))[:40]} is not supported")
    if rule.positions and not (rule.weekdays or rule.months or rule.month_days or rule.year_days or rule.weeks):
        raise UnsupportedRuleError("BYSETPOS needs another BY part")
    return rule


def recurring_dates(rule: Rule, start: date, last: date) -> Iterator[date]:
    """The dates of `rule` from `start` to `last`, both inclusive, in order. COUNT and UNTIL are not applied."""
    rule = _completed(rule, start)
    for days in _periods(rule, start, last):
        matching = [day for day in days if _matches(rule, day)]
        if rule.positions:
            chosen = {matching[p - 1 if p > 0 else p] for p in rule.positions if abs(p) <= len(matching)}
            matching = sorted(chosen)
        for day in matching:
            if start <= day <= last:
                yield day


def _completed(rule: Rule, start: date) -> Rule:
    """`rule` with what it leaves open taken from the first occurrence."""
    weekdays, months, month_days = rule.weekdays, rule.months, rule.month_days
    if rule.frequency == "WEEKLY":
        weekdays = weekdays or ((0, start.weekday()),)
    elif rule.frequency == "MONTHLY" and not weekdays and not month_days:
        month_days = frozenset((start.day,))
    elif rule.frequency == "YEARLY" and rule.weeks and not (weekdays or month_days or rule.year_days):
        weekdays = ((0, start.weekday()),)
    elif rule.frequency == "YEARLY" and not (weekdays or month_days or rule.year_days or rule.weeks):
        months, month_days = months or frozenset((start.month,)), frozenset((start.day,))
    return Rule(
        rule.frequency,
        rule.interval,
        week_start=rule.week_start,
        weekdays=weekdays,
        months=months,
        month_days=month_days,
        year_days=rule.year_days,
        weeks=rule.weeks,
        positions=rule.positions,
    )


def _periods(rule: Rule, start: date, last: date) -> Iterator[Sequence[date]]:
    """The days of each period of the rule that may have occurrences."""
    if rule.frequency in {"DAILY", "WEEKLY"}:
        length = 1 if rule.frequency == "DAILY" else 7
        first = start if length == 1 else start - _DAY * ((start.weekday() - rule.week_start) % 7)
        while first <= last:
            yield [first + _DAY * n for n in range(length)]
            first += _DAY * length * rule.interval
        return
    months = 1 if rule.frequency == "MONTHLY" else 12
    at = start.year * 12 + (start.month - 1 if months == 1 else 0)
    while at <= last.year * 12 + last.month - 1:
        first, end = date(at // 12, at % 12 + 1, 1), date((at + months) // 12, (at + months) % 12 + 1, 1)
        if months == 1 and rule.months and first.month not in rule.months:
            pass
        else:
            yield [first + _DAY * n for n in range((end - first).days)]
        at += months * rule.interval


def _matches(rule: Rule, day: date) -> bool:
    return (
        (not rule.months or day.month in rule.months)
        and (not rule.month_days or not rule.month_days.isdisjoint(_both_ends(day, _month_of(day))))
        and (not rule.year_days or not rule.year_days.isdisjoint(_both_ends(day, _year_of(day))))
        and (not rule.weeks or not rule.weeks.isdisjoint(_week_numbers(day, rule.week_start)))
        and (not rule.weekdays or _matches_weekday(rule, day))
    )


def _matches_weekday(rule: Rule, day: date) -> bool:
    ordinals = [ordinal for ordinal, weekday in rule.weekdays if weekday == day.weekday()]
    if not ordinals or 0 in ordinals:
        return bool(ordinals)
    of_year = rule.frequency == "YEARLY" and not rule.months
    first, end = _year_of(day) if of_year else _month_of(day)
    return (day - first).days // 7 + 1 in ordinals or -(((end - day).days - 1) // 7 + 1) in ordinals


def _both_ends(day: date, period: tuple[date, date]) -> tuple[int, int]:
    """The number of the day in [first, end), from the start and, negative, from the end."""
    first, end = period
    return (day - first).days + 1, (day - end).days


def _month_of(day: date) -> tuple[date, date]:
    return day.replace(day=1), (day.replace(day=28) + 4 * _DAY).replace(day=1)


def _year_of(day: date) -> tuple[date, date]:
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def _week_numbers(day: date, week_start: int) -> tuple[int, int]:
    """The number of the week of the day, from the start of its year and, negative, from the end. Week 1 has four days."""
    middle = day - _DAY * ((day.weekday() - week_start) % 7) + 3 * _DAY
    number = (middle - date(middle.year, 1, 1)).days // 7 + 1
    weeks = number + (date(middle.year, 12, 31) - middle).days // 7
    return number, number - weeks - 1


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in filter(None, text.strip().split(";")):
        name, _, value = part.partition("=")
        name = name.strip().upper()
        if not value.strip():
            raise UnsupportedRuleError(f"{part[:40]!r} is not a part of a rule")
        if name in parts:
            raise UnsupportedRuleError(f"{name[:40]} occurs twice")
        parts[name] = value.strip()
    return parts


def _check_scale(parts: dict[str, str]) -> None:
    """Accept the extension of RFC 7529 where it says what RFC 5545 says anyway."""
    if (scale := parts.pop("RSCALE", "GREGORIAN")).upper() != "GREGORIAN":
        raise UnsupportedRuleError(f"RSCALE={scale[:20]} is not supported")
    if (skip := parts.pop("SKIP", "OMIT")).upper() != "OMIT":
        raise UnsupportedRuleError(f"SKIP={skip[:20]} is not supported")


def _check_time(parts: dict[str, str], at: time | None) -> None:
    """Accept a time of day that is that of the first occurrence."""
    for name in _TIME_PARTS:
        value = parts.pop(name, None)
        if value is not None and (at is None or value not in {f"{(n := _of_time(at, name))}", f"{n:02}"}):
            raise UnsupportedRuleError(f"{name}={value[:40]} is not supported; write one event for each time of day")


def _of_time(at: time, name: str) -> int:
    return {"BYHOUR": at.hour, "BYMINUTE": at.minute, "BYSECOND": at.second}[name]


def _numbers(name: str, text: str, least: int, most: int) -> tuple[int, ...]:
    found = []
    for each in text.split(","):
        if not re.fullmatch(r"[+-]?\d{1,3}", each.strip()) or not least <= int(each) <= most or int(each) == 0:
            raise UnsupportedRuleError(f"{name}={text[:40]} is not valid")
        found.append(int(each))
    return tuple(found)


def _positive(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or int(text) == 0:
        raise UnsupportedRuleError(f"{name}={text[:40]} is not valid")
    return int(text)


def _weekday(name: str, text: str) -> int:
    if text.upper() not in _WEEKDAYS:
        raise UnsupportedRuleError(f"{name}={text[:40]} is not valid")
    return _WEEKDAYS.index(text.upper())


def _weekdays(text: str, frequency: str, *, with_weeks: bool) -> tuple[tuple[int, int], ...]:
    found = []
    for each in filter(None, text.split(",")):
        match = re.fullmatch(r"([+-]?\d{1,2})?([A-Za-z]{2})", each.strip())
        ordinal = int(match[1] or 0) if match else 99
        if match is None or abs(ordinal) > (5 if frequency == "MONTHLY" else 53) or (match[1] and not ordinal):
            raise UnsupportedRuleError(f"BYDAY={text[:40]} is not valid")
        if ordinal and (frequency not in {"MONTHLY", "YEARLY"} or with_weeks):
            raise UnsupportedRuleError(
                f"BYDAY={each[:10]} counts weekdays, which needs FREQ=MONTHLY or YEARLY without BYWEEKNO"
            )
        found.append((ordinal, _weekday("BYDAY", match[2])))
    return tuple(found)


def _until(text: str) -> date | datetime:
    """UNTIL as a date, a local time, or an instant. "For ever" is often written as the year 9999."""
    match = re.fullmatch(r"(\d{8})(?:T(\d{6})(Z?))?", text.upper())
    try:
        if match and match[2]:
            written = f"{match[1]}{match[2]}{match[3] and '+0000'}"
            return _within_reach(datetime.strptime(written, "%Y%m%d%H%M%S" + (match[3] and "%z")))  # noqa: DTZ007 - local time
        if match:
            return _within_reach(datetime.strptime(match[1], "%Y%m%d")).date()  # noqa: DTZ007 - a date
    except ValueError:
        pass
    raise UnsupportedRuleError(f"UNTIL={text[:40]} is not a time")


def _within_reach(until: datetime) -> datetime:
    """`until`, or the nearest time with which one can calculate in any zone: no occurrence lies beyond it."""
    return until if 1900 < until.year < 2200 else until.replace(year=1900 if until.year <= 1900 else 2200, month=1, day=1)
