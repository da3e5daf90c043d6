"""A payout's way: ordered at the bank, then paid or refused by it. A refused payout is owed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

from smartwork.errors import InputError

PayoutState = Literal["ordered", "paid", "refused"]
Answer = Literal["paid", "refused"]
"""What the bank does with a payout. A payment that comes back after it was paid is refused, too."""

_LONGEST_SLUG = 24
_LONGEST_REFERENCE = 35


@dataclass(frozen=True, slots=True)
class PayoutEvent:
    """What the bank did with a payout on its day `on`.

    `source` is where it stands: a bank statement, or a message of the bank. A refusal has a `reason`. `recorded_by` is who
    recorded it; None if it was an earlier version, or it is not stored yet.
    """

    state: Answer
    on: date
    source: str
    reason: str | None = None
    recorded_by: str | None = None


def payout_state(events: Sequence[PayoutEvent]) -> PayoutState:
    """The state of a payout after its events, in order."""
    return events[-1].state if events else "ordered"


def require_possible(reference: str, ordered_on: date, events: Sequence[PayoutEvent], event: PayoutEvent) -> None:
    """Raises InputError unless `event` can follow the payout's earlier events."""
    state = payout_state(events)
    if event.state == state:
        known = events[-1]
        raise InputError(
            f"The payout {reference} is {state} already: since {known.on}, recorded by {known.recorded_by or 'smartwork'} "
            f"from {known.source}. Nothing was recorded."
        )
    if event.state == "refused" and not (event.reason or "").strip():
        raise InputError(f"The payout {reference} was refused without a reason: give the one that the bank states.")
    earliest = events[-1].on if events else ordered_on
    if event.on < earliest:
        raise InputError(
            f"The payout {reference} was {state} on {earliest}, so it cannot be {event.state} on {event.on}: correct the day."
        )


def payout_reference(centre: str, month: date, ordinal: int) -> str:
    """The end-to-end identifier of the payout to a centre in the month's order `ordinal`; at most 35 characters.

    A long name of a centre is shortened, and ends with a part of its SHA-256, so that no two centres have the same.
    """
    name = centre
    if len(centre) > _LONGEST_SLUG:
        name = f"{centre[: _LONGEST_SLUG - 7]}-{sha256(centre.encode()).hexdigest()[:6]}"
    suffix = f"-{ordinal}" if ordinal > 1 else ""
    reference = f"{name}-{month:%Y-%m}{suffix}"
    if len(reference) > _LONGEST_REFERENCE:
        raise ValueError(f"{reference} is longer than {_LONGEST_REFERENCE} characters")
    return reference
