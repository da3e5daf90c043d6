"""`smartwork devices` and `smartwork alarms`: the devices of centres, registered or discovered, and their active alarms."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.clock import now
from smartwork.db.bookings.feeds import failing_feeds
from smartwork.db.network.alarms import ActiveAlarm, active_alarms
from smartwork.db.network.devices import RegisteredDevice, registered_devices
from smartwork.db.network.discovered_devices import UnregisteredDevice, discovered_devices
from smartwork.db.network.fields_not_understood import CountedField, fields_not_understood

Centre = Annotated[str | None, typer.Option(help="Slug of a centre. Default: all centres.")]


def devices_command(*, centre: Centre = None, as_json: AsJson = False) -> None:
    """List registered devices with their last reading, discovered devices with the address to register them by, and fields
    of devices that are not understood.
    """
    with progress_bar() as progress, open_database(progress) as connection:
        registered, discovered = registered_devices(connection, centre), discovered_devices(connection, centre)
        not_understood = fields_not_understood(connection, centre)
    if as_json:
        listed = {
            "registered": [_renamed(asdict(device), "last_reading_at", "heard_at") for device in registered],
            "seen": [_renamed(asdict(device), "last_message_at", "heard_at") for device in discovered],
            "not_understood": [asdict(field) for field in not_understood],
        }
        print(json.dumps(listed, indent=2, default=_text))
        return
    out.print(_registered_table(registered))
    out.print(_discovered_table(discovered))
    if not_understood:
        out.print(_not_understood_table(not_understood))


def alarms_command(*, centre: Centre = None, as_json: AsJson = False) -> None:
    """List active alarms: lamps that do not follow commands, silent or stuck or flapping sensors, full outboxes."""
    with progress_bar() as progress, open_database(progress) as connection:
        alarms = [*active_alarms(connection, centre), *failing_feeds(connection, now(), centre)]
    if as_json:
        print(json.dumps([_renamed(asdict(alarm), "message", "says") for alarm in alarms], indent=2, default=_text))
    else:
        out.print(_alarm_table(alarms))


def _registered_table(devices: list[RegisteredDevice]) -> FittedTable:
    columns = [
        Column("Centre"), Column("Device"), Column("Family", rank=3), Column("Role", rank=2), Column("Place", rank=1),
        Column("Last reading (UTC)"), Column("Battery %", figures=True), Column("Address", rank=4),
    ]  # fmt: skip
    rows = [
        (
            device.centre,
            device.device,
            device.profile or Text("unregistered", style="yellow"),
            device.role,
            device.place or (Text("retired", style="yellow") if device.retired_at else "–"),
            _time(device.last_reading_at) if device.last_reading_at else Text("never", style="yellow"),
            "–" if device.battery_pct is None else f"{device.battery_pct:.0f}",
            device.address or "–",
        )
        for device in devices
    ]
    return FittedTable("Registered devices", columns, _by_centre(rows))


def _discovered_table(devices: list[UnregisteredDevice]) -> FittedTable:
    columns = [
        Column("Centre"), Column("Probable family"), Column("Address to register"), Column("Last message (UTC)", rank=1),
        Column("Topic", rank=2),
    ]  # fmt: skip
    rows = [
        (device.centre, device.profile, device.address, _time(device.last_message_at), device.topic) for device in devices
    ]
    return FittedTable("Discovered devices", columns, _by_centre(rows))


def _not_understood_table(fields: list[CountedField]) -> FittedTable:
    columns = [
        Column("Centre"), Column("Device"), Column("Field"), Column("Times", figures=True), Column("Newest value"),
        Column("Why", rank=1), Column("Last (UTC)", rank=2), Column("Since (UTC)", rank=3),
    ]  # fmt: skip
    rows = [
        (
            field.centre,
            field.device,
            Text(field.field),
            str(field.count),
            Text(field.sample),
            Text(field.reason),
            _time(field.last_at),
            _time(field.since),
        )
        for field in fields
    ]
    return FittedTable("Fields that are not understood", columns, _by_centre(rows))


def _by_centre(rows: Iterable[Row]) -> list[list[Row]]:
    return [list(of_centre) for _, of_centre in groupby(rows, key=lambda row: str(row[0]))]


def _alarm_table(alarms: list[ActiveAlarm]) -> Table:
    table = Table(title="Active alarms", box=box.SIMPLE_HEAD, title_justify="left", title_style="bold")
    for column in ("Centre", "Kind", "Since (UTC)", "Alarm"):
        table.add_column(column, overflow="fold")
    for alarm in alarms:
        table.add_row(alarm.centre, f"[red]{alarm.kind}[/]", _time(alarm.since), Text(alarm.message))
    if not alarms:
        table.add_row("[green]none[/]", "", "", "")
    return table


def _renamed(values: dict[str, object], field: str, key: str) -> dict[str, object]:
    """`values` with `field` under the JSON key `key`, in its place: scripts read the keys of the first version."""
    return {key if name == field else name: value for name, value in values.items()}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
