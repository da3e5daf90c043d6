"""`smartwork invoice pay` and `refund`: payments of a document, and refunds of what was paid too much."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from smartwork.cli.endpoints import open_database
from smartwork.cli.figures import euro
from smartwork.cli.progress_bar import out, progress_bar
from smartwork.clock import now
from smartwork.domain.billing.payments import Position
from smartwork.domain.billing.permitted_text import fault
from smartwork.errors import InputError

Number = Annotated[str, typer.Argument(help="The document's number, for example INV-2026-00001.")]


def printable(text: str, option: str) -> str:
    """`text` unchanged. Raises InputError if a document cannot show it: if it is blank or has control characters."""
    if why := fault(text):
        raise InputError(f"{option} is {text!r}: {why}. Write it as one line of text.")
    return text


def _noted(text: str) -> str:
    return printable(text, "--note") if text else text


Note = Annotated[str, typer.Option("--note", help="A note to store with it.", callback=_noted)]
_LIMIT = Decimal(10) ** 12
"""Amounts in EUR, and hours, must be below."""
Amount = Annotated[str | None, typer.Option("--amount", help="Amount in EUR, for example 40.00. Default: all of it.")]


def pay_command(number: Number, *, amount: Amount = None, note: Note = "") -> None:
    """Record a payment of a document: all that is open, a part, or more."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        paid = lifecycle.pay(connection, number, now(), note, decimal(amount, "--amount", "40.00"))
    out.print(f"{euro(paid.amount)} of {number} are paid. {_open(paid.position)}")


def refund_command(number: Number, *, amount: Amount = None, note: Note = "") -> None:
    """Record a refund of what was paid too much."""
    from smartwork.jobs.billing import lifecycle

    with progress_bar() as progress, open_database(progress) as connection:
        paid = lifecycle.refund(connection, number, now(), note, decimal(amount, "--amount", "40.00"))
    out.print(f"{euro(paid.amount)} of {number} are refunded. {_open(paid.position)}")


def decimal(text: str | None, option: str, such_as: str) -> Decimal | None:
    """The number that an option gives; None if the option is left out. Raises InputError if it is no number."""
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= _LIMIT:
        raise InputError(f"{option} is {text!r}; expected a number such as {such_as}")
    return found


def _open(at: Position) -> str:
    if at.overpaid:
        return f"That is {euro(at.overpaid)} too much: to record a refund: smartwork invoice refund."
    return f"{euro(at.open)} are open." if at.open else "Nothing is open."
