"""`smartwork device`: which place a presence sensor watches, and when; its replacement and its end."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.clock import now
from smartwork.db.core.connection import Connection
from smartwork.db.network.assignments import Assignment, assign, assignments, replace, retire
from smartwork.db.presence.recordings import centre_timezone
from smartwork.errors import InputError

device_app = typer.Typer(
    help="Assign presence sensors to places, replace and retire them. Their history stays.", no_args_is_help=True
)

Centre = Annotated[str, typer.Argument(help="Slug of the centre.")]
Device = Annotated[str, typer.Argument(help="Slug of the device.")]
At = Annotated[
    str | None,
    typer.Option(help="When it was done, in the centre's time: 2026-03-10T14:00. An offset may follow. Default: now."),
]
_PUBLISH = "Tell the gateways with: smartwork policy publish"


@device_app.command("assign")
def assign_command(
    centre: Centre,
    device: Device,
    place: Annotated[str, typer.Argument(help="Slug of the desk or room that it watches from then on.")],
    *,
    at: At = None,
) -> None:
    """Let a sensor watch a desk or room. What it measured before stays with the place that it watched then."""
    with progress_bar() as progress, open_database(progress) as connection:
        since = _instant(connection, centre, at)
        assign(connection, centre, device, place, since, now())
    out.print(f"{device} watches {place} from {_text(since)} on. {_PUBLISH}")


@device_app.command("replace")
def replace_command(
    centre: Centre,
    old: Annotated[str, typer.Argument(help="Slug of the device that is taken away.")],
    new: Annotated[str, typer.Argument(help="Slug of the registered device that takes over its place.")],
    *,
    at: At = None,
) -> None:
    """Let a new sensor take over the place of an old one, which is retired."""
    with progress_bar() as progress, open_database(progress) as connection:
        since = _instant(connection, centre, at)
        replace(connection, centre, old, new, since, now())
    out.print(f"{new} has replaced {old} from {_text(since)} on. {_PUBLISH}")


@device_app.command("retire")
def retire_command(centre: Centre, device: Device, *, at: At = None) -> None:
    """Take a device out of use. It watches nothing from then on; its readings and spans stay."""
    with progress_bar() as progress, open_database(progress) as connection:
        since = _instant(connection, centre, at)
        retire(connection, centre, device, since, now())
    out.print(f"{device} is retired from {_text(since)} on. {_PUBLISH}")


@device_app.command("history")
def history_command(
    centre: Centre,
    device: Annotated[str | None, typer.Argument(help="Slug of a device. Default: all of the centre.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List which place each device watched, and when."""
    with progress_bar() as progress, open_database(progress) as connection:
        _zone(connection, centre)
        found = assignments(connection, centre, device)
    if as_json:
        print(json.dumps([asdict(each) for each in found], indent=2, default=_text))
    else:
        out.print(_table(found))


def _table(found: list[Assignment]) -> FittedTable:
    columns = [Column("Device"), Column("Place"), Column("From (UTC)"), Column("Until (UTC)")]
    rows = [
        (
            each.device,
            each.place,
            _text(each.starts_at) if each.starts_at else "first reading",
            _text(each.ends_at) if each.ends_at else "–",
        )
        for each in found
    ]
    return FittedTable("Places watched", columns, [rows])


def _zone(connection: Connection, centre: str) -> ZoneInfo:
    timezone = centre_timezone(connection, centre)
    if timezone is None:
        raise InputError(f"There is no centre {centre!r}.")
    return ZoneInfo(timezone)


def _instant(connection: Connection, centre: str, text: str | None) -> datetime:
    zone = _zone(connection, centre)
    if text is None:
        return now()
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--at {text!r} is no date and time. Example: 2026-03-10T14:00") from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)


def _text(at: object) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else str(at)
