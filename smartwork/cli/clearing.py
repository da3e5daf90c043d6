"""`smartwork invoice offset` and `smartwork invoice write-off`: open amounts that are closed without money."""

from typing import Annotated

import typer

from smartwork.cli.document_options import Note, Number, decimal, printable
from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import euro
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.domain.billing.payments import Position


def _reason(text: str) -> str:
    return printable(text, "--reason")


CreditNoteNumber = Annotated[str, typer.Argument(help="Number of the credit note, for example CN-2026-00001.")]
InvoiceNumber = Annotated[str, typer.Argument(help="Number of the invoice, for example INV-2026-00001.")]
Amount = Annotated[str | None, typer.Option("--amount", help="EUR, for example 40.00. Default: as much as possible.")]
Reason = Annotated[str, typer.Option(help="Why; recorded with the event.", callback=_reason)]
Reverse = Annotated[bool, typer.Option("--reverse", help="Undo it: all of it, or --amount.")]


def offset_command(
    note: CreditNoteNumber, invoice: InvoiceNumber, *, amount: Amount = None, reverse: Reverse = False, text: Note = ""
) -> None:
    """Set a credit note off against an open invoice of the same company: without money, both leave less open.

    For example: smartwork invoice offset CN-2026-00001 INV-2026-00007
    """
    from smartwork.jobs.billing import clearing

    chosen = decimal(amount, "--amount", "40.00")
    with progress_bar() as progress, open_database(progress) as connection:
        clear = clearing.reverse_offset if reverse else clearing.offset
        done = clear(connection, note, invoice, now(), text, chosen)
    what = "no longer set off" if reverse else "set off"
    out.print(f"Recorded: {euro(done.amount)} of {note} are {what} against {invoice}.")
    for number, position in zip((note, invoice), done.positions, strict=True):
        out.print(_open(number, position))


def write_off_command(number: Number, *, reason: Reason, amount: Amount = None, reverse: Reverse = False) -> None:
    """Write off what an invoice leaves open and is not expected to be paid: a bad debt, or a small difference.

    A later payment recovers it. VAT stays due. For example: smartwork invoice write-off INV-2026-00007 --reason insolvent
    """
    from smartwork.jobs.billing import clearing

    chosen = decimal(amount, "--amount", "40.00")
    with progress_bar() as progress, open_database(progress) as connection:
        clear = clearing.reverse_write_off if reverse else clearing.write_off
        done = clear(connection, number, now(), reason, chosen)
    out.print(f"Recorded: {euro(done.amount)} of {number} are {'no longer ' if reverse else ''}written off.")
    out.print(_open(number, done.positions[0]))


def _open(number: str, position: Position) -> str:
    return f"{number}: {euro(position.open)} are open." if position.open else f"{number}: nothing is open."
