"""`smartwork agreements`: contracts, tariffs and parties as one file: show, apply and restore."""

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
from smartwork.clock import now
from smartwork.db.billing import agreements as stored
from smartwork.errors import InputError, SmartworkError

if TYPE_CHECKING:
    from smartwork.jobs.billing.agreements import ApplyResult

DryRun = Annotated[bool, typer.Option("--dry-run", help="Report what would change, and write nothing.")]
_MARKS = {"added": "[green]+ added[/]", "changed": "[yellow]~ changed[/]", "removed": "[red]− removed[/]"}
_MAX_DETAIL = 400
"""Characters of a change that are shown on the terminal; `--json` shows all."""


class AgreementsRejected(SmartworkError):  # noqa: N818 - what happened
    """A file of agreements was not applied. The report has shown why."""


agreements_app = typer.Typer(
    help="Show, apply and restore contracts, tariffs and parties, in one versioned file.", no_args_is_help=True
)


@agreements_app.command("show")
def show(
    *, output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write. Default: standard output.")] = None
) -> None:
    """Print the agreements in force, as a TOML file to change and apply."""
    from smartwork.jobs.billing import agreements as job

    with progress_bar() as progress, open_database(progress) as connection:
        text = job.show(connection)
    if output is None:
        print(text, end="")
    else:
        _write(output, text)


@agreements_app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(help="A TOML file with all agreements, as `smartwork agreements show` prints it.")],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Remove what the file leaves out.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Apply a file of agreements: all of it, or nothing if an entry is wrong. Applying a file again changes nothing.

    Changes of billed months become corrections on the next documents. The exit status is 1 if the file is not applied.
    """
    from smartwork.jobs.billing import agreements as job

    with progress_bar() as progress, open_database(progress) as connection:
        done = job.apply_file(connection, file, now(), remove=remove, dry_run=dry_run)
    _report(done, dry_run=dry_run, as_json=as_json, remove=remove)


@agreements_app.command("history")
def history(*, as_json: AsJson = False) -> None:
    """List the stored versions, oldest first."""
    with progress_bar() as progress, open_database(progress) as connection:
        versions = stored.versions(connection)
    if as_json:
        listed = [
            {"version": v.version, "at": v.at.isoformat(), "note": v.note, "recorded_by": v.recorded_by} for v in versions
        ]
        print(json.dumps(listed, indent=2))
    elif versions:
        table = Table("Version", "In force from, UTC", "From", "Recorded by", box=box.SIMPLE_HEAD)
        for version in versions:
            by = version.recorded_by or ""
            table.add_row(str(version.version), f"{version.at:%Y-%m-%d %H:%M}", Text(version.note), Text(by))
        out.print(table)
    else:
        out.print("No file was applied yet: the agreements in force were created with the network.")


@agreements_app.command("restore")
def restore(
    version: Annotated[int, typer.Argument(help="Number of the version, as `smartwork agreements history` lists it.")],
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Put a stored version in force again."""
    from smartwork.jobs.billing import agreements as job

    with progress_bar() as progress, open_database(progress) as connection:
        done = job.restore(connection, version, now(), dry_run=dry_run)
    _report(done, dry_run=dry_run, as_json=as_json)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {file}: {error.strerror}. Name a file in a folder that exists.") from error


def _report(done: "ApplyResult", *, dry_run: bool, as_json: bool, remove: bool = True) -> None:
    left_out = 0 if remove else sum(change.kind == "removed" for change in done.changes)
    if as_json:
        print(json.dumps({**_as_dict(done), "needs_remove": left_out > 0}, indent=2))
    else:
        out.print(_screen(done, left_out, dry_run=dry_run))
    if count := len(done.problems):
        raise AgreementsRejected(f"{count} entr{'ies' if count > 1 else 'y'} cannot be applied; nothing was written.")


def _as_dict(done: "ApplyResult") -> dict[str, object]:
    return {
        "version": done.version,
        "billed_to": done.billed_to and f"{done.billed_to:%Y-%m}",
        "problems": [{"where": problem.where, "reason": problem.reason} for problem in done.problems],
        "changes": [{"kind": change.kind, "what": change.what, "detail": change.detail} for change in done.changes],
    }


def _screen(done: "ApplyResult", left_out: int, *, dry_run: bool) -> RenderableType:
    if done.problems:
        table = Table("Entry", "Why it cannot be applied", box=box.SIMPLE_HEAD)
        for problem in done.problems:
            table.add_row(Text(problem.where), Text(problem.reason))
        return table
    if not done.changes:
        return "Nothing changes: these agreements are in force already."
    table = Table("", "Entry", "How", box=box.SIMPLE_HEAD)
    for change in done.changes:
        detail = change.detail if len(change.detail) <= _MAX_DETAIL else change.detail[: _MAX_DETAIL - 1] + "…"
        table.add_row(_MARKS[change.kind], Text(change.what), Text(detail))
    result = "Nothing was written: this is what would change." if dry_run else f"In force as version {done.version}."
    if left_out:
        result += f" The file leaves out {left_out} entries that are in force: to remove them, add --remove."
    if done.billed_to:
        result += (
            f" Months up to {done.billed_to:%Y-%m} have documents, which stay as they are. The next documents correct them "
            "(smartwork bill, smartwork settle)."
        )
    return Group(table, Text(result))
