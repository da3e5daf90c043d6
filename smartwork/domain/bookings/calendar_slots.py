"""The bookings that an event of a calendar wants: each occurrence at each of its places."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from smartwork.domain.bookings.calendar_events import CalendarEvent
from smartwork.domain.bookings.calendar_matching import Slot
from smartwork.domain.bookings.calendar_versions import EventParts
from smartwork.domain.bookings.calendar_zones import NamedZone
from smartwork.domain.bookings.occurrences import Expansion, Occurrence
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.time import Interval

_MAX_DAYS_NAMED = 5


@dataclass(slots=True)
class Slots:
    """The slots of an event. `kept` are the labels of occurrences of which what is stored stays.

    `closed` are the days on which a whole-day event books nothing, by line and centre.
    """

    slots: list[Slot] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    closed: dict[tuple[int, str], list[date]] = field(default_factory=dict)

    def remarks(self) -> Iterator[tuple[int, str]]:
        """What must be said about days on which a centre is closed, with the line."""
        for (line, centre), days in self.closed.items():
            named = ", ".join(day.isoformat() for day in days[:_MAX_DAYS_NAMED])
            more = f" and {len(days) - _MAX_DAYS_NAMED} more days" if len(days) > _MAX_DAYS_NAMED else ""
            yield line, f"{centre} is closed on {named}{more}: nothing is booked then"


def slots_of(parts: EventParts, expansion: Expansion, hours: Mapping[str, OpeningHours]) -> Slots:
    """The slots of the occurrences; `hours` are the opening hours by centre.

    A whole day is the opening hours of its place. An occurrence that names no place or member has those of the series.
    Occurrences that take no time of anybody have no slot.
    """
    result = Slots()
    known: set[tuple[str, str, str]] = set()
    for occurrence in expansion.occurrences:
        if occurrence.state == "refused":
            result.kept.add(occurrence.label)
            continue
        if occurrence.state == "free":
            continue
        for slot in _at_places(occurrence, parts.master, hours, result):
            key = (slot.label, slot.centre, slot.resource)
            if key not in known:
                known.add(key)
                result.slots.append(slot)
    return result


def _at_places(
    occurrence: Occurrence, master: CalendarEvent | None, hours: Mapping[str, OpeningHours], result: Slots
) -> Iterator[Slot]:
    event = occurrence.event
    places = event.places or (master.places if master else ())
    member = event.member or (master.member if master else "")
    if not member:
        return
    for centre, resource in places:
        for label, day, period in _periods(occurrence, hours[centre], result, event.line, centre):
            yield Slot(
                line=event.line,
                label=label,
                day=day,
                centre=centre,
                resource=resource,
                member=member,
                starts_at=period.start,
                ends_at=period.end,
                status="cancelled" if occurrence.state == "cancelled" else "booked",
            )


def _periods(
    occurrence: Occurrence, hours: OpeningHours, result: Slots, line: int, centre: str
) -> Iterator[tuple[str, date, Interval]]:
    """Label, local date and period of what the occurrence takes in a centre."""
    if occurrence.period is not None:
        start = NamedZone(hours.timezone).local(occurrence.period.start).date()
        yield occurrence.label, original_day(occurrence.label) or start, occurrence.period
    for number, day in enumerate(occurrence.days):
        label = f"{occurrence.label or occurrence.days[0].isoformat()}+{number}" if number else occurrence.label
        if (opening := hours.of(day)) is not None:
            yield label, day, opening
        elif occurrence.state == "booked" and day not in result.closed.get((line, centre), ()):
            result.closed.setdefault((line, centre), []).append(day)


def original_day(label: str) -> date | None:
    """The local date of the occurrence that a label names; None for a single event."""
    return date.fromisoformat(label[:10]) if label else None
