"""Bookings as iCalendar (RFC 5545): one VEVENT a booking, or a finite series of them. docs/bookings.md describes them."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from smartwork.domain.bookings.importing import Fault, NoSuchTimeError, to_utc
from smartwork.errors import InputError
from smartwork.jobs.bookings.file_entry import Entry

MOST_REPEATS = 400
"""A series of more bookings than a working day each for a year and a half is refused: it is not meant."""
_REPEATS = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_FIELDS = {"UID": "external_id", "DTSTART": "starts_at", "DTEND": "ends_at", "DURATION": "ends_at", "LOCATION": "resource"}


class _Refused(ValueError):  # noqa: N818 - what becomes of the event
    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__(reason)


def read_calendar(text: str, centre: str | None) -> tuple[list[Entry], list[Fault]]:
    """The entries of an iCalendar text and the events that are none, by the line of their BEGIN:VEVENT.

    A finite series becomes one entry each time, `<UID>/<local start>`; what it leaves out (EXDATE) is cancelled, what
    replaces one of them (RECURRENCE-ID) takes its place. Raises InputError where the text is no calendar.
    """
    try:
        calendar = Calendar.from_ical(text)
        events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"The file is no iCalendar: {str(error).splitlines()[0][:120]}.") from None
    if calendar.name != "VCALENDAR":
        raise InputError("The file is no iCalendar: it does not begin with BEGIN:VCALENDAR.")
    cancelled = str(calendar.get("METHOD", "")).upper() == "CANCEL"
    entries: dict[tuple[str, bool], Entry] = {}
    faults: list[Fault] = []
    for line, event in zip(_lines(text), events, strict=False):
        try:
            for entry, replaces in _entries(line, event, centre, cancelled=cancelled):
                key = (entry.external_id, False)
                if replaces or key not in entries:
                    entries[key] = entry
                elif "/" not in entry.external_id:
                    entries[entry.external_id, True] = entry  # the same UID twice: told by whoever sorts the rows
        except _Refused as refused:
            faults.append(Fault(line, refused.field, str(refused)))
        except (NoSuchTimeError, OverflowError) as error:
            faults.append(Fault(line, "starts_at", str(error)))
    return list(entries.values()), faults


def _lines(text: str) -> list[int]:
    return [i for i, line in enumerate(text.splitlines(), start=1) if line.strip().upper() == "BEGIN:VEVENT"]


def _entries(line: int, event: Event, centre: str | None, *, cancelled: bool) -> Iterator[tuple[Entry, bool]]:
    """The entries of one event, each with whether it replaces an occurrence of a series."""
    for name, why in event.errors:
        raise _Refused(_FIELDS.get(str(name), str(name).lower()), str(why)[:160])
    for name in ("RDATE", "EXRULE"):
        if name in event:
            raise _Refused(name.lower(), f"{name} is not understood: write each booking as an event of its own")
    uid, status = str(event.get("UID", "")).strip(), str(event.get("STATUS", "CONFIRMED")).strip()
    if status.upper() == "TENTATIVE":
        raise _Refused("status", "TENTATIVE is no booking yet")
    place, _, resource = str(event.get("LOCATION", "")).strip().rpartition("/")
    start = _moment(event, "DTSTART")
    length = _length(event, start)

    def entry(external_id: str, at: datetime, state: str) -> Entry:
        end = at + length
        return Entry(line, external_id, place or centre or "", resource, _member(event), _fixed(at), _fixed(end), state)

    state = "cancelled" if cancelled else status
    if "RECURRENCE-ID" in event:
        yield entry(_occurrence(uid, _moment(event, "RECURRENCE-ID")), start, state), True
    elif "RRULE" in event:
        left_out = _left_out(event)
        for at in _repeats(event, start):
            gone = at.replace(tzinfo=None) in left_out
            yield entry(_occurrence(uid, at), at, "cancelled" if gone else state), False
    else:
        yield entry(uid, start, state), False


def _occurrence(uid: str, at: datetime) -> str:
    return f"{uid}/{at.replace(tzinfo=None).isoformat(timespec='minutes')}" if uid else ""


def _member(event: Event) -> str:
    said = str(event.get("X-SMARTWORK-MEMBER", "")).strip()
    return said or re.sub(r"^mailto:", "", str(event.get("ORGANIZER", "")), flags=re.IGNORECASE).partition("@")[0].strip()


def _moment(event: Event, name: str) -> datetime:
    """A time as it stands in the event, in its own zone, or without one where it is local to the centre."""
    value: Any = event.get(name)
    field = _FIELDS.get(name, name.lower())
    if value is None:
        raise _Refused(field, f"{name} is missing")
    if isinstance(value, list):
        raise _Refused(field, f"{name} stands there more than once")
    if not isinstance(value.dt, datetime):
        raise _Refused(field, "an event of whole days says no time of day")
    zone = value.params.get("TZID")
    if zone and value.dt.tzinfo is None:
        raise _Refused(field, f"TZID={str(zone)[:60]} is no known time zone; expected one such as Europe/Brussels")
    return value.dt


def _length(event: Event, start: datetime) -> timedelta:
    """Length on the clock's face, so that a series keeps its hours when the clocks change."""
    if "DTEND" not in event and "DURATION" in event:
        value: Any = event.get("DURATION")
        return timedelta(seconds=value.dt.total_seconds())
    end = _moment(event, "DTEND")
    if (start.tzinfo is None) != (end.tzinfo is None):
        raise _Refused("ends_at", "DTSTART and DTEND must both have a zone, or neither")
    if start.tzinfo is not None and end.tzinfo is not None and end.tzinfo != start.tzinfo:
        end = end.astimezone(start.tzinfo)
    return end.replace(tzinfo=None) - start.replace(tzinfo=None)


