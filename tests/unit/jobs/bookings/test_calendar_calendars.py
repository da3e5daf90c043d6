"""Calendars: copies of an event in several of them, versions, several places, and how a text is read."""

import pytest

from smartwork.errors import InputError
from smartwork.jobs.bookings.icalendar_file import read_calendar
from smartwork.jobs.bookings.icalendar_text import join_split_characters
from tests.support.calendars import Calendars, calendar, event

MORNING = ("DTSTART;TZID=Europe/Brussels:20261019T090000", "DTEND;TZID=Europe/Brussels:20261019T120000")
NOON = ("DTSTART;TZID=Europe/Brussels:20261019T120000", "DTEND;TZID=Europe/Brussels:20261019T130000")
AT_NINE = "2026-10-19 09:00-12:00"
BOTH_DESKS = [f"desk-1 {AT_NINE}", f"desk-2 {AT_NINE}"]


def named(name: str, *events: str, head: str = "") -> str:
    return calendar(*events, head=f"X-WR-CALNAME:{name}" + (f"\n{head}" if head else ""))


@pytest.mark.parametrize("has_names", [True, False])
@pytest.mark.parametrize("lines", [(), ("SEQUENCE:2", "DTSTAMP:20261001T080000Z")])
def test_i07_one_meeting_in_two_room_calendars_books_both_rooms(has_names: bool, lines: tuple[str, ...]) -> None:
    calendars = Calendars()
    for desk in ("desk-1", "desk-2"):
        text = event(*MORNING, *lines, place=f"mons/{desk}")
        done = calendars.take(named(desk, text) if has_names else calendar(text), f"{desk}.ics")
        assert (done.counts, done.reasons) == ((1, 0, 0, 0), [])
    assert calendars.booked() == BOTH_DESKS
    for desk in ("desk-2", "desk-1"):
        text = event(*MORNING, *lines, place=f"mons/{desk}")
        assert calendars.take(named(desk, text) if has_names else calendar(text), f"{desk}.ics").counts == (0, 0, 0, 1)
    assert calendars.booked() == BOTH_DESKS


@pytest.mark.parametrize("name", ["Calendar", "Calendrier", "Agenda"])
def test_i07_a_name_that_every_calendar_has_does_not_make_two_room_calendars_one(name: str) -> None:
    calendars = Calendars()
    for _ in range(2):
        for desk in ("desk-1", "desk-2"):
            calendars.take(named(name, event(*MORNING, "SEQUENCE:1", place=f"mons/{desk}")), f"{desk}.ics")
    assert calendars.booked() == BOTH_DESKS


def test_i07_two_room_calendars_of_one_file_name_are_told_apart_by_the_same_version_at_another_place() -> None:
    calendars = Calendars()
    for lines in (("DTSTAMP:20261001T080000Z",), ("DTSTAMP:20261001T080000Z",), ("SEQUENCE:1", "DTSTAMP:20261002T080000Z")):
        for desk in ("desk-1", "desk-2"):
            start = NOON if "SEQUENCE:1" in lines else MORNING
            assert calendars.take(calendar(event(*start, *lines, place=f"mons/{desk}"))).reasons == []
    assert calendars.booked() == ["desk-1 2026-10-19 12:00-13:00", "desk-2 2026-10-19 12:00-13:00"]
    calendars.take(calendar(event(place=None, member=None), head="METHOD:CANCEL"))
    assert calendars.booked() == []


def test_i07_the_calendars_of_two_rooms_may_have_one_place_each_from_the_source() -> None:
    calendars = Calendars()
    text = event(*MORNING, place="Quarterly review, see the invitation")
    for desk in ("desk-1", "desk-2"):
        calendars.take(calendar(text), "basic.ics", calendar=f"feed {desk}", centre="mons", resource=desk)
    assert calendars.booked() == BOTH_DESKS
    calendars.take(calendar(event(*NOON, "SEQUENCE:1", place=None)), calendar="feed desk-1", centre="mons", resource="desk-1")
    assert calendars.booked() == [f"desk-2 {AT_NINE}", "desk-1 2026-10-19 12:00-13:00"]


def test_i07_a_room_whose_calendar_cancels_the_meeting_is_free_and_the_other_is_not() -> None:
    calendars = Calendars()
    for desk in ("desk-1", "desk-2"):
        calendars.take(named(desk, event(*MORNING, place=f"mons/{desk}")))
    calendars.take(named("desk-1", event(place=None, member=None), head="METHOD:CANCEL"))
    assert calendars.booked() == BOTH_DESKS[1:]


def test_a_cancellation_that_names_no_calendar_cancels_every_copy() -> None:
    calendars = Calendars()
    for desk in ("desk-1", "desk-2"):
        calendars.take(named(desk, event(*MORNING, place=f"mons/{desk}")))
    calendars.take(calendar(event(place=None, member=None), head="METHOD:CANCEL"), "cancel.ics")
    assert calendars.booked() == []


