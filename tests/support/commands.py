"""Every command of `smartwork`, by what it needs, with arguments that it accepts."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from smartwork.cli.app import app

ROOM = (
    '"date","Temperature","Humidity","Light","CO2","HumidityRatio","Occupancy"\n'
    '"1","2015-02-02 14:19:00",23.7,26.272,585.2,749.2,0.004,1\n'
)
ROBOD = "timestamp,occupant_count [number],lux [lx],ceiling_light_energy [kWh]\n"
FILES: Mapping[str, str] = {
    "bookings.csv": "id,place,starts,ends\n",
    "members.csv": "pseudonym,company\nm-1,acme\n",
    "aliases.csv": "name,target\n",
    "agreements.toml": "",
    "november.xml": "",
    "room.txt": ROOM,
    "room.csv": ROBOD,
}
DATABASE = (
    "migrate",
    "devices",
    "device history mons",
    "device assign mons s-1 desk-1",
    "device replace mons s-1 s-2",
    "device retire mons s-1",
    "alarms",
    "ledger",
    "recover --centre mons --since 2026-09-01T00:00+02:00 --until 2026-09-02T00:00+02:00 --ahead-s 3600",
    "reconcile --month 2026-09",
    "bill --month 2026-09",
    "settle --month 2026-09",
    "settle list",
    "settle accept SB-mons-2026-00001",
    "settle refuse SB-mons-2026-00001 --reason wrong",
    "settle take-back SB-mons-2026-00001",
    "payout list",
    "payout order",
    "payout paid namur-2026-09 --source mail",
    "payout refused namur-2026-09 --source mail --reason closed",
    "bank import november.xml",
    "bank list --open",
    "bank match 17 --invoice INV-2026-00001",
    "bank ignore 17 --reason fees",
    "bank undo 17",
    "audit",
    "books head",
    "books prove --head 1:" + 64 * "0",
    "accounting export --month 2026-09",
    "accounting clients --year 2025",
    "light show",
    "light set --centre mons --zone hall --hold 60s",
    "light undo --centre mons --zone hall",
    "retention run",
    "bookings import bookings.csv",
    "bookings extend",
    "bookings feeds list",
    "bookings feeds set plan https://calendar.example/plan.ics",
    "bookings feeds remove plan",
    "bookings feeds poll",
    "members list",
    "members import members.csv",
    "members remove m-1",
    "members link m-1 --url https://places.example",
    "places qr --centre mons --url https://places.example",
    "aliases list",
    "aliases set Flex-7 mons/desk-1",
    "aliases remove Flex-7",
    "aliases import aliases.csv",
    "agreements show",
    "agreements apply agreements.toml",
    "agreements history",
    "agreements restore 1",
    "invoice list",
    "invoice show INV-2026-00001",
    "invoice send INV-2026-00001",
    "invoice pay INV-2026-00001",
    "invoice refund INV-2026-00001",
    "invoice offset CN-2026-00001 INV-2026-00001",
    "invoice write-off INV-2026-00001 --reason insolvent",
    "invoice dispute INV-2026-00001 --line 1",
    "invoice uphold INV-2026-00001 --line 1",
    "invoice credit INV-2026-00001 --line 1 --reason locked",
    "invoice unattributed",
    "token new acme-app --scope bookings:read",
    "token list",
    "token expire acme-app --never",
    "token revoke acme-app",
)
"""Need a database and no broker."""
DATABASE_AND_BROKER = ("policy publish", "replay uci room.txt")
OWN_SERVERS = frozenset({"up", "down", "status", "demo", "simulate day", "bench ingest", "bench edge", "bench reconcile"})
"""Use the development stack, or throwaway servers, without being asked to."""
NAMED_DATABASE = frozenset({"roles"})
"""Need a database that is named, also in development."""
NO_SERVER = frozenset({"decode", "verify", "bookings maps"})


def write_files(folder: Path) -> None:
    """The files that the arguments name."""
    for name, text in FILES.items():
        (folder / name).write_text(text)


def names() -> set[str]:
    """The names of all commands that help lists: "invoice list", "ledger", …"""
    return set(_names(typer.main.get_command(app), ""))


def _names(command: Any, path: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        if command.invoke_without_command and path:
            yield path
        for name, inner in command.commands.items():
            yield from _names(inner, f"{path} {name}".strip())
    elif not command.hidden:
        yield path
