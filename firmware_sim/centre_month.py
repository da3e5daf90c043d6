"""A month of one centre: bookings, check-ins and true presence, day by day."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from firmware_sim.member_habits import OUTCOMES, Outcome, SimulatedMonth, TruePresence, Visitors, visitors
from smartwork.domain.bookings.bookings import Booking, CheckIn, CheckInMethod
from smartwork.domain.network.centres import Centre
from smartwork.domain.network.places import Resource
from smartwork.domain.network_setup import Network
from smartwork.domain.time import days_of_month

MINUTE_MS = 60_000
HALF_HOUR_MS = 30 * MINUTE_MS
BOOKING_GAP_MS = 15 * MINUTE_MS
SHORTEST_OVERSTAY_MS = 20 * MINUTE_MS
LONGEST_OVERSTAY_MS = 80 * MINUTE_MS
CHECK_IN_METHODS: tuple[CheckInMethod, ...] = ("badge", "qr", "wifi")
CHECK_IN_WEIGHTS = (5, 2, 3)
DAY_SHAPES: tuple[Literal["full", "morning", "afternoon"], ...] = ("full", "morning", "afternoon")


@dataclass(slots=True)
class _MonthDraft:
    """A centre's month while it is being drawn."""

    bookings: list[Booking] = field(default_factory=list)
    check_ins: list[CheckIn] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    presence: dict[str, list[TruePresence]] = field(default_factory=lambda: defaultdict(list))


def simulate_centre_month(network: Network, centre_slug: str, month: date, seed: int) -> SimulatedMonth:
    """The month of one centre. It depends on no other centre, so centres can be simulated in parallel."""
    centre = centre_of(network, centre_slug)
    calendar = visitors(network, centre_slug, month, seed)
    draft = _MonthDraft()
    for day in days_of_month(month):
        hours = centre.hours.of(day)
        if hours is not None:
            midday = datetime.combine(day, time(12), ZoneInfo(centre.hours.timezone))
            opens, noon, closes = (round(at.timestamp() * 1000) for at in (hours.start, midday, hours.end))
            random = Random(f"{seed}/day/{centre_slug}/{day}")
            _DaySimulation(centre, draft, random, day, opens, noon, closes).run(calendar[day])
    presence = {slug: tuple(sorted(stays, key=lambda p: p.start_ms)) for slug, stays in draft.presence.items()}
    return SimulatedMonth(tuple(draft.bookings), tuple(draft.check_ins), draft.outcomes, presence)


def centre_of(network: Network, slug: str) -> Centre:
    """The centre with that slug; raises KeyError if the network has none."""
    for centre in network.centres:
        if centre.slug == slug:
            return centre
    raise KeyError(slug)


