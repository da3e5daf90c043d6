"""Verdicts on the terminal: their names, and a month's verdicts as a table and as JSON."""

from datetime import date

from rich.table import Table

from smartwork.cli.figures import number
from smartwork.cli.tables import titled_table

VERDICT_NAMES = {
    "used": "used",
    "left_early": "left early",
    "overstayed": "overstayed",
    "no_show": "no-show",
    "walk_in": "walk-in",
    "unverifiable": "unverifiable",
    "cancelled": "cancelled",
    "cancelled_late": "cancelled late",
}
"""The name of each verdict on the terminal, in the order of the table."""

VerdictSums = dict[str, tuple[int, int, int]]
"""By verdict: count, seconds booked, seconds occupied."""


def verdicts_json(month: date, sums: VerdictSums) -> dict[str, object]:
    """The month and, by verdict, the count and the hours booked and occupied."""
    return {
        "month": f"{month:%Y-%m}",
        "verdicts": {
            verdict: {"count": count, "booked_h": round(booked / 3600, 2), "occupied_h": round(occupied / 3600, 2)}
            for verdict, (count, booked, occupied) in sums.items()
        },
    }


def verdicts_table(sums: VerdictSums) -> Table:
    """Bookings and walk-ins by verdict, with the total."""
    table = titled_table("Bookings and walk-ins by verdict", "Verdict", "count", "hours booked", "hours occupied")
    for verdict, name in VERDICT_NAMES.items():
        count, booked, occupied = sums.get(verdict, (0, 0, 0))
        table.add_row(name, number(count), number(booked / 3600), number(occupied / 3600))
    table.add_section()
    count, booked, occupied = (sum(row[i] for row in sums.values()) for i in range(3))
    table.add_row("[bold]total[/]", number(count), number(booked / 3600), number(occupied / 3600))
    return table
