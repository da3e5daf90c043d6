"""Events of calendars as they are stored, with the bookings of their occurrences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.bookings.importing import StoredBooking


@dataclass(slots=True)
class StoredEvent:
    """An event of a calendar; `event_id` is None until it is stored.

    `calendar` identifies the calendar; it is empty where that is not known. `source` are its VEVENTs as iCalendar. `bookings`
    are its occurrences: pairs of label and booking. `expanded_to` is None if all occurrences are booked.
    """

    event_id: int | None
    calendar: str
    uid: str
    source: str
    expanded_to: date | None
    bookings: list[tuple[str, StoredBooking]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OccurrenceLink:
    """That the booking with this id of the network is the occurrence `label` of the event."""

    external_id: str
    event_id: int
    label: str


def lock_events(connection: Connection) -> None:
    """Let other imports of calendars wait until the caller's transaction ends."""
    connection.execute(sql("lock_calendar_events"))


def stored_events(connection: Connection, uids: Iterable[str]) -> list[StoredEvent]:
    """The events with these UIDs, of all calendars.

    A UID whose booking was imported before events were stored, or from another kind of file, has an event without a calendar.
    """
    wanted = list(uids)
    events = _with_bookings(connection, connection.execute(sql("calendar_events_of"), (wanted,)).fetchall())
    by_uid = {event.uid: event for event in reversed(events)}
    for row in connection.execute(sql("bookings_without_calendar_event"), (wanted,)):
        booking = _stored(row)
        uid = booking.booking.external_id
        if uid not in by_uid:
            by_uid[uid] = StoredEvent(None, "", uid, "", None)
            events.append(by_uid[uid])
        if not by_uid[uid].calendar:
            by_uid[uid].bookings.append(("", booking))
    return events


def events_to_extend(connection: Connection, until: date) -> list[StoredEvent]:
    """The series that are booked up to a day before `until` and go on."""
    return _with_bookings(connection, connection.execute(sql("calendar_events_to_extend"), (until,)).fetchall())


def network_ids_in_use(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of `ids` that name a booking of the network."""
    return {str(external_id) for (external_id,) in connection.execute(sql("network_ids_in_use"), (list(ids),))}


def put_event(connection: Connection, event: StoredEvent) -> int:
    """Insert or update an event in the caller's transaction; returns its id."""
    arguments = {
        "calendar_event_id": event.event_id,
        "calendar": event.calendar,
        "uid": event.uid,
        "source": event.source,
        "expanded_to": event.expanded_to,
    }
    query = "put_calendar_event" if event.event_id is None else "change_calendar_event"
    ((event_id,),) = connection.execute(sql(query), arguments).fetchall()
    return int(event_id)


def link_bookings(connection: Connection, links: Sequence[OccurrenceLink]) -> None:
    """Store which bookings are which occurrences, in the caller's transaction."""
    arguments = {
        "ids": [link.external_id for link in links],
        "events": [link.event_id for link in links],
        "labels": [link.label for link in links],
    }
    connection.execute(sql("link_calendar_bookings"), arguments)


def _with_bookings(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> list[StoredEvent]:
    events = [StoredEvent(*row) for row in rows]
    by_id = {event.event_id: event for event in events}
    for event_id, label, *booking in connection.execute(sql("bookings_of_calendar_events"), (list(by_id),)):
        by_id[event_id].bookings.append((str(label), _stored(booking)))
    return events


def _stored(row: Sequence[Any]) -> StoredBooking:
    *booking, until, billed = row
    return StoredBooking(Booking(*booking), until, billed)
