"""Which stored booking is which occurrence of a calendar's event, after the event has changed."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from smartwork.domain.bookings.bookings import Booking, BookingStatus
from smartwork.domain.bookings.importing import StoredBooking


@dataclass(frozen=True, slots=True)
class Slot:
    """An occurrence at one place, with its line in the calendar. `label` names the occurrence in its event.

    `day` is its local date.
    """

    line: int
    label: str
    day: date
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: BookingStatus

    def booking(self, external_id: str) -> Booking:
        """The slot as a booking."""
        return Booking(external_id, self.centre, self.resource, self.member, self.starts_at, self.ends_at, self.status)


@dataclass(frozen=True, slots=True)
class LinkedBooking:
    """A stored booking of an event, the label of its occurrence, and the local date of that."""

    label: str
    day: date
    stored: StoredBooking

    @property
    def place(self) -> tuple[str, str]:
        """Centre and place."""
        return self.stored.booking.centre, self.stored.booking.resource


@dataclass(frozen=True, slots=True)
class Matching:
    """Slots with the stored booking that each changes, slots that are new, and stored bookings that no slot is for."""

    pairs: tuple[tuple[Slot, LinkedBooking], ...]
    new: tuple[Slot, ...]
    left: tuple[LinkedBooking, ...]


def match(slots: Sequence[Slot], linked: Iterable[LinkedBooking]) -> Matching:
    """Pair slots and stored bookings: by occurrence and place, by occurrence, by local date and place, by local date.

    So an occurrence that changes its place or its time of day keeps its booking. A booking that is cancelled already is
    paired by occurrence and place only.
    """
    open_slots, open_linked = list(slots), list(linked)
    pairs: list[tuple[Slot, LinkedBooking]] = []
    rules: tuple[tuple[Callable[[Slot], Hashable], Callable[[LinkedBooking], Hashable], bool], ...] = (
        (lambda s: (s.label, s.centre, s.resource), lambda b: (b.label, *b.place), False),
        (lambda s: s.label, lambda b: b.label, True),
        (lambda s: (s.day, s.centre, s.resource), lambda b: (b.day, *b.place), True),
        (lambda s: s.day, lambda b: b.day, True),
    )
    for of_slot, of_booking, only_booked in rules:
        waiting: dict[Hashable, list[LinkedBooking]] = defaultdict(list)
        for each in open_linked:
            if not only_booked or each.stored.booking.status == "booked":
                waiting[of_booking(each)].append(each)
        unmatched = []
        for slot in open_slots:
            found = waiting.get(of_slot(slot), [])
            if found and not (only_booked and slot.status != "booked"):
                pairs.append((slot, found.pop(0)))
            else:
                unmatched.append(slot)
        taken = {id(each) for _, each in pairs}
        open_slots = unmatched
        open_linked = [each for each in open_linked if id(each) not in taken]
    return Matching(tuple(pairs), tuple(open_slots), tuple(open_linked))


def booking_of(slot: Slot, linked: LinkedBooking) -> Booking:
    """The stored booking as the slot wants it. A cancellation changes nothing else."""
    if slot.status == "cancelled":
        return replace(linked.stored.booking, status="cancelled")
    return slot.booking(linked.stored.booking.external_id)
