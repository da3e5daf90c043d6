"""What changed after a document was issued: lines that no longer hold are taken back, and new ones stand in their place."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from smartwork.domain.billing.invoice import Drawdown, Invoice, Line, LineReference
from smartwork.domain.billing.rating import Group
from smartwork.domain.bookings.visit import Visit

Signature = tuple[object, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IssuedGroup:
    """A group of lines as a document carries it."""

    invoice: Invoice
    lines: Group

    @property
    def names(self) -> frozenset[str]:
        """The bookings and check-ins it rests on."""
        return names_of(self.lines)


def names_of(group: Group) -> frozenset[str]:
    """The bookings and check-ins that a group rests on."""
    return frozenset(billed.visit.booking or billed.visit.check_in or "" for line in group for billed in line.visits)


def groups_of(invoice: Invoice) -> list[Group]:
    """The lines of a document that rest on visits, with those that refer to them."""
    heads = [line for line in invoice.lines if line.visits]
    return [(head, *(line for line in invoice.lines if line.of_line == head.line)) for head in heads]


def groups_in_effect(documents: Sequence[Invoice]) -> tuple[list[IssuedGroup], frozenset[str]]:
    """The groups that still hold, of all of a company's documents, and the names that a credit note settled for good.

    A credit note for any line of a group settles the group: hours beyond a pass have no billed of their own.
    """
    taken_back = {(ref.number, ref.line) for one in documents for line in one.lines if (ref := line.corrects)}
    notes = [one for one in documents if one.reason is not None]
    settled = {name for one in notes for line in one.lines for name in names_of((line,))}
    credited = {(ref.number, ref.line) for one in notes for line in one.lines if (ref := line.corrects)}
    issued = [IssuedGroup(one, group) for one in documents if one.reason is None for group in groups_of(one)]
    for one in issued:
        if any((one.invoice.number, line.line) in credited for line in one.lines):
            settled |= one.names
    found = [one for one in issued if (one.invoice.number, one.lines[0].line) not in taken_back and not one.names & settled]
    return found, frozenset(settled)


def corrections(issued: Iterable[IssuedGroup], settled: frozenset[str], fresh: Iterable[Group]) -> list[Group]:
    """What has to stand on the next document so that all documents together say what `fresh` says.

    Groups that are the same stay. Of the others the issued ones are taken back and the fresh ones added. What a credit
    note settled is never opened again, and what hours bought ahead paid wholly does not depend on the price of an hour.
    Fresh visits whose readings are kept no longer carry the ledger's numbers on, which stand on the issued line.
    """
    before = list(issued)
    now = [_carried(group, before) for group in fresh if not names_of(group) & settled]
    before, now = _unpriced(before, now)
    kept = Counter(_signature(one.lines) for one in before) & Counter(_signature(group) for group in now)
    gone = _beyond([(_signature(one.lines), one) for one in before], Counter(kept))
    added = _beyond([(_signature(group), group) for group in now], Counter(kept))
    return [reversal(one) for one in gone] + added


def _carried(group: Group, issued: Sequence[IssuedGroup]) -> Group:
    """`group` with the numbers of the ledger that an issued billed of the same visit names, where it has none itself."""
    kept = {
        _visit(billed.visit): billed.visit.batches
        for one in issued
        for line in one.lines
        for billed in line.visits
        if billed.visit.batches
    }
    return tuple(
        replace(
            line,
            visits=tuple(
                billed
                if billed.visit.batches
                else replace(billed, visit=replace(billed.visit, batches=kept.get(_visit(billed.visit), ())))
                for billed in line.visits
            ),
        )
        for line in group
    )


def _visit(visit: Visit) -> tuple[object, ...]:
    return visit.booking or visit.check_in, visit.centre, visit.resource, visit.starts_at, visit.ends_at


def _unpriced(issued: Sequence[IssuedGroup], fresh: Sequence[Group]) -> tuple[list[IssuedGroup], list[Group]]:
    """Both without the pairs that hours bought ahead paid wholly and that use the same hours: their price is the pool's."""
    wholly = Counter(_use(one.lines) for one in issued if _is_prepaid(one)) & Counter(map(_use, fresh))
    prepaid = [(_use(one.lines) if _is_prepaid(one) else (), one) for one in issued]
    return _beyond(prepaid, Counter(wholly)), _beyond([(_use(group), group) for group in fresh], Counter(wholly))


def _is_prepaid(one: IssuedGroup) -> bool:
    return all(line.drawdowns and not line.quantity for line in one.lines)


def _use(group: Group) -> Signature:
    return (tuple(sorted(names_of(group))), tuple((line.kind, abs(line.hours), line.unit) for line in group))


def reversal(issued: IssuedGroup) -> Group:
    """Lines that take back a group of an issued document: quantities, amounts and drawdowns with the other sign."""
    sign = -1 if issued.invoice.is_credit else 1
    return tuple(_taken(line, issued.invoice, number, sign) for number, line in enumerate(issued.lines, start=1))


def _taken(line: Line, invoice: Invoice, number: int, sign: int) -> Line:
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


def _signature(group: Group) -> Signature:
    """What makes two groups the same to who pays them; credits are left out: they were spent when it was issued."""
    lines = tuple((line.kind, abs(line.hours), line.unit, line.price, _count(line)) for line in group)
    return (tuple(sorted(names_of(group))), lines)


def _count(line: Line) -> Decimal:
    return Decimal(0) if line.unit == "hour" else abs(line.quantity)


def _beyond(found: Iterable[tuple[Signature, T]], kept: Counter[Signature]) -> list[T]:
    """Those of `found` that are more than `kept` has of their signature."""
    more = []
    for signature, one in found:
        if kept[signature]:
            kept[signature] -= 1
        else:
            more.append(one)
    return more
