"""Corrections on the next document: lines of earlier documents that changed are reversed, and charged again as they are now.

A dispute does not lead here but to a credit note: see `credit_notes.py`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from smartwork.domain.billing.correction_causes import charged_now, explained
from smartwork.domain.billing.invoice import Correction, Drawdown, Invoice, Line, LineReference
from smartwork.domain.billing.occupancy import LineKey, Place, RecordKey, held_by, record_key
from smartwork.domain.billing.rating import Group
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import Interval

GroupKey = tuple[object, ...]
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

    @property
    def key(self) -> LineKey:
        """The first line of the group, which has its visits."""
        return self.invoice.number, self.lines[0].line


def names_of(group: Group) -> frozenset[RecordKey]:
    """The bookings and check-ins that a group rests on."""
    return frozenset(record_key(billed.visit) for line in group for billed in line.visits)


def groups_of(invoice: Invoice) -> list[Group]:
    """The lines of a document that have visits, each with the lines that refer to it."""
    heads = [line for line in invoice.lines if line.visits]
    return [(head, *(line for line in invoice.lines if line.of_line == head.line)) for head in heads]


def groups_in_effect(documents: Sequence[Invoice]) -> tuple[list[IssuedGroup], frozenset[RecordKey]]:
    """The groups of a company's documents that are not reversed, and the bookings and check-ins that were credited.

    A credit note for one line of a group is final for the whole group: hours beyond a pass have no visits of their own.
    """
    reversed_lines = {(ref.number, ref.line) for document in documents for line in document.lines if (ref := line.corrects)}
    credited = frozenset(name for group in _credited_groups(documents) for name in group.names)
    in_effect = [
        group for group in _issued_groups(documents) if group.key not in reversed_lines and not group.names & credited
    ]
    return in_effect, credited


def uncredited(visits: Iterable[Visit], documents: Sequence[Invoice]) -> list[Visit]:
    """The visits that may be charged to the company of `documents`: those that no credit note settled for good.

    The bookings and check-ins of a credited line are not charged to the same company again, nor is a walk-in in the time that
    it charged: after the booking was cancelled, its presence is one. Another booking of that time is a new order.
    """
    groups = _credited_groups(documents)
    credited = {name for group in groups for name in group.names}
    settled: dict[Place, list[Interval]] = defaultdict(list)
    for group in groups:
        for place, period in _periods(group.lines):
            settled[place].append(period)
    return [
        visit
        for visit in visits
        if record_key(visit) not in credited
        and (visit.booking or not any(visit.period.intersect(p) for p in settled.get((visit.centre, visit.resource), ())))
    ]


def _issued_groups(documents: Iterable[Invoice]) -> list[IssuedGroup]:
    return [
        IssuedGroup(document, group) for document in documents if document.reason is None for group in groups_of(document)
    ]


def _credited_groups(documents: Sequence[Invoice]) -> list[IssuedGroup]:
    """The groups of which a credit note of a dispute credits a line, or a part of it."""
    credited_lines = {
        (ref.number, ref.line)
        for document in documents
        if document.reason is not None
        for line in document.lines
        if (ref := line.corrects)
    }
    if not credited_lines:
        return []
    return [
        group
        for group in _issued_groups(documents)
        if any((group.invoice.number, line.line) in credited_lines for line in group.lines)
    ]


def corrections(
    issued: Iterable[IssuedGroup],
    credited: frozenset[RecordKey],
    current: Iterable[Group],
    contested: frozenset[LineKey] = frozenset(),
    visits: Iterable[Visit] = (),
) -> list[Group]:
    """The groups of the next document that bring all documents together to the charges `current`.

    Equal groups stay. Of the others, the issued ones are reversed and the current ones added. Bookings and check-ins in
    `credited` are never corrected, and lines that prepaid hours paid completely do not depend on the price of an hour.
    A current visit whose readings were dropped keeps the reading numbers of the issued line. A group whose first line is in
    `contested`, because another visit is to be charged for a part of its time, is equal only if it holds the same time.
    `visits` are all of the same months as they are now: they tell why a group is reversed.
    """
    every = list(issued)
    now = [_with_reading_numbers(group, every) for group in current if not names_of(group) & credited]
    holding = {names_of(group): _periods(group) for group in now}
    stale = [old for old in every if old.key in contested and holding.get(old.names) != _periods(old.lines)]
    before, now = _without_prepaid([old for old in every if old not in stale], now)
    kept = Counter(_charge_key(old.lines) for old in before) & Counter(_charge_key(group) for group in now)
    gone = _surplus([(_charge_key(old.lines), old) for old in before], Counter(kept))
    added = _surplus([(_charge_key(group), group) for group in now], Counter(kept))
    today = charged_now(now, visits)
    return [reversal(old, explained(old.lines, today)) for old in (*stale, *gone)] + added


def with_issued_vat(current: Iterable[Group], issued: Iterable[IssuedGroup], until: date | None) -> list[Group]:
    """`current` with the VAT of the issued lines for the same bookings and check-ins, on days before `until` (None: on all).

    Until the first day on which the agreements date a VAT, a supply keeps the VAT by which it was billed.
    """
    taxed = {old.names: (old.lines[0].vat_category, old.lines[0].vat_rate) for old in issued}

    def kept(line: Line, names: frozenset[RecordKey]) -> Line:
        category, rate = taxed.get(names, (line.vat_category, line.vat_rate))
        return line if until and line.starts_on >= until else replace(line, vat_category=category, vat_rate=rate)

    return [tuple(kept(line, names_of(group)) for line in group) for group in current]


def _periods(group: Group) -> list[tuple[Place, Interval]]:
    return [(held.place, held.period) for line in group for held in held_by("", line)]


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
    return *record_key(visit), visit.centre, visit.resource, visit.starts_at, visit.ends_at


def _without_prepaid(issued: Sequence[IssuedGroup], current: Sequence[Group]) -> tuple[list[IssuedGroup], list[Group]]:
    """Both lists without the pairs of equal use that prepaid hours paid completely: their price is that of the pool."""
    wholly = Counter(_use_key(old.lines) for old in issued if _is_prepaid(old)) & Counter(map(_use_key, current))
    prepaid = [(_use_key(old.lines) if _is_prepaid(old) else (), old) for old in issued]
    return _surplus(prepaid, Counter(wholly)), _surplus([(_use_key(group), group) for group in current], Counter(wholly))


def _is_prepaid(old: IssuedGroup) -> bool:
    return all(line.drawdowns and not line.quantity for line in old.lines)


def _use_key(group: Group) -> GroupKey:
    return (tuple(sorted(names_of(group))), tuple((line.kind, abs(line.hours), line.unit) for line in group))


def reversal(issued: IssuedGroup, correction: Correction | None = None) -> Group:
    """The lines that reverse a group of an issued document: quantities, amounts and drawdowns with the opposite sign.

    The first of them has the `correction` that explains it.
    """
    sign = -1 if issued.invoice.is_credit else 1
    head, *others = (_reversed(line, issued.invoice, number, sign) for number, line in enumerate(issued.lines, start=1))
    return replace(head, correction=correction), *others


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
    lines = tuple(
        (line.kind, abs(line.hours), line.unit, line.price, _count(line), line.vat_category, line.vat_rate) for line in group
    )
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
