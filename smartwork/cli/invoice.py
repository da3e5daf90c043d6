"""`smartwork invoice`: the life of a document after it is issued."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from smartwork.cli.document import document, evidence
from smartwork.cli.figures import euro, figure
from smartwork.cli.payments import Note, Number, add_payments, decimal, written
from smartwork.cli.tables import Column, FittedTable, Row
from smartwork.cli.unattributed import add_walk_ins
from smartwork.clock import now
from smartwork.db.billing import documents, drafts
from smartwork.db.billing.documents import DocumentSummary
from smartwork.db.core.connection import Connection, connect
from smartwork.db.core.migrations import migrate
from smartwork.domain.billing.credit_notes import line_numbered
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Status, status
from smartwork.domain.billing.payments import Position
from smartwork.jobs.billing import lifecycle
from smartwork.progress import Progress


def _reasoned(text: str) -> str:
    return written(text, "--reason")


Reason = Annotated[str, typer.Option(help="Why; stands on the credit note.", callback=_reasoned)]
LineNumber = Annotated[int, typer.Option("--line", min=1, help="The number of the line.")]


def invoice_app(
    bar: Callable[[], AbstractContextManager[Progress]],
    out: Console,
    database_url: Callable[[Progress], str],
    month_of: Callable[[str | None], date],
) -> typer.Typer:
    """The commands under `smartwork invoice`."""
    commands = typer.Typer(
        help="Documents after they are issued: list, show, send, pay, refund, dispute, credit; and what is billed to nobody.",
        no_args_is_help=True,
    )

    def opened(progress: Progress) -> Connection:
        connection = connect(database_url(progress))
        migrate(connection)
        return connection

    @commands.command("list")
    def list_command(
        *,
        month: Annotated[str | None, typer.Option(help="Local month, for example 2026-10. Default: all.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """Every document with its state, drafts included."""
        chosen = month_of(month) if month else None
        with bar() as progress, opened(progress) as connection:
            heads, waiting = documents.summaries(connection, chosen), drafts.drafts(connection, chosen)
            standing = documents.positions(connection, month=chosen)
        if as_json:
            listed = [_head_json(head, standing.get(head.number)) for head in heads]
            print(json.dumps(listed + [_draft_json(draft) for draft in waiting], indent=2))
        else:
            out.print(_listed(heads, standing, waiting, now().date()))

    @commands.command("show")
    def show(
        number: Number,
        *,
        line: Annotated[int | None, typer.Option("--line", min=1, help="Show this line and its evidence.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")] = False,
    ) -> None:
        """A document and what happened to it, or one of its lines with the evidence."""
        with bar() as progress, opened(progress) as connection:
            found, events = documents.numbered(connection, number).invoice, documents.events(connection, number)
            at = documents.positions(connection, number=number).get(number)
        if as_json:
            shown = json.loads(found.canonical())
            wanted = shown if line is None else shown["lines"][line_numbered(found, line).line - 1]
            print(json.dumps(wanted, indent=2, ensure_ascii=False))
        else:
            out.print(document(found, events, at) if line is None else evidence(line_numbered(found, line)))

    @commands.command("send")
    def send(number: Number, *, note: Note = "") -> None:
        """Record that a document was sent."""
        with bar() as progress, opened(progress) as connection:
            lifecycle.send(connection, number, now(), note)
        out.print(f"{number} is sent.")

    add_payments(commands, bar, out, opened)
    add_walk_ins(commands, bar, out, opened, month_of)

    @commands.command("dispute")
    def dispute(number: Number, *, line: LineNumber, note: Note = "") -> None:
        """Open a dispute on a line, and show the evidence that it rests on."""
        with bar() as progress, opened(progress) as connection:
            found = lifecycle.dispute(connection, number, line, now(), note)
        out.print(evidence(found))
        out.print(f"Line {line} of {number} is in dispute. To end it: smartwork invoice credit, or smartwork invoice uphold.")

    @commands.command("uphold")
    def uphold(number: Number, *, line: LineNumber, note: Note = "") -> None:
        """End a dispute with the line as it stands."""
        with bar() as progress, opened(progress) as connection:
            lifecycle.uphold(connection, number, line, now(), note)
        out.print(f"Line {line} of {number} stands.")

    @commands.command("credit")
    def credit(
        number: Number,
        *,
        line: LineNumber,
        reason: Reason,
        hours: Annotated[str | None, typer.Option(help="How many of the line's hours. Default: the whole line.")] = None,
        out_dir: Annotated[Path, typer.Option("--out", help="Folder for the documents.")] = Path("out"),
    ) -> None:
        """End a dispute with a credit note that refers to the line."""
        with bar() as progress, opened(progress) as connection:
            made = lifecycle.credit(
                connection, number, line, decimal(hours, "--hours", "1.5"), now(), reason, out_dir, progress
            )
        out.print(f"{made.invoice.number} gives back {euro(made.invoice.gross)}: {made.files.pdf}", soft_wrap=True)

    return commands


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
        "Documents", columns, [issued, waiting], empty="There is none. To issue a month's invoices: smartwork bill"
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
