"""Imports of calendars by the real rules, with bookings and events in memory in place of the database."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from smartwork.db.bookings.calendar_events import StoredEvent
from smartwork.domain.bookings.calendar_zones import NamedZone
from smartwork.domain.bookings.importing import Fault, ImportPlan, StoredBooking, plan_import
from smartwork.domain.bookings.names import Names
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.jobs.bookings.calendar_plan import CalendarPlan, Registry, plan_calendars, plan_extension
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.calendar_state import EventState, source_text, state_of, take_in_file
from smartwork.jobs.bookings.icalendar_file import read_calendar

ZONE = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)
HOURS = OpeningHours("Europe/Brussels", time(8), time(18), frozenset({1, 2, 3, 4, 5}), frozenset({date(2026, 11, 11)}))
NAMES = Names(
    centres={"mons": "Mons", "gembloux": "Coworking Gembloux"},
    places={
        **{("mons", f"desk-{n}"): f"Desk {n}" for n in (1, 2, 3)},
        ("gembloux", "bureau-3"): "Bureau 3",
        ("gembloux", "salle"): "Grande salle",
    },
    pseudonyms=frozenset({"m-1", "m-2"}),
)
REGISTRY = Registry(
    hours={"mons": HOURS, "gembloux": HOURS},
    zones={slug: NamedZone("Europe/Brussels") for slug in ("mons", "gembloux")},
    places=frozenset(NAMES.places),
    members=NAMES.pseudonyms,
)


@dataclass(frozen=True)
class Done:
    """What an import did."""

    plan: ImportPlan
    refused: list[Fault]
    notices: list[Fault]

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """New, changed, cancelled, unchanged."""
        plan = self.plan
        return len(plan.created), len(plan.changed), len(plan.cancelled), len(plan.unchanged)

    @property
    def reasons(self) -> list[str]:
        """Why rows are refused."""
        return [fault.reason for fault in self.refused]

    @property
    def said(self) -> list[str]:
        """The notices."""
        return [notice.reason for notice in self.notices]


@dataclass
class Calendars:
    """Stored bookings and events. `billed` are the ids of bookings on invoices."""

    bookings: dict[str, StoredBooking] = field(default_factory=dict)
    events: dict[int, StoredEvent] = field(default_factory=dict)
    links: dict[str, tuple[int, str]] = field(default_factory=dict)
    billed: set[str] = field(default_factory=set)

    def take(
        self,
        text: str,
        file: str = "plan.ics",
        *,
        calendar: str | None = None,
        centre: str | None = None,
        resource: str | None = None,
        now: datetime = NOW,
    ) -> Done:
        """Import a text."""
        read = read_calendar(text)
        states = self._states(event.event.uid for each in read.calendars for event in each.events)
        source = CalendarSource(file, calendar, centre, resource)
        faults, notices = take_in_file(states, read, NAMES, REGISTRY.zones, source)
        plan = plan_calendars(states, REGISTRY, now.date(), self._in_use)
        return self._write(plan, states, [*read.faults, *faults], [*read.notices, *notices])

    def extend(self, now: datetime) -> Done:
        """Extend the series that go on."""
        states = self._states([event.uid for event in self.events.values() if event.expanded_to])
        return self._write(plan_extension(states, REGISTRY, now.date(), self._in_use), states, [], [])

    def booked(self) -> list[str]:
        """The bookings that are not cancelled: place, local start and end."""
        found = []
        for stored in self.bookings.values():
            b = stored.booking
            if b.status == "booked":
                start, end = b.starts_at.astimezone(ZONE), b.ends_at.astimezone(ZONE)
                found.append(f"{b.resource} {start:%Y-%m-%d %H:%M}-{end:%H:%M}")
        return sorted(found, key=lambda text: (text.split(" ")[1:], text))

    def _in_use(self, ids: Iterable[str]) -> set[str]:
        return {each for each in ids if each in self.bookings}

    def _states(self, uids: Iterable[str]) -> defaultdict[str, list[EventState]]:
        states: defaultdict[str, list[EventState]] = defaultdict(list)
        wanted = set(uids)
        for event_id, event in self.events.items():
            if event.uid in wanted:
                ids = [name for name, (owner, _) in self.links.items() if owner == event_id]
                linked = [(self.links[name][1], self._stored(name)) for name in ids]
                states[event.uid].append(state_of(replace(event, bookings=linked), REGISTRY.zones))
        for uid in wanted & set(self.bookings) - set(self.links) - set(states):
            states[uid].append(state_of(StoredEvent(None, "", uid, "", None, [("", self._stored(uid))]), REGISTRY.zones))
        return states

    def _stored(self, external_id: str) -> StoredBooking:
        return replace(self.bookings[external_id], billed=external_id in self.billed)

    def _write(
        self, calendars: CalendarPlan, states: dict[str, list[EventState]], faults: list[Fault], notices: list[Fault]
    ) -> Done:
        named = {row.booking.external_id for row in calendars.rows}
        by_id = {name: self._stored(name) for name in named if name in self.bookings}
        others = [stored for name, stored in self.bookings.items() if name not in named]
        plan = plan_import(calendars.rows, by_id, others)
        for row in plan.accepted:
            self.bookings[row.booking.external_id] = StoredBooking(row.booking, row.booking.ends_at, billed=False)
        for state in (each for of_uid in states.values() for each in of_uid if each.is_changed):
            state.event_id = state.event_id or max(self.events, default=0) + 1
            self.events[state.event_id] = StoredEvent(
                state.event_id, state.calendar, state.uid, source_text(state), state.expanded_to
            )
        for name, (state, label) in calendars.owners.items():
            if name in self.bookings and state.event_id is not None:
                self.links[name] = (state.event_id, label)
        refused = sorted([*calendars.faults, *faults, *plan.refused], key=lambda fault: fault.line)
        return Done(plan, refused, sorted([*calendars.notices, *notices], key=lambda notice: notice.line))


def event(*lines: str, uid: str = "s", place: str | None = "mons/desk-1", member: str | None = "m-1") -> str:
    """A VEVENT with UID, LOCATION and X-SMARTWORK-MEMBER."""
    head = [f"UID:{uid}"]
    head += [f"LOCATION:{place}"] if place else []
    head += [f"X-SMARTWORK-MEMBER:{member}"] if member else []
    return "\n".join(["BEGIN:VEVENT", *head, *lines, "END:VEVENT"])


def calendar(*events: str, head: str = "") -> str:
    """A VCALENDAR; `head` are lines before the events."""
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *filter(None, [head]), *events, "END:VCALENDAR"]) + "\n"
