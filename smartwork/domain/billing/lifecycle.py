"""What may happen to an issued document, and its state: issued, sent, disputed, paid or credited, wholly or in part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from smartwork.errors import SmartworkError

EventKind = Literal["issued", "sent", "paid", "refunded", "disputed", "credited", "upheld"]
"""`credited` and `upheld` end a dispute: with a credit note, or with the line as it stands."""
Status = Literal["draft", "issued", "sent", "partly_paid", "paid", "disputed", "partly_credited", "credited"]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: `line` and `note` of a dispute and its end, `by` the number of the credit note, `amount` of a payment.

    EUR; a payment without an amount was of all that the document asked for.
    """

    kind: EventKind
    at: datetime
    line: int | None = None
    note: str = ""
    by: str | None = None
    amount: Decimal | None = None


class NotAllowedInState(SmartworkError):  # noqa: N818 - says what happened
    """A document is in a state in which this cannot happen to it."""


def status(kinds: Sequence[EventKind], *, is_open: bool = False) -> Status:
    """The state after these events: an open dispute counts before payment, an upheld one gives the state before back.

    Of payment and credit the later counts; `is_open` says that something is left to pay.
    """
    if kinds.count("disputed") > kinds.count("credited") + kinds.count("upheld"):
        return "disputed"
    latest = next((kind for kind in reversed(kinds) if kind in ("paid", "credited")), None)
    if latest == "credited":
        return "partly_credited" if is_open else "credited"
    if latest == "paid":
        return "partly_paid" if is_open else "paid"
    return "sent" if "sent" in kinds else "issued"


def open_disputes(events: Sequence[Event]) -> set[int]:
    """The lines in dispute."""
    lines: set[int] = set()
    for event in events:
        if event.line is not None:
            (lines.add if event.kind == "disputed" else lines.discard)(event.line)
    return lines


def require(number: str, events: Sequence[Event], kind: EventKind, line: int | None = None) -> None:
    """Raises NotAllowedInState, saying why and what to do, where `kind` cannot happen to the document after `events`."""
    kinds = [event.kind for event in events]
    disputed = open_disputes(events)
    if kind == "sent" and "sent" in kinds:
        raise NotAllowedInState(f"{number} was sent already.")
    if kind == "disputed" and line in disputed:
        raise NotAllowedInState(f"Line {line} of {number} is in dispute already. Credit it, or uphold it.")
    if kind == "disputed" and any(event.kind == "credited" and event.line == line for event in events):
        raise NotAllowedInState(f"Line {line} of {number} was credited already.")
    if kind in ("credited", "upheld") and line not in disputed:
        raise NotAllowedInState(
            f"Line {line} of {number} is not in dispute. First: smartwork invoice dispute {number} --line {line}"
        )