@dataclass(slots=True)
class _DaySimulation:
    """One open day, with times in ms since 1970 UTC; `reserved` is when a resource is booked or used, as drawn so far."""

    centre: Centre
    draft: _MonthDraft
    random: Random
    day: date
    opens: int
    noon: int
    closes: int
    reserved: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    number: int = 0

    def run(self, people: Visitors) -> None:
        """Draw the bookings of desks and rooms, and the walk-ins."""
        self.random.shuffle(people.coming)
        desks = [r for r in self.centre.resources if r.kind == "desk"]
        for pseudonym, preferred_desk in people.coming:
            start, end = self._draw_hours()
            desk = self._free_place(desks, start, end, int(preferred_desk * len(desks)))
            if desk is not None:
                self._book(desk, pseudonym, start, end)
        for room in (r for r in self.centre.resources if r.kind == "room"):
            self._book_meetings(room, people)
        for _ in range(self.random.randint(1, 4) if people.free else 0):
            self._add_walk_in(desks, self.random.choice(people.free))

    def _draw_hours(self) -> tuple[int, int]:
        """The hours of a booking: half hours within opening hours, counted from the opening."""
        random, length = self.random, (self.closes - self.opens) // HALF_HOUR_MS
        shape = random.choices(DAY_SHAPES, (74, 13, 13))[0]
        start = random.choices(range(6), (1, 3, 5, 5, 3, 1))[0] if shape != "afternoon" else random.randint(12, 14)
        if shape == "morning":
            end = random.randint(start + 5, 12)
        else:
            end = length - random.choices(range(7), (1, 2, 4, 5, 4, 2, 1))[0]
        return self.opens + start * HALF_HOUR_MS, self.opens + end * HALF_HOUR_MS

    def _free_place(self, places: list[Resource], start: int, end: int, preferred: int) -> Resource | None:
        """A place that is free with a gap before and after, the preferred one first; None if there is none."""
        for place in (places[preferred], *self.random.sample(places, len(places))):
            if all(end + BOOKING_GAP_MS <= a or b <= start - BOOKING_GAP_MS for a, b in self.reserved[place.slug]):
                return place
        return None

    def _book(self, resource: Resource, member: str, start: int, end: int) -> None:
        """Add a booking with a random outcome, and the presence and check-in that belong to the outcome."""
        outcome = self.random.choices(tuple(OUTCOMES), tuple(OUTCOMES.values()))[0]
        if outcome == "overstayed" and not self._can_overstay(resource, end):
            outcome = "used"
        self.number += 1
        booking = Booking(
            external_id=f"demo-{self.centre.slug}-{self.day:%Y%m%d}-{self.number:03d}",
            centre=self.centre.slug,
            resource=resource.slug,
            member=member,
            starts_at=_at(start),
            ends_at=_at(end),
            status="cancelled" if outcome == "cancelled" else "booked",
        )
        self.draft.bookings.append(booking)
        self.draft.outcomes[booking.external_id] = outcome
        if outcome == "cancelled":
            return
        if outcome == "no_show":
            self.reserved[resource.slug].append((start, end))
            return
        arrives, leaves = self._draw_stay(outcome, start, end)
        self.reserved[resource.slug].append((min(start, arrives), max(end, leaves)))
        self._add_presence(resource, arrives, leaves)
        if self.random.random() < (0.65 if resource.kind == "desk" else 0.4):
            self._check_in(resource, member, arrives)

    def _can_overstay(self, resource: Resource, end: int) -> bool:
        """Whether the centre is open long enough after `end` and the resource is free."""
        until = end + LONGEST_OVERSTAY_MS + BOOKING_GAP_MS
        return end + SHORTEST_OVERSTAY_MS < self.closes and not any(
            end <= start < until for start, _ in self.reserved[resource.slug]
        )

    def _draw_stay(self, outcome: Outcome, start: int, end: int) -> tuple[int, int]:
        """Arrival and departure: within some minutes of the booking, unless the outcome says otherwise."""
        random = self.random
        arrives = max(self.opens, start + round(random.triangular(-8, 11, 1) * MINUTE_MS))
        if outcome == "left_early":
            return arrives, start + round((end - start) * random.uniform(0.35, 0.7))
        if outcome == "overstayed":
            return arrives, min(end + random.randint(SHORTEST_OVERSTAY_MS, LONGEST_OVERSTAY_MS), self.closes - MINUTE_MS)
        return arrives, end - round(random.triangular(0, 11, 2) * MINUTE_MS)

    def _book_meetings(self, room: Resource, people: Visitors) -> None:
        """Book meetings one after the other, with gaps, through the day."""
        start = self.opens + self.random.randint(2, 6) * HALF_HOUR_MS
        while people.coming:
            end = start + self.random.choices((2, 3, 4, 6), (4, 3, 2, 1))[0] * HALF_HOUR_MS
            if end > self.closes - HALF_HOUR_MS:
                return
            if self._free_place([room], start, end, 0) is not None:
                self._book(room, self.random.choice(people.coming)[0], start, end)
            start = end + self.random.randint(1, 5) * HALF_HOUR_MS

    def _add_walk_in(self, desks: list[Resource], member: str) -> None:
        """Add a stay without a booking, at a desk that is free."""
        length = self.closes - self.opens
        arrives = self.opens + round(self.random.uniform(0.1, 0.7) * length)
        leaves = min(arrives + round(self.random.uniform(40, 240) * MINUTE_MS), self.closes - 5 * MINUTE_MS)
        desk = self._free_place(desks, arrives, leaves, self.random.randrange(len(desks)))
        if desk is None:
            return
        self.reserved[desk.slug].append((arrives, leaves))
        self._add_presence(desk, arrives, leaves)
        if self.random.random() < 0.8:
            self._check_in(desk, member, arrives)

    def _add_presence(self, resource: Resource, arrives: int, leaves: int) -> None:
        """Add presence with breaks: lunch, and a few minutes away every hour or two."""
        random = self.random
        people = 1 if resource.kind == "desk" else random.randint(2, resource.seats)
        away = list(_short_breaks(random, arrives, leaves))
        lunch = self.noon + round(random.uniform(-10, 70) * MINUTE_MS)
        back = lunch + round(random.uniform(30, 60) * MINUTE_MS)
        if resource.kind == "desk" and arrives < lunch - 2 * HALF_HOUR_MS and back + HALF_HOUR_MS < leaves:
            away = sorted([(a, b) for a, b in away if b < lunch or a > back] + [(lunch, back)])
        since = arrives
        for leaves_desk, returns in [*away, (leaves, leaves)]:
            self.draft.presence[resource.slug].append(TruePresence(since, leaves_desk, people))
            since = returns

    def _check_in(self, resource: Resource, member: str, arrives: int) -> None:
        self.number += 1
        self.draft.check_ins.append(
            CheckIn(
                external_id=f"demo-in-{self.centre.slug}-{self.day:%Y%m%d}-{self.number:03d}",
                centre=self.centre.slug,
                resource=resource.slug,
                member=member,
                at=_at(arrives + self.random.randint(15, 240) * 1000),
                method=self.random.choices(CHECK_IN_METHODS, CHECK_IN_WEIGHTS)[0],
            )
        )


def _short_breaks(random: Random, arrives: int, leaves: int) -> list[tuple[int, int]]:
    breaks = []
    at = arrives + round(random.uniform(25, 150) * MINUTE_MS)
    while at + 15 * MINUTE_MS < leaves:
        back = at + round(random.uniform(2, 5) * MINUTE_MS)
        breaks.append((at, back))
        at = back + round(random.uniform(25, 150) * MINUTE_MS)
    return breaks


def _at(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
