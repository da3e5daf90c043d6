"""`smartwork ledger`: the readings that edges numbered against those that are stored."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from smartwork.cli.endpoints import database_url
from smartwork.cli.figures import number
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.db.ledger.ledger import LedgerRow, Run, gaps, ledger, overlaps

LEDGER_COLUMNS = {
    "numbered": Column("Numbered", figures=True),
    "stored": Column("Stored", figures=True),
    "duplicates": Column("Duplicates", rank=1, figures=True),
    "rejected": Column("Rejected", figures=True),
    "in_outbox": Column("Outbox", figures=True),
    "missing": Column("Missing", figures=True),
}
"""The figures of a ledger day, in the order of the table."""


def ledger_command(*, as_json: AsJson = False) -> None:
    """Show by centre and day how many readings edges numbered, and how many are stored, rejected, in outboxes or missing."""
    with progress_bar() as progress, connect(database_url(progress)) as connection:
        migrate(connection)
        days, missing, duplicated = ledger(connection), gaps(connection), overlaps(connection)
    if as_json:
        print(json.dumps(ledger_json(days, missing, duplicated), indent=2))
    else:
        out.print(ledger_tables(days, missing, duplicated))


def ledger_total(days: Iterable[LedgerRow]) -> dict[str, int]:
    """The sums over all centres and days, by figure."""
    total = dict.fromkeys(LEDGER_COLUMNS, 0)
    for day in days:
        for column in LEDGER_COLUMNS:
            total[column] += getattr(day, column)
    return total


def ledger_json(days: Sequence[LedgerRow], missing: Sequence[Run], duplicated: Sequence[Run]) -> dict[str, object]:
    """The total, the days, the number runs that are missing, and those that are stored twice."""
    return {
        "total": ledger_total(days),
        "days": [{**asdict(day), "day": day.day.isoformat()} for day in days],
        "gaps": [asdict(run) for run in missing],
        "overlaps": [asdict(run) for run in duplicated],
    }


def ledger_tables(days: Sequence[LedgerRow], missing: Sequence[Run], duplicated: Sequence[Run]) -> RenderableType:
    """The ledger by centre and day with its total, and the number runs that are missing or stored twice."""
    if not days:
        return Text("The ledger is empty: no edge has sent anything yet. Try: make demo ARGS=--once")
    columns = [Column("Centre"), Column("Day"), *LEDGER_COLUMNS.values()]
    centres = [
        [(day.centre, day.day.isoformat(), *figure_cells({c: getattr(day, c) for c in LEDGER_COLUMNS})) for day in its_days]
        for _, its_days in groupby(days, key=lambda day: day.centre)
    ]
    total = (Text("total", style="bold"), "", *figure_cells(ledger_total(days)))
    tables = [FittedTable("Ledger, readings by centre and local day", columns, [*centres, [total]])]
    for title, runs in (("Numbers that are in no stored batch", missing), ("Numbers that were stored twice", duplicated)):
        if runs:
            columns = [
                *(Column(title) for title in ("Centre", "Edge", "Epoch")),
                *(Column(title, figures=True) for title in ("First", "Last")),
            ]
            rows = [(run.centre, run.edge, run.epoch, number(run.first), number(run.last)) for run in runs]
            tables.append(FittedTable(title, columns, [rows]))
    return Group(*tables)


def figure_cells(figures: dict[str, int]) -> list[str | Text]:
    """One cell for each of LEDGER_COLUMNS; missing readings are red, none missing is green."""
    *others, missing = (figures[column] for column in LEDGER_COLUMNS)
    return [*map(number, others), Text(number(missing), style=f"bold {'red' if missing else 'green'}")]
