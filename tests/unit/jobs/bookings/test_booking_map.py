"""Maps: what is shipped reads, and what is wrong in one is named with its line and key."""

from pathlib import Path

import pytest

from smartwork.errors import InputError
from smartwork.jobs.bookings.booking_map import load_map, read_map, shipped_maps, shipped_text

GOOD = """\
source = "hub"
title = "The hub"

[id]
columns = ["Nr"]

[place]
column = "Zaal"

[member]
value = "m-1"

[start]
date = "Datum"
time = "Van"

[end]
duration = "Uren"
"""


def test_the_maps_of_the_products_are_shipped_and_state_their_source() -> None:
    assert shipped_maps() == ("cobot", "excel", "librebooking", "nexudus", "officernd", "seatsurfing")
    for name in shipped_maps():
        booking_map = load_map(name)
        assert booking_map.source == name
        head = shipped_text(name).split("\n\n")[0]
        assert "Source:" in head or name == "excel", "a map names where its columns come from"


def test_a_map_of_a_file_says_which_columns_a_sheet_must_have(tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(GOOD)
    assert load_map(str(file)).needed() == {"Nr": "id", "Zaal": "place", "Datum": "start", "Van": "start", "Uren": "end"}


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            'column = "Zaal"',
            'colum = "Zaal"',
            "hub.toml, line 8, place.colum: is not a key of a map; expected column, columns",
        ),
        ('[place]\ncolumn = "Zaal"', "", "hub.toml, line 1, place: is missing"),
        ('column = "Zaal"', "", "hub.toml, line 7, place: give exactly one of column, columns and value"),
        ('column = "Zaal"', 'column = "Zaal"\nvalue = "desk-1"', "line 7, place: give exactly one of"),
        ('columns = ["Nr"]', "columns = []", "line 4, id: give columns, or made_of with place and start at least"),
        ('columns = ["Nr"]', 'made_of = ["member"]', "line 4, id: give columns, or made_of with place and start"),
        ('time = "Van"', "", "line 13, start: give column, or date and time"),
        ('duration = "Uren"', 'duration = "Uren"\nunit = "weeks"', "line 19, end.unit: is 'weeks'"),
        ('title = "The hub"', "title = 7", "line 2, title: is '7'"),
        ('source = "hub"', 'source = "The Hub"', "line 1, source: is 'The Hub'"),
        ('value = "m-1"', 'value = "m-1"\n[times]\nzone = "Brussels"', "line 13, times.zone: not a time zone"),
        ('value = "m-1"', 'value = "m-1"\n[times]\ndate_order = "dd/mm"', "line 13, times.date_order: is 'dd/mm'"),
        ('title = "The hub"', 'title = "The hub', "hub.toml is not TOML: Illegal character '\\n' (at line 2"),
        (
            'value = "m-1"',
            'value = "m-1"\n[status]\ncolumn = "S"\nbooked = ["Ja"]\nskip = ["ja"]',
            "line 12, status: 'ja' stands in more than one place",
        ),
        ('value = "m-1"', 'value = "m-1"\n[status]\ncolumn = "S"', "line 12, status: give a column with the words for"),
        ('value = "m-1"', 'value = "m-1"\n[[skip]]\ncolumn = "S"', "skip.0.values: is missing"),
    ],
)
def test_each_fault_of_a_map_is_named_with_its_line_and_key(old: str, new: str, error: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as raised:
        read_map(GOOD.replace(old, new), "hub.toml")
    assert error in str(raised.value)


def test_a_map_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no map 'nexus'\. The maps are: cobot, excel"):
        load_map("nexus")
    with pytest.raises(InputError, match="cannot be read"):
        load_map(str(tmp_path / "missing.toml"))
