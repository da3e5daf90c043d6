"""Import the text of a calendar, from a file or a feed, and extend the series that it left open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from smartwork.db.bookings import calendar_events as store
from smartwork.db.bookings.importing import ids_in_use, stored_bookings
from smartwork.db.bookings.members import closed_since
from smartwork.db.bookings.names import load_names
from smartwork.db.core.connection import Connection, wrap_database_errors
from smartwork.db.presence.daily_figures import centres
from smartwork.domain.bookings.calendar_zones import NamedZone
from smartwork.domain.bookings.changes import Author
from smartwork.domain.bookings.importing import Fault, plan_import
from smartwork.domain.bookings.names import Names
from smartwork.domain.bookings.occurrences import HORIZON
from smartwork.jobs.bookings.calendar_plan import CalendarPlan, Registry, plan_calendars, plan_extension
from smartwork.jobs.bookings.calendar_source import CalendarSource
from smartwork.jobs.bookings.calendar_state import EventState, source_text, state_of, take_in_file
from smartwork.jobs.bookings.closed_notices import closed_notices
from smartwork.jobs.bookings.icalendar_file import read_calendar
from smartwork.jobs.bookings.import_result import Import
from smartwork.jobs.bookings.members import is_closed, why_closed_member
from smartwork.jobs.bookings.row_import import check_changes, write_plan
from smartwork.progress import Progress

_PROPERTIES = {"starts_at": "DTSTART", "ends_at": "DTEND", "external_id": "UID", "resource": "LOCATION"}
"""The properties of iCalendar by the fields of a booking."""


def import_calendar(
    connection: Connection,
    text: str,
    source: CalendarSource,
    now: datetime,
    progress: Progress,
    *,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    reason: str | None = None,
) -> Import:
    """Import an iCalendar text as the present state of its events. Importing it again changes nothing.

    An event that changes a booking that has begun is refused without a `reason`. With `all_or_nothing` nothing is written if
    an event is refused; with `dry_run` nothing is written at all. Raises InputError if the text is not iCalendar, and
    Overlap, IdInUse or ChangedMeanwhile if another client booked one of the places or wrote one of the bookings during the
    import; then nothing was written.
    """
    progress("Reading the calendar", 0, 4)
    file = read_calendar(text)
    with wrap_database_errors(), connection.transaction():
        store.lock_events(connection)
        progress("Checking names", 1, 4)
        uids = {read.event.uid for calendar in file.calendars for read in calendar.events}
        members = [text for c in file.calendars for read in c.events if read.member for text in read.member.texts]
        network = _load(connection, uids, members)
        faults, notices = take_in_file(network.states, file, network.names, network.registry.zones, source)
        plan = plan_calendars(
            network.states, network.registry, now.date(), lambda ids: store.network_ids_in_use(connection, ids)
        )
        plan.faults += [*file.faults, *faults]
        plan.notices += [*file.notices, *notices]
        author = Author((source.author or f"import {source.name}")[:100], "network", reason)
        how = _Carrying(author, now, dry_run=dry_run, all_or_nothing=all_or_nothing)
        return _carry_out(connection, plan, network.states, how, progress)


def extend_series(connection: Connection, now: datetime, progress: Progress, *, dry_run: bool = False) -> Import:
    """Book the occurrences of series without an end that have come within the horizon since the last time.

    The series are those of all calendars that were imported; no file is needed. Bookings that exist are not changed. An
    occurrence whose place is taken is refused; the next import of its calendar tries it again. Raises Overlap, IdInUse or
    ChangedMeanwhile as `import_calendar` does.
    """
    progress("Reading the series", 0, 4)
    with wrap_database_errors(), connection.transaction():
        store.lock_events(connection)
        uids = {event.uid for event in store.events_to_extend(connection, now.date() + HORIZON)}
        network = _load(connection, uids, ())
        plan = plan_extension(
            network.states, network.registry, now.date(), lambda ids: store.network_ids_in_use(connection, ids)
        )
        how = _Carrying(Author("extend series", "network"), now, dry_run=dry_run, all_or_nothing=False)
        return _carry_out(connection, plan, network.states, how, progress)


@dataclass(frozen=True, slots=True)
class _Network:
    """What is stored: the events of the UIDs in question, the names, and what the rules need of the registry."""

    states: defaultdict[str, list[EventState]]
    names: Names
    registry: Registry


@dataclass(frozen=True, slots=True)
class _Carrying:
    """How a plan is carried out: for whom, as of which instant, and whether it is written at all."""

    author: Author
    now: datetime
    dry_run: bool
    all_or_nothing: bool


def _load(connection: Connection, uids: Iterable[str], members: Iterable[str]) -> _Network:
    """The stored events with these UIDs, and the names; `members` are texts that name members."""
    hours = {centre.slug: centre.hours for centre in centres(connection)}
    zones = {slug: NamedZone(each.timezone) for slug, each in hours.items()}
    states: defaultdict[str, list[EventState]] = defaultdict(list)
    for stored in store.stored_events(connection, uids):
        states[stored.uid].append(state_of(stored, zones))
    known = [event.member for of_uid in states.values() for state in of_uid for event in state.parts.events if event.member]
    names = load_names(connection, [*members, *known])
    pseudonyms = names.pseudonyms | frozenset(names.aliases_of_members.values())
    return _Network(states, names, Registry(hours, zones, frozenset(names.places), pseudonyms))


def _carry_out(
    connection: Connection,
    calendars: CalendarPlan,
    states: Mapping[str, Sequence[EventState]],
    how: _Carrying,
    progress: Progress,
) -> Import:
    """Write what may be written of the plan, and report it."""
    progress("Checking that places are free", 2, 4)
    taken = ids_in_use(connection, (row.booking for row in calendars.rows))
    faults = list(calendars.faults)
    faults += [
        Fault(row.line, "UID", f"{company} uses the id {row.booking.external_id} for a booking of its own")
        for row in calendars.rows
        if (company := taken.get(row.booking.external_id))
    ]
    removed = closed_since(connection, (row.booking.member for row in calendars.rows))
    closed_rows = [row for row in calendars.rows if row.booking.status == "booked" and is_closed(row.booking, removed)]
    faults += _first_of_line(
        Fault(row.line, "X-SMARTWORK-MEMBER", why_closed_member(row.booking.member, removed[row.booking.member]))
        for row in closed_rows
    )
    refused_ids = taken.keys() | {row.booking.external_id for row in closed_rows}
    rows = [row for row in calendars.rows if row.booking.external_id not in refused_ids]
    decided = check_changes(connection, rows, how.author, how.now)
    plan = plan_import(decided.allowed, *stored_bookings(connection, decided.allowed))
    planned = [replace(fault, field=_PROPERTIES.get(fault.field, fault.field)) for fault in (*decided.refused, *plan.refused)]
    refused = tuple(sorted([*faults, *planned], key=lambda fault: fault.line))
    changed = [state for of_uid in states.values() for state in of_uid if state.is_changed]
    write = bool(changed) and not how.dry_run and not (how.all_or_nothing and refused)
    if write:
        progress("Writing bookings", 3, 4)
        if plan.accepted:
            write_plan(connection, plan, how.author, lambda: how.now)
        _store_events(connection, calendars, changed)
    progress("Imported", 4, 4)
    closed = _first_of_line(closed_notices(connection, [*plan.created, *plan.changed]))
    said = [*calendars.notices, *(replace(notice, field="DTSTART") for notice in closed)]
    said += [replace(notice, field="UID") for notice in decided.late]
    notices = tuple(sorted(said, key=lambda notice: notice.line))
    name = how.author.name.removeprefix("import ")
    return Import(name, replace(plan, refused=refused), write and bool(plan.accepted), notices)


def _first_of_line(notices: Iterable[Fault]) -> list[Fault]:
    """One for each line: a series has one for each occurrence."""
    by_line: dict[int, list[Fault]] = defaultdict(list)
    for notice in notices:
        by_line[notice.line].append(notice)
    return [
        replace(first, reason=first.reason + (f" (and {len(others)} more occurrences)" if others else ""))
        for first, *others in by_line.values()
    ]


def _store_events(connection: Connection, calendars: CalendarPlan, changed: Sequence[EventState]) -> None:
    """Store the events, and which booking is which of their occurrences."""
    for state in changed:
        event = store.StoredEvent(state.event_id, state.calendar, state.uid, source_text(state), state.expanded_to)
        state.event_id = store.put_event(connection, event)
    links = [
        store.OccurrenceLink(external_id, state.event_id, label)
        for external_id, (state, label) in calendars.owners.items()
        if state.event_id is not None
    ]
    store.link_bookings(connection, links)
