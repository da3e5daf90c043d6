"""What an import of calendars writes: a booking for each occurrence at each place, under an id that stays."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.calendar_matching import LinkedBooking, Matching, Slot, booking_of, match
from smartwork.domain.bookings.calendar_slots import Slots, slots_of
from smartwork.domain.bookings.calendar_zones import Zone
from smartwork.domain.bookings.importing import Fault, ImportedBooking
from smartwork.domain.bookings.occurrences import HORIZON, RefusedEventError, expand, zone_of
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.errors import InputError
from smartwork.jobs.bookings.calendar_state import EventState
from smartwork.jobs.bookings.file_entry import LONGEST_ID

MAX_BOOKINGS = 200_000
"""Bookings of one import of calendars. More is a mistake, or an attack."""
_MAX_NAMED = 5
_LONGEST_END = 100
"""What stands behind the UID of an id is cut to this, if the id is too long."""


@dataclass(slots=True)
class CalendarPlan:
    """The bookings of an import by the event that each belongs to, and what is refused or must be said."""

    rows: list[ImportedBooking] = field(default_factory=list)
    owners: dict[str, tuple[EventState, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)

    def add(self, state: EventState, label: str, line: int, booking: Booking) -> None:
        """Add a booking that is the occurrence `label` of the event."""
        if len(self.rows) >= MAX_BOOKINGS:
            raise InputError(f"The calendar has more than {MAX_BOOKINGS} bookings. Import it in parts.")
        self.rows.append(ImportedBooking(line, booking))
        self.owners[booking.external_id] = (state, label)


@dataclass(slots=True)
class _Wanted:
    """An event with its slots, each with the stored booking that it changes."""

    state: EventState
    slots: Slots
    matching: Matching


@dataclass(frozen=True, slots=True)
class Registry:
    """What the rules need of the network: opening hours and zones by centre, the places, and the members in question."""

    hours: Mapping[str, OpeningHours]
    zones: Mapping[str, Zone]
    places: frozenset[tuple[str, str]]
    members: frozenset[str]


def plan_calendars(
    states: Mapping[str, Sequence[EventState]],
    registry: Registry,
    today: date,
    ids_in_use: Callable[[Iterable[str]], set[str]],
) -> CalendarPlan:
    """The bookings of the events that the text has, of series up to `today` plus the horizon.

    `states` are the events by UID; those of which only other calendars have a copy hold what they have booked. `ids_in_use`
    tells which ids name a booking already. A state that is refused is no longer marked as changed.
    """
    plan = CalendarPlan()
    in_text = [state for of_uid in states.values() for state in of_uid if state.is_changed]
    found = [_want(state, registry, today + HORIZON, plan) for state in in_text]
    _enter([each for each in found if each is not None], states, plan, ids_in_use)
    return plan


def plan_extension(
    states: Mapping[str, Sequence[EventState]],
    registry: Registry,
    today: date,
    ids_in_use: Callable[[Iterable[str]], set[str]],
) -> CalendarPlan:
    """The bookings of series that go on, from the day up to which each is booked to `today` plus the horizon."""
    plan = CalendarPlan()
    wanted: list[_Wanted] = []
    until = today + HORIZON
    for state in (each for of_uid in states.values() for each in of_uid):
        booked_to = state.expanded_to
        if booked_to is None or booked_to >= until:
            continue
        if (found := _want(state, registry, until, plan)) is not None:
            later = tuple(slot for slot in found.matching.new if slot.day > booked_to)
            wanted.append(_Wanted(state, found.slots, Matching((), later, ())))
            state.is_changed = True
    plan.notices.clear()
    _enter(wanted, states, plan, ids_in_use)
    return plan


def _want(state: EventState, registry: Registry, until: date, plan: CalendarPlan) -> _Wanted | None:
    """The slots of an event, or None if it is refused; then nothing of it changes."""
    try:
        expansion = expand(state.parts.master, state.parts.replacements, zone_of(state.parts.places, registry.zones), until)
    except RefusedEventError as error:
        plan.faults.append(Fault(state.line, error.field, f"{error.field} {error}"))
        state.is_changed = False
        return None
    plan.faults += [Fault(event.line, error.field, f"{error.field} {error}") for event, error in expansion.refused]
    plan.notices += [Fault(event.line, "RRULE", text) for event, text in expansion.remarks]
    state.expanded_to = None if expansion.is_complete else until
    slots = slots_of(state.parts, expansion, registry.hours)
    plan.notices += [Fault(line, "DTSTART", text) for line, text in slots.remarks()]
    known = [_known(slot, registry, plan) for slot in slots.slots]
    slots.slots = [slot for slot, is_known in zip(slots.slots, known, strict=True) if is_known]
    linked = [each for each in state.linked if each.label.partition("+")[0] not in slots.kept]
    is_known_event = bool(state.linked) or state.event_id is not None
    if not slots.slots and not is_known_event and _is_cancelled(state):
        plan.notices.append(Fault(state.line, "UID", "UID is cancelled, and no booking of it is stored"))
    return _Wanted(state, slots, match(slots.slots, linked))


def _is_cancelled(state: EventState) -> bool:
    return all(event.state == "cancelled" for event in state.parts.events)


def _known(slot: Slot, registry: Registry, plan: CalendarPlan) -> bool:
    """Whether place and member of a slot are registered; for a series that was stored long ago they may be no longer."""
    if (slot.centre, slot.resource) in registry.places and slot.member in registry.members:
        return True
    name = f"{slot.centre}/{slot.resource}" if slot.member in registry.members else slot.member
    plan.faults.append(Fault(slot.line, "LOCATION", f"{name} is no longer registered"))
    return False


def _enter(
    wanted: Sequence[_Wanted],
    states: Mapping[str, Sequence[EventState]],
    plan: CalendarPlan,
    ids_in_use: Callable[[Iterable[str]], set[str]],
) -> None:
    """Add the bookings of all events to the plan."""
    held = _held_by_copies(wanted, states)
    candidates = {name for each in wanted for slot in each.matching.new for name in _ids(each.state, slot)}
    used = ids_in_use(candidates) if candidates else set()
    for each in wanted:
        left = [linked for linked in each.matching.left if linked.stored.booking.status == "booked"]
        staying = [_change(each.state, slot, linked, plan) for slot, linked in each.matching.pairs]
        staying += [_remove(each.state, linked, plan) for linked in left]
        if billed := [booking for booking in staying if booking is not None]:
            plan.notices.append(_billed_notice(each.state.line, billed))
        for slot in each.matching.new:
            key = (each.state.uid, slot.centre, slot.resource, slot.starts_at, slot.ends_at)
            if slot.status == "booked" and held.setdefault(key, each.state) is not each.state:
                continue
            external_id = next(name for name in (*_ids(each.state, slot), *_more_ids(each.state, slot)) if name not in used)
            used.add(external_id)
            plan.add(each.state, slot.label, slot.line, slot.booking(external_id))


def _held_by_copies(
    wanted: Sequence[_Wanted], states: Mapping[str, Sequence[EventState]]
) -> dict[tuple[object, ...], EventState]:
    """What events have booked, by UID, place and time: a copy in another calendar does not book it again."""
    held: dict[tuple[object, ...], EventState] = {}
    planned = {id(each.state) for each in wanted}
    for each in wanted:
        for slot, _ in each.matching.pairs:
            if slot.status == "booked":
                held[each.state.uid, slot.centre, slot.resource, slot.starts_at, slot.ends_at] = each.state
    for of_uid in states.values():
        for state in of_uid:
            bookings = [] if id(state) in planned else [link.stored.booking for link in state.linked]
            for booking in bookings:
                if booking.status == "booked":
                    held[state.uid, booking.centre, booking.resource, booking.starts_at, booking.ends_at] = state
    return held


def _change(state: EventState, slot: Slot, linked: LinkedBooking, plan: CalendarPlan) -> Booking | None:
    """Add the stored booking as the slot wants it; returns it instead if it is billed and stays."""
    booking = booking_of(slot, linked)
    if linked.stored.billed and booking != linked.stored.booking:
        return linked.stored.booking
    plan.add(state, slot.label, slot.line, booking)
    return None


def _remove(state: EventState, linked: LinkedBooking, plan: CalendarPlan) -> Booking | None:
    """Add the stored booking as cancelled; returns it instead if it is billed and stays."""
    if linked.stored.billed:
        return linked.stored.booking
    plan.add(state, linked.label, state.line, replace(linked.stored.booking, status="cancelled"))
    return None


def _billed_notice(line: int, staying: Sequence[Booking]) -> Fault:
    named = ", ".join(f"{booking.external_id} ({booking.centre}/{booking.resource})" for booking in staying[:_MAX_NAMED])
    more = f" and {len(staying) - _MAX_NAMED} more" if len(staying) > _MAX_NAMED else ""
    what = "is on an issued invoice and stays" if len(staying) == 1 else "are on issued invoices and stay"
    return Fault(line, "UID", f"{named}{more} {what}; a credit note corrects it")


def _ids(state: EventState, slot: Slot) -> tuple[str, ...]:
    """The ids that a new booking may get: UID and label; with the place if that is in use, for a second place or a copy."""
    label = f"/{slot.label}" if slot.label else ""
    ends = (label, f"{label}/{slot.resource}", f"{label}/{slot.centre}/{slot.resource}")
    return tuple(_fitting(state.uid, end) for end in ends)


def _more_ids(state: EventState, slot: Slot) -> tuple[str, ...]:
    """Ids for the case that those of `_ids` are in use, for example by bookings of CSV files."""
    digest = hashlib.sha256(f"{state.calendar}/{slot.label}/{slot.starts_at.isoformat()}".encode()).hexdigest()
    label = f"/{slot.label}" if slot.label else ""
    return tuple(_fitting(state.uid, f"{label}/{slot.resource}/{digest[at : at + 8]}") for at in range(0, 64, 8))


def _fitting(uid: str, end: str) -> str:
    """`uid` and `end` as an id that is not too long: a long UID is cut, and its digest keeps the id unambiguous."""
    if len(uid) + len(end) <= LONGEST_ID:
        return uid + end
    digest = hashlib.sha256(f"{uid}{end}".encode()).hexdigest()[:16]
    end = end[-_LONGEST_END:]
    return f"{uid[: LONGEST_ID - len(end) - 17]}~{digest}{end}"
