"""iCalendar: supported events become entries; the others are refused with field and line."""

import pytest

from smartwork.errors import InputError
from smartwork.jobs.bookings.icalendar_file import MAX_OCCURRENCES, read_calendar

START = "DTSTART;TZID=Europe/Brussels:20261019T090000"
END = "DTEND;TZID=Europe/Brussels:20261019T100000"


def calendar(*events: tuple[str, ...], head: str = "") -> str:
    body = "\n".join("\n".join(("BEGIN:VEVENT", "UID:u", "LOCATION:mons/desk-1", *lines, "END:VEVENT")) for lines in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{body}\nEND:VCALENDAR\n"


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        (("DTSTART:nonsense", END), "starts_at"),
        ((END,), "starts_at"),
        ((START,), "ends_at"),
        (("DTSTART;VALUE=DATE:20261019", "DTEND;VALUE=DATE:20261020"), "starts_at"),
        (("DTSTART:20261019T090000", END), "ends_at"),
        ((START, END, "RRULE:FREQ=DAILY"), "rrule"),
        ((START, END, "RRULE:FREQ=SECONDLY;COUNT=3"), "rrule"),
        ((START, END, f"RRULE:FREQ=DAILY;COUNT={MAX_OCCURRENCES + 1}"), "rrule"),
        ((START, END, "RDATE:20261020T090000Z"), "rdate"),
        ((START, END, "STATUS:TENTATIVE"), "status"),
        ((START, END, "RRULE:FREQ=DAILY;COUNT=0"), "rrule"),
        (("DTSTART;TZID=Mars/Base:20261019T090000", "DTEND;TZID=Mars/Base:20261019T100000"), "starts_at"),
        (
            ("DTSTART;TZID=Europe/Brussels:20260329T023000", "DTEND;TZID=Europe/Brussels:20260329T040000"),
            "starts_at",
        ),
    ],
)
def test_an_unsupported_event_is_refused_with_field_and_line(lines: tuple[str, ...], field: str) -> None:
    entries, faults = read_calendar(calendar((START, END), lines), None)
    assert len(entries) == 1
    assert [(fault.line, fault.field) for fault in faults] == [(9, field)]


def test_a_time_without_zone_stays_local_to_the_centre() -> None:
    entries, faults = read_calendar(calendar(("DTSTART:20261019T090000", "DTEND:20261019T100000")), "mons")
    assert faults == []
    assert [str(entry.starts_at) for entry in entries] == ["2026-10-19 09:00:00"]


def test_until_is_inclusive() -> None:
    rule = "RRULE:FREQ=DAILY;UNTIL=20261021T070000Z"  # 09:00 in Brussels
    entries, _ = read_calendar(calendar((START, END, rule)), None)
    assert [entry.external_id for entry in entries] == [f"u/2026-10-{day}T09:00" for day in (19, 20, 21)]


def test_method_cancel_cancels_each_event() -> None:
    entries, _ = read_calendar(calendar((START, END), head="METHOD:CANCEL\n"), None)
    assert [entry.status for entry in entries] == ["cancelled"]


@pytest.mark.parametrize("text", ["", "BEGIN:VEVENT\nEND:VEVENT\n", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n"])
def test_a_text_that_is_not_a_calendar_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not iCalendar"):
        read_calendar(text, None)
