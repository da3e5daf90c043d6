"""`smartwork devices` and `smartwork alarms`: what stands in the centres, and what is wrong there."""

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.db.network import edge_reports
from smartwork.progress import Progress

Bar = Callable[[], AbstractContextManager[Progress]]
Centre = Annotated[str | None, typer.Option(help="Slug of the centre; all without it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]


def add_house(app: typer.Typer, bar: Bar, out: Console, database_url: Callable[[Progress], str]) -> None:
    """Give `app` the commands; results go to `out`."""

    def opened(progress: Progress) -> AbstractContextManager[Connection]:
        return connect(database_url(progress))

    @app.command("devices")
    def devices_command(*, centre: Centre = None, as_json: AsJson = False) -> None:
        """List registered devices with what was heard last, and devices that were heard and nobody registered."""
        with bar() as progress, opened(progress) as connection:
            migrate(connection)
            known, strange = edge_reports.devices(connection, centre)
        if as_json:
            rows = {"registered": [asdict(each) for each in known], "seen": [asdict(each) for each in strange]}
            print(json.dumps(rows, indent=2, default=_text))
            return
        out.print(_registered(known))
        out.print(_unregistered(strange))

    @app.command("alarms")
    def alarms_command(*, centre: Centre = None, as_json: AsJson = False) -> None:
        """List what wants a person now: lamps that do not obey, silent and stuck sensors, full outboxes."""
        with bar() as progress, opened(progress) as connection:
            migrate(connection)
            found = edge_reports.standing_alarms(connection, centre)
        if as_json:
            print(json.dumps([asdict(each) for each in found], indent=2, default=_text))
        else:
            out.print(_alarms(found))


def _registered(found: list[edge_reports.Registered]) -> FittedTable:
    columns = [
        Column("Centre"), Column("Device"), Column("Family", rank=3), Column("Role", rank=2), Column("Place", rank=1),
        Column("Heard (UTC)"), Column("Battery %", figures=True), Column("Address", rank=4),
    ]  # fmt: skip
    rows = [
        (
            each.centre, each.device, each.profile or Text("unclaimed", style="yellow"), each.role, each.place or "–",
            _time(each.heard_at) if each.heard_at else Text("never", style="yellow"),
            "–" if each.battery_pct is None else f"{each.battery_pct:.0f}", each.address or "–",
        )
        for each in found
    ]  # fmt: skip
    return FittedTable("Registered devices", columns, _by_centre(rows))


def _unregistered(found: list[edge_reports.Unregistered]) -> FittedTable:
    columns = [
        Column("Centre"), Column("Probably"), Column("Address to register"), Column("Heard (UTC)", rank=1),
        Column("Topic", rank=2),
    ]  # fmt: skip
    rows = [(each.centre, each.profile, each.address, _time(each.heard_at), each.topic) for each in found]
    return FittedTable("Heard, and in no registry", columns, _by_centre(rows))


def _by_centre(rows: Iterable[Row]) -> list[list[Row]]:
    return [list(its) for _, its in groupby(rows, key=lambda row: str(row[0]))]


def _alarms(found: list[edge_reports.StandingAlarm]) -> Table:
    table = Table(title="Alarms", box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in ("Centre", "Kind", "Since (UTC)", "What is wrong"):
        table.add_column(column, overflow="fold")
    for each in found:
        table.add_row(each.centre, f"[red]{each.kind}[/]", _time(each.since), Text(each.says))
    if not found:
        table.add_row("[green]none[/]", "", "", "")
    return table


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
