"""What decides whether places are free: opening hours, bookings and the state of their sensors. All of it is read only."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from psycopg.rows import class_row

from smartwork.db.core.connection import Connection
from smartwork.db.core.queries import sql
from smartwork.domain.bookings.availability import Presence
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.spans import State
from smartwork.domain.time import Interval

AHEAD = timedelta(days=40)
"""How far ahead free time is looked for."""


@dataclass(frozen=True, slots=True)
class CentreOpening:
    """A centre's name and opening hours, with the reason of each closure."""

    name: str
    hours: OpeningHours
    closure_reasons: dict[date, str]


@dataclass(frozen=True, slots=True)
class PlaceState:
    """A desk or room, the periods for which it is booked, and what its sensors report."""

    resource_id: int
    resource: str
    name: str
    kind: Literal["desk", "room"]
    seats: int
    booked: tuple[Interval, ...]
    presence: Presence


@dataclass(frozen=True, slots=True)
class _CentreRow:
    name: str
    timezone: str
    opens: time
    closes: time
    open_days: list[int]
    closures: list[date]
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class _PlaceRow:
    resource_id: int
    slug: str
    name: str
    kind: Literal["desk", "room"]
    seats: int
    state: State | None
    suspect: bool | None
    last_present: datetime | None
    booked_from: list[datetime]
    booked_until: list[datetime]


def centre_opening(connection: Connection, centre: str) -> CentreOpening | None:
    """The opening hours of a centre, or None if there is no such centre."""
    with connection.cursor(row_factory=class_row(_CentreRow)) as cursor:
        row = cursor.execute(sql("opening_of_centre"), {"centre": centre}).fetchone()
    if row is None:
        return None
    hours = OpeningHours(row.timezone, row.opens, row.closes, frozenset(row.open_days), frozenset(row.closures))
    return CentreOpening(row.name, hours, dict(zip(row.closures, row.reasons, strict=True)))


def places(
    connection: Connection,
    centre: str,
    period: Interval,
    at: datetime,
    *,
    resource: str | None = None,
    except_booking: int | None = None,
) -> list[PlaceState]:
    """The places of a centre by slug, or the one `resource`: their bookings that overlap `period`, and their state at `at`.

    The booking with the number `except_booking` is left out.
    """
    arguments = {
        "centre": centre,
        "resource": resource,
        "since": period.start,
        "until": period.end,
        "at": at,
        "except_booking": except_booking,
    }
    with connection.cursor(row_factory=class_row(_PlaceRow)) as cursor:
        rows = cursor.execute(sql("places_of_centre"), arguments).fetchall()
    return [
        PlaceState(
            row.resource_id,
            row.slug,
            row.name,
            row.kind,
            row.seats,
            tuple(Interval(*ends) for ends in zip(row.booked_from, row.booked_until, strict=True)),
            Presence(row.state or "unknown", row.last_present, bool(row.suspect)),
        )
        for row in rows
    ]


def presence_is_of(connection: Connection, centre: str, resource: str, member: str, at: datetime) -> bool:
    """Whether who is at the place is of the member's company, by its booking or the newest check-in."""
    arguments = {"centre": centre, "resource": resource, "member": member, "at": at}
    return connection.execute(sql("presence_is_of_company"), arguments).fetchone() == (True,)
