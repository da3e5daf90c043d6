"""`smartwork bookings`: bookings from files of other systems."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.errors import SmartworkError

if TYPE_CHECKING:
    from smartwork.jobs.bookings.import_file import Import

_MAX_ROWS = 40
"""Refused rows listed on the terminal; `--json` lists all."""

bookings_app = typer.Typer(help="Import bookings from files of other systems.", no_args_is_help=True)


class RowsRefused(SmartworkError):  # noqa: N818 - what happened
    """Rows of the file were refused. The report has shown which."""


@bookings_app.callback()
def _group() -> None:
    """Keeps `import` a subcommand: typer runs the only command of a group without its name."""


@bookings_app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A CSV file, or an iCalendar file whose name ends in .ics.")],
    *,
    centre: Annotated[str | None, typer.Option(help="Slug of the centre of rows that name none.")] = None,
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Import nothing if a row is refused.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would be done, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import new, changed and cancelled bookings, by external id. Importing a file again changes nothing.

    The exit status is 1 if a row was refused.
    """
    from smartwork.jobs.bookings.import_file import import_bookings

    with progress_bar() as progress, open_database(progress) as connection:
        done = import_bookings(connection, file, centre, progress, all_or_nothing=all_or_nothing, dry_run=dry_run)
    if as_json:
        print(json.dumps(as_dict(done), indent=2))
    else:
        out.print(_screen(done, dry_run=dry_run))
    if refused := len(done.plan.refused):
        rest = "the others were written." if done.written else "nothing was written."
        raise RowsRefused(f"{refused} row{'s were' if refused > 1 else ' was'} refused; {rest}")


def as_dict(done: "Import") -> dict[str, object]:
    """An import as JSON: counts, and each refused row with its line, field and reason."""
    plan = done.plan
    return {
        "file": done.file,
        "written": done.written,
        "created": len(plan.created),
        "changed": len(plan.changed),
        "cancelled": len(plan.cancelled),
        "unchanged": len(plan.unchanged),
        "refused": [{"line": f.line, "field": f.field, "reason": f.reason} for f in plan.refused],
    }


def _screen(done: "Import", *, dry_run: bool) -> RenderableType:
    plan = done.plan
    would = "" if done.written else " (would be)" if dry_run else ""
    counts = (
        f"{done.file}: {len(plan.created)} new{would}, {len(plan.changed)} changed, {len(plan.cancelled)} cancelled, "
        f"{len(plan.unchanged)} unchanged, {len(plan.refused)} refused."
    )
    if not plan.refused:
        return Text(counts)
    table = Table("Line", "Field", "Reason", box=box.SIMPLE_HEAD)
    for fault in plan.refused[:_MAX_ROWS]:
        table.add_row(str(fault.line), fault.field, Text(fault.reason))
    more = len(plan.refused) - _MAX_ROWS
    rest = [Text(f"… and {more} more; --json lists all.")] if more > 0 else []
    return Group(Text(counts), table, *rest)
