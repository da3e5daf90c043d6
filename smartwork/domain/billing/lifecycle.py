"""The events of an issued document, which of them may follow which, and the state that they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from smartwork.errors import SmartworkError

EventKind = Literal["issued", "sent", "paid", "refunded", "disputed", "credited", "upheld"]
"""`credited` and `upheld` end a dispute: with a credit note, or with the line unchanged."""
Status = Literal["draft", "issued", "sent", "partly_paid", "paid", "disputed", "partly_credited", "credited"]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a document. `line` is the disputed line, `by` the number of the credit note, `amount` a payment in EUR.

    A payment without an amount paid the whole document. `recorded_by` is who recorded a stored event; None for an event of an
    earlier version, and for one that is not stored yet.
    """

    kind: EventKind
    at: datetime
    line: int | None = None
    note: str = ""
    by: str | None = None
    amount: Decimal | None = None
    recorded_by: str | None = None


class NotAllowedInState(SmartworkError):  # noqa: N818 - names what happened
    """The document is in a state in which this event is not allowed."""


def status(kinds: Sequence[EventKind], *, is_open: bool = False) -> Status:
    """The state after the events `kinds`, oldest first. `is_open`: something is left to pay.

    An open dispute takes precedence over payments. A dispute that was upheld changes nothing. Of a payment and a credit the
    later one counts.
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
    """The numbers of the lines in dispute."""
    lines: set[int] = set()
    for event in events:
        if event.line is not None:
            (lines.add if event.kind == "disputed" else lines.discard)(event.line)
    return lines


def require(number: str, events: Sequence[Event], kind: EventKind, line: int | None = None) -> None:
    """Raises NotAllowedInState, with the reason and what to do, where the event `kind` is not allowed after `events`."""
    kinds = [event.kind for event in events]
    disputed = open_disputes(events)
    if kind == "sent" and "sent" in kinds:
        raise NotAllowedInState(f"{number} was sent already; nothing was recorded.")
    if kind == "disputed" and line in disputed:
        raise NotAllowedInState(
            f"Line {line} of {number} is in dispute already. End the dispute with smartwork invoice credit or uphold."
        )
    if kind == "disputed" and any(event.kind == "credited" and event.line == line for event in events):
        raise NotAllowedInState(f"Line {line} of {number} was credited already, so it cannot be disputed again.")
    if kind in ("credited", "upheld") and line not in disputed:
        raise NotAllowedInState(
            f"Line {line} of {number} is not in dispute. First: smartwork invoice dispute {number} --line {line}"
        )
