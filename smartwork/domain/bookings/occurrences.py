"""The occurrences of an event of a calendar: its series, without what EXDATE excludes, with what RECURRENCE-ID replaces."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from smartwork.domain.bookings.calendar_events import CalendarEvent, Duration, EventState, Moment
from smartwork.domain.bookings.calendar_zones import UTC_ZONE, Zone
from smartwork.domain.bookings.importing import LONGEST_BOOKING
from smartwork.domain.bookings.recurrence import Rule, recurring_dates
from smartwork.domain.time import Interval

HORIZON = timedelta(days=400)
"""How far ahead an endless or very long series is booked: thirteen months. `smartwork bookings extend` goes on from there."""
MAX_WHOLE_SERIES = 1_000
"""A series that ends and has at most this many occurrences is booked up to its end."""
MAX_OCCURRENCES = 10_000
"""A series with more occurrences up to the horizon is refused: this is every day for 27 years."""
_LAST_DAY = date(2099, 12, 31)


class RefusedEventError(ValueError):
    """An event that cannot be imported. `field` is the property that is wrong, the message says why."""

    def __init__(self, field_name: str, reason: str) -> None:
        self.field = field_name
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence. `event` is the VEVENT that decides about it: the series, or the one that replaces the occurrence.

    `label` names the occurrence in its series by its original local start, such as `2026-10-19T09:00` or `2026-10-19`; it is
    empty for a single event. It has a `period`, or `days` that it fills; a cancellation may have neither.
    """

    event: CalendarEvent
    label: str
    state: EventState
    period: Interval | None
    days: tuple[date, ...] = ()


