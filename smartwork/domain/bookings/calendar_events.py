"""Events of a calendar as values: what a VEVENT of RFC 5545 says about bookings."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from smartwork.domain.bookings.calendar_zones import Zone
from smartwork.domain.bookings.recurrence import Rule

EventState = Literal["booked", "cancelled", "free", "refused"]
"""`free`: the event takes no time of anybody. `refused`: an occurrence that cannot be imported; what is stored stays."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A DATE, or a local DATE-TIME without a zone and its zone; without a zone it is local to the centre of the event."""

    local: date | datetime
    zone: Zone | None = None

    @property
    def is_day(self) -> bool:
        """Whether it is a date without a time of day."""
        return not isinstance(self.local, datetime)

    @property
    def day(self) -> date:
        """The local date."""
        return self.local.date() if isinstance(self.local, datetime) else self.local

    @property
    def at(self) -> datetime:
        """The local time, without a zone; of a date, its midnight."""
        return self.local if isinstance(self.local, datetime) else datetime.combine(self.local, time())

    def instant(self, default: Zone) -> datetime:
        """The instant in UTC; a date is the start of that day. `default` is the zone of the centre."""
        return (self.zone or default).instant(self.at)

    def day_in(self, zone: Zone, default: Zone) -> date:
        """The date in `zone`; a date is the same everywhere."""
        return self.day if self.is_day else zone.local(self.instant(default)).date()


@dataclass(frozen=True, slots=True)
class Duration:
    """A DURATION: days are as long as local days are, the rest is exact time."""

    days: int
    exact: timedelta


@dataclass(frozen=True, slots=True)
class EventVersion:
    """Which of two versions of an event is newer: SEQUENCE first (RFC 5546, 2.1.5), then LAST-MODIFIED, then DTSTAMP."""

    sequence: int | None = None
    modified: datetime | None = None
    stamp: datetime | None = None

    @property
    def number(self) -> int:
        """The sequence number; 0 if none is stated."""
        return self.sequence or 0

    def is_older_than(self, other: "EventVersion") -> bool:
        """Whether `other` replaces this version. Versions that do not differ in what both state are equally old."""
        if self.number != other.number:
            return self.number < other.number
        if self.modified is not None and other.modified is not None:
            return self.modified < other.modified
        return self.stamp is not None and other.stamp is not None and self.stamp < other.stamp

    def __str__(self) -> str:
        """As a report names it."""
        at = self.modified or self.stamp
        return f"SEQUENCE {self.number}" + (f" of {at:%Y-%m-%d %H:%M} UTC" if at else "")


@dataclass(frozen=True, slots=True)
class AddedTime:
    """An RDATE; `end` is given for a period only."""

    start: Moment
    end: Moment | Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """A VEVENT: a single event, a series, or with `recurrence_id` one occurrence of a series.

    `start` is None for a cancellation that names no time. `places` are (centre, place) and `member` is a pseudonym, after
    their names were looked up; a cancellation may name none. `text` has the lines of the event that are kept, without place
    and member.
    """

    line: int
    uid: str
    version: EventVersion
    state: EventState
    start: Moment | None
    end: Moment | Duration | None
    rule: Rule | None = None
    added: tuple[AddedTime, ...] = ()
    excluded: tuple[Moment, ...] = ()
    recurrence_id: Moment | None = None
    places: tuple[tuple[str, str], ...] = ()
    member: str = ""
    text: str = ""

    @property
    def repeats(self) -> bool:
        """Whether it is a series."""
        return self.rule is not None or bool(self.added)
