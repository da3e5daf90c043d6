"""Whether a ledger report can be true: its figures, its order, and how fast an outbox can number readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST_PER_S = 10_000
"""Readings that one gateway numbers in a second at most: ten times what the largest centre sends."""
BURST = 1_000_000
"""Readings that a gateway may number at once beyond that, for example from devices that had stored them."""
MOST_PER_DAY = MOST_PER_S * 25 * 3_600
"""The most readings of one local day, which has up to 25 hours; also the most numbers between two stored batches."""
CLOCK_AHEAD = "the device's clock is ahead of time"
"""The reason of a rejected reading that `smartwork recover` can store under its true time."""
CLOCK_TOLERANCE = timedelta(minutes=2)
"""A gateway's clock may differ from the server's by so much before it is an alarm."""
CLOCK_WRONG_AFTER = timedelta(minutes=1)
"""How long reports must show a clock behind: one that waited at the broker looks the same."""


@dataclass(frozen=True, slots=True)
class ReportedDay:
    """One local day of a ledger report, in readings."""

    day: str
    numbered: int
    in_outbox: int


@dataclass(frozen=True, slots=True)
class ReportedOutbox:
    """What an outbox reported last: its highest number, what it still held, and when the report arrived."""

    last: int
    in_outbox: int
    arrived_at: datetime | None


def is_older(days: Sequence[ReportedDay], last: int, before: ReportedOutbox) -> bool:
    """Whether a report is older than `before`.

    Reports are ordered by the outbox's own counters and not by a clock: its last number only grows, and while it stays the
    same, the readings in the outbox only become fewer.
    """
    if last != before.last:
        return last < before.last
    return before.arrived_at is not None and sum(day.in_outbox for day in days) > before.in_outbox


def fault_of_report(days: Sequence[ReportedDay], last: int, before: ReportedOutbox, arrived_at: datetime) -> str | None:
    """The reason why a report cannot be true, or None."""
    if reason := _contradiction(days, last):
        return reason
    if before.arrived_at is not None:
        elapsed_s = max((arrived_at - before.arrived_at).total_seconds(), 0)
        if last > before.last + BURST + round(MOST_PER_S * elapsed_s):
            return f"last is {last}, but it was {before.last} {elapsed_s:.0f} s before: more than a gateway can number"
    return None


def _contradiction(days: Sequence[ReportedDay], last: int) -> str | None:
    """Why the figures of a report contradict each other or are out of bounds; None if they do not."""
    if len({day.day for day in days}) != len(days):
        return "a day occurs twice"
    for day in days:
        if day.numbered > MOST_PER_DAY:
            return f"{day.day}: numbered is {day.numbered}, more than the {MOST_PER_DAY} that are possible on a day"
        if day.in_outbox > day.numbered:
            return f"{day.day}: in_outbox is {day.in_outbox}, more than the {day.numbered} that were numbered"
    total = sum(day.numbered for day in days)
    if total > last:
        return f"the days add up to {total} numbers, but last is {last}"
    return None


def clock_difference(reported_at: datetime, arrived_at: datetime) -> timedelta | None:
    """How far a gateway's clock is ahead of the server's (negative: behind), or None within CLOCK_TOLERANCE.

    A report that waited at the broker looks like one from a clock behind.
    """
    difference = reported_at - arrived_at
    return difference if abs(difference) > CLOCK_TOLERANCE else None
