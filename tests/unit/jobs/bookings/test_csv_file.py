"""Rows of a sheet as bookings: columns by map, order of day and month by file, and faults that name column and value."""

import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.errors import InputError
from smartwork.jobs.bookings.booking_map import BookingMap, load_map
from smartwork.jobs.bookings.csv_file import SheetReading, read_sheet
from smartwork.jobs.bookings.file_entry import FileRows
from smartwork.jobs.bookings.file_text import decode
from smartwork.jobs.bookings.sheet import read_csv_sheet

HEAD = "external_id,centre,resource,member,starts_at,ends_at,status\n"


def read(text: str, reading: SheetReading | None = None, centre: str | None = None) -> FileRows:
    return read_sheet(read_csv_sheet(text), reading or SheetReading(), centre)


def at(*values: int) -> datetime:
    return datetime(*values)  # type: ignore[arg-type] # noqa: DTZ001 - local time


def made(**changes: Any) -> SheetReading:
    """A map with the columns Nr, Room, Who, From and To, and `changes`."""
    tables = {
        "source": "hub", "title": "Hub", "id": {"columns": ["Nr"]}, "place": {"column": "Room"}, "member": {"column": "Who"},
        "start": {"column": "From"}, "end": {"column": "To"},
    }  # fmt: skip
    return SheetReading(BookingMap.model_validate(tables | changes))


def test_the_whole_file_decides_the_order_of_day_and_month() -> None:
    rows = "A,mons,desk-1,m-1,03/04/2026 9:00,03/04/2026 10:00,\n"
    with pytest.raises(
        InputError, match=r"Line 2, 'starts_at': '03/04/2026 9:00' may be 2026-04-03 or 2026-03-04.*--date-order dmy"
    ):
        read(HEAD + rows)
    for other, first in (
        ("B,mons,desk-1,m-1,25/04/2026 9:00,25/04/2026 10:00,\n", at(2026, 4, 3, 9, 0)),
        ("B,mons,desk-1,m-1,04/25/2026 9:00,04/25/2026 10:00,\n", at(2026, 3, 4, 9, 0)),
    ):
        assert read(HEAD + rows + other).entries[0].starts_at == first
    assert read(HEAD + rows, SheetReading(date_order="mdy")).entries[0].starts_at == at(2026, 3, 4, 9, 0)
    with pytest.raises(InputError, match=r"Line 3, 'ends_at'.*in different orders"):
        read(
            HEAD
            + "A,mons,desk-1,m-1,25/04/2026 9:00,25/04/2026 9:30,\nB,mons,desk-1,m-1,2026-04-25T10:00,04/25/2026 11:00,\n"
        )


def test_the_order_that_was_told_is_held_against_the_file() -> None:
    text = HEAD + "A,mons,desk-1,m-1,03/04/2026 9:00,03/04/2026 10:00,\nB,mons,desk-1,m-1,04/25/2026 9:00,04/25/2026 10:00,\n"
    with pytest.raises(InputError, match="Line 3, 'starts_at': '04/25/2026 9:00' has another order than dmy"):
        read(text, SheetReading(date_order="dmy"))


def test_names_with_non_breaking_and_invisible_characters_are_plain_names() -> None:
    (entry,) = read(HEAD + "A\u200b,mons,Bureau\u00a03,m-1\ufeff,2026-04-13T09:00,2026-04-13T10:00,\n").entries
    assert (entry.external_id, entry.resource, entry.member) == ("A", "Bureau 3", "m-1")


def test_serial_dates_and_decimal_hours_of_excel() -> None:
    done = read(
        "Nr;Room;Who;From;Hours\n1;desk-1;m-1;45567,375;1,5\n2;desk-1;m-1;45567.38;1,5\n3;desk-1;m-1;45567,5;1,33\n",
        made(end={"duration": "Hours"}),
    )
    (entry,) = done.entries
    assert (entry.starts_at, entry.ends_at) == (at(2024, 10, 2, 9, 0), timedelta(minutes=90))
    assert [(fault.line, fault.field) for fault in done.faults] == [(3, "From"), (4, "Hours")]