def test_two_calendars_that_both_name_all_rooms_book_each_room_once() -> None:
    calendars = Calendars()
    for name in ("desk-1", "desk-2"):
        assert calendars.take(named(name, event(*MORNING, place="mons/desk-1; mons/desk-2"))).reasons == []
    assert calendars.booked() == BOTH_DESKS


@pytest.mark.parametrize(
    ("lines", "file"), [((), "plan.ics"), (("SEQUENCE:1",), "plan.ics"), (("SEQUENCE:1",), "plan of tuesday.ics")]
)
def test_an_event_that_changes_its_room_in_one_calendar_moves(lines: tuple[str, ...], file: str) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*MORNING)))
    done = calendars.take(calendar(event(*MORNING, *lines, place="mons/desk-2")), file)
    assert done.counts == (0, 1, 0, 0)
    assert calendars.booked() == BOTH_DESKS[1:]
    assert list(calendars.bookings) == ["s"]


def test_a_calendar_with_a_name_is_the_same_under_any_file_name() -> None:
    calendars = Calendars()
    calendars.take(named("Desk plan", event(*MORNING)), "a.ics")
    calendars.take(named("Desk plan", event(*MORNING, place="mons/desk-2")), "b.ics")
    assert calendars.booked() == BOTH_DESKS[1:]


@pytest.mark.parametrize("file", ["plan.ics", "older.ics"])
@pytest.mark.parametrize("place", ["mons/desk-1", "mons/desk-2"])
@pytest.mark.parametrize(
    ("known", "older"),
    [
        (("SEQUENCE:2",), ("SEQUENCE:1",)),
        (("SEQUENCE:2", "DTSTAMP:20261001T080000Z"), ("DTSTAMP:20261009T080000Z",)),
    ],
)
def test_an_older_version_never_replaces_a_newer_one(
    known: tuple[str, ...], older: tuple[str, ...], place: str, file: str
) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*NOON, *known)))
    done = calendars.take(calendar(event(*MORNING, *older, place=place)), file)
    assert done.counts == (0, 0, 0, 1)
    assert "is older than what is stored: SEQUENCE 2" in done.said[0]
    assert calendars.booked() == ["desk-1 2026-10-19 12:00-13:00"]


@pytest.mark.parametrize(
    ("known", "older"),
    [
        ("LAST-MODIFIED:20261002T080000Z", "LAST-MODIFIED:20261001T080000Z"),
        ("DTSTAMP:20261002T080000Z", "DTSTAMP:20261001T080000Z"),
    ],
)
def test_of_one_sequence_number_the_later_modification_counts(known: str, older: str) -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*NOON, known)))
    calendars.take(calendar(event(*MORNING, older)))
    assert calendars.booked() == ["desk-1 2026-10-19 12:00-13:00"]


@pytest.mark.parametrize("newer_first", [True, False])
def test_of_two_versions_in_one_file_the_newer_counts(newer_first: bool) -> None:
    events = [event(*MORNING, "SEQUENCE:0"), event(*NOON, "SEQUENCE:1")]
    calendars = Calendars()
    assert calendars.take(calendar(*(reversed(events) if newer_first else events))).reasons == []
    assert calendars.booked() == ["desk-1 2026-10-19 12:00-13:00"]


def test_a_cancelled_event_is_not_revived_by_an_older_version_and_is_by_a_newer_one() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*MORNING, "SEQUENCE:1")))
    calendars.take(calendar(event("SEQUENCE:2", place=None), head="METHOD:CANCEL"), "cancel.ics")
    calendars.take(calendar(event(*MORNING, "SEQUENCE:1")))
    assert calendars.booked() == []
    assert calendars.take(calendar(event(*MORNING, "SEQUENCE:3"))).counts == (0, 1, 0, 0)
    assert calendars.booked() == BOTH_DESKS[:1]


def test_two_events_with_one_uid_and_other_content_are_refused_with_both_lines() -> None:
    done = Calendars().take(calendar(event(*MORNING), event(*NOON)))
    assert [(fault.line, fault.field) for fault in done.refused] == [(10, "UID")]
    assert "line 3" in done.refused[0].reason


def test_an_event_that_becomes_free_time_gives_its_booking_up_and_says_so() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*MORNING)))
    done = calendars.take(calendar(event(*MORNING, "SEQUENCE:1", "TRANSP:TRANSPARENT")))
    assert calendars.booked() == []
    assert done.said == ["TRANSP TRANSPARENT is free time, so it is not a booking"]


