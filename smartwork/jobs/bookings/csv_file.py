"""Read bookings from CSV: one booking a line, column names in the first line. docs/bookings.md describes the columns."""

import csv
import io

from smartwork.domain.bookings.importing import Fault
from smartwork.errors import InputError
from smartwork.jobs.bookings.file_entry import BookingEntry

REQUIRED = ("external_id", "resource", "member", "starts_at", "ends_at")
OPTIONAL = ("centre", "status")


def read_csv(text: str, centre: str | None) -> tuple[list[BookingEntry], list[Fault]]:
    """The entries of a CSV text, in order, and the faults of the other lines.

    `centre` is used for lines that name no centre. Columns are separated by commas or semicolons. Raises InputError if a
    required column is missing or a column is named twice, and for text that is not CSV.
    """
    first_line = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first_line.count(";") > first_line.count(",") else ","
    )
    names = [name.strip().lower() for name in next(reader, [])]
    needed = [*REQUIRED, *(() if centre else ("centre",))]
    if missing := [name for name in needed if name not in names]:
        hint = " (or use --centre)" if missing == ["centre"] else ""
        raise InputError(
            f"Line 1 lacks the column {', '.join(missing)}{hint}. Expected: {', '.join(needed)}, and optionally status."
        )
    if twice := {name for name in names if name in (*REQUIRED, *OPTIONAL) and names.count(name) > 1}:
        raise InputError(f"Line 1 names the column {', '.join(sorted(twice))} twice.")
    entries: list[BookingEntry] = []
    faults: list[Fault] = []
    line = reader.line_num + 1
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                pass
            elif len(cells) != len(names):
                faults.append(Fault(line, "line", f"has {len(cells)} columns, but line 1 has {len(names)}"))
            else:
                values = dict(zip(names, (cell.strip() for cell in cells), strict=True))
                entries.append(_entry(line, values, centre))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"Line {line} is not CSV: {error}. Correct the line and import the file again.") from None
    return entries, faults


def _entry(line: int, values: dict[str, str], centre: str | None) -> BookingEntry:
    return BookingEntry(
        line,
        values["external_id"],
        values.get("centre") or centre or "",
        values["resource"],
        values["member"],
        values["starts_at"],
        values["ends_at"],
        values.get("status", ""),
    )
