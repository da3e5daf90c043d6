"""`smartwork invoice`: documents after they are issued. The commands `list`, `show` and `send`; the others are registered."""

import json
from typing import Annotated

import typer

from smartwork.cli.clearing import offset_command, write_off_command
from smartwork.cli.disputes import credit_command, dispute_command, uphold_command
from smartwork.cli.document import document, events_json, evidence
from smartwork.cli.document_list import documents_json, documents_table
from smartwork.cli.document_options import Note, Number
from smartwork.cli.endpoints import open_database
from smartwork.cli.options import AsJson, parse_month
from smartwork.cli.payments import pay_command, refund_command
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.cli.renamed import add_renamed
from smartwork.cli.unattributed import unattributed_command
from smartwork.clock import now
from smartwork.db.billing import documents, drafts
from smartwork.domain.billing.credit_notes import line_numbered

invoice_app = typer.Typer(
    help="Documents after they are issued: list, show, send, payments, set-offs, write-offs, disputes and credit notes; and "
    "unattributed stays.",
    no_args_is_help=True,
)


@invoice_app.command("list")
def list_command(
    *,
    month: Annotated[
        str | None, typer.Option(help="Local month as YYYY-MM, for example 2026-10. Default: all months.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List all documents with their state, drafts included."""
    chosen = parse_month(month) if month else None
    with progress_bar() as progress, open_database(progress) as connection:
        issued, open_drafts = documents.summaries(connection, chosen), drafts.drafts(connection, chosen)
        positions = documents.positions(connection, month=chosen)
    if as_json:
        print(json.dumps(documents_json(issued, positions, open_drafts), indent=2))
    else:
        out.print(documents_table(issued, positions, open_drafts, now().date()))


@invoice_app.command("show")
def show_command(
    number: Number,
    *,
    line: Annotated[int | None, typer.Option("--line", min=1, help="Show this line with its evidence.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a document and its events, or one of its lines with the evidence.

    With --json, the snapshot of the document and its `events`.
    """
    with progress_bar() as progress, open_database(progress) as connection:
        invoice, events = documents.numbered(connection, number).invoice, documents.events(connection, number)
        position = documents.positions(connection, number=number).get(number)
    if as_json:
        snapshot = json.loads(invoice.canonical())
        of_line = None if line is None else snapshot["lines"][line_numbered(invoice, line).line - 1]
        shown = {**snapshot, "events": events_json(events)} if of_line is None else of_line
        print(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        out.print(document(invoice, events, position) if line is None else evidence(line_numbered(invoice, line)))


@invoice_app.command("send")
def send_command(number: Number, *, note: Note = "") -> None:
    """Record that a document was sent."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        lifecycle.send(connection, number, now(), note)
    out.print(f"Recorded: {number} was sent.")


invoice_app.command("pay")(pay_command)
invoice_app.command("refund")(refund_command)
invoice_app.command("offset")(offset_command)
invoice_app.command("write-off")(write_off_command)
invoice_app.command("dispute")(dispute_command)
invoice_app.command("uphold")(uphold_command)
invoice_app.command("credit")(credit_command)
invoice_app.command("unattributed")(unattributed_command)
add_renamed(invoice_app, "invoice walk-ins", "invoice unattributed")
