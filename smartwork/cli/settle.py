"""`smartwork settle` and `smartwork audit`: what the network owes its centres, and the proof that the books fit together."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.text import Text

from smartwork.cli.screens import euro, figure, titled
from smartwork.cli.tables import Column, FittedTable, counted
from smartwork.clock import now
from smartwork.db.core.connection import connect
from smartwork.db.core.migrations import migrate
from smartwork.errors import SmartworkError
from smartwork.jobs.audit.audit import AuditReport, audit_books
from smartwork.jobs.settlement.settle_month import SettleReport, settle_month
from smartwork.progress import Progress

_FAULTS_SHOWN = 20


class BooksDoNotFit(SmartworkError):  # noqa: N818 - says what was found
    """The audit found a fault; the report has said where."""


def add_settling(
    app: typer.Typer,
    bar: Callable[[], AbstractContextManager[Progress]],
    out: Console,
    database_url: Callable[[Progress], str],
    month_of: Callable[[str | None], date],
) -> None:
    """Hang `settle` and `audit` on `app`."""

    @app.command("settle")
    def settle_command(
        *,
        month: Annotated[
            str | None, typer.Option(help="Local month, for example 2026-10. Default: the last full month.")
        ] = None,
        out_dir: Annotated[Path, typer.Option("--out", help="Folder for the documents.")] = Path("out"),
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """Draw up the self-billed document of every centre, and the SEPA file that pays them; what is issued stays."""
        chosen = month_of(month)
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            report = settle_month(connection, chosen, now(), out_dir, progress)
        if as_json:
            print(json.dumps(settled_json(report), indent=2))
        else:
            out.print(settled(report))

    @app.command("audit")
    def audit_command(
        *,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """Prove the books to the cent; the exit status is 1, and the report says where, if something does not fit."""
        with bar() as progress, connect(database_url(progress)) as connection:
            migrate(connection)
            report = audit_books(connection, progress)
        if as_json:
            print(json.dumps(audited_json(report), indent=2))
        else:
            out.print(audited(report))
        if not report.is_clean:
            failed = ", ".join(check.name for check in report.checks if check.faults)
            raise BooksDoNotFit(f"The books do not fit together: {failed}.")


def settled_json(report: SettleReport) -> dict[str, object]:
    """The month's self-billed documents and payments; amounts as text, EUR."""
    return {
        "month": f"{report.month:%Y-%m}",
        "charged": str(report.charged),
        "margin": str(report.margin),
        "documents": [
            {
                "centre": one.centre,
                "number": one.number,
                "kind": one.kind,
                "net": str(one.net),
                "vat": str(one.vat),
                "gross": str(one.gross),
                "walk_ins_nobody_signed_for": one.unattributed.visits if one.unattributed else 0,
                "pdf": str(one.files.pdf),
                "ubl": str(one.files.xml),
                "statement": str(one.statement) if one.statement else None,
            }
            for one in report.documents
        ],
        "payouts": [
            {"file": str(path), "payments": order.payments, "total": str(order.total)} for order, path in report.payouts
        ],
    }


def settled(report: SettleReport) -> RenderableType:
    """One line a document, and the files that pay them."""
    amounts = [Column("Net, €", figures=True), Column("VAT, €", rank=1, figures=True), Column("Owed, €", figures=True)]
    rows = [(one.number, one.centre, figure(one.net), figure(one.vat), figure(one.gross)) for one in report.documents]
    table = FittedTable("Settled with the centres", [Column("Number", whole=True), Column("Centre"), *amounts], [rows])
    ordered = [(str(path), str(order.payments), figure(order.total)) for order, path in report.payouts]
    heads = [Column("File", whole=True), Column("Payments", figures=True), Column("Total, €", figures=True)]
    paid = FittedTable("Ordered at the bank", heads, [ordered])
    told = [one.statement for one in report.documents if one.statement]
    parts: list[RenderableType] = [table, *([paid] if ordered else [])]
    if told:
        parts.append(
            Text(
                f"{counted(len(told), 'statement')} to the centres beside them: {told[0].parent}/*-statement.pdf",
                overflow="fold",
            )
        )
    return Group(*parts)


def audited_json(report: AuditReport) -> dict[str, object]:
    """Whether the books fit, the sums, and each check with its faults."""
    return {
        "clean": report.is_clean,
        "documents": report.documents,
        "lines": report.lines,
        "postings": report.postings,
        "seconds": round(report.seconds, 3),
        "totals": {name: str(amount) for name, amount in asdict(report.totals).items()},
        "checks": [
            {"name": check.name, "statement": check.statement, "ok": not check.faults, "faults": list(check.faults)}
            for check in report.checks
        ],
    }


def audited(report: AuditReport) -> RenderableType:
    """The checks with their outcome, where they fail, and the sums that must agree."""
    table = titled("Audit", "Statement", "")
    for check in report.checks:
        mark = f"[red]{counted(len(check.faults), 'fault')}[/]" if check.faults else "[green]proven[/]"
        table.add_row(check.statement, mark)
    faults = [f"{check.name}: {fault}" for check in report.checks for fault in check.faults]
    more = [f"… and {len(faults) - _FAULTS_SHOWN} more; --json has all."] if len(faults) > _FAULTS_SHOWN else []
    found = report.totals
    sums = titled("Sums", "", "")
    sums.show_header = False
    for name, amount in (
        ("companies were charged for the centres", found.charged),
        ("  credited to the centres", found.centre_credits),
        ("  margin of the network", found.margin),
        ("  not settled yet", found.unsettled),
        ("VAT due", found.vat_due),
        ("VAT to recover", found.vat_recoverable),
        ("hours bought ahead and not spent", found.pools),
        ("hours bought ahead and expired", found.expired),
    ):
        sums.add_row(name, euro(amount))
    looked = f"{report.documents} documents, {report.lines} lines, {report.postings} postings in {report.seconds:.1f} s"
    return Group(table, *(Text(text, style="red") for text in [*faults[:_FAULTS_SHOWN], *more]), sums, Text(looked))
