"""What holds for calendars whatever they contain: the newest version counts, a second import changes nothing."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from smartwork.errors import InputError
from tests.support.calendar_samples import EXCHANGE, GOOGLE, ICLOUD, NEXTCLOUD, ZIMBRA
from tests.support.calendars import Calendars, calendar, event

FIRST = datetime(2026, 10, 19, 7, tzinfo=UTC)


@st.composite
def versions(draw: st.DrawFn, sequence: int) -> str:
    """An event as of one SEQUENCE: single or a series, moved, with exceptions, cancelled or free."""
    start = FIRST + timedelta(days=draw(st.integers(0, 2)), hours=draw(st.integers(0, 5)))
    count = draw(st.integers(1, 4))
    lines = [f"SEQUENCE:{sequence}", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DURATION:PT{draw(st.integers(1, 3))}H"]
    lines += [f"RRULE:FREQ=WEEKLY;COUNT={count}"] if count > 1 else []
    lines += draw(st.sampled_from([[], [], ["TRANSP:TRANSPARENT"], ["STATUS:CANCELLED"]]))
    at = start + timedelta(weeks=draw(st.integers(0, count - 1)))
    lines += draw(st.sampled_from([[], [f"EXDATE:{at:%Y%m%dT%H%M%SZ}"], [f"EXDATE;VALUE=DATE:{at:%Y%m%d}"]]))
    desks = draw(st.sampled_from(["mons/desk-1", "mons/desk-2", "mons/desk-1; mons/desk-2", "mons/desk-2; mons/desk-3"]))
    events = [event(*lines, place=desks)]
    if count > 1 and draw(st.booleans()):
        moved = start + timedelta(weeks=draw(st.integers(0, count - 1)), hours=1)
        exception = [f"RECURRENCE-ID:{moved - timedelta(hours=1):%Y%m%dT%H%M%SZ}", f"DTSTART:{moved:%Y%m%dT%H%M%SZ}"]
        events.append(event(*exception, "DURATION:PT1H", f"SEQUENCE:{sequence}", place=desks))
    return calendar(*events)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_in_whatever_order_versions_come_the_newest_counts_and_a_second_import_changes_nothing(data: st.DataObject) -> None:
    texts = [data.draw(versions(sequence)) for sequence in range(3)]
    calendars, newest = Calendars(), Calendars()
    for at in data.draw(st.permutations(range(3))):
        calendars.take(texts[at])
    newest.take(texts[-1])
    assert calendars.booked() == newest.booked()
    again = calendars.take(texts[-1])
    assert again.counts[:3] == (0, 0, 0)
    assert again.reasons == []
    assert calendars.booked() == newest.booked()


@settings(max_examples=40, deadline=None)
@given(st.lists(versions(0), min_size=1, max_size=4), st.permutations(["a.ics", "b.ics", "c.ics", "d.ics"]))
def test_no_place_is_booked_twice_for_one_event_whatever_files_it_comes_from(texts: list[str], files: list[str]) -> None:
    calendars = Calendars()
    for text, file in zip(texts, files, strict=False):
        calendars.take(text, file)
    found = calendars.booked()
    assert len(found) == len(set(found))
    assert len(set(calendars.links)) == len(calendars.bookings)


ODD = [
    "",
    "Z",
    "20261019",
    "99991231T235959Z",
    "00010101T000000Z",
    "P99999W",
    "-P1D",
    "FREQ=YEARLY;INTERVAL=999999999",
    ";;",
    '"',
    "\\",
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([GOOGLE, EXCHANGE, ICLOUD, NEXTCLOUD, ZIMBRA]),
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["drop", "repeat", "value", "text"]), st.sampled_from(ODD)), max_size=4
    ),
)
def test_whatever_is_wrong_in_a_calendar_it_is_read_or_refused_with_a_reason(
    text: str, faults: list[tuple[int, str, str]]
) -> None:
    lines = text.split("\n")
    for at, kind, odd in faults:
        line = lines[at % len(lines)]
        changed = {"drop": [], "repeat": [line, line], "value": [f"{line.partition(':')[0]}:{odd}"], "text": [line[:3] + odd]}
        lines[at % len(lines) : at % len(lines) + 1] = changed[kind] or [""]
    with suppress(InputError):
        done = Calendars().take("\n".join(lines))
        assert all(fault.field and fault.reason for fault in (*done.refused, *done.notices))
