"""Calendars in the manner of the systems that centres use. Each text says from which documentation its form is."""

import time
from datetime import timedelta

from tests.support.calendars import NOW, Calendars, calendar, event

GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Mons-1-Desk 1 (1)
X-WR-TIMEZONE:Europe/Brussels
BEGIN:VEVENT
DTSTART;TZID=Europe/Brussels:20261019T090000
DTEND;TZID=Europe/Brussels:20261019T120000
RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20261129T225959Z;BYDAY=MO,WE
EXDATE;TZID=Europe/Brussels:20261028T090000
DTSTAMP:20261001T070000Z
ORGANIZER;CN=An Peeters:mailto:m-1@members.example
UID:6pj3cd9k60s3ib9h6gp34b9k@google.com
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=An Pee
 ters;X-NUM-GUESTS=0:mailto:m-1@members.example
ATTENDEE;CUTYPE=RESOURCE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN="mons/de
 sk-1";X-NUM-GUESTS=0:mailto:c_188@resource.calendar.google.com
CREATED:20260901T070000Z
LAST-MODIFIED:20260930T070000Z
LOCATION:Mons-1-Desk 1 (1)
SEQUENCE:1
STATUS:CONFIRMED
SUMMARY:Busy
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Brussels:20261021T140000
DTEND;TZID=Europe/Brussels:20261021T150000
DTSTAMP:20261001T070000Z
ORGANIZER;CN=An Peeters:mailto:m-1@members.example
UID:6pj3cd9k60s3ib9h6gp34b9k@google.com
RECURRENCE-ID;TZID=Europe/Brussels:20261021T090000
ATTENDEE;CUTYPE=RESOURCE;PARTSTAT=ACCEPTED;CN="mons/desk-1":mailto:c_188@resource.calendar.google.com
LAST-MODIFIED:20260930T080000Z
LOCATION:Mons-1-Desk 1 (1)
SEQUENCE:2
STATUS:CONFIRMED
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
"""Google Calendar: the calendar's address in iCal format, "Subscribe to a calendar" and "Export" in its help."""

EXCHANGE = """BEGIN:VCALENDAR
METHOD:REQUEST
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Romance Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN=An Peeters:mailto:m-1@members.example
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Bob:mailto:bob@example.be
ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=mons/desk-1:mailto:d1@example.be
ATTENDEE;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=mons/desk-2:mailto:d2@example.be
DESCRIPTION;LANGUAGE=fr-BE:\\n
RRULE:FREQ=MONTHLY;UNTIL=20261208T080000Z;INTERVAL=1;BYDAY=2TU
UID:040000008200E00074C5B7101A82E00800000000F0A1C2D3E4F5DA01000000000000000
 0100000004F6E7D8C9B0A1F2E3D4C5B6A79888776
SUMMARY;LANGUAGE=fr-BE:Réunion
DTSTART;TZID=Romance Standard Time:20261013T090000
DTEND;TZID=Romance Standard Time:20261013T103000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20261001T070000Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:0
LOCATION;LANGUAGE=fr-BE:mons/desk-1\\; mons/desk-2
X-MICROSOFT-CDO-APPT-SEQUENCE:0
X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-CDO-ALLDAYEVENT:FALSE
X-MICROSOFT-CDO-INSTTYPE:1
BEGIN:VALARM
DESCRIPTION:REMINDER
TRIGGER;RELATED=START:-PT15M
ACTION:DISPLAY
END:VALARM
END:VEVENT
END:VCALENDAR
"""
"""Exchange and Outlook: [MS-OXCICAL], 2.1.3 and 4."""

