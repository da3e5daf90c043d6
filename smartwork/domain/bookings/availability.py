"""Whether a place is free: now, as pages show it, and for a period that somebody wants to book.

Opening hours, bookings and what the sensor reports now decide together. All intervals are half-open: a booking may begin at
the instant at which another one or the closing time ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from smartwork.domain.bookings.early_release import EARLY
from smartwork.domain.network.opening_hours import OpeningHours
from smartwork.domain.presence.closed_hours import opening_intervals
from smartwork.domain.presence.spans import State
from smartwork.domain.time import Interval, overlapping, subtract, union

SOON = EARLY
"""A place is booked from this long before the start: from then on a check-in belongs to the booking."""
RECENT = timedelta(minutes=15)
"""A place is recently used for this long after its last presence: people leave their desk and come back."""

Availability = Literal["closed", "occupied", "booked", "unknown", "recently_used", "free"]

Obstacle = Literal["closed", "booked", "occupied"]


@dataclass(frozen=True, slots=True)
class Presence:
    """What the sensors of a place report now, and when they last reported somebody. A suspect state says nothing."""

    state: State
    last_present: datetime | None = None
    suspect: bool = False

    @property
    def known(self) -> State:
        """The state, unknown if it is suspect."""
        return "unknown" if self.suspect else self.state


@dataclass(frozen=True, slots=True)
class PlaceNow:
    """The availability of a place at an instant, and until when; `until` is None if nobody knows.

    `booked` are the bookings of this moment, or of the next half hour, without a gap between them.
    """

    availability: Availability
    until: datetime | None = None
    booked: Interval | None = None


def open_intervals(hours: OpeningHours, window: Interval) -> list[Interval]:
    """The time in which a centre is open, in order, for all local days that share time with `window`.

    Opening hours that touch at midnight are one interval.
    """
    return union(opening_intervals(hours, window))


def place_now(at: datetime, opening: Sequence[Interval], booked: Sequence[Interval], presence: Presence) -> PlaceNow:
    """The availability of a place at the instant `at`.

    `opening` is the open time from `at` on, as of `open_intervals`; `booked` are the periods for which it is booked, up to
    their release, in any order. Of several reasons the first of Availability counts.
    """
    open_now = next((each for each in opening if each.start <= at < each.end), None)
    if open_now is None:
        return PlaceNow("closed", next((each.start for each in opening if each.start > at), None))
    following = next((each for each in union(booked) if each.end > at), None)
    soon = following if following is not None and following.start < at + SOON else None
    if presence.known == "occupied":
        return PlaceNow("occupied", soon.end if soon is not None and soon.start <= at else None, soon)
    if soon is not None:
        return PlaceNow("booked", soon.end, soon)
    until = open_now.end if following is None else min(open_now.end, following.start)
    return PlaceNow(_without_bookings(at, presence), until)


def _without_bookings(at: datetime, presence: Presence) -> Literal["unknown", "recently_used", "free"]:
    if presence.known == "unknown":
        return "unknown"
    is_recent = presence.last_present is not None and at - presence.last_present < RECENT
    return "recently_used" if is_recent else "free"


def state_for(period: Interval, at: datetime, presence: Presence) -> Literal["unknown", "recently_used", "free"]:
    """How free a place is that has no obstacle for `period`: what its sensor reports counts if the period is near `at`."""
    return _without_bookings(at, presence) if is_near(period, at) else "free"


def is_near(period: Interval, at: datetime) -> bool:
    """Whether `period` contains the instant `at` or begins soon after it, so that presence now counts."""
    return period.intersect(Interval(at, at + SOON)) is not None


def closed_part(period: Interval, opening: Sequence[Interval]) -> Interval | None:
    """The first part of `period` in which the centre is closed, or None."""
    return next(iter(subtract(period, opening)), None)


def obstacle(
    period: Interval, at: datetime, opening: Sequence[Interval], booked: Sequence[Interval], presence: Presence
) -> Obstacle | None:
    """Why a place cannot be booked for the whole of `period` at the instant `at`, or None.

    Presence counts if the period contains `at` or begins soon after it; an unknown state prevents nothing.
    """
    if closed_part(period, opening) is not None:
        return "closed"
    if overlapping(union(booked), period):
        return "booked"
    return "occupied" if is_near(period, at) and presence.known == "occupied" else None


def next_free(length: timedelta, since: datetime, opening: Sequence[Interval], booked: Sequence[Interval]) -> datetime | None:
    """The first instant from `since` on at which the place is open and not booked for `length`, or None within `opening`."""
    taken = union(booked)
    for each in opening:
        for piece in subtract(each, taken):
            start = max(piece.start, since)
            if piece.end - start >= length:
                return start
    return None


def why_closed(centre: str, hours: OpeningHours, closure_reasons: Mapping[date, str], at: datetime) -> str:
    """Why the centre with this name is closed at the instant `at`: a closure, the day of the week, or the time of day."""
    day = at.astimezone(ZoneInfo(hours.timezone)).date()
    if day in hours.closures:
        return f"{centre} is closed on {day}: {closure_reasons.get(day) or 'a closure'}."
    if day.isoweekday() not in hours.open_days:
        return f"{centre} is closed on {day:%A}s."
    return f"{centre} is open from {hours.opens:%H:%M} to {hours.closes:%H:%M} on {day}, local time."
