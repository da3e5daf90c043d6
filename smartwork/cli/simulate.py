"""`smartwork simulate`: a simulated day of one centre through real parts, with faults."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.errors import SmartworkError

if TYPE_CHECKING:
    from smartwork.scenarios.simulated_day import DayFigures

simulate_app = typer.Typer(
    help="Run a simulated centre through a real broker, database, ingest and gateway.", no_args_is_help=True
)


class DayFailed(SmartworkError):  # noqa: N818 - what happened
    """A simulated day lost readings or left people in the dark."""


@simulate_app.callback()
def _group() -> None:
    """Keeps `day` a subcommand: typer runs the only command of a group without its name."""


@simulate_app.command("day")
def day_command(
    *,
    seed: Annotated[int, typer.Option(help="The same seed and day give the same people and faults.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Simulate one day: faulty devices of every family, the network cut at noon, the gateway killed twice.

    The exit status is 1 if a reading is missing or somebody was in the dark.
    """
    from smartwork.scenarios.simulated_day import simulate_day

    with progress_bar() as progress:
        figures = simulate_day(seed, progress)
    if as_json:
        print(json.dumps(asdict(figures), indent=2, default=str))
    else:
        out.print(_table(figures))
    if figures.missing or figures.in_outbox or figures.dark_s:
        raise DayFailed("The simulated day failed: readings are missing or in the outbox, or somebody was in the dark.")


def _table(f: "DayFigures") -> Table:
    from smartwork.scenarios.simulated_centre import REACTION

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
        ("Alarms at the end", ", ".join(f.alarms) or "none"),
        ("Real time", f"{f.seconds:.0f} s"),
    )
    for row in rows:
        table.add_row(*row)
    return table
