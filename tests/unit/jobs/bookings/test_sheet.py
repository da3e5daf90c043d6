"""Rows and columns of what spreadsheets write: separators, empty lines and columns, quoted line breaks, workbooks."""

import csv
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from smartwork.errors import InputError
from smartwork.jobs.bookings.sheet import MissingReader, Row, read_csv_sheet, read_workbook
from tests.support.workbook import workbook


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "a;b\r\n1;2\r\n",
        "a\tb\r1\t2\r",
        "a|b\n1|2",
        "sep=;\r\na;b\r\n1;2\r\n",
        '"sep=;"\na;b\n1;2\n',
        "SEP=\t\na\tb\n1\t2\n",
        "a;b;;\n1;2;;\n",
        "a,b,\n1,2\n",
        "\n\na,b\n,\n1,2\n\n",
        ' a , "b"\n\u00a01\u00a0, 2 \n',
        'a,b\n="1","=""2"""\n',
    ],
)
def test_separators_line_ends_and_empty_lines_and_columns_do_not_matter(text: str) -> None:
    sheet = read_csv_sheet(text)
    assert sheet.names == ("a", "b")
    assert [row.cells for row in sheet.rows] == [("1", "2")]


def test_a_separator_inside_quotes_does_not_count() -> None:
    sheet = read_csv_sheet('"name, first; second",b\n"x;y",2\n')
    assert sheet.names == ("name, first; second", "b")
    assert sheet.rows == (Row(2, ("x;y", "2")),)


def test_a_row_is_known_by_the_line_on_which_it_begins() -> None:
    sheet = read_csv_sheet('sep=,\na,b\n"one\ntwo",2\n\n3,4\n')
    assert [(row.line, row.cells[0]) for row in sheet.rows] == [(3, "one\ntwo"), (6, "3")]


def test_a_value_beyond_the_named_columns_and_a_short_row_stay_visible() -> None:
    sheet = read_csv_sheet("a,b\n1,2,3\n4\n")
    assert [row.cells for row in sheet.rows] == [("1", "2", "3"), ("4",)]


def test_text_that_is_not_csv_is_refused_with_its_line() -> None:
    csv.field_size_limit(10**7)  # as after a document's evidence was read
    with pytest.raises(InputError, match="Line 2 is not CSV"):
        read_csv_sheet('a,b\n"' + "x" * 200_000 + '",2\n')


def test_a_workbook_gives_dates_numbers_and_times_as_text() -> None:
    pytest.importorskip("python_calamine", reason="SKIPPED LOUDLY: the extra `spreadsheets` is not installed")
    content = workbook(
        [["id", "from", "time", "x"], [120_000_000_001, ("datetime", 45567.375), ("time", 0.375), "Pré & Cie"]]
    )
    sheet = read_workbook(content, Path("plan.xlsx"))
    assert sheet.names == ("id", "from", "time", "x")
    assert sheet.rows[0].cells == ("120000000001", "2024-10-02T09:00:00", "09:00:00", "Pré & Cie")


def test_a_workbook_with_dates_counted_from_1904_says_so_itself() -> None:
    pytest.importorskip("python_calamine", reason="SKIPPED LOUDLY: the extra `spreadsheets` is not installed")
    sheet = read_workbook(workbook([["from"], [("datetime", 44105.375)]], base_1904=True), Path("plan.xlsx"))
    assert sheet.rows[0].cells == ("2024-10-02T09:00:00",)


def test_a_broken_workbook_is_refused_with_what_to_do() -> None:
    pytest.importorskip("python_calamine", reason="SKIPPED LOUDLY: the extra `spreadsheets` is not installed")
    empty = BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("x", "")
    for content in (b"rubbish", empty.getvalue()):
        with pytest.raises(InputError, match="cannot be read as a spreadsheet"):
            read_workbook(content, Path("plan.xlsx"))


def test_without_the_extra_a_workbook_is_refused_by_name_with_both_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingReader, match=r"plan.xlsx is a spreadsheet. Save it as CSV UTF-8.*smartwork\[spreadsheets\]"):
        read_workbook(b"", Path("plan.xlsx"))