ICLOUD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Apple Inc.//macOS 15.1//EN
CALSCALE:GREGORIAN
X-APPLE-CALENDAR-COLOR:#1BADF8
X-WR-CALNAME:Desk
X-WR-TIMEZONE:Europe/Brussels
BEGIN:VTIMEZONE
TZID:Europe/Brussels
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
DTSTART:19810329T020000
TZNAME:CEST
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
DTSTART:19961027T030000
TZNAME:CET
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
CREATED:20261001T070000Z
UID:5B1F2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D
DTEND;VALUE=DATE:20261021
TRANSP:OPAQUE
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
SUMMARY:Desk
LAST-MODIFIED:20261001T070000Z
DTSTAMP:20261001T070100Z
DTSTART;VALUE=DATE:20261020
SEQUENCE:1
LOCATION:mons/desk-1
ORGANIZER;CN="An Peeters";EMAIL="m-1@members.example":mailto:m-1@members.example
RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2
BEGIN:VALARM
X-WR-ALARMUID:0C1D
UID:0C1D
TRIGGER:-PT15H
ACTION:NONE
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:5B1F2C3D-4E5F-4A6B-8C7D-9E0F1A2B3C4D
RECURRENCE-ID;VALUE=DATE:20261103
DTSTART;VALUE=DATE:20261104
DTEND;VALUE=DATE:20261105
DTSTAMP:20261001T070100Z
SEQUENCE:1
LOCATION:mons/desk-1
ORGANIZER;CN="An Peeters":mailto:m-1@members.example
END:VEVENT
END:VCALENDAR
"""
"""Apple Calendar: "Import or export calendars" in the user guide; its own properties in its calendar server's documents."""

NEXTCLOUD = """BEGIN:VCALENDAR
VERSION:2.0
CALSCALE:GREGORIAN
PRODID:-//SabreDAV//SabreDAV//EN
X-WR-CALNAME:Bureaux
X-APPLE-CALENDAR-COLOR:#0082c9
REFRESH-INTERVAL;VALUE=DURATION:PT4H
X-PUBLISHED-TTL:PT4H
BEGIN:VTIMEZONE
TZID:Europe/Brussels
BEGIN:STANDARD
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
CREATED:20261001T070000Z
DTSTAMP:20261001T070000Z
LAST-MODIFIED:20261001T070000Z
SEQUENCE:3
UID:0b6a4c1e-93f4-4b1c-8f6e-1d2c3b4a5f60
DTSTART;TZID=Europe/Brussels:20261019T130000
DTEND;TZID=Europe/Brussels:20261019T140000
STATUS:CONFIRMED
SUMMARY:Bureau
LOCATION:Coworking Gembloux\\, Bureau 3
ORGANIZER;CN=An Peeters:mailto:m-1@members.example
RRULE:FREQ=DAILY;COUNT=3
EXDATE;TZID=Europe/Brussels:20261020T130000
END:VEVENT
BEGIN:VTODO
UID:a-task
DTSTAMP:20261001T070000Z
SUMMARY:Order chairs
END:VTODO
END:VCALENDAR
"""
"""Nextcloud: "Export calendars" in the user manual; sabre/dav's documentation of its ICS export plug-in."""

ZIMBRA = """BEGIN:VCALENDAR
X-WR-CALNAME:Calendar
X-WR-CALID:5f1c2d3e-0000-4444-8888-aabbccddeeff:10
PRODID:Zimbra-Calendar-Provider
VERSION:2.0
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Europe/Brussels
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETTO:+0100
TZOFFSETFROM:+0200
RRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETTO:+0200
TZOFFSETFROM:+0100
RRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:8d2f4f0e-6b3a-4c55-9a8e-2f7f6b1c0d3e
RRULE:FREQ=WEEKLY;COUNT=3;INTERVAL=1;BYDAY=MO
SUMMARY:Desk
LOCATION:"mons/desk-1" <desk-1@rooms.example>
ATTENDEE;CUTYPE=RESOURCE;CN=mons/desk-1;ROLE=NON-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:desk-1@rooms.example
ORGANIZER;CN=An Peeters:mailto:m-1@members.example
DTSTART;TZID="Europe/Brussels":20261019T150000
DTEND;TZID="Europe/Brussels":20261019T160000
STATUS:CONFIRMED
CLASS:PUBLIC
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
TRANSP:OPAQUE
LAST-MODIFIED:20261001T070000Z
DTSTAMP:20261001T070000Z
SEQUENCE:1
EXDATE;TZID="Europe/Brussels":20261026T150000
END:VEVENT
BEGIN:VEVENT
UID:8d2f4f0e-6b3a-4c55-9a8e-2f7f6b1c0d3e
SUMMARY:Desk
STATUS:CANCELLED
RECURRENCE-ID;TZID="Europe/Brussels":20261102T150000
DTSTART;TZID="Europe/Brussels":20261102T150000
DTEND;TZID="Europe/Brussels":20261102T160000
DTSTAMP:20261001T070000Z
SEQUENCE:2
END:VEVENT
END:VCALENDAR
"""
"""Zimbra: "Calendar import and export" in its REST documentation; the time zones of its `timezones.ics`."""


