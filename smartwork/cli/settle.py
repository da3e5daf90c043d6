"""`smartwork settle`: what the network owes its centres for a month."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from smartwork.cli.acceptance import accept_command, list_command, refuse_command, take_back_command
from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import figure
from smartwork.cli.options import AsJson, Month, OutDir, parse_month
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.tables import Column, FittedTable, counted
from smartwork.clock import now

if TYPE_CHECKING:
    from smartwork.jobs.settlement.settle_month import SettleReport


settle_app = typer.Typer()


@settle_app.callback(invoke_without_command=True)
def settle_command(
    context: typer.Context, *, month: Month = None, out_dir: OutDir = Path("out"), as_json: AsJson = False
) -> None:
    """Issue the month's self-billed document of every centre, with its statement, and order what centres have accepted.

    Issued documents never change. A centre accepts or refuses each of them, or its silence is acceptance as agreed; what is
    accepted is in the SEPA file.
    """
    if context.invoked_subcommand:
        return
    from smartwork.jobs.settlement.settle_month import settle_month

    chosen = parse_month(month)
    with progress_bar() as progress, open_database(progress) as connection:
        report = settle_month(connection, chosen, now(), out_dir, progress)
    if as_json:
        print(json.dumps(settle_json(report), indent=2))
    else:
        out.print(settle_tables(report))


def settle_json(report: "SettleReport") -> dict[str, object]:
    """The month's self-billed documents and payments; amounts in EUR, as text."""
    return {
        "month": f"{report.month:%Y-%m}",
        "charged": str(report.charged),
        "margin": str(report.margin),
        "documents": [
            {
                "centre": document.centre,
                "number": document.number,
                "kind": document.kind,
                "net": str(document.net),
                "vat": str(document.vat),
                "gross": str(document.gross),
                "walk_ins_nobody_signed_for": document.unattributed.visits if document.unattributed else 0,
                "pdf": str(document.files.pdf),
                "ubl": str(document.files.xml) if document.files.is_electronic else None,
                "statement": str(document.statement) if document.statement else None,
            }
            for document in report.documents
        ],
        "waiting": [{"centre": waiting.centre, "reason": waiting.reason} for waiting in report.waiting],
        "payouts": [
            {
                "file": str(path),
                "payments": order.payments,
                "total": str(order.total),
                "recorded_by": order.recorded_by,
            }
            for order, path in report.payouts
        ],
    }


def settle_tables(report: "SettleReport") -> RenderableType:
    """One row for each document, one for each payment file, and where the statements are."""
    amounts = [Column("Net, €", figures=True), Column("VAT, €", rank=1, figures=True), Column("Owed, €", figures=True)]
    rows = [(d.number, d.centre, figure(d.net), figure(d.vat), figure(d.gross)) for d in report.documents]
    parts: list[RenderableType] = [
        FittedTable("Settled with the centres", [Column("Number", whole=True), Column("Centre"), *amounts], [rows])
    ]
    payments = [
        (str(path), str(order.payments), figure(order.total), order.recorded_by or "") for order, path in report.payouts
    ]
    if payments:
        columns = [
            Column("File", whole=True), Column("Payments", figures=True), Column("Total, €", figures=True),
            Column("Recorded by", rank=1),
        ]  # fmt: skip
        parts.append(FittedTable("Ordered at the bank", columns, [payments]))
    statements = [document.statement for document in report.documents if document.statement]
    if statements:
        files = f"{statements[0].parent}/*-statement.pdf"
        parts.append(Text(f"{counted(len(statements), 'statement')} of the centres: {files}", overflow="fold"))
    if report.waiting:
        reasons = [(waiting.centre, waiting.reason) for waiting in report.waiting]
        parts.append(FittedTable("No document yet", [Column("Centre", whole=True), Column("Reason")], [reasons]))
    return Group(*parts)


settle_app.command("list")(list_command)
settle_app.command("accept")(accept_command)
settle_app.command("refuse")(refuse_command)
settle_app.command("take-back")(take_back_command)
