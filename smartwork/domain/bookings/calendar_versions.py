"""What an event of a calendar is after a new file or message: newer versions replace older ones (RFC 5546, 2.1.5 and 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from smartwork.domain.bookings.calendar_events import CalendarEvent, EventVersion, Moment
from smartwork.domain.bookings.calendar_zones import Zone


@dataclass(frozen=True, slots=True)
class EventParts:
    """The VEVENTs of one UID in one calendar: the event or series, and what replaces occurrences of it."""

    master: CalendarEvent | None = None
    replacements: tuple[CalendarEvent, ...] = ()

    @property
    def events(self) -> tuple[CalendarEvent, ...]:
        """All of them."""
        return (*((self.master,) if self.master else ()), *self.replacements)

    @property
    def version(self) -> EventVersion:
        """The newest version among them."""
        newest = self.events[0].version
        for event in self.events[1:]:
            newest = event.version if newest.is_older_than(event.version) else newest
        return newest

    @property
    def places(self) -> frozenset[tuple[str, str]]:
        """The places that they name."""
        return frozenset(place for event in self.events for place in event.places)


@dataclass(frozen=True, slots=True)
class Merged:
    """The parts of an event after an import, and the events of the import that were older than what was known."""

    parts: EventParts
    outdated: tuple[tuple[CalendarEvent, EventVersion], ...] = ()


def merge(stored: EventParts, incoming: Sequence[CalendarEvent], default: Zone, *, is_message: bool) -> Merged:
    """`stored` after `incoming`, which are the events of one UID in one calendar text.

    A text that has the event itself is its whole state: replaced occurrences that it does not have are as in the series
    again. A message (METHOD:REQUEST, METHOD:CANCEL) only adds to what is known. Events that are older than the stored ones
    are left out.
    """
    outdated: list[tuple[CalendarEvent, EventVersion]] = []
    master = stored.master
    known = {_key(event.recurrence_id, default): event for event in stored.replacements if event.recurrence_id is not None}
    in_text: set[str] = set()
    is_state = False
    for event in (each for each in incoming if each.recurrence_id is None):
        if master is not None and _is_outdated(event, master.version):
            outdated.append((event, master.version))
            continue
        if event.state == "cancelled":
            known = {}
        elif master is not None and event.version.number > master.version.number:
            known = {
                key: each for key, each in known.items() if is_message and not each.version.number < event.version.number
            }
        is_state = not is_message
        master = _continued(event, master)
    for event in incoming:
        if event.recurrence_id is None:
            continue
        key = _key(event.recurrence_id, default)
        in_text.add(key)
        newer = [each.version for each in (known.get(key),) if each is not None and _is_outdated(event, each.version)]
        if master is not None and master is stored.master and event.version.number < master.version.number:
            newer += [] if _is_bare(event) else [master.version]
        if newer:
            outdated.append((event, newer[0]))
        else:
            known[key] = event
    replacements = [event for key, event in known.items() if key in in_text or not is_state]
    return Merged(EventParts(master, tuple(replacements)), tuple(outdated))


def _is_outdated(event: CalendarEvent, known: EventVersion) -> bool:
    return not _is_bare(event) and event.version.is_older_than(known)


def _is_bare(event: CalendarEvent) -> bool:
    """Whether it is a cancellation that does not state its version: it cancels whatever is known."""
    return event.state == "cancelled" and event.version.sequence is None


def _continued(event: CalendarEvent, known: CalendarEvent | None) -> CalendarEvent:
    """`event` in the place of `known`; a cancellation without a version has that of what it cancels."""
    if known is None or event.version.number >= known.version.number:
        return event
    return replace(event, version=replace(event.version, sequence=known.version.sequence))


def _key(moment: Moment, default: Zone) -> str:
    """The original start of an occurrence, in one form."""
    return moment.day.isoformat() if moment.is_day else moment.instant(default).isoformat()
