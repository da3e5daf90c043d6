"""Read a text of iCalendar (RFC 5545): one or more calendars with events. docs/bookings.md describes what is understood."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from smartwork.domain.bookings.importing import Fault
from smartwork.domain.bookings.occurrences import RefusedEventError
from smartwork.errors import InputError
from smartwork.jobs.bookings.icalendar_event import (
    EventContext,
    ReadEvent,
    RefusedSeriesError,
    read_event,
    read_refused,
)
from smartwork.jobs.bookings.icalendar_text import BadLineError, Component, read_components
from smartwork.jobs.bookings.icalendar_zones import CalendarZones

_METHODS = {"", "PUBLISH", "REQUEST", "CANCEL"}
_MESSAGES = {"REQUEST", "CANCEL"}
_SILENT = {"VEVENT", "VTIMEZONE"}
_COMMON_NAMES = {"calendar", "calendrier", "agenda", "kalender", "calendario", "calendar export", "personal", "personnel"}
"""Names that programs give to the calendar of every person and every room, for example Outlook and Zimbra."""


@dataclass(slots=True)
class CalendarContent:
    """One VCALENDAR: its id or name, whether it is a message about single events, the definitions of its zones, its events.

    `refused_series` are the UIDs of which nothing can be imported, with the line that is the reason.
    """

    name: str
    is_message: bool
    zones: CalendarZones
    events: list[ReadEvent] = field(default_factory=list)
    refused_series: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class CalendarFile:
    """The calendars of a text, why events are refused, and what must be said about the others."""

    calendars: list[CalendarContent] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)


def read_calendar(text: str) -> CalendarFile:
    """The calendars of an iCalendar text. Raises InputError if it is not iCalendar."""
    file = CalendarFile()
    for component in read_components(text):
        _read_one(component, file)
    return file


def _read_one(calendar: Component, file: CalendarFile) -> None:
    try:
        method = calendar.value("METHOD").upper()
        name = _identity(calendar)
        zones = CalendarZones(calendar)
        timezone = next((each.value.strip() for each in calendar.all("X-WR-TIMEZONE")), "")
        context = EventContext(method, zones, timezone)
        version = calendar.value("VERSION")
        scale = calendar.value("CALSCALE").upper()
    except BadLineError as error:
        raise InputError(f"The file is not iCalendar: line {error.line}, {error.name} {error}.") from None
    if version and "2.0" not in version:
        raise InputError(f"The calendar of line {calendar.line} is not iCalendar: VERSION is {version[:20]}, expected 2.0.")
    refusal = None
    if method not in _METHODS:
        refusal = RefusedEventError("METHOD", f"{method[:40]} is not supported; expected PUBLISH, REQUEST or CANCEL")
    elif scale not in {"", "GREGORIAN"}:
        refusal = RefusedEventError("CALSCALE", f"{scale[:40]} is not supported")
    content = CalendarContent(name, method in _MESSAGES, zones)
    file.calendars.append(content)
    for component in calendar.components:
        if component.name != "VEVENT":
            _other_component(component, file)
        elif refusal is not None:
            file.faults.append(Fault(component.line, refusal.field, f"{refusal.field} {refusal}"))
        else:
            _read_event(component, context, content, file)
    _drop_repeated(content, file)
    _drop_refused_series(content, file)


def _identity(calendar: Component) -> str:
    """What the calendar says about which one it is: an id, or a name; empty if it has only the name that all have."""
    properties = ("X-WR-RELCALID", "X-WR-CALID", "X-WR-CALNAME", "NAME")
    names = [each.value.strip() for name in properties for each in calendar.all(name)[:1]]
    return next((name for name in names if name and name.casefold() not in _COMMON_NAMES), "")


def _other_component(component: Component, file: CalendarFile) -> None:
    if component.name == "VFREEBUSY":
        file.faults.append(Fault(component.line, "VFREEBUSY", "does not say who books; export the events instead"))
    elif component.name not in _SILENT:
        file.notices.append(Fault(component.line, component.name[:40], "is not a booking and is not imported"))


def _read_event(component: Component, context: EventContext, content: CalendarContent, file: CalendarFile) -> None:
    try:
        read = read_event(component, context)
    except (RefusedEventError, BadLineError) as error:
        name = error.field if isinstance(error, RefusedEventError) else error.name
        file.faults.append(Fault(component.line, name, f"{name} {error}"))
        if isinstance(error, RefusedSeriesError):
            content.refused_series.setdefault(component.value("UID"), component.line)
        else:
            content.events += _refused(component, context)
        return
    content.events.append(read)
    file.notices += [Fault(component.line, name, f"{name} {text}") for name, text in read.remarks]


def _refused(component: Component, context: EventContext) -> Iterator[ReadEvent]:
    """A refused replacement, which keeps what is stored of its occurrence as it is."""
    try:
        event = read_refused(component, context)
    except (RefusedEventError, BadLineError):
        return
    if event is not None:
        yield ReadEvent(event)


def _drop_repeated(content: CalendarContent, file: CalendarFile) -> None:
    """Of two events that are the same occurrence in the same version, keep the first."""
    first: dict[tuple[object, ...], ReadEvent] = {}
    kept = []
    for read in content.events:
        event = read.event
        key = (event.uid, event.recurrence_id, event.version, event.state == "cancelled")
        earlier = first.setdefault(key, read)
        if earlier is read:
            kept.append(read)
        elif (earlier.event.text, earlier.places, earlier.member) == (event.text, read.places, read.member):
            file.notices.append(Fault(event.line, "UID", f"UID repeats the event of line {earlier.event.line}"))
        else:
            reason = f"UID is that of line {earlier.event.line}, which has other content and the same SEQUENCE and times"
            file.faults.append(Fault(event.line, "UID", reason))
    content.events = kept


def _drop_refused_series(content: CalendarContent, file: CalendarFile) -> None:
    for read in content.events:
        if (line := content.refused_series.get(read.event.uid)) is not None:
            file.faults.append(Fault(read.event.line, "UID", f"UID is not imported, because line {line} of it is refused"))
    content.events = [read for read in content.events if read.event.uid not in content.refused_series]
