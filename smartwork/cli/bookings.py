"""`smartwork bookings`: import bookings from files, and extend series of calendars."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.feeds import feeds_app
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.errors import InputError, SmartworkError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smartwork.domain.bookings.importing import Fault
    from smartwork.jobs.bookings.csv_file import SheetReading
    from smartwork.jobs.bookings.import_result import Import

_MAX_ROWS = 40
"""Refused rows and notices listed on the terminal; `--json` lists all."""

bookings_app = typer.Typer(help="Import bookings from files and calendar feeds; extend series.", no_args_is_help=True)
bookings_app.add_typer(feeds_app, name="feeds")


class RowsRefused(SmartworkError):  # noqa: N818
    """Rows of the file were refused; the report, which is printed before, lists them."""


@bookings_app.command("import")
def import_command(
    file: Annotated[
        Path, typer.Argument(help="A CSV file, a spreadsheet (.xlsx), or an iCalendar file whose name ends in .ics.")
    ],
    *,
    centre: Annotated[str | None, typer.Option(help="Slug of the centre for rows that name no centre.")] = None,
    map_name: Annotated[
        str | None,
        typer.Option("--map", help="How to read the columns: a map by name, as `smartwork bookings maps` lists, or a file."),
    ] = None,
    date_order: Annotated[
        str | None, typer.Option(help="dmy, mdy or ymd: how 03/04/2026 is meant, if the file does not say it.")
    ] = None,
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Import nothing if a row is refused.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would change, and change nothing.")] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why bookings that have begun are changed; kept with them, and printed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import new, changed and cancelled bookings by external id. Importing the same file again changes nothing.

    Rows that change a booking that has begun are refused without --reason.

    The exit status is 1 if a row was refused.
    """
    from smartwork.jobs.bookings.import_file import import_bookings

    if reason is not None:
        reason = _checked(reason)
    reading = _reading(file, map_name, date_order)
    with progress_bar() as progress, open_database(progress) as connection:
        report = import_bookings(
            connection,
            file,
            centre,
            progress,
            all_or_nothing=all_or_nothing,
            dry_run=dry_run,
            reason=reason,
            reading=reading,
        )
    _print_report(report, as_json=as_json, dry_run=dry_run)


def _print_report(report: "Import", *, as_json: bool, dry_run: bool) -> None:
    """Print the report; raises RowsRefused if a row was refused."""
    if as_json:
        print(json.dumps(as_dict(report), indent=2))
    else:
        out.print(_report_text(report, dry_run=dry_run))
    if refused := len(report.plan.refused):
        rest = "the others were written." if report.written else "nothing was written."
        raise RowsRefused(f"{refused} row{'s were' if refused > 1 else ' was'} refused; {rest}")


@bookings_app.command("extend")
def extend_command(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Book what series of calendars without an end have in the days that have come within the horizon. Run it every day.

    The exit status is 1 if an occurrence was refused because its place is taken.
    """
    from smartwork import clock
    from smartwork.jobs.bookings.calendar_import import extend_series

    with progress_bar() as progress, open_database(progress) as connection:
        report = extend_series(connection, clock.now(), progress, dry_run=dry_run)
    _print_report(report, as_json=as_json, dry_run=dry_run)


def _checked(reason: str) -> str:
    """The reason without blanks at its ends; raises InputError if it cannot be printed."""
    from smartwork.domain.billing.permitted_text import fault
    from smartwork.domain.bookings.changes import LONGEST_REASON

    if (why := fault(reason)) or len(reason) > LONGEST_REASON:
        raise InputError(f"--reason: {why or f'it is longer than {LONGEST_REASON} characters'}. Give one line of text.")
    return reason.strip()


def _reading(file: Path, map_name: str | None, date_order: str | None) -> "SheetReading | None":
    """How to read the sheet; None if nothing was said about it. Raises InputError."""
    from smartwork.domain.bookings.written_times import DATE_ORDERS
    from smartwork.jobs.bookings.booking_map import NATIVE, load_map
    from smartwork.jobs.bookings.csv_file import SheetReading
    from smartwork.jobs.bookings.import_file import CALENDARS

    if map_name is None and date_order is None:
        return None
    if file.suffix.lower() in CALENDARS:
        raise InputError("--map and --date-order are for CSV and spreadsheets; a calendar says itself what it means.")
    order = next((each for each in DATE_ORDERS if each == date_order), None)
    if date_order is not None and order is None:
        raise InputError(f"--date-order {date_order!r}: expected {', '.join(DATE_ORDERS)}.")
    return SheetReading(load_map(map_name) if map_name is not None else NATIVE, order)


@bookings_app.command("maps")
def maps_command(
    name: Annotated[str | None, typer.Argument(help="Print this map, to copy and change it.")] = None,
) -> None:
    """List the maps that are shipped with the columns that they read, or print one."""
    from smartwork.jobs.bookings.booking_map import load_map, shipped_maps, shipped_text

    if name is not None:
        print(shipped_text(name), end="")
        return
    table = Table("Map", "For", "Columns", box=box.SIMPLE_HEAD)
    for each in shipped_maps():
        shipped = load_map(each)
        table.add_row(each, Text(shipped.title), Text(", ".join(shipped.needed())))
    out.print(table)


def as_dict(report: "Import") -> dict[str, object]:
    """An import as JSON: counts, and each refused row and notice with its line and field."""
    plan = report.plan
    return {
        "file": report.file,
        "written": report.written,
        "created": len(plan.created),
        "changed": len(plan.changed),
        "cancelled": len(plan.cancelled),
        "unchanged": len(plan.unchanged),
        "refused": [{"line": row.line, "field": row.field, "reason": row.reason} for row in plan.refused],
        "notices": [{"line": row.line, "field": row.field, "notice": row.reason} for row in report.notices],
    }


def _report_text(report: "Import", *, dry_run: bool) -> RenderableType:
    plan = report.plan
    counts = (
        f"{report.file}{' (dry run)' if dry_run else ''}: {len(plan.created)} new, {len(plan.changed)} changed, "
        f"{len(plan.cancelled)} cancelled, {len(plan.unchanged)} unchanged, {len(plan.refused)} refused."
    )
    tables: list[RenderableType] = []
    for title, rows in (("Reason", plan.refused), ("Notice", report.notices)):
        if rows:
            tables += _table(title, rows)
    return Group(Text(counts), *tables) if tables else Text(counts)


def _table(title: str, rows: "Sequence[Fault]") -> list[RenderableType]:
    table = Table("Line", "Field", title, box=box.SIMPLE_HEAD)
    for row in rows[:_MAX_ROWS]:
        table.add_row(str(row.line or ""), Text(row.field), Text(row.reason))
    hidden = len(rows) - _MAX_ROWS
    return [table, *([Text(f"… and {hidden} more; --json lists all.")] if hidden > 0 else [])]
