"""Read bookings from iCalendar (RFC 5545): a VEVENT is a booking or a finite series. docs/bookings.md describes them."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from smartwork.domain.bookings.importing import Fault, NoSuchTimeError, to_utc
from smartwork.errors import InputError
from smartwork.jobs.bookings.file_entry import BookingEntry

MAX_OCCURRENCES = 400
"""A longer series is refused as a mistake: this is every working day for a year and a half."""
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FIELDS = {"UID": "external_id", "DTSTART": "starts_at", "DTEND": "ends_at", "DURATION": "ends_at", "LOCATION": "resource"}


class _Refused(ValueError):  # noqa: N818 - what happens to the event
    """An event that cannot be imported, with the field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


def read_calendar(text: str, centre: str | None) -> tuple[list[BookingEntry], list[Fault]]:
    """The entries of an iCalendar text and the faults of its other events, by the line of their BEGIN:VEVENT.

    Each occurrence of a finite series becomes an entry with the id `<UID>/<local start>`. An EXDATE cancels its occurrence,
    and an event with RECURRENCE-ID replaces its occurrence. `centre` is used for events that name none. Raises InputError
    if the text is not a calendar.
    """
    try:
        calendar = Calendar.from_ical(text)
        events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"The file is not iCalendar: {str(error).splitlines()[0][:120]}.") from None
    if calendar.name != "VCALENDAR":
        raise InputError("The file is not iCalendar: it does not begin with BEGIN:VCALENDAR.")
    cancelled = str(calendar.get("METHOD", "")).upper() == "CANCEL"
    entries: dict[tuple[str, bool], BookingEntry] = {}
    faults: list[Fault] = []
    for line, event in zip(_lines(text), events, strict=False):
        try:
            for entry, replaces in _entries(line, event, centre, cancelled=cancelled):
                key = (entry.external_id, False)
                if replaces or key not in entries:
                    entries[key] = entry
                elif "/" not in entry.external_id:
                    entries[entry.external_id, True] = entry  # a repeated UID: plan_import refuses it
        except _Refused as refused:
            faults.append(Fault(line, refused.field, str(refused)))
        except (NoSuchTimeError, OverflowError) as error:
            faults.append(Fault(line, "starts_at", str(error)))
    return list(entries.values()), faults


def _lines(text: str) -> list[int]:
    return [i for i, line in enumerate(text.splitlines(), start=1) if line.strip().upper() == "BEGIN:VEVENT"]


def _entries(line: int, event: Event, centre: str | None, *, cancelled: bool) -> Iterator[tuple[BookingEntry, bool]]:
    """The entries of one event, each with whether it replaces an occurrence of a series."""
    for name, why in event.errors:
        raise _Refused(_FIELDS.get(str(name), str(name).lower()), str(why)[:160])
    for name in ("RDATE", "EXRULE"):
        if name in event:
            raise _Refused(name.lower(), f"{name} is not supported; write each booking as a separate event")
    uid, status = str(event.get("UID", "")).strip(), str(event.get("STATUS", "CONFIRMED")).strip()
    if status.upper() == "TENTATIVE":
        raise _Refused("status", "TENTATIVE is not a booking; import the event once it is confirmed")
    place, _, resource = str(event.get("LOCATION", "")).strip().rpartition("/")
    start = _moment(event, "DTSTART")
    length = _length(event, start)

    def entry(external_id: str, at: datetime, state: str) -> BookingEntry:
        end = at + length
        return BookingEntry(
            line,
            external_id,
            place or centre or "",
            resource,
            _member(event),
            _in_utc_if_zoned(at),
            _in_utc_if_zoned(end),
            state,
        )

    state = "cancelled" if cancelled else status
    if "RECURRENCE-ID" in event:
        yield entry(_occurrence(uid, _moment(event, "RECURRENCE-ID")), start, state), True
    elif "RRULE" in event:
        excluded = _excluded_times(event)
        for at in _occurrence_starts(event, start):
            is_excluded = at.replace(tzinfo=None) in excluded
            yield entry(_occurrence(uid, at), at, "cancelled" if is_excluded else state), False
    else:
        yield entry(uid, start, state), False


def _occurrence(uid: str, at: datetime) -> str:
    return f"{uid}/{at.replace(tzinfo=None).isoformat(timespec='minutes')}" if uid else ""