def test_dates_and_times_in_columns_of_their_own() -> None:
    text = "Nr\tRoom\tWho\tDay\tFrom\tTo\n1\tdesk-1\tm-1\t13/4/26\t9:00 AM\t12:30 PM\n2\tdesk-1\tm-1\t14/4/26\t22:00\t24:00\n"
    done = read(text, made(start={"date": "Day", "time": "From"}, end={"time": "To"}))
    assert [(entry.starts_at, entry.ends_at) for entry in done.entries] == [
        (at(2026, 4, 13, 9, 0), at(2026, 4, 13, 12, 30)),
        (at(2026, 4, 14, 22, 0), at(2026, 4, 15, 0, 0)),
    ]


def test_a_number_that_a_spreadsheet_shortened_is_refused_by_name() -> None:
    done = read(HEAD + "1.2E+11,mons,desk-1,m-1,2026-04-13T09:00,2026-04-13T10:00,\n")
    assert done.entries == []
    assert "'1.2E+11' is a number that a spreadsheet has shortened" in done.faults[0].reason
    done = read("Nr;Room;Who;From;To\n1,2E+11;a;b;2026-04-13T09:00;2026-04-13T10:00\n", made())
    assert done.faults[0].field == "Nr"


def test_a_status_that_the_map_does_not_know_is_refused_with_the_words_that_it_knows() -> None:
    reading = made(status={"column": "Statut", "booked": ["Confirmé"], "cancelled": ["Annulé"], "skip": ["Tentative"]})
    done = read(
        "Nr;Room;Who;From;To;Statut\n"
        "1;a;b;2026-04-13T09:00;2026-04-13T10:00;CONFIRMÉ\n"
        "2;a;b;2026-04-13T09:00;2026-04-13T10:00;annulé\n"
        "3;a;b;2026-04-13T09:00;2026-04-13T10:00;Tentatief\n"
        "4;a;b;2026-04-13T09:00;2026-04-13T10:00;tentative\n",
        reading,
    )
    assert [entry.status for entry in done.entries] == ["booked", "cancelled"]
    assert (done.faults[0].line, done.faults[0].field) == (4, "Statut")
    assert done.faults[0].reason == (
        "'Tentatief' is not a status that this map knows; did you mean 'Tentative'? It knows booked: Confirmé; "
        "cancelled: Annulé; skipped: Tentative"
    )
    assert done.notices[0].field == "Statut"
    assert "1 row is skipped, as the map says: the value is 'tentative'" in done.notices[0].reason


def test_a_list_of_cancelled_bookings_has_one_status_for_all_rows() -> None:
    done = read("Nr;Room;Who;From;To\n1;a;b;2026-04-13T09:00;2026-04-13T10:00\n", made(status={"value": "cancelled"}))
    assert [entry.status for entry in done.entries] == ["cancelled"]


def test_columns_are_found_whatever_their_case_spaces_and_language() -> None:
    reading = made(other_names={"From": ["Début"], "To": ["Fin"]})
    done = read(" nr ;ROOM;Who;De\u0301but;fin;;\n1;a;b;2026-04-13T09:00;2026-04-13T10:00;;\n", reading)
    assert done.entries[0].external_id == "1"
    with pytest.raises(InputError, match="names the column From and Début twice"):
        read("Nr;Room;Who;From;Début;To\n", reading)


def test_a_missing_column_is_named_with_what_it_is_for_and_what_is_there() -> None:
    with pytest.raises(InputError) as error:
        read("Nr;Romm;Who;From;To\n", made())
    assert str(error.value) == (
        "Line 1 lacks the column 'Room' (place). It has: Nr; Romm; Who; From; To. Is 'Room' the column 'Romm'? "
        "`smartwork bookings maps hub` prints a map to copy and change."
    )
    with pytest.raises(
        InputError, match=r"lacks the column starts_at. It has.*optionally centre, status.*smartwork bookings maps"
    ):
        read("external_id,resource,member,ends_at\n")
    with pytest.raises(InputError, match=r"lacks the column 'Site' \(centre\) \(or use --centre\)"):
        read("Nr;Room;Who;From;To\n", made(centre={"column": "Site"}))
    assert read("Nr;Room;Who;From;To\n", made(centre={"column": "Site"}), centre="mons").entries == []


