"""Arguments and options that the commands of `smartwork invoice` share."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from smartwork.domain.billing.permitted_text import fault
from smartwork.errors import InputError

_LIMIT = Decimal(10) ** 12
"""No amount in EUR and no number of hours reaches this."""


def printable(text: str, option: str) -> str:
    """`text` unchanged; raises InputError if it is blank or contains a character that a document cannot hold."""
    if reason := fault(text):
        raise InputError(f"{option} is {text!r}: {reason}. Write it as one line of text.")
    return text


def decimal(text: str | None, option: str, example: str) -> Decimal | None:
    """The number given for an option, None if the option is left out; raises InputError if it is not a number."""
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= _LIMIT:
        raise InputError(f"{option} is {text!r}; expected a number such as {example}")
    return value


def _note(text: str) -> str:
    return printable(text, "--note") if text else text


def _reason(text: str) -> str:
    return printable(text, "--reason")


Number = Annotated[str, typer.Argument(help="Number of the document, for example INV-2026-00001.")]
LineNumber = Annotated[int, typer.Option("--line", min=1, help="Number of the line.")]
Note = Annotated[str, typer.Option("--note", help="A note that is recorded with the event.", callback=_note)]
Reason = Annotated[str, typer.Option(help="The reason; printed on the credit note.", callback=_reason)]