@dataclass(slots=True)
class Expansion:
    """The occurrences of an event, whether they are all, the replacements that are refused, and remarks about events."""

    occurrences: list[Occurrence] = field(default_factory=list)
    is_complete: bool = True
    refused: list[tuple[CalendarEvent, RefusedEventError]] = field(default_factory=list)
    remarks: list[tuple[CalendarEvent, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Series:
    """The original starts of an event, by which exceptions find them."""

    starts: list[tuple[Moment, Moment | Duration | None]]
    zone: Zone
    default: Zone
    by_instant: dict[datetime, int] = field(default_factory=dict)
    by_day: dict[date, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for at, (start, _) in enumerate(self.starts):
            if not start.is_day:
                self.by_instant.setdefault(start.instant(self.default), at)
            self.by_day.setdefault(start.day_in(self.zone, self.default), []).append(at)

    def find(self, moment: Moment) -> list[int]:
        """The occurrences that an EXDATE or RECURRENCE-ID names: by instant, or by local date where one of them is a date."""
        if moment.is_day:
            return self.by_day.get(moment.day, [])
        instant = (moment.zone or self.zone).instant(moment.at)
        if instant in self.by_instant:
            return [self.by_instant[instant]]
        own_zone = self.default if moment.zone in {None, UTC_ZONE} else moment.zone
        days = self.by_day.get((own_zone or self.default).local(instant).date(), [])
        return [at for at in days if self.starts[at][0].is_day]


def expand(master: CalendarEvent | None, replacements: Iterable[CalendarEvent], default: Zone, until: date) -> Expansion:
    """The occurrences of an event up to the end of a series, or up to the day `until`.

    `default` is the zone of times without a zone. `replacements` are the events with RECURRENCE-ID; without a `master` each
    is an occurrence of its own. Raises RefusedEventError for a series that cannot be expanded.
    """
    result = Expansion()
    replaced: dict[int, CalendarEvent] = {}
    series = _Series([], default, default)
    if master is not None and master.start is not None and master.state != "cancelled":
        starts, result.is_complete = _starts(master, default, until)
        series = _Series(starts, master.start.zone or default, default)
    elif master is not None:
        result.occurrences.append(_cancelled(master, "", default))
    for event in replacements:
        found = series.find(event.recurrence_id) if event.recurrence_id else []
        for at in found:
            replaced[at] = event
        if not found and event.recurrence_id is not None:
            result.occurrences.append(_replacement(event, _label_alone(event.recurrence_id, series), default, result))
    if master is not None and series.starts:
        _add_series(master, series, replaced, result, until)
    elif master is not None and master.state != "cancelled":
        result.remarks.append((master, "RRULE ends before DTSTART: the series has no occurrence"))
    return result


def _add_series(
    master: CalendarEvent, series: _Series, replaced: Mapping[int, CalendarEvent], result: Expansion, until: date
) -> None:
    """Add the occurrences of the series to `result`, without those that are excluded, with those that are replaced."""
    excluded = _excluded(master, series, result, until)
    for at, (start, end) in enumerate(series.starts):
        label = _label(start) if master.repeats or at in replaced else ""
        if (instead := replaced.get(at)) is not None and instead.state != "cancelled":
            result.occurrences.append(_replacement(instead, label, series.default, result))
            continue
        state: EventState = "cancelled" if at in excluded or at in replaced else master.state
        period, days = _extent(master, start, end, series.default)
        result.occurrences.append(Occurrence(master, label, state, period, days))
    if master.rule is not None and master.start is not None and not _gives(master.rule, master.start.day):
        result.remarks.append((master, "RRULE does not give DTSTART itself, which counts as the first occurrence"))


def _replacement(event: CalendarEvent, label: str, default: Zone, result: Expansion) -> Occurrence:
    """The occurrence that `event` puts in the place of another; if that is not possible, `result` has the reason."""
    if event.state == "refused":
        return Occurrence(event, label, "refused", None)
    if event.state == "cancelled":
        return _cancelled(event, label, default)
    try:
        period, days = _extent(event, event.start, event.end, default)
    except RefusedEventError as refused:
        result.refused.append((event, refused))
        return Occurrence(event, label, "refused", None)
    return Occurrence(event, label, event.state, period, days)


def _cancelled(event: CalendarEvent, label: str, default: Zone) -> Occurrence:
    """A cancellation, with its time if it names one."""
    try:
        period, days = _extent(event, event.start, event.end, default) if not event.repeats else (None, ())
    except RefusedEventError:
        period, days = None, ()
    return Occurrence(event, label, "cancelled", period, days)


def _label_alone(moment: Moment, series: _Series) -> str:
    """The label of an occurrence that is not in the series, or whose series is not known."""
    if moment.is_day:
        return _label(moment)
    return _label(Moment(series.zone.local((moment.zone or series.zone).instant(moment.at)), series.zone))


def _excluded(master: CalendarEvent, series: _Series, result: Expansion, until: date) -> set[int]:
    excluded: set[int] = set()
    for moment in master.excluded:
        found = series.find(moment)
        excluded.update(found)
        if not found and (result.is_complete or moment.day <= until):
            result.remarks.append((master, f"EXDATE {moment.local.isoformat()} is not a time of the series"))
    return excluded


def _label(start: Moment) -> str:
    if not isinstance(start.local, datetime):
        return start.local.isoformat()
    return start.local.isoformat(timespec="seconds" if start.local.second else "minutes")


def _starts(event: CalendarEvent, default: Zone, until: date) -> tuple[list[tuple[Moment, Moment | Duration | None]], bool]:
    """The original starts of an event, with the end of those that have one of their own, and whether they are all."""
    if event.start is None:
        return [], True
    starts: list[tuple[Moment, Moment | Duration | None]] = []
    is_complete = True
    if event.rule is None:
        starts.append((event.start, event.end))
    else:
        days, is_complete = _rule_days(event.rule, event.start, default, until)
        starts = [(_on_day(event.start, day), None) for day in days]
        if starts:
            starts[0] = (event.start, event.end)
    known = {start.instant(default) for start, _ in starts}
    for each in event.added:
        if each.start.is_day != event.start.is_day:
            raise RefusedEventError("RDATE", "RDATE and DTSTART must both be dates, or both have a time of day")
        if (instant := each.start.instant(default)) not in known:
            known.add(instant)
            starts.append((each.start, each.end))
    if len(starts) > MAX_OCCURRENCES:
        raise RefusedEventError("RRULE", f"the series has more than {MAX_OCCURRENCES} occurrences; import it in parts")
    return starts, is_complete


def _gives(rule: Rule, day: date) -> bool:
    return next(recurring_dates(rule, day, day), None) == day


def _on_day(start: Moment, day: date) -> Moment:
    local = datetime.combine(day, start.local.time()) if isinstance(start.local, datetime) else day
    return Moment(local, start.zone)


def _rule_days(rule: Rule, start: Moment, default: Zone, until: date) -> tuple[list[date], bool]:
    """The days of a rule: all of them, or those up to `until`; and whether they are all."""
    days: list[date] = []
    for day in _ended(rule, start, default, until if rule.is_endless else _LAST_DAY):
        if len(days) >= MAX_WHOLE_SERIES and day > until:
            return [each for each in days if each <= until], False
        if len(days) == MAX_OCCURRENCES:
            raise RefusedEventError("RRULE", f"the series has more than {MAX_OCCURRENCES} occurrences; import it in parts")
        days.append(day)
    return days, not rule.is_endless


def _ended(rule: Rule, start: Moment, default: Zone, last: date) -> Iterator[date]:
    """The days of a rule up to its COUNT or UNTIL. The first is that of DTSTART, also if the rule does not give it."""
    days = recurring_dates(rule, start.day, last)
    for number, day in enumerate(_with_first(start.day, days, last), start=1):
        if (rule.count is not None and number > rule.count) or (
            rule.until is not None and not _is_within(rule.until, _on_day(start, day), default)
        ):
            return
        yield day


def _with_first(first: date, days: Iterator[date], last: date) -> Iterator[date]:
    if first <= last:
        yield first
    yield from (day for day in days if day != first)


def _is_within(until: date | datetime, start: Moment, default: Zone) -> bool:
    """Whether a start is not after UNTIL, which is an instant, a local time, or a whole day."""
    if not isinstance(until, datetime):
        return start.day <= until
    if start.is_day:
        return start.day <= (default.local(until) if until.tzinfo else until).date()
    return start.instant(default) <= until if until.tzinfo else start.at <= until


def _extent(
    event: CalendarEvent, start: Moment | None, own_end: Moment | Duration | None, default: Zone
) -> tuple[Interval | None, tuple[date, ...]]:
    """The period, or the days, of an occurrence that starts at `start`; without `own_end` it is as long as the event."""
    if start is None or event.start is None:
        raise RefusedEventError("DTSTART", "is missing")
    if not 2000 <= start.day.year < 2100:
        raise RefusedEventError("DTSTART", f"the year {start.day.year} is not between 2000 and 2099")
    end = own_end
    if end is None and event.end is not None:
        end = event.end if isinstance(event.end, Duration) else _exact_length(event.start, event.end, start, default)
    if start.is_day:
        return None, _days(start.day, end)
    begins = start.instant(default)
    ends = _end(start, end, default)
    if ends is None:
        raise RefusedEventError("DTEND", "is missing, and so is DURATION")
    if ends <= begins:
        raise RefusedEventError("DTEND", "the end is not after the start")
    if ends - begins > LONGEST_BOOKING:
        raise RefusedEventError("DTEND", f"is longer than {LONGEST_BOOKING.days} days; book it month by month")
    return Interval(begins, ends), ()


def _exact_length(first: Moment, end: Moment, start: Moment, default: Zone) -> Moment:
    """The end of an occurrence of a series with DTEND: as long as the first one, in exact time (RFC 5545, 3.8.5.3)."""
    if first.is_day:
        return Moment(start.day + (end.day - first.day))
    instant = start.instant(default) + (end.instant(default) - first.instant(default))
    return Moment(instant.astimezone(UTC).replace(tzinfo=None), UTC_ZONE)


def _end(start: Moment, end: Moment | Duration | None, default: Zone) -> datetime | None:
    if isinstance(end, Duration):
        return Moment(start.at + timedelta(days=end.days), start.zone).instant(default) + end.exact
    return end.instant(default) if end is not None else None


def _days(first: date, end: Moment | Duration | None) -> tuple[date, ...]:
    count = 1
    if isinstance(end, Duration):
        count = end.days + end.exact // timedelta(days=1)
    elif end is not None:
        count = (end.day - first).days
    if count < 0:
        raise RefusedEventError("DTEND", "the end is not after the start")
    if timedelta(days=count) > LONGEST_BOOKING:
        raise RefusedEventError("DTEND", f"is longer than {LONGEST_BOOKING.days} days; book it month by month")
    return tuple(first + timedelta(days=n) for n in range(max(count, 1)))


def zone_of(places: Iterable[tuple[str, str]], zones: Mapping[str, Zone]) -> Zone:
    """The zone of the centre of the first place; UTC if no place is known."""
    return next((zones[centre] for centre, _ in places if centre in zones), UTC_ZONE)
