"""`smartwork keep`: sums up what is kept for years and drops what is not, and says what it did."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table

from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.jobs.presence.retention import Kept, keep
from smartwork.progress import Progress


def keep_command(
    bar: Callable[[], AbstractContextManager[Progress]], out: Console, database_url: Callable[[Progress], str]
) -> Callable[..., None]:
    """The command; `bar` lends a progress bar, `database_url` says where the database is, results go to `out`."""

    def command(
        *,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """Sum readings up by hour, and drop raw ones that are old, derived and billed. Run it every hour or so."""
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            kept = keep(connection, now(), progress, dry_run=dry_run)
        if as_json:
            print(json.dumps(report(kept), indent=2))
        else:
            out.print(tables(kept))

    return command


def report(kept: Kept) -> dict[str, object]:
    """What was done as JSON; instants are UTC in ISO 8601, `kept_by` is `smartwork` or `server`."""
    return {
        "kept_by": "server" if kept.server else "smartwork",
        "dry_run": kept.dry_run,
        "last_success": _iso(kept.server.last_success) if kept.server else None,
        "next_start": _iso(kept.server.next_start) if kept.server else None,
        "hours": asdict(kept.hours),
        "raw_months": kept.raw_months,
        "limits": [{"reason": limit.reason, "before": _iso(limit.before)} for limit in kept.limits],
        "dropped": [
            {"chunk": c.name, "starts_at": _iso(c.starts_at), "ends_at": _iso(c.ends_at), "bytes": c.bytes}
            for c in kept.dropped
        ],
    }


def tables(kept: Kept) -> RenderableType:
    """What was done as tables: work, and what holds raw readings back."""
    return Group(_work(kept), _limits(kept))


def _work(kept: Kept) -> Table:
    title = "What would be done" if kept.dry_run else "What was done"
    table = Table(title=title, box=box.SIMPLE, show_header=False, title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("", justify="right")
    if kept.server:
        table.title = "The database server does it by itself"
        table.add_row("last done", _minute(kept.server.last_success))
        table.add_row("done again", _minute(kept.server.next_start))
        return table
    table.add_row("days summed up by hour", str(kept.hours.days))
    table.add_row("centres' days summed up again, for late readings", str(kept.hours.late_days))
    if not kept.dry_run:
        table.add_row("figures by hour that are new or others", f"{kept.hours.figures:,}".replace(",", "\u202f"))
    size = sum(chunk.bytes for chunk in kept.dropped) / 1e6
    table.add_row("chunks of raw readings dropped", f"{len(kept.dropped)} ({size:,.0f} MB)")
    if kept.dropped:
        table.add_row("raw readings dropped before", _minute(kept.dropped[-1].ends_at))
    return table


def _limits(kept: Kept) -> Table:
    table = Table(
        title=f"Raw readings are kept for {kept.raw_months} months, and as long as something needs them",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        title_style="bold",
        caption="Only whole chunks that end before the earliest go. Spans and figures by hour stay.",
        caption_justify="left",
    )
    table.add_column("What holds them back")
    table.add_column("from", justify="right")
    for limit in kept.limits:
        table.add_row(limit.reason, _minute(limit.before))
    return table


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "–"