@pytest.mark.parametrize("method", ["REPLY", "COUNTER", "REFRESH", "DECLINECOUNTER", "ADD", "PUBLISHED"])
def test_other_methods_are_refused_by_name(method: str) -> None:
    done = Calendars().take(calendar(event(*MORNING), head=f"METHOD:{method}"))
    assert [(fault.line, fault.field) for fault in done.refused] == [(4, "METHOD")]
    assert method in done.refused[0].reason


def test_components_that_are_no_events_are_named() -> None:
    others = [f"BEGIN:{name}\nUID:x\nEND:{name}" for name in ("VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY")]
    alarm = "BEGIN:VALARM\nTRIGGER:-PT15M\nACTION:DISPLAY\nEND:VALARM"
    done = Calendars().take(calendar(*others, event(*MORNING, alarm)))
    assert [fault.field for fault in done.refused] == ["VFREEBUSY"]
    assert [notice.field for notice in done.notices] == ["VTODO", "VJOURNAL", "VAVAILABILITY"]
    assert done.counts == (1, 0, 0, 0)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "mixed"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_i09_several_calendars_and_any_line_ends_are_read(end: str, bom: str) -> None:
    folded = event(*MORNING, uid="a").replace("LOCATION:mons/desk-1", "LOCATION:mons/de\n sk-\n\t1")
    text = bom + calendar(folded) + "\n" + bom + calendar(event(*NOON, uid="b"))
    if end == "mixed":
        text = "".join(line + ["\r\n", "\r", "\n"][at % 3] for at, line in enumerate(text.split("\n")))
    else:
        text = text.replace("\n", end)
    calendars = Calendars()
    assert calendars.take(text).reasons == []
    assert calendars.booked() == [f"desk-1 {AT_NINE}", "desk-1 2026-10-19 12:00-13:00"]


def test_i09_two_room_calendars_in_one_file_book_both_rooms() -> None:
    calendars = Calendars()
    text = "".join(calendar(event(*MORNING, place=f"mons/{desk}")) for desk in ("desk-1", "desk-2"))
    calendars.take(text)
    assert calendars.booked() == BOTH_DESKS
    assert calendars.take(text).counts == (0, 0, 0, 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no BEGIN:VCALENDAR"),
        ("rubbish", "line 1"),
        ("BEGIN:VEVENT\nEND:VEVENT\n", "line 1"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "VEVENT of line 2 has no end"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "line 3 ends VCALENDAR"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nmore\n", "line 3"),
        ("BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR\n", "VERSION is 1.0"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 1000, "more than 10"),
    ],
)
def test_a_text_that_is_not_icalendar_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_calendar(text)


def test_an_event_is_at_every_place_that_it_names() -> None:
    for place in (
        "mons/desk-1; mons/desk-2",
        "mons/desk-1\\; mons/desk-2",
        "mons/desk-1\\, mons/desk-2",
        "mons/desk-1\\nmons/desk-2",
    ):
        calendars = Calendars()
        assert calendars.take(calendar(event(*MORNING, place=place))).reasons == []
        assert calendars.booked() == BOTH_DESKS
        assert calendars.take(calendar(event(*NOON, "SEQUENCE:1", place=place))).counts == (0, 2, 0, 0)
        done = calendars.take(calendar(event(*NOON, "SEQUENCE:2", place="mons/desk-2")))
        assert done.counts == (0, 0, 1, 1)
        assert calendars.booked() == ["desk-2 2026-10-19 12:00-13:00"]


def test_rooms_among_attendees_and_resources_are_booked_and_those_that_declined_are_said() -> None:
    rooms = (
        'ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED;CN="Mons, Desk 1":mailto:desk1@rooms.example',
        "ATTENDEE;CUTYPE=RESOURCE;CN=mons/desk-2:mailto:desk2@rooms.example",
        "ATTENDEE;CUTYPE=ROOM;PARTSTAT=DECLINED;CN=mons/desk-3:mailto:desk3@rooms.example",
        "ATTENDEE;CN=An Peeters:mailto:an@example.be",
        "RESOURCES:PROJECTOR",
    )
    calendars = Calendars()
    done = calendars.take(calendar(event(*MORNING, *rooms, place="Microsoft Teams Meeting")))
    assert done.reasons == []
    assert calendars.booked() == BOTH_DESKS
    said = " | ".join(done.said)
    assert "LOCATION 'Microsoft Teams Meeting' names no place" in said
    assert "RESOURCES 'PROJECTOR' names no place" in said
    assert "ATTENDEE 'mons/desk-3' has declined" in said


def test_a_place_may_be_named_with_commas_as_other_systems_write_it() -> None:
    calendars = Calendars()
    place = "Coworking Gembloux\\, Bureau 3\\, Coworking Gembloux\\, Grande salle"
    assert calendars.take(calendar(event(*MORNING, place=place))).reasons == []
    assert calendars.booked() == [f"bureau-3 {AT_NINE}", f"salle {AT_NINE}"]


