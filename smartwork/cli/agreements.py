"""`smartwork agreements`: contracts, tariffs and parties as one file: shown, put in force, and put back."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from smartwork.db.billing import agreements as stored
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.errors import InputError, SmartworkError
from smartwork.jobs.billing import agreements as job
from smartwork.jobs.billing.agreements import ApplyResult
from smartwork.progress import Progress

Bar = Callable[[], AbstractContextManager[Progress]]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")]
_MARKS = {"added": "[green]+ added[/]", "changed": "[yellow]~ changed[/]", "removed": "[red]− removed[/]"}
_DETAIL = 400


class AgreementsRejected(SmartworkError):  # noqa: N818 - what happened
    """Agreements were not taken in; the report has said why."""


def agreements_app(
    bar: Bar, out: Console, database_url: Callable[[Progress], str], now: Callable[[], datetime]
) -> typer.Typer:
    """The commands under `smartwork agreements`; results go to `out`, `now` dates versions."""
    commands = typer.Typer(help="Contracts, tariffs and parties: one file, checked and kept.", no_args_is_help=True)

    @commands.command("show")
    def show(
        *, output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it there instead.")] = None
    ) -> None:
        """Print what is agreed now, as a TOML file to change and apply."""
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            text = job.show(connection)
        if output is None:
            print(text, end="")
        else:
            _write(output, text)

    @commands.command("apply")
    def apply(
        file: Annotated[Path, typer.Argument(help="TOML, as `smartwork agreements show` prints it: all that is agreed.")],
        *,
        remove: Annotated[bool, typer.Option("--remove", help="What the file leaves out no longer holds.")] = False,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        """Put a file of agreements in force, all of it or nothing; the same file again changes nothing.

        What changes in months that are billed becomes corrections on the next documents. The exit status is 1 where the file
        is not taken in.
        """
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            done = job.apply_file(connection, file, now(), remove=remove, dry_run=dry_run)
        _tell(done, out, dry_run=dry_run, as_json=as_json, remove=remove)

    @commands.command("history")
    def history(*, as_json: AsJson = False) -> None:
        """List the versions that are kept, oldest first."""
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            found = stored.versions(connection)
        if as_json:
            print(json.dumps([{"version": v.version, "at": v.at.isoformat(), "note": v.note} for v in found], indent=2))
        elif found:
            table = Table("Version", "In force from, UTC", "From", box=box.SIMPLE_HEAD)
            for one in found:
                table.add_row(str(one.version), f"{one.at:%Y-%m-%d %H:%M}", Text(one.note))
            out.print(table)
        else:
            out.print("No file was applied yet: what is agreed came with the network.")

    @commands.command("restore")
    def restore(
        version: Annotated[int, typer.Argument(help="Number in `smartwork agreements history`.")],
        *,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        """Put a kept version in force again."""
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            done = job.restore(connection, version, now(), dry_run=dry_run)
        _tell(done, out, dry_run=dry_run, as_json=as_json)

    return commands


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {file}: {error.strerror}. Name a file in a folder that is there.") from error


def _tell(done: ApplyResult, out: Console, *, dry_run: bool, as_json: bool, remove: bool = True) -> None:
    wanting = 0 if remove else sum(change.kind == "removed" for change in done.changes)
    if as_json:
        print(json.dumps({**_as_dict(done), "needs_remove": wanting > 0}, indent=2))
    else:
        out.print(_screen(done, wanting, dry_run=dry_run))
    if count := len(done.problems):
        raise AgreementsRejected(f"{count} entr{'ies' if count > 1 else 'y'} cannot be taken in; nothing was written.")


def _as_dict(done: ApplyResult) -> dict[str, object]:
    return {
        "version": done.version,
        "billed_to": done.billed_to and f"{done.billed_to:%Y-%m}",
        "problems": [{"where": one.where, "reason": one.reason} for one in done.problems],
        "changes": [{"kind": one.kind, "what": one.what, "detail": one.detail} for one in done.changes],
    }


def _screen(done: ApplyResult, wanting: int, *, dry_run: bool) -> RenderableType:
    if done.problems:
        table = Table("Entry", "Why it cannot be taken in", box=box.SIMPLE_HEAD)
        for problem in done.problems:
            table.add_row(Text(problem.where), Text(problem.reason))
        return table
    if not done.changes:
        return "Nothing changes: this is what is agreed already."
    table = Table("", "Entry", "How", box=box.SIMPLE_HEAD)
    for change in done.changes:
        detail = change.detail if len(change.detail) <= _DETAIL else change.detail[: _DETAIL - 1] + "…"
        table.add_row(_MARKS[change.kind], Text(change.what), Text(detail))
    said = "This would change; nothing was written." if dry_run else f"In force as version {done.version}."
    if wanting:
        said += f" The file leaves out {wanting} of what is in force: to put it in force, add --remove."
    if done.billed_to:
        said += (
            f" Months up to {done.billed_to:%Y-%m} have documents, which stay as they are: what these changes come to there "
            "will stand as corrections on the next ones (smartwork bill, smartwork settle)."
        )
    return Group(table, Text(said))
