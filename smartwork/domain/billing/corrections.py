"""Corrections on the next document: lines of earlier documents that changed are reversed, and charged again as they are now.

A dispute does not lead here but to a credit note: see `credit_notes.py`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from smartwork.domain.billing.invoice import Drawdown, Invoice, Line, LineReference
from smartwork.domain.billing.rating import Group
from smartwork.domain.bookings.visit import Visit

GroupKey = tuple[object, ...]
RecordKey = tuple[str, str]
""""booking" or "check-in", and the external id: a company may use the same id for one of each."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IssuedGroup:
    """A group of lines on an issued document."""

    invoice: Invoice
    lines: Group

    @property
    def names(self) -> frozenset[RecordKey]:
        """The bookings and check-ins that the group rests on."""
        return names_of(self.lines)


def names_of(group: Group) -> frozenset[RecordKey]:
    """The bookings and check-ins that a group rests on."""
    return frozenset(_record_key(billed.visit) for line in group for billed in line.visits)


def _record_key(visit: Visit) -> RecordKey:
    return ("booking", visit.booking) if visit.booking else ("check-in", visit.check_in or "")


def groups_of(invoice: Invoice) -> list[Group]:
    """The lines of a document that have visits, each with the lines that refer to it."""
    heads = [line for line in invoice.lines if line.visits]
    return [(head, *(line for line in invoice.lines if line.of_line == head.line)) for head in heads]


def groups_in_effect(documents: Sequence[Invoice]) -> tuple[list[IssuedGroup], frozenset[RecordKey]]:
    """The groups of a company's documents that are not reversed, and the bookings and check-ins that were credited.

    A credit note for one line of a group is final for the whole group: hours beyond a pass have no visits of their own.
    """
    reversed_lines = {(ref.number, ref.line) for document in documents for line in document.lines if (ref := line.corrects)}
    credit_notes = [document for document in documents if document.reason is not None]
    credited = {name for note in credit_notes for line in note.lines for name in names_of((line,))}
    credited_lines = {(ref.number, ref.line) for note in credit_notes for line in note.lines if (ref := line.corrects)}
    issued = [
        IssuedGroup(document, group) for document in documents if document.reason is None for group in groups_of(document)
    ]
    for group in issued:
        if any((group.invoice.number, line.line) in credited_lines for line in group.lines):
            credited |= group.names
    in_effect = [
        group
        for group in issued
        if (group.invoice.number, group.lines[0].line) not in reversed_lines and not group.names & credited
    ]
    return in_effect, frozenset(credited)


def corrections(issued: Iterable[IssuedGroup], credited: frozenset[RecordKey], current: Iterable[Group]) -> list[Group]:
    """The groups of the next document that bring all documents together to the charges `current`.

    Equal groups stay. Of the others, the issued ones are reversed and the current ones added. Bookings and check-ins in
    `credited` are never corrected, and lines that prepaid hours paid completely do not depend on the price of an hour.
    A current visit whose readings were dropped keeps the reading numbers of the issued line.
    """
    before = list(issued)
    now = [_with_reading_numbers(group, before) for group in current if not names_of(group) & credited]
    before, now = _without_prepaid(before, now)
    kept = Counter(_charge_key(old.lines) for old in before) & Counter(_charge_key(group) for group in now)
    gone = _surplus([(_charge_key(old.lines), old) for old in before], Counter(kept))
    added = _surplus([(_charge_key(group), group) for group in now], Counter(kept))
    return [reversal(old) for old in gone] + added


def _with_reading_numbers(group: Group, issued: Sequence[IssuedGroup]) -> Group:
    """`group` with the reading numbers of the issued lines, for visits that have none any more."""
    kept = {
        _visit_key(billed.visit): billed.visit.batches
        for old in issued
        for line in old.lines
        for billed in line.visits
        if billed.visit.batches
    }
    return tuple(
        replace(
            line,
            visits=tuple(
                billed
                if billed.visit.batches
                else replace(billed, visit=replace(billed.visit, batches=kept.get(_visit_key(billed.visit), ())))
                for billed in line.visits
            ),
        )
        for line in group
    )


def _visit_key(visit: Visit) -> tuple[object, ...]:
    return *_record_key(visit), visit.centre, visit.resource, visit.starts_at, visit.ends_at


def _without_prepaid(issued: Sequence[IssuedGroup], current: Sequence[Group]) -> tuple[list[IssuedGroup], list[Group]]:
    """Both lists without the pairs of equal use that prepaid hours paid completely: their price is that of the pool."""
    wholly = Counter(_use_key(old.lines) for old in issued if _is_prepaid(old)) & Counter(map(_use_key, current))
    prepaid = [(_use_key(old.lines) if _is_prepaid(old) else (), old) for old in issued]
    return _surplus(prepaid, Counter(wholly)), _surplus([(_use_key(group), group) for group in current], Counter(wholly))


def _is_prepaid(old: IssuedGroup) -> bool:
    return all(line.drawdowns and not line.quantity for line in old.lines)


def _use_key(group: Group) -> GroupKey:
    return (tuple(sorted(names_of(group))), tuple((line.kind, abs(line.hours), line.unit) for line in group))


def reversal(issued: IssuedGroup) -> Group:
    """The lines that reverse a group of an issued document: quantities, amounts and drawdowns with the opposite sign."""
    sign = -1 if issued.invoice.is_credit else 1
    return tuple(_reversed(line, issued.invoice, number, sign) for number, line in enumerate(issued.lines, start=1))


def _reversed(line: Line, invoice: Invoice, number: int, sign: int) -> Line:
    return replace(
        line,
        line=number,
        kind="correction",
        quantity=-sign * line.quantity,
        net=-sign * line.net,
        hours=-sign * line.hours,
        drawdowns=tuple(Drawdown(d.lot, d.bought_on, -sign * d.hours, -sign * d.value) for d in line.drawdowns),
        visits=(),
        of_line=None,
        corrects=LineReference(invoice.number, invoice.issued_on, line.line),
    )


def _charge_key(group: Group) -> GroupKey:
    """Two groups with the same key charge the same. Drawdowns are left out: the lots were other ones when it was issued."""
    lines = tuple((line.kind, abs(line.hours), line.unit, line.price, _count(line)) for line in group)
    return (tuple(sorted(names_of(group))), lines)


def _count(line: Line) -> Decimal:
    return Decimal(0) if line.unit == "hour" else abs(line.quantity)


def _surplus(items: Iterable[tuple[GroupKey, T]], kept: Counter[GroupKey]) -> list[T]:
    """The items of `items` that exceed the count of their key in `kept`."""
    more = []
    for key, item in items:
        if kept[key]:
            kept[key] -= 1
        else:
            more.append(item)
    return more
