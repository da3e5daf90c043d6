"""The time zones of a calendar: names of the IANA database, names that other systems write, and what VTIMEZONE defines."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

from smartwork.domain.bookings.calendar_zones import UTC_ZONE, DefinedZone, NamedZone, Transition, Zone, in_order
from smartwork.domain.bookings.recurrence import UnsupportedRuleError, parse_rule, recurring_dates
from smartwork.jobs.bookings.icalendar_text import BadLineError, Component

_LAST_DAY = date(2099, 12, 31)
_MAX_OBSERVANCES = 200
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
_DISPLAY_NAME = re.compile(r"\((?:UTC|GMT)(?:([+-])(\d{2}):?(\d{2}))?\)\s*(.*)", re.IGNORECASE)
"""How Windows shows a time zone: "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"."""


class UnknownZoneError(ValueError):
    """A TZID that names no time zone and that the calendar does not define; the message says so."""


class CalendarZones:
    """The time zones that one VCALENDAR may refer to."""

    def __init__(self, calendar: Component) -> None:
        self._definitions: dict[str, Component] = {}
        for component in calendar.components:
            if component.name == "VTIMEZONE":
                self._definitions.setdefault(component.value("TZID"), component)
        self._found: dict[str, Zone] = {}

    def find(self, tzid: str) -> Zone:
        """The zone that `tzid` names. Raises UnknownZoneError."""
        if tzid not in self._found:
            self._found[tzid] = self._find(tzid)
        return self._found[tzid]

    def _find(self, tzid: str) -> Zone:
        definition = self._definitions.get(tzid)
        named = _iana_name(tzid) or (_iana_name(definition.value("X-LIC-LOCATION")) if definition else None)
        named = named or get_global("windows_zone_mapping").get(tzid)
        if named:
            return UTC_ZONE if named == "UTC" else NamedZone(named)
        if definition is not None:
            return _defined(tzid, definition)
        if city := _of_display_name(tzid):
            return NamedZone(city)
        raise UnknownZoneError(
            f"TZID={tzid[:60]} is not a known time zone, and the file has no VTIMEZONE for it; "
            "expected for example Europe/Brussels"
        )


@cache
def _names() -> dict[str, str]:
    """The names of the IANA database by their lower-case form."""
    return {name.lower(): name for name in available_timezones() if name not in {"localtime", "Factory"}}


def _iana_name(text: str) -> str | None:
    """The IANA name that is the text or the end of it: `/mozilla.org/20050126_1/Europe/Brussels` names Europe/Brussels."""
    parts = text.strip().strip('"').split("/")
    for at in range(len(parts)):
        if name := _names().get("/".join(parts[at:]).lower()):
            return name
        if not text.startswith("/"):
            break
    return None


def _of_display_name(text: str) -> str | None:
    """The zone of the first city of a display name that has the stated offset outside summer time."""
    match = _DISPLAY_NAME.fullmatch(text.strip())
    if match is None:
        return None
    offset = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0)) * (-1 if match[1] == "-" else 1)
    cities = [city.strip().lower().replace(" ", "_") for city in match[4].split(",")]
    for city in cities:
        for name in sorted(available_timezones()):
            if name.lower().endswith(f"/{city}") and _standard_offset(name) == offset:
                return name
    return None


def _standard_offset(name: str) -> timedelta | None:
    zone = ZoneInfo(name)
    offsets = [datetime(2026, month, 1, tzinfo=zone) for month in (1, 7)]
    return min((at.utcoffset() or timedelta() for at in offsets), default=None)


def _defined(tzid: str, definition: Component) -> DefinedZone:
    transitions: list[Transition] = []
    try:
        for part in definition.components[:_MAX_OBSERVANCES]:
            transitions += _transitions(part)
    except (BadLineError, UnsupportedRuleError, ValueError, OverflowError) as error:
        raise UnknownZoneError(f"TZID={tzid[:60]}: its VTIMEZONE in line {definition.line} is not usable ({error})") from None
    if not transitions:
        raise UnknownZoneError(f"TZID={tzid[:60]}: its VTIMEZONE in line {definition.line} has no STANDARD and no DAYLIGHT")
    return DefinedZone(tzid, in_order(transitions), definition.text())


def _transitions(part: Component) -> list[Transition]:
    """The instants at which a STANDARD or DAYLIGHT begins."""
    before, after = _offset(part.value("TZOFFSETFROM")), _offset(part.value("TZOFFSETTO"))
    start = datetime.strptime(part.value("DTSTART")[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local time
    locals_ = [start]
    if rule := part.value("RRULE"):
        parsed = parse_rule(rule, start.time())
        first = start.date() if parsed.count or parsed.interval > 1 else max(start.date(), start.date().replace(year=1972))
        locals_ += [datetime.combine(day, start.time()) for day in recurring_dates(parsed, first, _LAST_DAY)]
        if parsed.count is not None:
            locals_ = locals_[: parsed.count + 1]
        if isinstance(parsed.until, datetime):
            last = (parsed.until + before).replace(tzinfo=None) if parsed.until.tzinfo else parsed.until
            locals_ = [at for at in locals_ if at <= last]
    for each in part.all("RDATE"):
        locals_ += [datetime.strptime(value[:15], "%Y%m%dT%H%M%S") for value in each.raw.split(",")]  # noqa: DTZ007
    return [Transition(at.replace(tzinfo=UTC) - before, before, after) for at in locals_]


def _offset(text: str) -> timedelta:
    match = _OFFSET.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:20]!r} is not an offset")
    amount = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    if amount >= timedelta(hours=24):
        raise ValueError(f"{text[:20]!r} is not an offset")
    return -amount if match[1] == "-" else amount