def test_a_file_without_the_column_centre_has_places_that_name_it() -> None:
    (entry,) = read(
        "external_id,resource,member,starts_at,ends_at\nA,mons/desk-1,m-1,2026-04-13T09:00,2026-04-13T10:00\n"
    ).entries
    assert (entry.centre, entry.resource) == ("", "mons/desk-1")


def test_titles_above_the_names_of_the_columns_are_passed_over() -> None:
    done = read("Report of April;;;;\n;;;;\nNr;Room;Who;From;To;;\n1;a;b;2026-04-13T09:00;2026-04-13T10:00;;\n", made())
    assert [(entry.line, entry.external_id) for entry in done.entries] == [(4, "1")]


def test_a_row_may_lack_columns_at_its_end_that_the_map_does_not_need() -> None:
    done = read(
        "Nr,Room,Who,From,To,Notes,Price\n"
        "1,a,b,2026-04-13T09:00,2026-04-13T10:00\n"
        "2,a,b,2026-04-13T09:00\n"
        "3,a,b,2026-04-13T09:00,2026-04-13T10:00,x,1,y\n",
        made(),
    )
    assert [entry.external_id for entry in done.entries] == ["1"]
    assert [(fault.line, fault.reason) for fault in done.faults] == [
        (3, "has 4 columns, but line 1 has 7"),
        (4, "has 8 columns, but line 1 has 7"),
    ]


def test_rows_that_a_map_skips_are_counted() -> None:
    done = read(
        "Nr,Room,Who,From,To\n1,a,,x,y\n2,a,,x,y\n3,a,b,2026-04-13T09:00,2026-04-13T10:00\n",
        made(skip=[{"column": "Who", "values": [""]}]),
    )
    assert len(done.entries) == 1
    assert done.notices[0].reason == "2 rows are skipped, as the map says: the value is ''"


def test_texts_are_joined_or_constant_and_escapes_of_html_are_undone() -> None:
    reading = made(
        html_escaped=True,
        place={"columns": ["Site", "Room"], "join": ", "},
        member={"value": "m-1"},
        centre={"value": "mons"},
    )
    (entry,) = read(
        "Nr,Site,Room,From,To\n1,Mons &amp; Cie,l&#039;Atelier,2026-04-13T09:00,2026-04-13T10:00\n", reading
    ).entries
    assert (entry.centre, entry.resource, entry.member) == ("mons", "Mons & Cie, l'Atelier", "m-1")


def test_the_shipped_excel_map_reads_titles_in_three_languages() -> None:
    for titles in ("Centre;Place;Member;Date;From;To", "Centre;Lieu;Membre;Date;De;À", "Centrum;Plaats;Lid;Datum;Van;Tot"):
        (entry,) = read(f"{titles}\nmons;Desk 1;m-1;03/04/2026;9:00;17:30\n", SheetReading(load_map("excel"))).entries
        assert (entry.starts_at, entry.ends_at) == (at(2026, 4, 3, 9, 0), at(2026, 4, 3, 17, 30))


CELLS = (
    st.sampled_from(["", "A", "1,2E+11", "mons", "desk-1", "m-1", '"', ";", "\n", "sep=,", "########"])
    | st.sampled_from(["2026-04-13T09:00", "13/04/2026 9:00", "4/13/26 9:00 AM", "45567,375", "0.38", "26-10-05 9:00"])
    | st.sampled_from(["2026-13-05", "mar. 6 oct. 2026 9h", "٥/١٠/٢٠٢٦ ٩:٠٠"])
    | st.text(max_size=12)
)


@given(st.lists(st.lists(CELLS, max_size=8), max_size=6), st.sampled_from([",", ";", "\t"]), st.booleans())
def test_whatever_a_file_contains_each_row_is_a_booking_or_a_fault(rows: list[list[str]], mark: str, headed: bool) -> None:
    text = (HEAD.replace(",", mark) if headed else "") + "".join(f"{mark.join(row)}\n" for row in rows)
    with contextlib.suppress(InputError):
        done = read(text)
        assert {entry.line for entry in done.entries}.isdisjoint(fault.line for fault in done.faults)


@given(st.binary(max_size=200))
def test_whatever_bytes_a_file_has_they_are_text_or_refused(content: bytes) -> None:
    with contextlib.suppress(InputError):
        read(decode(content, Path("plan.csv")))
