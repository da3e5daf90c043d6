"""The events of calendars as they are stored, and what a text makes of them.

An event is known by its UID and its calendar. The name of a calendar identifies it; a file that states no name has that of
the file, which means little. So an event of another calendar counts as the same event if it names all places of the stored
one, or, where one of the two calendars has no name of its own, if its SEQUENCE differs. Otherwise it is a copy in the
calendar of another room, and both book their places.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from smartwork.db.bookings.calendar_events import StoredEvent
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.calendar_events import CalendarEvent, EventVersion, Moment
from smartwork.domain.bookings.calendar_matching import LinkedBooking
from smartwork.domain.bookings.calendar_slots import original_day
from smartwork.domain.bookings.calendar_versions import EventParts, merge
from smartwork.domain.bookings.calendar_zones import UTC_ZONE, DefinedZone, Zone
from smartwork.domain.bookings.importing import Fault, StoredBooking
from smartwork.domain.bookings.names import Names
from smartwork.domain.bookings.occurrences import zone_of
from smartwork.errors import InputError
from smartwork.jobs.bookings.calendar_names import name_event
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.icalendar_file import CalendarFile, read_calendar

_NAMED = "name:"
_UNNAMED = "file:"
_LONGEST_NAME = 100
MAX_CALENDARS_OF_UID = 1_000


@dataclass(slots=True)
class EventState:
    """An event in one calendar. `is_changed` says whether it is to be stored.

    `outdated` are events of the text that are older than what was known, with the newer version.
    """

    event_id: int | None
    calendar: str
    uid: str
    parts: EventParts = field(default_factory=EventParts)
    linked: list[LinkedBooking] = field(default_factory=list)
    expanded_to: date | None = None
    is_changed: bool = False
    outdated: list[tuple[CalendarEvent, EventVersion]] = field(default_factory=list)

    @property
    def is_named(self) -> bool:
        """Whether its calendar has a name of its own."""
        return _is_named(self.calendar)

    @property
    def line(self) -> int:
        """The line of the event in the text; 0 if the text does not have it."""
        return max((event.line for event in self.parts.events[:1]), default=0)

    @property
    def zones(self) -> Iterator[Zone]:
        """The zones of its times."""
        for event in self.parts.events:
            ends = [each.end for each in event.added] + [event.end]
            moments = [event.start, event.recurrence_id, *event.excluded, *(each.start for each in event.added), *ends]
            yield from (each.zone for each in moments if isinstance(each, Moment) and each.zone is not None)


def calendar_identity(name: str, file: str, number: int) -> str:
    """What identifies the calendar with this name, or the calendar without a name that is the `number`-th of the file."""
    if name:
        return f"{_NAMED}{name[:_LONGEST_NAME]}"
    return f"{_UNNAMED}{file[:_LONGEST_NAME]}" + (f"#{number}" if number > 1 else "")


def state_of(stored: StoredEvent, zones: Mapping[str, Zone]) -> EventState:
    """A stored event; `zones` are those of the centres."""
    linked = [_linked(label, booking, zones) for label, booking in stored.bookings]
    return EventState(stored.event_id, stored.calendar, stored.uid, _stored_parts(stored.source), linked, stored.expanded_to)


def take_in_file(
    states: defaultdict[str, list[EventState]],
    file: CalendarFile,
    names: Names,
    zones: Mapping[str, Zone],
    source: CalendarSource,
) -> tuple[list[Fault], list[Fault]]:
    """Change `states`, the events by UID, by the events of a text. Returns why events are refused, and what must be said.

    Raises InputError if one UID is in very many calendars of the text.
    """
    faults: list[Fault] = []
    notices: list[Fault] = []
    calendars_of: Counter[str] = Counter()
    for number, calendar in enumerate(file.calendars, start=1):
        identity = calendar_identity(source.calendar or calendar.name, source.name, number)
        by_uid: dict[str, list[CalendarEvent]] = defaultdict(list)
        for read in calendar.events:
            named = name_event(read, names, source)
            faults += named.faults
            notices += named.notices
            if named.event is not None:
                by_uid[named.event.uid].append(named.event)
        for uid, events in by_uid.items():
            calendars_of[uid] += 1
            if calendars_of[uid] > MAX_CALENDARS_OF_UID:
                raise InputError(f"The UID {uid[:60]} is in more than {MAX_CALENDARS_OF_UID} calendars of the file.")
            take_in(states[uid], identity, events, zones, is_message=calendar.is_message)
            for state in states[uid]:
                notices += [
                    Fault(event.line, "SEQUENCE", f"{event.version} of {uid[:60]} is older than what is stored: {newer}")
                    for event, newer in state.outdated
                ]
                state.outdated.clear()
    return faults, notices


def take_in(
    states: list[EventState], calendar: str, events: Sequence[CalendarEvent], zones: Mapping[str, Zone], *, is_message: bool
) -> None:
    """Change `states`, those of one UID, by the events with this UID in a calendar of the text."""
    incoming = EventParts(None, tuple(events))
    targets, is_whole = _targets(states, calendar, incoming, is_message=is_message)
    if not targets:
        targets = [EventState(None, _unused(calendar, states, incoming), events[0].uid)]
        states += targets
    for state in targets:
        default = zone_of([*incoming.places, *state.parts.places], zones)
        merged = merge(state.parts, events, default, is_message=is_message)
        state.parts, state.is_changed = merged.parts, True
        state.outdated += merged.outdated
        if not _is_of(state, calendar) and (not state.calendar or (is_whole and (_is_named(calendar) or not state.is_named))):
            state.calendar = calendar


def _targets(
    states: Sequence[EventState], calendar: str, incoming: EventParts, *, is_message: bool
) -> tuple[list[EventState], bool]:
    """The states that events of `calendar` are about, none if they are a new event or a copy; and whether the events are the
    whole event, so that its calendar is this one from now on.
    """
    if own := [state for state in states if _is_of(state, calendar)]:
        return _own(own, incoming), True
    if unknown := [state for state in states if not state.calendar]:
        return unknown[:1], True
    places = incoming.places
    is_named = _is_named(calendar)
    if all(event.state == "cancelled" for event in incoming.events):
        everywhere = not places and (is_message or not is_named)
        return [state for state in states if everywhere or places & state.parts.places], False
    if all(event.recurrence_id is not None for event in incoming.events):
        return sorted(states, key=lambda state: not places & state.parts.places)[:1], False
    if same := [state for state in states if state.parts.places and state.parts.places <= places]:
        return same[:1], True
    number = incoming.version.number
    return [s for s in states if not (is_named and s.is_named) and s.parts.version.number != number][:1], True


def _own(own: Sequence[EventState], incoming: EventParts) -> list[EventState]:
    """Which of the states of the same calendar the events are about; none if they are a copy for another place.

    Several exports may have the same file name. So in a calendar without a name of its own, the same version of an event at
    other places is a copy; without a version nobody can tell, and the event has moved.
    """
    places = incoming.places
    if not places or own[0].is_named:
        return list(own)
    if sharing := [state for state in own if places & state.parts.places or not state.parts.places]:
        return sharing[:1]
    version = incoming.version
    is_stated = version.modified is not None or version.stamp is not None
    if is_stated and any(state.parts.version == version for state in own):
        return []
    return list(own[:1])


def _is_named(calendar: str) -> bool:
    return calendar.startswith(_NAMED)


def _is_of(state: EventState, calendar: str) -> bool:
    return state.calendar == calendar or (not _is_named(calendar) and state.calendar.startswith(f"{calendar}@"))


def _unused(calendar: str, states: Sequence[EventState], incoming: EventParts) -> str:
    """The calendar of a new state: for a second copy in one calendar, with a digest of its places."""
    if calendar not in {state.calendar for state in states}:
        return calendar
    places = "; ".join(sorted("/".join(place) for place in incoming.places))
    return f"{calendar}@{hashlib.sha256(places.encode()).hexdigest()[:16]}"


def source_text(state: EventState) -> str:
    """The event as iCalendar, with everything that is needed to expand it again."""
    definitions = {zone.name: zone.definition for zone in state.zones if isinstance(zone, DefinedZone)}
    events = []
    for event in state.parts.events:
        places = "; ".join("/".join(place) for place in event.places)
        lines = [event.text]
        lines += [f"LOCATION:{_escaped(places)}"] if places else []
        lines += [f"X-SMARTWORK-MEMBER:{_escaped(event.member)}"] if event.member else []
        events += ["BEGIN:VEVENT", *lines, "END:VEVENT"]
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *definitions.values(), *events, "END:VCALENDAR"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _stored_parts(source: str) -> EventParts:
    """The events of a stored text, which names places by slugs and the member by pseudonym."""
    if not source:
        return EventParts()
    events = []
    for calendar in read_calendar(source).calendars:
        for read in calendar.events:
            places = [tuple(text.split("/", 1)) for each in read.places for text in each.texts[0].split("; ")]
            member = read.member.texts[0] if read.member else ""
            events.append(replace(read.event, line=0, places=tuple((c, r) for c, r in places), member=member))
    master = next((event for event in events if event.recurrence_id is None), None)
    return EventParts(master, tuple(event for event in events if event.recurrence_id is not None))


def _linked(label: str, booking: StoredBooking, zones: Mapping[str, Zone]) -> LinkedBooking:
    return LinkedBooking(label, original_day(label) or _day(booking.booking, zones), booking)


def _day(booking: Booking, zones: Mapping[str, Zone]) -> date:
    return zones.get(booking.centre, UTC_ZONE).local(booking.starts_at).date()
