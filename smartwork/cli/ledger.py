"""`smartwork ledger`: the readings that edges numbered against those that are stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import chain

from rich.console import Group, RenderableType
from rich.text import Text

from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import number
from smartwork.cli.options import AsJson
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable
from smartwork.db.ledger.ledger import LedgerFault, NumberRun, faults, gaps, ledger, overlaps
from smartwork.domain.ledger.ledger_day import LedgerDay, ledger_total

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
    with progress_bar() as progress, open_database(progress) as connection:
        centres, missing, duplicated = ledger(connection), gaps(connection), overlaps(connection)
        wrong = faults(connection)
    if as_json:
        print(json.dumps(ledger_json(centres, missing, duplicated) | {"faults": faults_json(wrong)}, indent=2))
    else:
        out.print(ledger_tables(centres, missing, duplicated))
        for fault in wrong:
            out.print(Text(f"{fault.centre}: {fault.message} Bills of the centre wait.", style="bold red"))


def faults_json(faults: Sequence[LedgerFault]) -> list[dict[str, str]]:
    """The centres whose ledger is faulty, with the reason."""
    return [
        {"centre": fault.centre, "edge": fault.edge, "since": fault.since.isoformat(), "reason": fault.message}
        for fault in faults
    ]


def ledger_json(
    centres: Mapping[str, Sequence[LedgerDay]], missing: Sequence[NumberRun], duplicated: Sequence[NumberRun]
) -> dict[str, object]:
    """The total, the days, the number runs that are missing, and those that are stored twice."""
    return {
        "total": asdict(ledger_total(chain.from_iterable(centres.values()))),
        "days": [
            {"centre": centre, "day": day.day.isoformat(), **_figures(day)}
            for centre, days in centres.items()
            for day in days
        ],
        "gaps": [asdict(run) for run in missing],
        "overlaps": [asdict(run) for run in duplicated],
    }


def ledger_tables(
    centres: Mapping[str, Sequence[LedgerDay]], missing: Sequence[NumberRun], duplicated: Sequence[NumberRun]
) -> RenderableType:
    """The ledger by centre and day with its total, and the number runs that are missing or stored twice."""
    if not centres:
        return Text("The ledger is empty: no edge has sent anything yet.")
    columns = [Column("Centre"), Column("Day"), *LEDGER_COLUMNS.values()]
    sections = [
        [(centre, day.day.isoformat(), *figure_cells(_figures(day))) for day in days] for centre, days in centres.items()
    ]
    total = (Text("total", style="bold"), "", *figure_cells(asdict(ledger_total(chain.from_iterable(centres.values())))))
    tables = [FittedTable("Ledger, readings by centre and local day", columns, [*sections, [total]])]
    for title, runs in (("Numbers that are in no stored batch", missing), ("Numbers that were stored twice", duplicated)):
        if runs:
            columns = [
                *(Column(title) for title in ("Centre", "Edge", "Epoch")),
                *(Column(title, figures=True) for title in ("First", "Last")),
            ]
            rows = [(run.centre, run.edge, run.epoch, number(run.first), number(run.last)) for run in runs]
            tables.append(FittedTable(title, columns, [rows]))
    return Group(*tables)


def _figures(day: LedgerDay) -> dict[str, int]:
    return {column: getattr(day, column) for column in LEDGER_COLUMNS}


def figure_cells(figures: dict[str, int]) -> list[str | Text]:
    """One cell for each of LEDGER_COLUMNS; missing readings are red, none missing is green."""
    *others, missing = (figures[column] for column in LEDGER_COLUMNS)
    return [*map(number, others), Text(number(missing), style=f"bold {'red' if missing else 'green'}")]
