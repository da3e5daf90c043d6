"""The events of an issued document, which of them may follow which, and the state that they give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from smartwork.domain.billing.payments import Position
from smartwork.errors import SmartworkError

EventKind = Literal[
    "issued", "sent", "paid", "refunded", "disputed", "credited", "upheld", "offset", "offset_reversed", "written_off",
    "write_off_reversed",
]  # fmt: skip
"""`credited` and `upheld` end a dispute: with a credit note, or with the line unchanged. `offset` is an event of both
documents that are set off against each other."""
Status = Literal[
    "draft", "issued", "sent", "partly_paid", "paid", "disputed", "partly_credited", "credited", "partly_offset", "offset",
    "partly_written_off", "written_off",
]  # fmt: skip

_SETTLED: dict[EventKind, tuple[Status, Status]] = {
    "paid": ("paid", "partly_paid"),
    "credited": ("credited", "partly_credited"),
    "offset": ("offset", "partly_offset"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a document. `line` is the disputed line, `amount` that of a payment, set-off or write-off in EUR.

    `by` is the number of the credit note or, of a set-off of a credit note, of the invoice. A payment without an amount paid
    the whole document. `recorded_by` is who recorded a stored event; None for an event of an earlier version, and for one
    that is not stored yet.
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


def status(kinds: Sequence[EventKind], position: Position | None = None) -> Status:
    """The state after the events `kinds`, oldest first, at this position; None for a document that is owed to a centre.

    An open dispute takes precedence over a loss that was written off, and that over payments. A dispute that was upheld
    changes nothing. Of payments, credits and set-offs that are still in force the latest one counts. A document of 0.00 is
    paid when it is issued.
    """
    is_open = position is not None and position.open > 0
    if kinds.count("disputed") > kinds.count("credited") + kinds.count("upheld"):
        return "disputed"
    if position is not None and position.written_off > 0:
        return "partly_written_off" if is_open else "written_off"
    latest = next((kind for kind in reversed(kinds) if _settles(kind, position)), None)
    if latest is None and position is not None and not position.gross:
        latest = "paid"
    if latest is None:
        return "sent" if "sent" in kinds else "issued"
    in_full, in_part = _SETTLED[latest]
    return in_part if is_open else in_full


def _settles(kind: EventKind, position: Position | None) -> bool:
    """Whether an event of this kind settles a part of the document: not if all of them were refunded or reversed."""
    if kind == "credited":
        return True
    return (kind == "paid" and (position is None or position.paid > 0)) or (
        kind == "offset" and (position is None or position.offset > 0)
    )


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
