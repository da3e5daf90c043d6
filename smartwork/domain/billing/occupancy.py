"""Billed occupancy: the time of a place that a document charges, which no other document may charge.

One rule for all that a document shows: the time that it charges is held, the time that it only shows is free. The time is
freed when the line is taken back or credited in full.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import Invoice, Line, LineReference, Terms
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.time import Interval

Place = tuple[str, str]
"""Centre and place, by slug."""
LineKey = tuple[str, int]
"""The number of a document, and of a line in it."""
RecordKey = tuple[str, str]
""""booking" or "check-in", and the external id: a company may use the same id for one of each."""


def record_key(visit: Visit) -> RecordKey:
    """The booking, or else the check-in, that names a visit."""
    return ("booking", visit.booking) if visit.booking else ("check-in", visit.check_in or "")


@dataclass(frozen=True, slots=True)
class BilledOccupancy:
    """The time of a place that visit number `proof` of a line holds; `period` is empty where the line holds no time."""

    number: str
    line: int
    proof: int
    place: Place
    record: RecordKey
    period: Interval

    @property
    def key(self) -> LineKey:
        """The line that holds it."""
        return self.number, self.line


def billed_period(billed: BilledVisit, terms: Terms | None) -> Interval:
    """The time for which a visit is charged; empty (the end is the start) if it is charged for no time of the place.

    A no-show and a late cancellation hold nothing. A member who left early holds the place up to the last presence, so that
    it can be billed to the next one; nobody holds it from its reassignment on. An overstay is held only where it is charged:
    the hours are measured, and it is longer than the grace.
    """
    visit = billed.visit
    if visit.verdict in ("no_show", "cancelled", "cancelled_late"):
        return Interval(visit.starts_at, visit.starts_at)
    end = visit.reassigned_at or visit.ends_at
    if visit.verdict == "left_early":
        present = (min(span.end, end) for span in visit.spans if span.state == "occupied" and not span.suspect)
        end = max(present, default=visit.starts_at)
    elif billed.basis == "measured" and terms and visit.over_s > terms.grace_min * 60 and visit.reassigned_at is None:
        # The seconds past the end are rounded, so one is subtracted: the next stay may begin within the last of them.
        end = visit.ends_at + timedelta(seconds=visit.over_s - 1)
    return Interval(visit.starts_at, max(end, visit.starts_at))


def held_by(number: str, line: Line) -> Iterator[BilledOccupancy]:
    """What a line of the document `number` holds, one value for each visit."""
    for proof, billed in enumerate(line.visits, start=1):
        visit = billed.visit
        period = billed_period(billed, line.terms)
        yield BilledOccupancy(number, line.line, proof, (visit.centre, visit.resource), record_key(visit), period)


def held_by_document(invoice: Invoice) -> list[BilledOccupancy]:
    """What a document holds when it is issued. Documents that end a dispute hold nothing."""
    return [] if invoice.reason is not None else [held for line in invoice.lines for held in held_by(invoice.number, line)]


def freed_lines(documents: Sequence[Invoice]) -> set[LineKey]:
    """The lines of `documents` that hold nothing any more: those taken back by a correction, or credited in full.

    Passes and the hours beyond them are credited in full when each of their lines is.
    """
    freed: set[LineKey] = set()
    credited: set[LineKey] = set()
    by_number = {document.number: document for document in documents}
    for document in documents:
        for line in document.lines:
            if (reference := line.corrects) is None:
                continue
            if document.reason is None:
                freed.add((reference.number, reference.line))
            elif (of := by_number.get(reference.number)) and is_full(line, numbered(of, reference)):
                credited.add((reference.number, reference.line))
    for number, head in credited:
        group = [line for line in by_number[number].lines if head in (line.line, line.of_line)]
        if all((number, line.line) in credited for line in group):
            freed.add((number, head))
    return freed


def newly_freed(documents: Sequence[Invoice], note: Invoice) -> set[LineKey]:
    """The lines that `note` frees, a credit note to one of `documents`."""
    return freed_lines([*documents, note]) - freed_lines(documents)


def numbered(invoice: Invoice, reference: LineReference) -> Line | None:
    """The line of `invoice` that a reference names."""
    return next((line for line in invoice.lines if line.line == reference.line), None)


def is_full(credit: Line, credited: Line | None) -> bool:
    """Whether the line `credit` of a credit note credits all of a line."""
    return credited is not None and (credit.hours, credit.quantity) == (credited.hours, credited.quantity)


def periods_by_place(held: Iterable[BilledOccupancy]) -> dict[Place, list[BilledOccupancy]]:
    """What is held, by place; holdings without time are left out."""
    by_place: dict[Place, list[BilledOccupancy]] = {}
    for each in held:
        if each.period.start < each.period.end:
            by_place.setdefault(each.place, []).append(each)
    return by_place