def booked(text: str) -> list[str]:
    calendars = Calendars()
    done = calendars.take(text.replace("\n", "\r\n"))
    assert done.reasons == []
    again = calendars.take(text.replace("\n", "\r\n"))
    assert again.counts[:3] == (0, 0, 0)
    return calendars.booked()


def test_google_writes_series_with_until_exdate_and_replacements() -> None:
    days = ["21 14:00-15:00", "26 09:00-12:00"]
    found = booked(GOOGLE)
    assert found[:3] == ["desk-1 2026-10-19 09:00-12:00", *(f"desk-1 2026-10-{day}" for day in days)]
    assert (len(found), found[-1]) == (11, "desk-1 2026-11-25 09:00-12:00")


def test_exchange_requests_two_rooms_in_its_own_time_zone() -> None:
    assert booked(EXCHANGE) == [
        f"{desk} 2026-{day} 09:00-10:30" for day in ("10-13", "11-10", "12-08") for desk in ("desk-1", "desk-2")
    ]


def test_apple_writes_whole_days_and_moves_one_of_them() -> None:
    assert booked(ICLOUD) == ["desk-1 2026-10-20 08:00-18:00", "desk-1 2026-11-04 08:00-18:00"]


def test_nextcloud_exports_events_and_tasks_together() -> None:
    assert booked(NEXTCLOUD) == ["bureau-3 2026-10-19 13:00-14:00", "bureau-3 2026-10-21 13:00-14:00"]
    assert [notice.field for notice in Calendars().take(NEXTCLOUD).notices] == ["VTODO"]


def test_zimbra_cancels_occurrences_by_exdate_and_by_status() -> None:
    assert booked(ZIMBRA) == ["desk-1 2026-10-19 15:00-16:00"]


def test_the_calendars_of_all_systems_may_stand_in_one_file() -> None:
    calendars = Calendars()
    text = GOOGLE + EXCHANGE + ICLOUD + NEXTCLOUD + ZIMBRA
    assert [reason for reason in calendars.take(text).reasons if "is booked at that time" not in reason] == []
    assert len(calendars.events) == 5


def test_nothing_about_persons_is_stored_with_an_event() -> None:
    calendars = Calendars()
    calendars.take(GOOGLE + EXCHANGE)
    kept = "".join(stored.source for stored in calendars.events.values())
    for text in ("Peeters", "mailto", "example", "Réunion", "Busy"):
        assert text not in kept
    assert calendars.extend(NOW + timedelta(days=400)).reasons == []


def test_a_hostile_file_takes_a_bounded_time() -> None:
    start = ("DTSTART:20261019T070000Z", "DURATION:PT1H")
    rules = (
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9",
        "FREQ=DAILY;INTERVAL=1;COUNT=999999999",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
    )
    events = [event(*start, f"RRULE:{rules[n % 3]}", uid=str(n), place=f"mons/desk-{n % 3 + 1}") for n in range(30)]
    excluded = ",".join(["20261019T070000Z"] * 9_000)
    begun = time.process_time()
    Calendars().take(
        calendar(
            *events, event(*start, f"EXDATE:{excluded}", uid="many"), "BEGIN:VEVENT\n" + "X:" + "y" * 10**6 + "\nEND:VEVENT"
        )
    )
    assert time.process_time() - begun < 20