def _member(event: Event) -> str:
    pseudonym = str(event.get("X-SMARTWORK-MEMBER", "")).strip()
    return (
        pseudonym or re.sub(r"^mailto:", "", str(event.get("ORGANIZER", "")), flags=re.IGNORECASE).partition("@")[0].strip()
    )


def _moment(event: Event, name: str) -> datetime:
    """A time property of the event, in its own zone; without a zone it is local to the centre."""
    value: Any = event.get(name)
    field = _FIELDS.get(name, name.lower())
    if value is None:
        raise _Refused(field, f"{name} is missing")
    if isinstance(value, list):
        raise _Refused(field, f"{name} occurs more than once; keep one")
    if not isinstance(value.dt, datetime):
        raise _Refused(field, "a whole-day event has no time of day; give its start and end times")
    zone = value.params.get("TZID")
    if zone and value.dt.tzinfo is None:
        raise _Refused(field, f"TZID={str(zone)[:60]} is not a known time zone; expected for example Europe/Brussels")
    return value.dt


def _length(event: Event, start: datetime) -> timedelta:
    """The length in local time, so that a series keeps its local hours when the clocks change."""
    if "DTEND" not in event and "DURATION" in event:
        value: Any = event.get("DURATION")
        return timedelta(seconds=value.dt.total_seconds())
    end = _moment(event, "DTEND")
    if (start.tzinfo is None) != (end.tzinfo is None):
        raise _Refused("ends_at", "DTSTART and DTEND must both have a zone, or both have none")
    if start.tzinfo is not None and end.tzinfo is not None and end.tzinfo != start.tzinfo:
        end = end.astimezone(start.tzinfo)
    return end.replace(tzinfo=None) - start.replace(tzinfo=None)


def _in_utc_if_zoned(at: datetime) -> datetime:
    """`at` in UTC if it has a named zone, else unchanged. Raises NoSuchTimeError if the zone has no such local time."""
    key = getattr(at.tzinfo, "key", None)
    return to_utc(at.replace(tzinfo=None), key) if key else at


def _occurrence_starts(event: Event, start: datetime) -> list[datetime]:
    rule: Any = event.get("RRULE")
    if isinstance(rule, list):
        raise _Refused("rrule", "an event has more than one RRULE; write one event for each")
    parts = {str(name).upper(): values for name, values in rule.items()}
    if parts.get("FREQ", [""])[0] not in _FREQUENCIES:
        raise _Refused("rrule", f"FREQ must be one of {', '.join(_FREQUENCIES)}")
    until = parts.pop("UNTIL", [None])[0]
    if until is None and "COUNT" not in parts:
        raise _Refused("rrule", "the series has no end; add COUNT or UNTIL")
    last = _until(until, start)
    text = ";".join(part for part in rule.to_ical().decode().split(";") if not part.upper().startswith("UNTIL="))
    starts: list[datetime] = []
    try:
        for at in rrulestr(text, dtstart=start.replace(tzinfo=None)):
            if last is not None and at > last:
                break
            if len(starts) == MAX_OCCURRENCES:
                raise _Refused("rrule", f"the series has more than {MAX_OCCURRENCES} bookings; import it in parts")
            starts.append(at.replace(tzinfo=start.tzinfo))
    except (ValueError, TypeError) as error:
        if isinstance(error, _Refused):
            raise
        raise _Refused("rrule", f"is not a valid rule ({str(error)[:100]})") from None
    if not starts:
        raise _Refused("rrule", "the series has no booking; check COUNT and UNTIL")
    return starts


def _until(until: date | datetime | None, start: datetime) -> datetime | None:
    if until is None:
        return None
    if not isinstance(until, datetime):
        return datetime(until.year, until.month, until.day, 23, 59, 59)  # noqa: DTZ001 - local time of the series
    if until.tzinfo is not None and start.tzinfo is not None:
        until = until.astimezone(start.tzinfo)
    return until.replace(tzinfo=None)


def _excluded_times(event: Event) -> set[datetime]:
    value: Any = event.get("EXDATE", [])
    lists = value if isinstance(value, list) else [value]
    start = _moment(event, "DTSTART")
    excluded = set()
    for each in lists:
        for item in each.dts:
            at = item.dt
            if isinstance(at, datetime):
                if at.tzinfo is not None and start.tzinfo is not None:
                    at = at.astimezone(start.tzinfo)
                excluded.add(at.replace(tzinfo=None))
    return excluded
