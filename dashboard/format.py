"""Numbers, times and durations as every page writes them; "–" where there is no figure."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

NETWORK_ZONE = ZoneInfo("Europe/Brussels")
NONE = "–"
_THIN = "\u202f"


def whole(value: float | None) -> str:
    """A count, thousands apart: 1 234 567."""
    return NONE if value is None else f"{value:,.0f}".replace(",", _THIN)


def number(value: float | None, digits: int = 1) -> str:
    """A measured value with `digits` decimals, thousands apart."""
    return NONE if value is None else f"{value:,.{digits}f}".replace(",", _THIN)


def percent(share: float | None, digits: int = 0) -> str:
    """A share of one as a percentage: 0.55 is 55 %. A minus is written as one."""
    return NONE if share is None else f"{100 * share:.{digits}f}{_THIN}%".replace("-", "−")


def kwh(watt_hours: float | None, digits: int = 0) -> str:
    """Energy in kWh from Wh."""
    return NONE if watt_hours is None else f"{number(watt_hours / 1000, digits).replace('-', '−')}{_THIN}kWh"


def money(amount: Decimal, currency: str = "EUR") -> str:
    """An amount to the cent: €1 234.50; other currencies by their code."""
    sign = "−" if amount < 0 else ""
    mark = "€" if currency == "EUR" else f"{currency} "
    return f"{sign}{mark}{abs(amount):,.2f}".replace(",", _THIN)


def day(value: date) -> str:
    """A date: Mon 5 Oct 2026."""
    return f"{value:%a} {value.day} {value:%b %Y}"


def short_day(value: date) -> str:
    """A date without weekday: 5 Oct 2026."""
    return f"{value.day} {value:%b %Y}"


def month(value: date) -> str:
    """A month: October 2026."""
    return f"{value:%B %Y}"


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
    """How long since, coarser with age: 4 s ago, 3 min ago, 2 h ago, 5 days ago."""
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
