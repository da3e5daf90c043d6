"""`smartwork day`: one centre's simulated day through real parts, with everything that goes wrong."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from smartwork.errors import SmartworkError
from smartwork.progress import Progress
from smartwork.scenarios.simulated_day import REACTION, DayFigures, run


class DayFailed(SmartworkError):  # noqa: N818 - what happened
    """Something was lost, or somebody sat in the dark; the table has said what."""


def add_day(app: typer.Typer, bar: Callable[[], AbstractContextManager[Progress]], out: Console) -> None:
    """Give `app` the command; results go to `out`."""

    @app.command("day")
    def day_command(
        *,
        seed: Annotated[int, typer.Option(help="Same seed and day, same people and faults.")] = 1,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """A simulated day: devices of all families and their bad habits, the network cut at noon, the edge killed twice.

        The exit status is 1 where a reading is missing or somebody sat in the dark.
        """
        with bar() as progress:
            figures = run(seed, progress)
        if as_json:
            print(json.dumps(asdict(figures), indent=2, default=str))
        else:
            out.print(_table(figures))
        if figures.missing or figures.in_outbox or figures.dark_s:
            raise DayFailed("The day did not end as it should: readings are missing, or somebody sat in the dark.")


def _table(f: DayFigures) -> Table:
    table = Table(title=f"One centre, {f.day:%A %d %B %Y}", box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    table.add_column("What")
    table.add_column("How much", justify="right")
    good, bad = "[green]0[/]", "[red]{}[/]"
    rows = (
        ("Device messages, all families", f"{f.messages:,}"),
        ("Readings numbered", f"{f.numbered:,}"),
        ("  stored", f"{f.stored:,}"),
        ("  missing", good if not f.missing else bad.format(f.missing)),
        ("  came twice, stored once", f"{f.duplicates:,}"),
        ("Network away", f"{f.cut_h:g} h"),
        ("Edge killed", f"{f.kills} times"),
        ("People at desks and in rooms", f"{f.present_h:.1f} h"),
        (
            f"  in the dark, beyond {REACTION.seconds} s of reaction",
            good if not f.dark_s else bad.format(f"{f.dark_s:.0f} s"),
        ),
        ("  used the switch, a sensor being dead", f"{f.by_hand} times, after {f.by_hand_s:.0f} s in all"),
        ("Lighting used", f"{f.lighting_kwh:.2f} kWh"),
        ("  always on in opening hours", f"{f.always_on_kwh:.2f} kWh"),
        ("  saved", f"{f.saved_share:.0%}"),
        ("Alarms that stand at the end", ", ".join(f.alarms) or "none"),
        ("Real time", f"{f.seconds:.0f} s"),
    )
    for row in rows:
        table.add_row(*row)
    return table
