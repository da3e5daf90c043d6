"""`smartwork invoice pay` and `smartwork invoice refund`: payments of a document, and refunds of what was overpaid."""

from typing import Annotated

import typer

from smartwork.cli.document_options import Note, Number, decimal
from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import euro
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.domain.billing.payments import Position

Amount = Annotated[str | None, typer.Option("--amount", help="EUR, for example 40.00. Default: all that is open.")]
RefundAmount = Annotated[str | None, typer.Option("--amount", help="EUR, for example 40.00. Default: all that was overpaid.")]


def pay_command(number: Number, *, amount: Amount = None, note: Note = "") -> None:
    """Record a payment of a document: all that is open, a part of it, or more."""
    from smartwork.jobs.billing import lifecycle

    chosen = decimal(amount, "--amount", "40.00")
    with progress_bar() as progress, open_database(progress) as connection:
        paid = lifecycle.pay(connection, number, now(), note, chosen)
    out.print(f"Recorded: {euro(paid.amount)} of {number} paid. {_open(paid.position)}")


def refund_command(number: Number, *, amount: RefundAmount = None, note: Note = "") -> None:
    """Record a refund of what was overpaid."""
    from smartwork.jobs.billing import lifecycle

    chosen = decimal(amount, "--amount", "40.00")
    with progress_bar() as progress, open_database(progress) as connection:
        refunded = lifecycle.refund(connection, number, now(), note, chosen)
    out.print(f"Recorded: {euro(refunded.amount)} of {number} refunded. {_open(refunded.position)}")


def _open(position: Position) -> str:
    if position.overpaid:
        return f"It is overpaid by {euro(position.overpaid)}; record the refund with smartwork invoice refund."
    return f"{euro(position.open)} are open." if position.open else "Nothing is open."
