"""Bookings as CSV: one line a booking, the columns named in the first line. docs/bookings.md describes them."""

import csv
import io

from smartwork.domain.bookings.importing import Fault
from smartwork.errors import InputError
from smartwork.jobs.bookings.file_entry import Entry

REQUIRED = ("external_id", "resource", "member", "starts_at", "ends_at")
OPTIONAL = ("centre", "status")


def read_csv(text: str, centre: str | None) -> tuple[list[Entry], list[Fault]]:
    """The entries of a CSV text, in order, and the lines that are none; `centre` holds where no column says it.

    Commas or semicolons may part the columns. Raises InputError where a required column is missing.
    """
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = [name.strip().lower() for name in next(reader, [])]
    needed = [*REQUIRED, *(() if centre else ("centre",))]
    if missing := [name for name in needed if name not in names]:
        hint = " (or name the centre with --centre)" if missing == ["centre"] else ""
        raise InputError(f"Line 1 names no column {', '.join(missing)}{hint}. Expected: {', '.join(needed)}, and status.")
    if twice := {name for name in names if name in (*REQUIRED, *OPTIONAL) and names.count(name) > 1}:
        raise InputError(f"Line 1 names the column {', '.join(sorted(twice))} twice.")
    entries: list[Entry] = []
    faults: list[Fault] = []
    line = reader.line_num + 1
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                pass
            elif len(cells) != len(names):
                faults.append(Fault(line, "line", f"has {len(cells)} columns where line 1 names {len(names)}"))
            else:
                said = dict(zip(names, (cell.strip() for cell in cells), strict=True))
                entries.append(_entry(line, said, centre))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"Line {line} is not CSV: {error}.") from None
    return entries, faults


def _entry(line: int, said: dict[str, str], centre: str | None) -> Entry:
    return Entry(
        line,
        said["external_id"],
        said.get("centre") or centre or "",
        said["resource"],
        said["member"],
        said["starts_at"],
        said["ends_at"],
        said.get("status", ""),
    )