@pytest.mark.parametrize(
    ("parts", "field", "reason"),
    [
        ({"place": "Bureau 9"}, "LOCATION", "LOCATION 'Bureau 9' names no place"),
        ({"place": None}, "LOCATION", "LOCATION is missing"),
        ({"member": None}, "X-SMARTWORK-MEMBER", "ORGANIZER are missing"),
        ({"member": "nobody"}, "X-SMARTWORK-MEMBER", "X-SMARTWORK-MEMBER 'nobody' names no member"),
    ],
)
def test_an_error_names_the_property_and_its_value(parts: dict[str, str | None], field: str, reason: str) -> None:
    text = event(*MORNING, place=parts.get("place", "mons/desk-1"), member=parts.get("member", "m-1"))
    (fault,) = Calendars().take(calendar(text)).refused
    assert (fault.line, fault.field) == (3, field)
    assert reason in fault.reason


def test_the_organizer_is_the_member_if_no_other_is_named() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*MORNING, 'ORGANIZER;CN="Somebody":mailto:m-2@members.example', member=None)))
    assert [stored.booking.member for stored in calendars.bookings.values()] == ["m-2"]


def test_ids_are_those_of_earlier_versions_and_stay() -> None:
    calendars = Calendars()
    calendars.take(calendar(event(*MORNING, "RRULE:FREQ=WEEKLY;COUNT=2"), event(*NOON, uid="single", place="mons/desk-2")))
    assert sorted(calendars.bookings) == ["s/2026-10-19T09:00", "s/2026-10-26T09:00", "single"]
    calendars.events.clear()
    calendars.links.clear()  # as the database is before events are stored; single events are found by their id
    done = calendars.take(calendar(event(*MORNING, uid="single", place="mons/desk-2")))
    assert done.counts == (0, 1, 0, 0)


def test_a_long_uid_gets_an_id_that_fits() -> None:
    calendars = Calendars()
    text = calendar(*[event(*MORNING, uid="x" * 250 + end, place=f"mons/desk-{end}") for end in "12"])
    assert calendars.take(text).counts == (2, 0, 0, 0)
    assert all(len(name) <= 200 for name in calendars.bookings)
    assert calendars.take(text).counts == (0, 0, 0, 2)


def test_a_calendar_of_all_rooms_and_those_of_each_do_not_take_bookings_from_each_other() -> None:
    calendars = Calendars()
    texts = [("desk-1", "mons/desk-1"), ("all", "mons/desk-1; mons/desk-2"), ("desk-2", "mons/desk-2")]
    for name, place in [*texts, *reversed(texts), *texts]:
        calendars.take(named(name, event(*MORNING, place=place)))
    assert calendars.booked() == BOTH_DESKS


def test_a_member_who_deletes_a_copy_cancels_no_room_of_another_calendar() -> None:
    calendars = Calendars()
    calendars.take(named("desk-1", event(*MORNING)))
    calendars.take(named("An", event("STATUS:CANCELLED", *MORNING, place=None)))
    assert calendars.booked() == BOTH_DESKS[:1]


def test_a_character_that_a_fold_has_split_is_joined() -> None:
    content = "LOCATION:Réunion".encode()
    for end in (b"\r\n", b"\n", b"\r"):
        split = content.replace(b"\xc3\xa9", b"\xc3" + end + b" \xa9")
        assert join_split_characters(split) == "LOCATION:Ré".encode() + end + b" union"
    assert join_split_characters(content) == content


def test_a_name_that_is_written_twice_and_an_attendee_that_cannot_be_read_cost_no_booking() -> None:
    calendars = Calendars()
    text = event(*MORNING, 'ATTENDEE;CN=An "the boss" Peeters;RSVP:mailto:an@example.be')
    done = calendars.take(calendar(text, head="X-WR-CALNAME:Desks\nX-WR-CALNAME:Desks\nX-WR-TIMEZONE:UTC\nX-WR-TIMEZONE:UTC"))
    assert done.reasons == []
    assert done.said == ["ATTENDEE of line 13 has parameters that are not iCalendar; a room that it names is not booked"]
    assert calendars.booked() == BOTH_DESKS[:1]


@pytest.mark.parametrize(
    ("place", "centre"), [("desk-1", "mons"), ("Desk 1", "mons"), ("mons/desk-1", "gembloux"), ("Mons, Desk 1", None)]
)
def test_a_place_is_one_of_the_default_centre_or_names_its_own(place: str, centre: str | None) -> None:
    calendars = Calendars()
    assert calendars.take(calendar(event(*MORNING, place=place.replace(",", "\\,"))), centre=centre).reasons == []
    assert calendars.booked() == BOTH_DESKS[:1]
