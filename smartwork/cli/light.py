"""`smartwork light`: the light settings of zones, changed one setting at a time, with an undo."""

import json
import re
from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError
from rich import box
from rich.table import Table

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.contracts.policy import ZoneSettings
from smartwork.db.core.connection import Connection
from smartwork.db.lighting.zone_settings import (
    ZoneSettingsVersion,
    set_zone_settings,
    undo_zone_settings,
    zone_settings,
)
from smartwork.errors import InputError

light_app = typer.Typer(help="Show, change and undo the light settings of zones.", no_args_is_help=True)

Centre = Annotated[str | None, typer.Option(help="Slug of a centre. Default: all centres.")]
OneCentre = Annotated[str, typer.Option(help="Slug of the centre.")]
Zone = Annotated[str, typer.Option(help="Slug of the zone.")]
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h)?")
_SECONDS = {"s": 1, None: 1, "m": 60, "min": 60, "h": 3600}


@light_app.command("show")
def show_command(*, centre: Centre = None, as_json: AsJson = False) -> None:
    """Show the light settings in force, by zone."""
    with progress_bar() as progress, open_database(progress) as connection:
        versions = zone_settings(connection, centre)
    if as_json:
        print(json.dumps([_settings_json(version) for version in versions], indent=2, default=_text))
    else:
        out.print(_settings_table(versions))


@light_app.command("set")
def set_command(
    *,
    centre: OneCentre,
    zone: Zone,
    hold: Annotated[str | None, typer.Option(help="How long light stays on after the last presence: 15m, 900s.")] = None,
    level: Annotated[float | None, typer.Option(min=0, max=1, help="Level while the zone is occupied, 0 to 1.")] = None,
    background: Annotated[float | None, typer.Option(min=0, max=1, help="Level of a vacant zone in opening hours.")] = None,
    daylight_lux: Annotated[float | None, typer.Option(min=0, help="Target of daylight and lamps; 0: fixed level.")] = None,
    ramp: Annotated[str | None, typer.Option(help="How long a change of level takes: 2s.")] = None,
    override: Annotated[str | None, typer.Option(help="How long an override by a person lasts: 2h.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change, and store nothing.")] = False,
) -> None:
    """Change light settings of a zone; options left out keep their value.

    `smartwork policy publish` sends the change to the centre.
    """
    with progress_bar() as progress, open_database(progress) as connection:
        before = _in_force(connection, centre, zone)
        after = _changed(
            before,
            hold_s=None if hold is None else round(_duration_s(hold, "--hold")),
            level=level,
            background=background,
            daylight_lux=daylight_lux,
            ramp_s=None if ramp is None else _duration_s(ramp, "--ramp"),
            override_s=None if override is None else round(_duration_s(override, "--override")),
        )
        if not dry_run and after != before:
            set_zone_settings(connection, centre, after, now())
    out.print(_difference(before, after, centre, done=not dry_run))


@light_app.command("undo")
def undo_command(*, centre: OneCentre, zone: Zone) -> None:
    """Put the settings before the newest ones in force again, as a new version."""
    with progress_bar() as progress, open_database(progress) as connection:
        before = _in_force(connection, centre, zone)
        after = undo_zone_settings(connection, centre, zone, now())
    out.print(_difference(before, after, centre, done=True))


def _in_force(connection: Connection, centre: str, zone: str) -> ZoneSettings:
    """The zone's settings in force; the defaults if it has none yet."""
    settings = [version.light for version in zone_settings(connection, centre) if version.light.zone == zone]
    return settings[0] if settings else ZoneSettings(zone=zone)


def _changed(before: ZoneSettings, **changes: float | None) -> ZoneSettings:
    """`before` with the changes that are not None; raises InputError if the settings contradict each other."""
    values = before.model_dump() | {name: value for name, value in changes.items() if value is not None}
    if values["daylight_lux"] == 0:
        values["daylight_lux"] = None
    try:
        return ZoneSettings.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InputError(f"These settings contradict each other: {field} {fault['msg']}".replace("  ", " ")) from None


def _duration_s(text: str, option: str) -> float:
    """The seconds in a duration such as 15m."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise InputError(f"{option} is {text!r}; expected a duration such as 15m, 900s or 2h")
    return float(match[1]) * _SECONDS[match[2]]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column)
    return table


def _settings_table(versions: list[ZoneSettingsVersion]) -> Table:
    columns = ("Centre", "Zone", "Hold", "Occupied", "Vacant", "Daylight", "Ramp", "Override", "Version")
    table = _table("Light settings in force", *columns)
    for version in versions:
        light = version.light
        daylight = "fixed level" if light.daylight_lux is None else f"{light.daylight_lux:.0f} lux"
        hold, override = f"{light.hold_s / 60:g} min", f"{light.override_s / 60:g} min"
        levels = (f"{light.level:.0%}", f"{light.background:.0%}")
        table.add_row(
            version.centre, light.zone, hold, *levels, daylight, f"{light.ramp_s:g} s", override, str(version.version)
        )
    if not versions:
        table.add_row("none", *[""] * (len(columns) - 1))
    return table


def _difference(before: ZoneSettings, after: ZoneSettings, centre: str, *, done: bool) -> Table:
    table = _table(f"Light settings of {after.zone} in {centre}", "Setting", "Before", "Now" if done else "Would be")
    old, new = before.model_dump(exclude={"zone"}), after.model_dump(exclude={"zone"})
    for name, value in new.items():
        mark = "bold" if value != old[name] else "dim"
        table.add_row(f"[{mark}]{name}[/]", f"[{mark}]{old[name]}[/]", f"[{mark}]{value}[/]")
    table.caption = "`smartwork policy publish` sends this to the centre." if done and old != new else None
    return table


def _settings_json(version: ZoneSettingsVersion) -> dict[str, object]:
    return {"centre": version.centre, **version.light.model_dump(), "version": version.version, "set_at": version.set_at}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