def _fixed(at: datetime) -> datetime:
    """`at` as an instant in UTC where its zone is named; raises NoSuchTimeError where that local time is no instant."""
    key = getattr(at.tzinfo, "key", None)
    return to_utc(at.replace(tzinfo=None), key) if key else at


def _repeats(event: Event, start: datetime) -> list[datetime]:
    rule: Any = event.get("RRULE")
    if isinstance(rule, list):
        raise _Refused("rrule", "more than one RRULE")
    said = {str(name).upper(): values for name, values in rule.items()}
    if said.get("FREQ", [""])[0] not in _REPEATS:
        raise _Refused("rrule", f"FREQ must be one of {', '.join(_REPEATS)}")
    until = said.pop("UNTIL", [None])[0]
    if until is None and "COUNT" not in said:
        raise _Refused("rrule", "a series without COUNT or UNTIL has no end; book it for a stated time")
    last = _until(until, start)
    text = ";".join(part for part in rule.to_ical().decode().split(";") if not part.upper().startswith("UNTIL="))
    found: list[datetime] = []
    try:
        for at in rrulestr(text, dtstart=start.replace(tzinfo=None)):
            if last is not None and at > last:
                break
            if len(found) == MOST_REPEATS:
                raise _Refused("rrule", f"a series of more than {MOST_REPEATS} bookings")
            found.append(at.replace(tzinfo=start.tzinfo))
    except (ValueError, TypeError) as error:
        if isinstance(error, _Refused):
            raise
        raise _Refused("rrule", f"is not understood ({str(error)[:100]})") from None
    if not found:
        raise _Refused("rrule", "a series without a single booking")
    return found


def _until(until: date | datetime | None, start: datetime) -> datetime | None:
    if until is None:
        return None
    if not isinstance(until, datetime):
        return datetime(until.year, until.month, until.day, 23, 59, 59)  # noqa: DTZ001 - on the clock's face of the series
    if until.tzinfo is not None and start.tzinfo is not None:
        until = until.astimezone(start.tzinfo)
    return until.replace(tzinfo=None)


def _left_out(event: Event) -> set[datetime]:
    value: Any = event.get("EXDATE", [])
    lists = value if isinstance(value, list) else [value]
    start = _moment(event, "DTSTART")
    found = set()
    for each in lists:
        for item in each.dts:
            at = item.dt
            if isinstance(at, datetime):
                if at.tzinfo is not None and start.tzinfo is not None:
                    at = at.astimezone(start.tzinfo)
                found.add(at.replace(tzinfo=None))
    return found
