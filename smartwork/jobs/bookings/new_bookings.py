"""Refuse a new booking of a place that is not free: the centre is closed, or somebody else is there now."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from smartwork.db.access.tokens import Client
from smartwork.db.bookings import availability as store
from smartwork.db.bookings import front_desk, members
from smartwork.db.core.connection import Connection
from smartwork.domain.bookings.availability import SOON, closed_part, next_free, obstacle, open_intervals, why_closed
from smartwork.domain.bookings.bookings import Booking
from smartwork.domain.time import Interval, subtract
from smartwork.errors import SmartworkError
from smartwork.jobs.bookings.members import is_closed, why_closed_member


class NotFree(SmartworkError):  # noqa: N818 - what happened
    """A place cannot be booked for that time; `next_free_at` is when it can be booked for as long, None if not soon."""

    def __init__(self, reason: str, next_free_at: datetime | None, timezone: str) -> None:
        self.next_free_at = next_free_at
        local = next_free_at and next_free_at.astimezone(ZoneInfo(timezone))
        found = f"It is free for as long from {local:%Y-%m-%d %H:%M}." if local else "It is not free for as long soon."
        super().__init__(f"{reason} {found}")


def refuse_if_not_free(connection: Connection, client: Client, booking: Booking, at: datetime) -> None:
    """Raise NotFree if the centre is closed for a part of the booking, or if its place is occupied now by somebody else.

    Only the time that the booking adds counts: a booking that exists may become shorter, and may stay as it is. Whether the
    place is booked already is decided when the booking is written. Raises front_desk.UnknownName.
    """
    front_desk.check_names(connection, client, booking.centre, booking.resource, booking.member)
    removed = members.closed_since(connection, [booking.member])
    if is_closed(booking, removed):
        raise front_desk.UnknownName("member", f"{why_closed_member(booking.member, removed[booking.member])}.")
    opening = store.centre_opening(connection, booking.centre)
    if opening is None:
        return
    period = Interval(booking.starts_at, booking.ends_at)
    stored = own_booking(connection, client, booking.external_id)
    for part in _added(period, booking, stored):
        open_time = open_intervals(opening.hours, part)
        if (closed := closed_part(part, open_time)) is not None:
            reason = why_closed(opening.name, opening.hours, opening.closure_reasons, closed.start)
            raise not_free(connection, booking, at, reason, stored)
        places = store.places(connection, booking.centre, part, at, resource=booking.resource)
        if not places or obstacle(part, at, open_time, [], places[0].presence) is None:
            continue
        if not store.presence_is_of(connection, booking.centre, booking.resource, booking.member, at):
            reason = f"Somebody is at {places[0].name} now. Who sits there checks in first, and then books."
            raise not_free(connection, booking, at, reason, stored, not_before=at + SOON)


def own_booking(connection: Connection, client: Client, external_id: str) -> front_desk.BookingRecord | None:
    """The booking that the client would change under this id, or None if it would create one."""
    try:
        record = front_desk.find_booking(connection, client, external_id)
    except front_desk.ConflictingRecord:
        return None  # of several companies, and the network has none of its own
    return record if record is not None and (client.company_id is not None or record.of_network) else None


def not_free(
    connection: Connection,
    booking: Booking,
    at: datetime,
    reason: str,
    stored: front_desk.BookingRecord | None,
    *,
    not_before: datetime | None = None,
) -> NotFree:
    """The refusal of a booking, with the next time at which its place is free for as long."""
    opening = store.centre_opening(connection, booking.centre)
    if opening is None:
        return NotFree(reason, None, "UTC")
    since = max(booking.starts_at, at, not_before or at)
    ahead = Interval(since, since + store.AHEAD)
    places = store.places(
        connection,
        booking.centre,
        Interval(since - timedelta(days=1), ahead.end),
        at,
        resource=booking.resource,
        except_booking=stored.booking_id if stored else None,
    )
    booked = places[0].booked if places else ()
    length = booking.ends_at - booking.starts_at
    return NotFree(reason, next_free(length, since, open_intervals(opening.hours, ahead), booked), opening.hours.timezone)


def _added(period: Interval, booking: Booking, stored: front_desk.BookingRecord | None) -> list[Interval]:
    """The time that the booking takes in addition to what is stored for it."""
    if stored is None or stored.booking.status == "cancelled":
        return [period]
    old = stored.booking
    if (old.centre, old.resource) != (booking.centre, booking.resource):
        return [period]
    return subtract(period, [Interval(old.starts_at, old.ends_at)])
