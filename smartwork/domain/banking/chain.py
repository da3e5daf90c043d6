"""The statements of an account, one after the other: which is the latest, and where some are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class StatementHead:
    """A stored statement without its entries. `entries` are the keys of its movements, balances are in EUR."""

    statement_id: int
    number: str
    opening: Decimal
    opening_on: date
    closing: Decimal
    closing_on: date
    entries: frozenset[int]


@dataclass(frozen=True, slots=True)
class Gap:
    """Two statements that follow each other, and of which the first does not end with what the second begins with."""

    before: StatementHead
    after: StatementHead

    @property
    def missing(self) -> Decimal:
        """What statements between the two moved, EUR."""
        return self.after.opening - self.before.closing


def in_order(statements: Sequence[StatementHead]) -> list[StatementHead]:
    """The statements of one account, oldest first.

    Those that end on one day are in the order of their balances: what one ends with, the next begins with.
    """
    ordered: list[StatementHead] = []
    rest = sorted(
        statements, key=lambda each: (each.closing_on, each.opening_on, _as_number(each.number), each.number, each.closing)
    )
    while rest:
        day = [each for each in rest if each.closing_on == rest[0].closing_on]
        closing = ordered[-1].closing if ordered else None
        openings = {each.closing for each in day}
        following = [each for each in day if each.opening == closing]
        first = [each for each in day if each.opening not in openings]
        chosen = (following or first or day)[0]
        ordered.append(chosen)
        rest.remove(chosen)
    return ordered


def latest(statements: Sequence[StatementHead]) -> StatementHead | None:
    """The statement whose closing balance is the newest; None if there is none."""
    ordered = in_order(statements)
    return ordered[-1] if ordered else None


def gaps(statements: Sequence[StatementHead]) -> list[Gap]:
    """Where statements are missing, oldest first. A statement that shares movements with an earlier one leaves no gap."""
    found, before = [], None
    known: set[int] = set()
    closings: set[Decimal] = set()
    openings: set[Decimal] = set()
    for each in in_order(statements):
        is_linked = each.opening in closings or each.opening in openings or bool(known & each.entries)
        if before is not None and not is_linked:
            found.append(Gap(before, each))
        known |= each.entries
        closings.add(each.closing)
        openings.add(each.opening)
        before = each
    return found


def _as_number(number: str) -> int:
    return int(number) if number.isascii() and number.isdigit() else 0
