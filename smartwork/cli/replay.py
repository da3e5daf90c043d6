"""`smartwork replay`: recordings of real rooms through edge, broker and ingest."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import RenderableType

from smartwork.cli.endpoints import endpoints, work_folder
from smartwork.cli.figures import number
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import titled_table

if TYPE_CHECKING:
    from firmware_sim.recordings import Recording
    from smartwork.scenarios.replay import ReplayedRoom

replay_app = typer.Typer(
    help="Replay a recorded room through edge, broker and ingest, and print its figures.", no_args_is_help=True
)

DataSet = Literal["uci", "robod"]
CentreSlug = Annotated[str, typer.Option(help="Slug of the centre that the room is added to.")]
HoldTime = Annotated[float, typer.Option(min=0, help="Hold time in seconds: presence lasts so long after a detection.")]


@replay_app.command("uci")
def uci_command(
    file: Annotated[Path, typer.Argument(help="A file of the UCI Occupancy Detection data set.")],
    *,
    centre: CentreSlug = "mons",
    hold: HoldTime = 0,
    as_json: AsJson = False,
) -> None:
    """Replay an office in Mons (UMONS 2015): presence, light, CO2, temperature and humidity, one row a minute."""
    _replay("uci", file, centre, hold, as_json=as_json)


@replay_app.command("robod")
def robod_command(
    file: Annotated[Path, typer.Argument(help="A room file of the ROBOD data set.")],
    *,
    centre: CentreSlug = "mons",
    hold: HoldTime = 0,
    as_json: AsJson = False,
) -> None:
    """Replay a room in Singapore (NUS 2021): occupants, light and lighting energy, one row every five minutes."""
    _replay("robod", file, centre, hold, as_json=as_json)


def _replay(data_set: DataSet, file: Path, centre: str, hold_s: float, *, as_json: bool) -> None:
    from firmware_sim.recordings import read_robod, read_uci
    from smartwork.scenarios.replay import play

    recording = {"uci": read_uci, "robod": read_robod}[data_set](file)
    with progress_bar() as progress:
        replayed = play(recording, centre, hold_s, endpoints(progress), work_folder(), progress)
    if as_json:
        print(json.dumps(replay_json(data_set, replayed), indent=2))
    else:
        out.print(replay_table(data_set, file.name, recording, replayed))


def replay_json(data_set: DataSet, replayed: "ReplayedRoom") -> dict[str, object]:
    """The figures of a recording: minutes, and shares between 0 and 1."""
    figures = replayed.figures
    answer: dict[str, object] = {
        "rows": figures.rows,
        "occupied_min": round(figures.occupied_min, 2),
        "vacant_min": round(figures.vacant_min, 2),
        "unknown_min": round(figures.unknown_min, 2),
        "occupied_share": round(figures.occupied_share, 4),
        "changes": figures.changes,
        "bright_empty_share": round(figures.bright_empty_share, 4),
    }
    if data_set == "robod":
        answer["lighting_kwh"] = round(replayed.lighting.used_wh / 1000, 3)
        answer["empty_share"] = round(replayed.lighting.empty_share, 4)
    return answer


def replay_table(data_set: DataSet, file_name: str, recording: "Recording", replayed: "ReplayedRoom") -> RenderableType:
    """The figures of a recording, with units."""
    figures = replayed.figures
    title, caption = f"{file_name}, computed from the database", f"{recording.start} to {recording.end}"
    table = titled_table(title, "", "", caption=caption)
    table.show_header = False
    table.add_row("rows of presence", number(figures.rows))
    table.add_row("occupied", f"{number(figures.occupied_min)} min")
    table.add_row("vacant", f"{number(figures.vacant_min)} min")
    table.add_row("unknown", f"{number(figures.unknown_min)} min")
    table.add_row("[bold]occupied, of measured time[/]", f"[bold]{100 * figures.occupied_share:.1f} %[/]")
    table.add_row("changes", number(figures.changes))
    table.add_row("vacant, of time over 300 lux", f"{100 * figures.bright_empty_share:.1f} %")
    if data_set == "robod":
        table.add_row("lighting", f"{replayed.lighting.used_wh / 1000:,.1f} kWh")
        table.add_row("[bold]used while vacant[/]", f"[bold]{100 * replayed.lighting.empty_share:.1f} %[/]")
    return table
