"""`smartwork invoice pay` and `refund`: what came in on a document, in parts or too much, and what was given back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.console import Console

from smartwork.cli.figures import euro
from smartwork.clock import now
from smartwork.db.core.connection import Connection
from smartwork.domain.billing.payments import Position
from smartwork.domain.billing.permitted_text import fault
from smartwork.errors import InputError
from smartwork.jobs.billing import lifecycle
from smartwork.progress import Progress

Number = Annotated[str, typer.Argument(help="The document's number, for example INV-2026-00001.")]


def written(text: str, option: str) -> str:
    """`text` as it may stand on a document; raises InputError where it is blank or holds control characters."""
    if why := fault(text):
        raise InputError(f"{option} is {text!r}: {why}. Write it as one line of text.")
    return text


def _noted(text: str) -> str:
    return written(text, "--note") if text else text


Note = Annotated[str, typer.Option("--note", help="What to keep with it.", callback=_noted)]
_MOST = Decimal(10) ** 12
"""Beyond what anybody pays, EUR, or bought hours of."""
Amount = Annotated[str | None, typer.Option("--amount", help="EUR, for example 40.00. Default: all of it.")]


def add_payments(
    commands: typer.Typer,
    bar: Callable[[], AbstractContextManager[Progress]],
    out: Console,
    opened: Callable[[Progress], Connection],
) -> None:
    """Hang `pay` and `refund` on the commands of documents."""

    @commands.command("pay")
    def pay(number: Number, *, amount: Amount = None, note: Note = "") -> None:
        """Record a payment of a document: all that is open, a part of it, or more."""
        with bar() as progress, opened(progress) as connection:
            paid = lifecycle.pay(connection, number, now(), note, decimal(amount, "--amount", "40.00"))
        out.print(f"{euro(paid.amount)} of {number} are paid. {_open(paid.position)}")

    @commands.command("refund")
    def refund(number: Number, *, amount: Amount = None, note: Note = "") -> None:
        """Record that what was paid too much was given back."""
        with bar() as progress, opened(progress) as connection:
            paid = lifecycle.refund(connection, number, now(), note, decimal(amount, "--amount", "40.00"))
        out.print(f"{euro(paid.amount)} of {number} are given back. {_open(paid.position)}")


def decimal(text: str | None, option: str, such_as: str) -> Decimal | None:
    """The number that an option gives, None where it is left out; raises InputError where it is none."""
    if text is None:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= _MOST:
        raise InputError(f"{option} is {text!r}; expected a number such as {such_as}")
    return found


def _open(at: Position) -> str:
    if at.overpaid:
        return f"That is {euro(at.overpaid)} too much: give it back with smartwork invoice refund."
    return f"{euro(at.open)} are open." if at.open else "Nothing is open."
