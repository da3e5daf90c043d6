"""A file as rows of cells, whatever a spreadsheet wrote: separators, `sep=` line, empty lines, trailing empty columns."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from smartwork.errors import InputError, SmartworkError

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_SEPARATORS = (",", ";", "\t", "|")
_LONGEST_CELL = 131_072
"""Characters. A longer cell is a quote that was not closed."""


class MissingReader(SmartworkError):  # noqa: N818 - what is missing
    """The library that reads spreadsheets is not installed."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, and the line of the file on which it begins."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows below a row of column names. Empty rows, and columns at the end without a name and a value, are left out."""

    line: int
    names: tuple[str, ...]
    rows: tuple[Row, ...]


def read_csv_sheet(text: str) -> Sheet:
    """The sheet of a CSV text. A first line `sep=;` names the separator; otherwise the one that line 1 has most often is
    taken. Raises InputError for text that is not CSV.
    """
    named = re.match(r'\ufeff?"?sep=(.|\t)"?[;,\t]*(?:\r\n|\r|\n|$)', text, flags=re.IGNORECASE)
    if named:
        return _sheet(_cells(text[named.end() :], named[1], lines_before=1))
    return _sheet(_cells(text, _separator(text), lines_before=0))


def read_workbook(content: bytes, file: Path) -> Sheet:
    """The first sheet of a spreadsheet with this content; `file` is named in errors. Dates become ISO 8601 text.

    Raises MissingReader without the library that reads such files, and InputError for a file that is none.
    """
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - optional
    except ImportError:
        raise MissingReader(
            f"{file.name} is a spreadsheet. Save it as CSV UTF-8 and import that, or install the extra that reads "
            "spreadsheets: pip install 'smartwork[spreadsheets]'"
        ) from None
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        cells = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, IndexError) as error:
        raise InputError(f"{file} cannot be read as a spreadsheet: {str(error)[:160]}. Save it as CSV UTF-8.") from None
    return _sheet((number, [_text(cell) for cell in row]) for number, row in enumerate(cells, start=1))


def _separator(text: str) -> str:
    """The separator that occurs most often in the first line that is not empty, outside quotes."""
    first = next((line[0] for line in re.finditer(r"[^\r\n]+", text) if line[0].strip()), "")
    bare = re.sub(r'"[^"]*"?', "", first)
    return max(_SEPARATORS, key=bare.count)


def _cells(text: str, separator: str, *, lines_before: int) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(_LONGEST_CELL)  # of the process: who reads evidence sets another one
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t")
    line = 1 + lines_before
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1 + lines_before
    except csv.Error as error:
        raise InputError(f"Line {line} is not CSV: {error}. Correct the line and import the file again.") from None


def _sheet(rows: Iterator[tuple[int, list[str]]]) -> Sheet:
    filled = ((line, [_value(cell) for cell in cells]) for line, cells in rows)
    filled = ((line, cells) for line, cells in filled if any(cells))
    line, names = next(filled, (1, []))
    return headed(Row(line, tuple(names)), [Row(at, tuple(cells)) for at, cells in filled])


def headed(names: Row, rows: Sequence[Row]) -> Sheet:
    """The sheet of these rows below the row `names`."""
    width = len(_without_trailing_empty(names.cells))
    return Sheet(names.line, names.cells[:width], tuple(Row(row.line, _fitted(row.cells, width)) for row in rows))


def _value(cell: str) -> str:
    """The value of a cell. Some exports write `="00123"`, so that a spreadsheet takes digits for text."""
    cell = cell.strip()
    return cell[2:-1].replace('""', '"').strip() if len(cell) > 2 and cell.startswith('="') and cell.endswith('"') else cell


def _fitted(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The cells without empty ones beyond `width`; a row that is shorter stays so."""
    return cells[:width] if len(_without_trailing_empty(cells)) <= width <= len(cells) else _without_trailing_empty(cells)


def _without_trailing_empty(cells: tuple[str, ...]) -> tuple[str, ...]:
    last = max((index for index, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _text(cell: object) -> str:
    """A cell of a spreadsheet as text. A whole number has no decimals: spreadsheets know floats only."""
    match cell:
        case datetime():
            return (cell + timedelta(milliseconds=500)).replace(microsecond=0).isoformat()
        case date() | time():
            return cell.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return repr(cell)
        case _:
            return str(cell)
