"""Which places and which member an event of a calendar names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from smartwork.domain.bookings.calendar_events import CalendarEvent
from smartwork.domain.bookings.importing import Fault
from smartwork.domain.bookings.names import Names, UnknownNameError
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.icalendar_event import NamedText, ReadEvent, refused_text

_MAX_WORDS = 4
"""So many parts between commas are tried as one name: "Rue de Fer 2, Namur, Bureau 3"."""


@dataclass(slots=True)
class NamedEvent:
    """An event with its places and its member, or None if it is refused; and what is wrong or must be said."""

    event: CalendarEvent | None
    faults: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)


def name_event(read: ReadEvent, names: Names, source: CalendarSource) -> NamedEvent:
    """The event with the places and the member that its texts name.

    A replacement of an occurrence may leave out both; then they are those of the series. A cancellation may leave out both,
    and may name what is not known. A replacement with a wrong name keeps what is stored of its occurrence.
    """
    event = read.event
    result = NamedEvent(event)
    if event.state == "refused":
        return result
    places = _places(read, names, source, result)
    member = _member(read, names, result)
    if event.state == "booked" and event.recurrence_id is None:
        if not places and not result.faults:
            result.faults.append(Fault(event.line, "LOCATION", "LOCATION is missing: the event names no place"))
        if read.member is None:
            reason = "X-SMARTWORK-MEMBER and ORGANIZER are missing: the event names no member"
            result.faults.append(Fault(event.line, "X-SMARTWORK-MEMBER", reason))
    if event.state in {"cancelled", "free"}:
        result.faults.clear()
    elif result.faults:
        is_replacement = event.recurrence_id is not None
        result.event = replace(event, state="refused", text=refused_text(event.text)) if is_replacement else None
        return result
    result.event = replace(event, places=tuple(places), member=member or "")
    return result


def _places(read: ReadEvent, names: Names, source: CalendarSource, result: NamedEvent) -> list[tuple[str, str]]:
    """The places of the event. If none is known, the faults say so; a text beside a known place is a notice."""
    places: list[tuple[str, str]] = []
    unknown: list[tuple[NamedText, UnknownNameError]] = []
    texts = read.places
    if source.resource is not None:
        texts = (NamedText("LOCATION", (source.resource,)),)
    for text in texts:
        found, error = _places_of(text, names, source.centre)
        places += [place for place in found if place not in places]
        unknown += [(text, error)] if error is not None else []
    line = read.event.line
    said = [Fault(line, text.property, f"{text.property} {error}") for text, error in unknown]
    if places:
        result.notices += said
    else:
        result.faults += said[:1]
    return places


def _places_of(text: NamedText, names: Names, centre: str | None) -> tuple[list[tuple[str, str]], UnknownNameError | None]:
    """The places that a text names, in any of its forms, and the error for the first part that names none."""
    errors = []
    for form in text.texts:
        try:
            return [_place(form, names, centre)], None
        except UnknownNameError as error:
            errors.append(error)
    parts = [part.strip() for part in re.split(r"[;\n]", text.texts[0]) if part.strip()]
    found: list[tuple[str, str]] = []
    wrong: list[UnknownNameError] = []
    for part in parts:
        for place in _places_between_commas(part, names, centre):
            if isinstance(place, UnknownNameError):
                wrong.append(place)
            else:
                found.append(place)
    return (found, wrong[0] if wrong else None) if found else ([], errors[0])


def _places_between_commas(text: str, names: Names, centre: str | None) -> Iterator[tuple[str, str] | UnknownNameError]:
    """The places of a list in which names may have commas too: the longest name counts."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    at = 0
    while at < len(words):
        longest = min(len(words) - at, _MAX_WORDS)
        place: tuple[str, str] | UnknownNameError | None = None
        for count in range(longest, 0, -1):
            try:
                place = _place(", ".join(words[at : at + count]), names, centre)
            except UnknownNameError as error:
                place = error
                continue
            at += count - 1
            break
        if place is not None:
            yield place
        at += 1


def _place(text: str, names: Names, centre: str | None) -> tuple[str, str]:
    """The place: first in `centre`, then anywhere."""
    try:
        return names.place(text, centre)
    except UnknownNameError:
        if centre is None:
            raise
        try:
            return names.place(text)
        except UnknownNameError:
            pass
        raise


def _member(read: ReadEvent, names: Names, result: NamedEvent) -> str | None:
    if read.member is None:
        return None
    try:
        return names.member(read.member.texts[0], mail_users=read.member.property == "ORGANIZER")
    except UnknownNameError as error:
        result.faults.append(Fault(read.event.line, read.member.property, f"{read.member.property} {error}"))
        return None
