"""`smartwork bookings`: bookings from the files of other systems."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.errors import SmartworkError
from smartwork.jobs.bookings.import_file import Import, import_bookings
from smartwork.progress import Progress

_SHOWN = 40


class RowsRefused(SmartworkError):  # noqa: N818 - what happened
    """Rows were refused; the report has said which."""


def bookings_app(
    bar: Callable[[], AbstractContextManager[Progress]], out: Console, database_url: Callable[[Progress], str]
) -> typer.Typer:
    """The commands under `smartwork bookings`."""
    commands = typer.Typer(help="Bookings from the files of other systems.", no_args_is_help=True)

    @commands.callback()
    def _group() -> None: ...

    @commands.command("import")
    def import_command(
        file: Annotated[Path, typer.Argument(help="CSV, or iCalendar where it ends in .ics.")],
        *,
        centre: Annotated[str | None, typer.Option(help="Slug of the centre for rows that name none.")] = None,
        all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="One bad row keeps all out.")] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and write nothing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """Take bookings, changes and cancellations in, by external id; a second import of the file changes nothing.

        The exit status is 1 where a row was refused.
        """
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            done = import_bookings(connection, file, centre, progress, all_or_nothing=all_or_nothing, dry_run=dry_run)
        if as_json:
            print(json.dumps(as_dict(done), indent=2))
        else:
            out.print(_screen(done, dry_run=dry_run))
        if refused := len(done.sorted.refused):
            rest = "the others are in." if done.written else "nothing was written."
            raise RowsRefused(f"{refused} row{'s were' if refused > 1 else ' was'} refused; {rest}")

    return commands


def as_dict(done: Import) -> dict[str, object]:
    """The import as JSON says it: counts, and each refused row with its line, field and reason."""
    found = done.sorted
    return {
        "file": done.file,
        "written": done.written,
        "created": len(found.created),
        "changed": len(found.changed),
        "cancelled": len(found.cancelled),
        "unchanged": len(found.unchanged),
        "refused": [{"line": f.line, "field": f.field, "reason": f.reason} for f in found.refused],
    }


def _screen(done: Import, *, dry_run: bool) -> RenderableType:
    found = done.sorted
    would = "" if done.written else " (would be)" if dry_run else ""
    counts = (
        f"{done.file}: {len(found.created)} new{would}, {len(found.changed)} changed, {len(found.cancelled)} cancelled, "
        f"{len(found.unchanged)} unchanged, {len(found.refused)} refused."
    )
    if not found.refused:
        return Text(counts)
    table = Table("Line", "Field", "Reason", box=box.SIMPLE_HEAD)
    for fault in found.refused[:_SHOWN]:
        table.add_row(str(fault.line), fault.field, Text(fault.reason))
    more = len(found.refused) - _SHOWN
    rest = [Text(f"… and {more} more; --json lists all.")] if more > 0 else []
    return Group(Text(counts), table, *rest)
