"""`smartwork invoice`: documents after they are issued."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from smartwork.cli.document import document, evidence
from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import euro, figure
from smartwork.cli.options import AsJson, OutDir, parse_month
from smartwork.cli.payments import Note, Number, decimal, pay_command, printable, refund_command
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.renamed import add_renamed
from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.cli.unattributed import unattributed_command
from smartwork.clock import now
from smartwork.db.billing import documents, drafts
from smartwork.db.billing.documents import DocumentSummary
from smartwork.domain.billing.credit_notes import line_numbered
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Status, status
from smartwork.domain.billing.payments import Position


def _reasoned(text: str) -> str:
    return printable(text, "--reason")


Reason = Annotated[str, typer.Option(help="The reason, which is printed on the credit note.", callback=_reasoned)]
LineNumber = Annotated[int, typer.Option("--line", min=1, help="Number of the line.")]


invoice_app = typer.Typer(
    help="List and show documents; record that they are sent, paid or disputed; credit them; list unattributed stays.",
    no_args_is_help=True,
)


@invoice_app.command("list")
def list_command(
    *,
    month: Annotated[str | None, typer.Option(help="Local month as YYYY-MM, for example 2026-10. Default: all.")] = None,
    as_json: AsJson = False,
) -> None:
    """List documents and drafts with their state."""
    chosen = parse_month(month) if month else None
    with progress_bar() as progress, open_database(progress) as connection:
        heads, waiting = documents.summaries(connection, chosen), drafts.drafts(connection, chosen)
        standing = documents.positions(connection, month=chosen)
    if as_json:
        listed = [_head_json(head, standing.get(head.number)) for head in heads]
        print(json.dumps(listed + [_draft_json(draft) for draft in waiting], indent=2))
    else:
        out.print(_listed(heads, standing, waiting, now().date()))


@invoice_app.command("show")
def show_command(
    number: Number,
    *,
    line: Annotated[
        int | None,
        typer.Option("--line", min=1, help="Number of the line to show with its evidence. Default: the whole document."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a document and its history, or one of its lines with the evidence."""
    with progress_bar() as progress, open_database(progress) as connection:
        found, events = documents.numbered(connection, number).invoice, documents.events(connection, number)
        at = documents.positions(connection, number=number).get(number)
    if as_json:
        shown = json.loads(found.canonical())
        wanted = shown if line is None else shown["lines"][line_numbered(found, line).line - 1]
        print(json.dumps(wanted, indent=2, ensure_ascii=False))
    else:
        out.print(document(found, events, at) if line is None else evidence(line_numbered(found, line)))


@invoice_app.command("send")
def send_command(number: Number, *, note: Note = "") -> None:
    """Record that a document was sent."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        lifecycle.send(connection, number, now(), note)
    out.print(f"{number} is sent.")


invoice_app.command("pay")(pay_command)
invoice_app.command("refund")(refund_command)
invoice_app.command("unattributed")(unattributed_command)
add_renamed(invoice_app, "invoice walk-ins", "invoice unattributed")


@invoice_app.command("dispute")
def dispute_command(number: Number, *, line: LineNumber, note: Note = "") -> None:
    """Open a dispute about a line, and show its evidence."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        found = lifecycle.dispute(connection, number, line, now(), note)
    out.print(evidence(found))
    out.print(
        f"Line {line} of {number} is in dispute. To end the dispute: smartwork invoice credit, or smartwork invoice uphold."
    )


@invoice_app.command("uphold")
def uphold_command(number: Number, *, line: LineNumber, note: Note = "") -> None:
    """End a dispute without a change of the line."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        lifecycle.uphold(connection, number, line, now(), note)
    out.print(f"Line {line} of {number} stays as it is.")


@invoice_app.command("credit")
def credit_command(
    number: Number,
    *,
    line: LineNumber,
    reason: Reason,
    hours: Annotated[str | None, typer.Option(help="Number of hours to credit. Default: the whole line.")] = None,
    out_dir: OutDir = Path("out"),
) -> None:
    """End a dispute with a credit note for the line."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        made = lifecycle.credit(connection, number, line, decimal(hours, "--hours", "1.5"), now(), reason, out_dir, progress)
    out.print(f"{made.invoice.number} credits {euro(made.invoice.gross)}: {made.files.pdf}", soft_wrap=True)


def _listed(
    heads: list[DocumentSummary], standing: Mapping[str, Position], drafts: list[Invoice], today: date
) -> FittedTable:
    columns = [
        Column("Number", whole=True), Column("To or from"), Column("Month", rank=2), Column("Due", rank=1),
        Column("Gross, €", figures=True), Column("Open, €", figures=True), Column("State"),
    ]  # fmt: skip
    issued = [_issued(head, standing.get(head.number), today) for head in heads]
    waiting = [("draft", one.account, f"{one.month:%Y-%m}", "", figure(one.gross), "", "draft") for one in drafts]
    return FittedTable(
        "Documents", columns, [issued, waiting], empty="There is no document. To issue a month's invoices: smartwork bill"
    )


def _issued(head: DocumentSummary, at: Position | None, today: date) -> Row:
    sign = -1 if head.kind.endswith("credit_note") else 1
    is_late = at is not None and sign * at.open > 0 and head.due_on < today
    state, style = _state(head, at).replace("_", " "), "red" if is_late else ""
    return (
        head.number,
        head.party,
        f"{head.month:%Y-%m}",
        Text(head.due_on.isoformat(), style=style),
        figure(sign * head.gross),
        Text(figure(at.open if sign > 0 else 0 - at.open) if at else "", style=style),
        Text(f"{state}, late" if is_late else state, style=style),
    )


def _state(head: DocumentSummary, at: Position | None) -> Status:
    return status(head.events, is_open=at is not None and at.open > 0)


def _head_json(head: DocumentSummary, at: Position | None) -> dict[str, object]:
    return {
        "number": head.number,
        "kind": head.kind,
        "party": head.party,
        "month": f"{head.month:%Y-%m}",
        "issued_on": head.issued_on.isoformat(),
        "due_on": head.due_on.isoformat(),
        "net": str(head.net),
        "vat": str(head.vat),
        "gross": str(head.gross),
        "paid": str(at.paid) if at else None,
        "credited": str(at.credited) if at else None,
        "open": str(at.open) if at else None,
        "state": _state(head, at),
    }


def _draft_json(draft: Invoice) -> dict[str, object]:
    figures = {"net": str(draft.net), "vat": str(draft.vat), "gross": str(draft.gross)}
    return {
        "number": None,
        "kind": draft.kind,
        "party": draft.account,
        "month": f"{draft.month:%Y-%m}",
        **figures,
        "state": "draft",
    }
