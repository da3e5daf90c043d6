"""`smartwork light`: how zones are lit, changed one setting at a time, with an undo."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated

import typer
from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.table import Table

from smartwork.contracts.policy import ZoneLight
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.db.lighting import zone_settings
from smartwork.errors import InputError
from smartwork.progress import Progress

Bar = Callable[[], AbstractContextManager[Progress]]
Centre = Annotated[str | None, typer.Option(help="Slug of the centre; all without it.")]
OneCentre = Annotated[str, typer.Option(help="Slug of the centre.")]
Zone = Annotated[str, typer.Option(help="Slug of the zone.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h)?")
_SECONDS = {"s": 1, None: 1, "m": 60, "min": 60, "h": 3600}


def light_app(bar: Bar, out: Console, database_url: Callable[[Progress], str], now: Callable[[], datetime]) -> typer.Typer:
    """The commands under `smartwork light`; results go to `out`, `now` dates settings."""
    lights = typer.Typer(help="How zones are lit: show, set, and undo a setting.", no_args_is_help=True)

    def opened(progress: Progress) -> AbstractContextManager[Connection]:
        return connect(database_url(progress))

    @lights.command("show")
    def show(*, centre: Centre = None, as_json: AsJson = False) -> None:
        """Show the light settings in force, zone by zone."""
        with bar() as progress, opened(progress) as connection:
            migrate(connection)
            found = zone_settings.lights(connection, centre)
        if as_json:
            print(json.dumps([_light_json(each) for each in found], indent=2, default=_text))
        else:
            out.print(_lights(found))

    @lights.command("set")
    def set_command(
        *,
        centre: OneCentre,
        zone: Zone,
        hold: Annotated[str | None, typer.Option(help="Light stays so long after the last presence: 15m, 900s.")] = None,
        level: Annotated[float | None, typer.Option(min=0, max=1, help="While somebody is there, 0 to 1.")] = None,
        background: Annotated[float | None, typer.Option(min=0, max=1, help="In opening hours while nobody is.")] = None,
        daylight_lux: Annotated[float | None, typer.Option(min=0, help="Sun and lamps together; 0: a fixed level.")] = None,
        ramp: Annotated[str | None, typer.Option(help="Time for a change of level: 2s.")] = None,
        override: Annotated[str | None, typer.Option(help="A person's change ends after this long: 2h.")] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be, and change nothing.")] = False,
    ) -> None:
        """Change some settings of a zone's light; the others stay. `smartwork publish` then tells the centre."""
        with bar() as progress, opened(progress) as connection:
            migrate(connection)
            before = _in_force(connection, centre, zone)
            after = _changed(
                before,
                hold_s=None if hold is None else round(_length(hold, "--hold")),
                level=level,
                background=background,
                daylight_lux=daylight_lux,
                ramp_s=None if ramp is None else _length(ramp, "--ramp"),
                override_s=None if override is None else round(_length(override, "--override")),
            )
            if not dry_run and after != before:
                zone_settings.set_light(connection, centre, after, now())
        out.print(_difference(before, after, centre, done=not dry_run))

    @lights.command("undo")
    def undo(*, centre: OneCentre, zone: Zone) -> None:
        """Put the settings before the newest in force again."""
        with bar() as progress, opened(progress) as connection:
            migrate(connection)
            before = _in_force(connection, centre, zone)
            after = zone_settings.undo_light(connection, centre, zone, now())
        out.print(_difference(before, after, centre, done=True))

    return lights


def _in_force(connection: Connection, centre: str, zone: str) -> ZoneLight:
    """The zone's settings; where it has none yet, the defaults that it would begin with."""
    found = [each.light for each in zone_settings.lights(connection, centre) if each.light.zone == zone]
    return found[0] if found else ZoneLight(zone=zone)


def _changed(before: ZoneLight, **wanted: float | None) -> ZoneLight:
    values = before.model_dump() | {name: value for name, value in wanted.items() if value is not None}
    if values["daylight_lux"] == 0:
        values["daylight_lux"] = None
    try:
        return ZoneLight.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InputError(f"These settings do not hold together: {field} {fault['msg']}".replace("  ", " ")) from None


def _length(text: str, option: str) -> float:
    """Seconds in a length such as 15m."""
    found = _LENGTH.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f"{option} is {text!r}; expected a length such as 15m, 900s or 2h")
    return float(found[1]) * _SECONDS[found[2]]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column)
    return table


def _lights(found: list[zone_settings.LightInForce]) -> Table:
    columns = ("Centre", "Zone", "Hold", "Occupied", "Empty", "Daylight", "Ramp", "Override", "Version")
    table = _table("How zones are lit", *columns)
    for each in found:
        light = each.light
        daylight = "fixed level" if light.daylight_lux is None else f"{light.daylight_lux:.0f} lux"
        hold, override = f"{light.hold_s / 60:g} min", f"{light.override_s / 60:g} min"
        levels = (f"{light.level:.0%}", f"{light.background:.0%}")
        table.add_row(each.centre, light.zone, hold, *levels, daylight, f"{light.ramp_s:g} s", override, str(each.version))
    if not found:
        table.add_row("none", *[""] * (len(columns) - 1))
    return table


def _difference(before: ZoneLight, after: ZoneLight, centre: str, *, done: bool) -> Table:
    table = _table(f"Light of {after.zone} in {centre}", "Setting", "Before", "Now" if done else "Would be")
    old, new = before.model_dump(exclude={"zone"}), after.model_dump(exclude={"zone"})
    for name, value in new.items():
        mark = "bold" if value != old[name] else "dim"
        table.add_row(f"[{mark}]{name}[/]", f"[{mark}]{old[name]}[/]", f"[{mark}]{value}[/]")
    table.caption = "`smartwork publish` tells the centre." if done and old != new else None
    return table


def _light_json(each: zone_settings.LightInForce) -> dict[str, object]:
    return {"centre": each.centre, **each.light.model_dump(), "version": each.version, "set_at": each.set_at}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
