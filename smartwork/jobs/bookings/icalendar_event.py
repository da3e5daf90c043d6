"""One VEVENT as a value. What is not supported is refused by the name of its property."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from smartwork.domain.bookings.calendar_events import AddedTime, CalendarEvent, Duration, EventState, EventVersion, Moment
from smartwork.domain.bookings.calendar_zones import UTC_ZONE, Zone
from smartwork.domain.bookings.occurrences import MAX_OCCURRENCES, RefusedEventError
from smartwork.domain.bookings.recurrence import UnsupportedRuleError, parse_rule
from smartwork.jobs.bookings.icalendar_text import Component, Property
from smartwork.jobs.bookings.icalendar_zones import CalendarZones, UnknownZoneError

LONGEST_TEXT = 500
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_KEPT = (
    "UID",
    "SEQUENCE",
    "LAST-MODIFIED",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
)
"""The properties that are stored with a series, so that it can be expanded again. No text about persons is among them."""
_KEPT_OF_REFUSED = ("UID", "SEQUENCE", "RECURRENCE-ID")
_STATE_LINES = {
    "booked": "",
    "cancelled": "STATUS:CANCELLED",
    "free": "TRANSP:TRANSPARENT",
    "refused": "STATUS:TENTATIVE",
}
_TIMES = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")
_DURATION = re.compile(r"\+?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?")
_STATES = {"": "booked", "CONFIRMED": "booked", "CANCELLED": "cancelled", "CANCELED": "cancelled"}
_FREE = {"FREE", "WORKINGELSEWHERE"}


class RefusedSeriesError(RefusedEventError):
    """An event that changes several occurrences in a way that is not supported: nothing of its series can be imported."""


@dataclass(frozen=True, slots=True)
class NamedText:
    """A text that names a place or a member, in the forms in which it may be known, and its property."""

    property: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """An event of a text, with the texts that name its places and its member, and what must be said about it."""

    event: CalendarEvent
    places: tuple[NamedText, ...] = ()
    member: NamedText | None = None
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EventContext:
    """What the VCALENDAR says about its events: METHOD, the zones it defines, X-WR-TIMEZONE."""

    method: str
    zones: CalendarZones
    timezone: str

    def default_zone(self) -> Zone | None:
        """The zone of times without a zone, if the calendar names one. Raises RefusedEventError if it is not known."""
        if not self.timezone:
            return None
        try:
            return self.zones.find(self.timezone)
        except UnknownZoneError:
            raise RefusedEventError("X-WR-TIMEZONE", f"{self.timezone[:60]} is not a known time zone") from None


def read_event(component: Component, context: EventContext) -> ReadEvent:
    """The event. Raises RefusedEventError, or RefusedSeriesError; BadLineError for a property that cannot be read."""
    event = _identified(component, context)
    _refuse_unsupported(component)
    state, remarks = _state(component, context.method)
    start, end = _extent(component, context)
    if start is None and state != "cancelled":
        raise RefusedEventError("DTSTART", "is missing")
    event = replace(event, state=state, start=start, end=end)
    if start is not None:
        event = _with_series(event, start, component, context)
    places, said = _places(component)
    return ReadEvent(
        replace(event, text=_kept_text(component, context, state)), places, _member(component), (*remarks, *said)
    )


def read_refused(component: Component, context: EventContext) -> CalendarEvent | None:
    """A refused replacement of an occurrence as far as it says which occurrence it is about; None if it is not one."""
    event = _identified(component, context)
    return replace(event, text=_kept_text(component, context, "refused")) if event.recurrence_id else None


def _identified(component: Component, context: EventContext) -> CalendarEvent:
    """UID, occurrence and version of the event."""
    uid = component.value("UID")
    if not uid:
        raise RefusedEventError("UID", "is missing")
    if len(uid) > LONGEST_TEXT or not uid.isprintable():
        raise RefusedEventError("UID", f"is longer than {LONGEST_TEXT} characters, or has characters that cannot be printed")
    recurrence = component.first("RECURRENCE-ID")
    if recurrence is not None and "RANGE" in recurrence.parameters:
        raise RefusedSeriesError(
            "RECURRENCE-ID", f"RANGE={recurrence.parameters['RANGE'][:20]} is not supported; split the series into two events"
        )
    return CalendarEvent(
        line=component.line,
        uid=uid,
        version=_version(component),
        state="refused",
        start=None,
        end=None,
        recurrence_id=_moment(recurrence, context) if recurrence is not None else None,
    )


def _version(component: Component) -> EventVersion:
    text = component.value("SEQUENCE")
    if text and not re.fullmatch(r"\d{1,9}", text):
        raise RefusedEventError("SEQUENCE", f"{text[:20]!r} is not a number")
    instants = []
    for name in ("LAST-MODIFIED", "DTSTAMP"):
        found = component.first(name)
        local = _local(found.raw.strip()) if found is not None else None
        instants.append(local.replace(tzinfo=UTC) if isinstance(local, datetime) else None)
    return EventVersion(int(text) if text else None, *instants)


def _refuse_unsupported(component: Component) -> None:
    for bad in component.bad_lines:
        raise RefusedEventError(f"line {bad}", "is not a property; a continued line begins with a space")
    if component.all("EXRULE"):
        raise RefusedEventError("EXRULE", "is not supported; write the dates as EXDATE")
    if len(component.all("RRULE")) > 1:
        raise RefusedEventError("RRULE", "occurs more than once; write one event for each rule")


def _state(component: Component, method: str) -> tuple[EventState, list[tuple[str, str]]]:
    """The state of the event, and what must be said about it."""
    status = component.value("STATUS").upper()
    if method == "CANCEL" or _STATES.get(status) == "cancelled":
        return "cancelled", []
    if status == "TENTATIVE":
        raise RefusedEventError("STATUS", "TENTATIVE is not a booking; import the event once it is confirmed")
    if status not in _STATES:
        raise RefusedEventError("STATUS", f"{status[:40]} is not the status of an event")
    busy = component.value("X-MICROSOFT-CDO-BUSYSTATUS").upper()
    if method == "REQUEST":  # Outlook sends a request as tentative, with what it is to become beside it
        busy = component.value("X-MICROSOFT-CDO-INTENDEDSTATUS").upper() or busy
    if busy == "TENTATIVE":
        raise RefusedEventError(
            "X-MICROSOFT-CDO-BUSYSTATUS", "TENTATIVE is not a booking; import the event once it is confirmed"
        )
    if busy in _FREE:
        return "free", [("X-MICROSOFT-CDO-BUSYSTATUS", f"{busy} is free time, so it is not a booking")]
    if component.value("TRANSP").upper() == "TRANSPARENT":
        return "free", [("TRANSP", "TRANSPARENT is free time, so it is not a booking")]
    return "booked", []


def _extent(component: Component, context: EventContext) -> tuple[Moment | None, Moment | Duration | None]:
    """Start and end of the event as it stands; the days that it fills, if it is marked as such."""
    first, last, length = component.first("DTSTART"), component.first("DTEND"), component.first("DURATION")
    start = _moment(first, context) if first is not None else None
    if last is not None and length is not None:
        raise RefusedEventError("DURATION", "and DTEND exclude each other; keep one")
    if length is not None:
        return start, _duration(length)
    end = _moment(last, context) if last is not None else None
    if start is None or end is None:
        return start, end
    if start.is_day != end.is_day:
        raise RefusedEventError("DTEND", "must be a date as DTSTART is, or both must have a time of day")
    if (start.zone is None) != (end.zone is None):
        raise RefusedEventError("DTEND", "and DTSTART must both have a zone, or both have none")
    whole_day = component.value("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE"
    if whole_day and start.at.time() == end.at.time() == time():
        return Moment(start.day), Moment(end.day)
    return start, end


def _with_series(event: CalendarEvent, start: Moment, component: Component, context: EventContext) -> CalendarEvent:
    """The event with its rule, and with the times that are added to it and excluded from it."""
    rule_text = component.first("RRULE")
    try:
        rule = parse_rule(rule_text.raw, None if start.is_day else start.at.time()) if rule_text is not None else None
    except UnsupportedRuleError as error:
        raise RefusedEventError("RRULE", str(error)) from None
    added = tuple(
        _added(each, text, context) for each in component.all("RDATE") for text in each.raw.split(",") if text.strip()
    )
    excluded = tuple(
        _moment(each, context, text) for each in component.all("EXDATE") for text in each.raw.split(",") if text.strip()
    )
    if event.recurrence_id is not None and (rule is not None or added):
        raise RefusedEventError("RECURRENCE-ID", "and RRULE or RDATE exclude each other")
    if max(len(added), len(excluded)) > MAX_OCCURRENCES:
        raise RefusedEventError("RDATE", f"has more than {MAX_OCCURRENCES} times; import the event in parts")
    return replace(event, rule=rule, added=added, excluded=excluded)


def _added(found: Property, text: str, context: EventContext) -> AddedTime:
    start_text, _, end_text = text.partition("/")
    start = _moment(found, context, start_text)
    if not end_text:
        return AddedTime(start)
    if end_text.upper().startswith(("P", "+P")):
        return AddedTime(start, _duration(replace(found, raw=end_text)))
    return AddedTime(start, _moment(found, context, end_text))


def _moment(found: Property, context: EventContext, text: str | None = None) -> Moment:
    """The time that the property states, or one of several, given as `text`."""
    value = (found.raw if text is None else text).strip().upper()
    if found.parameters.get("VALUE", "").upper() not in {"", "DATE", "DATE-TIME", "PERIOD"}:
        raise RefusedEventError(found.name, f"VALUE={found.parameters['VALUE'][:20]} is not supported")
    local = _local(value)
    if local is None:
        raise RefusedEventError(found.name, f"{value[:40]!r} is not a time; expected for example 20261005T090000")
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        raise RefusedEventError(found.name, f"the year {local.year} is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    if not isinstance(local, datetime):
        return Moment(local)
    if value.endswith("Z"):
        return Moment(local, UTC_ZONE)
    tzid = found.parameters.get("TZID", "").strip()
    if not tzid:
        return Moment(local, context.default_zone())
    try:
        return Moment(local, context.zones.find(tzid))
    except UnknownZoneError as error:
        raise RefusedEventError(found.name, str(error)) from None


def _local(text: str) -> date | datetime | None:
    """A DATE or DATE-TIME, without its zone; None if it is neither. A leap second counts as the second before it."""
    match = re.fullmatch(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z?)?", text.upper())
    try:
        if match is None:
            return None
        year, month, day = (int(each) for each in match.groups()[:3])
        if match[4] is None:
            return date(year, month, day)
        return datetime(year, month, day, int(match[4]), int(match[5]), min(int(match[6]), 59))  # noqa: DTZ001 - local time
    except ValueError:
        return None


def _duration(found: Property) -> Duration:
    match = _DURATION.fullmatch(found.raw.strip().upper())
    if match is None or not any(match.groups()):
        raise RefusedEventError(found.name, f"{found.raw.strip()[:40]!r} is not a length of time; expected for example PT2H")
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
    return Duration(weeks * 7 + days, timedelta(hours=hours, minutes=minutes, seconds=seconds))


def _places(component: Component) -> tuple[tuple[NamedText, ...], list[tuple[str, str]]]:
    """What names places: LOCATION, RESOURCES, and attendees that are rooms; and which attendees are left out."""
    names: list[NamedText] = []
    for each in component.all("LOCATION"):
        names += [NamedText("LOCATION", (each.value.strip(),))] if each.value.strip() else []
    for each in component.all("RESOURCES"):
        names += [NamedText("RESOURCES", (text.strip(),)) for text in each.value.split(",") if text.strip()]
    attendees, unreadable = component.readable("ATTENDEE")
    said = [("ATTENDEE", f"of line {error.line} {error}; a room that it names is not booked") for error in unreadable]
    for each in attendees:
        if each.parameters.get("CUTYPE", "").upper() not in {"ROOM", "RESOURCE"}:
            continue
        address = re.sub(r"^mailto:", "", each.value.strip(), flags=re.IGNORECASE)
        texts = tuple(filter(None, (each.parameters.get("CN", "").strip(), address)))
        if each.parameters.get("PARTSTAT", "").upper() == "DECLINED":
            said.append(("ATTENDEE", f"{texts[0][:60]!r} has declined, so it is not booked"))
        else:
            names.append(NamedText("ATTENDEE", texts))
    return tuple(names), said


def _member(component: Component) -> NamedText | None:
    if pseudonym := component.value("X-SMARTWORK-MEMBER"):
        return NamedText("X-SMARTWORK-MEMBER", (pseudonym,))
    organizer = component.first("ORGANIZER")
    if organizer is None or not organizer.value.strip():
        return None
    address = re.sub(r"^mailto:", "", organizer.value.strip(), flags=re.IGNORECASE)
    name = organizer.parameters.get("CN", "").strip()
    return NamedText("ORGANIZER", (f"{name} <{address}>" if name and "@" in address else address,))


def refused_text(text: str) -> str:
    """Kept lines as those of a replacement that is refused: they say only which occurrence it is about."""
    lines = [line for line in text.split("\n") if line.split(":")[0].split(";")[0] in _KEPT_OF_REFUSED]
    return "\n".join([*lines, _STATE_LINES["refused"]])


def _kept_text(component: Component, context: EventContext, state: EventState) -> str:
    """The lines of the event that are stored, with the zone of each time resolved."""
    names = _KEPT_OF_REFUSED if state == "refused" else _KEPT
    return "\n".join([*_kept_lines(component, context, names), *filter(None, (_STATE_LINES[state],))])


def _kept_lines(component: Component, context: EventContext, names: tuple[str, ...]) -> Iterator[str]:
    for each in component.all(*names):
        parameters = "".join(f";{name}={value}" for name, value in each.parameters.items() if name == "VALUE")
        if each.name in _TIMES and each.raw.strip():
            zone = _moment(each, context, re.split(r"[,/]", each.raw)[0]).zone
            parameters += f';TZID="{zone.name}"' if zone is not None and zone != UTC_ZONE else ""
        yield f"{each.name}{parameters}:{each.raw.strip()}"
    if component.value("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE":
        yield "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
