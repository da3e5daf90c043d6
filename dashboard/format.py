"""Formats of numbers, times and durations on pages; "–" for a missing figure.

Pages are in English and use the formats of English documents, but a narrow no-break space separates thousands, because
French and Dutch readers take a comma for a decimal sign.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from smartwork.translations import formats

NETWORK_ZONE = ZoneInfo("Europe/Brussels")
NONE = "–"
_THIN = "\u202f"


def whole(value: float | None) -> str:
    """A count: 1 234 567."""
    return number(value, 0)


def number(value: float | None, digits: int = 1) -> str:
    """A measured value with `digits` decimals."""
    return NONE if value is None else _spaced(formats.number(value, "en", digits))


def percent(share: float | None, digits: int = 0) -> str:
    """A share of one as a percentage: 0.55 is 55 %."""
    return NONE if share is None else f"{number(100 * share, digits)}{_THIN}%"


def kwh(watt_hours: float | None, digits: int = 0) -> str:
    """Energy given in Wh, as kWh."""
    return NONE if watt_hours is None else f"{number(watt_hours / 1000, digits)}{_THIN}kWh"


def money(amount: Decimal, currency: str = "EUR") -> str:
    """An amount to the cent: €1 234.50; other currencies by their code."""
    mark = "€" if currency == "EUR" else f"{currency} "
    return f"{'−' if amount < 0 else ''}{mark}{_spaced(formats.number(abs(amount), 'en'))}"


def day(value: date) -> str:
    """A date: Mon 5 Oct 2026."""
    return formats.date_text(value, "EEE d MMM y", "en")


def short_day(value: date) -> str:
    """A date without weekday: 5 Oct 2026."""
    return formats.date_text(value, "d MMM y", "en")


def month(value: date) -> str:
    """A month: October 2026."""
    return formats.month(value, "en")


def clock(instant: datetime, zone: ZoneInfo = NETWORK_ZONE) -> str:
    """The local time of day: 09:30."""
    return f"{instant.astimezone(zone):%H:%M}"


def moment(instant: datetime, zone: ZoneInfo = NETWORK_ZONE) -> str:
    """A local instant: 5 Oct 2026, 09:30."""
    return f"{short_day(instant.astimezone(zone).date())}, {clock(instant, zone)}"


def minutes(value: float) -> str:
    """A duration given in minutes: 3 h 05 min, 45 min."""
    hours, rest = divmod(round(value), 60)
    return f"{hours} h {rest:02} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"


def ago(age: timedelta) -> str:
    """An age, rounded down to one unit: 4 s ago, 3 min ago, 2 h ago, 5 days ago."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 60:
        return f"{seconds} s ago"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if seconds < 2 * 86_400:
        return f"{seconds // 3600} h ago"
    return f"{seconds // 86_400} days ago"


def structured(reference: str) -> str:
    """Twelve digits as the Belgian structured communication: +++090/9337/55493+++; anything else unchanged."""
    if len(reference) != 12 or not reference.isdigit():
        return reference
    return f"+++{reference[:3]}/{reference[3:7]}/{reference[7:]}+++"


def _spaced(text: str) -> str:
    return text.replace(",", _THIN)
