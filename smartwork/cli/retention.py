"""`smartwork retention run`: sum readings up by hour, drop old raw readings, and report what was done."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Group
from rich.table import Table

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now

if TYPE_CHECKING:
    from smartwork.jobs.presence.retention import RetentionRun

retention_app = typer.Typer(help="Sum readings up, and drop old raw readings.", no_args_is_help=True)


@retention_app.callback()
def _group() -> None:
    """Keeps `run` a subcommand: typer runs the only command of a group without its name."""


@retention_app.command("run")
def run_command(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report what would be done, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sum readings up by hour, and drop raw readings that are old, derived and billed. Run it every hour or so."""
    from smartwork.jobs.presence.retention import run_retention

    with progress_bar() as progress, open_database(progress) as connection:
        done = run_retention(connection, now(), progress, dry_run=dry_run)
    if as_json:
        print(json.dumps(as_values(done), indent=2))
    else:
        out.print(Group(_work(done), _limits(done)))


def as_values(run: "RetentionRun") -> dict[str, object]:
    """A run as JSON values; instants are UTC in ISO 8601, `kept_by` is `smartwork` or `server`."""
    return {
        "kept_by": "server" if run.server else "smartwork",
        "dry_run": run.dry_run,
        "last_success": _iso(run.server.last_success) if run.server else None,
        "next_start": _iso(run.server.next_start) if run.server else None,
        "hours": asdict(run.hours),
        "raw_months": run.raw_months,
        "limits": [{"reason": limit.reason, "before": _iso(limit.before)} for limit in run.limits],
        "dropped": [
            {"chunk": c.name, "starts_at": _iso(c.starts_at), "ends_at": _iso(c.ends_at), "bytes": c.bytes}
            for c in run.dropped
        ],
    }


def _work(run: "RetentionRun") -> Table:
    title = "What would be done" if run.dry_run else "What was done"
    table = Table(title=title, box=box.SIMPLE, show_header=False, title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("", justify="right")
    if run.server:
        table.title = "The database server runs retention"
        table.add_row("last success", _minute(run.server.last_success))
        table.add_row("next start", _minute(run.server.next_start))
        return table
    table.add_row("days summed up by hour", str(run.hours.days))
    table.add_row("days of a centre summed up again, for late readings", str(run.hours.late_days))
    if not run.dry_run:
        table.add_row("figures by hour that are new or changed", f"{run.hours.figures:,}".replace(",", "\u202f"))
    size = sum(chunk.bytes for chunk in run.dropped) / 1e6
    table.add_row("chunks of raw readings dropped", f"{len(run.dropped)} ({size:,.0f} MB)")
    if run.dropped:
        table.add_row("raw readings dropped before", _minute(run.dropped[-1].ends_at))
    return table


def _limits(run: "RetentionRun") -> Table:
    table = Table(
        title=f"Raw readings are kept for {run.raw_months} months, and longer if needed",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        caption="Only whole chunks that end before the earliest are dropped. Spans and figures by hour stay.",
        caption_justify="left",
    )
    table.add_column("Kept for")
    table.add_column("from", justify="right")
    for limit in run.limits:
        table.add_row(limit.reason, _minute(limit.before))
    return table


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"
