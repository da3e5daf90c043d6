"""Why an earlier line is taken back: what it charged, compared with what its visits are now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace

from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.invoice import CorrectedVisit, Correction, CorrectionCause, Line, Terms
from smartwork.domain.billing.occupancy import Place, RecordKey, record_key
from smartwork.domain.bookings.visit import Visit

_PRICES = ("per_hour", "half_day", "half_day_hours", "day")
_ORDER: tuple[CorrectionCause, ...] = (
    "booking_changed", "later_readings", "contract_changed", "price_changed", "other_visits"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChargedNow:
    """What is charged now and how visits are judged now, by booking or check-in; and all visits by place."""

    charged: Mapping[RecordKey, tuple[Line, BilledVisit]]
    visits: Mapping[RecordKey, Visit]
    by_place: Mapping[Place, Sequence[Visit]]


def charged_now(groups: Iterable[Sequence[Line]], visits: Iterable[Visit]) -> ChargedNow:
    """The charges of `groups`, and `visits` as they are now, also those that nothing is charged for."""
    today = {record_key(visit): visit for visit in visits}
    by_place: dict[Place, list[Visit]] = defaultdict(list)
    for visit in today.values():
        by_place[visit.centre, visit.resource].append(visit)
    charged = {record_key(billed.visit): (line, billed) for group in groups for line in group for billed in line.visits}
    return ChargedNow(charged, today, dict(by_place))


def explained(taken_back: Sequence[Line], now: ChargedNow) -> Correction:
    """What the lines of a group charged, and why they are taken back."""
    causes = {cause for line in taken_back for billed in line.visits for cause in _causes(line, billed, now)}
    return Correction(tuple(cause for cause in _ORDER if cause in causes) or ("other_visits",), _visits(taken_back))


def _visits(lines: Sequence[Line]) -> tuple[CorrectedVisit, ...]:
    return tuple(
        CorrectedVisit(
            visit.resource_name, visit.timezone, visit.starts_at, visit.ends_at, visit.booking, visit.check_in, visit.member,
            visit.verdict, billed.hours,
        )
        for line in lines
        for billed in line.visits
        for visit in (billed.visit,)
    )  # fmt: skip


def _causes(line: Line, billed: BilledVisit, today: ChargedNow) -> set[CorrectionCause]:
    before, key = billed.visit, record_key(billed.visit)
    line_now, billed_now = today.charged.get(key, (None, None))
    now = billed_now.visit if billed_now else today.visits.get(key)
    causes: set[CorrectionCause] = set()
    if now is None:
        others = today.by_place.get((before.centre, before.resource), ())
        taken = any(before.period.intersect(other.period) for other in others if other.booking)
        return {"booking_changed" if before.booking or taken else "later_readings"}
    if before.booking and _booked(before) != _booked(now):
        causes.add("booking_changed")
    elif _measured(before) != _measured(now):
        causes.add("later_readings")
    if line.terms is not None and line_now is not None and line_now.terms is not None:
        causes |= _terms_changed(line.terms, line_now.terms)
    return causes


def _booked(visit: Visit) -> tuple[object, ...]:
    """What was agreed of a visit, and what became of it without a measurement."""
    change = astuple(visit.change) if visit.change else None
    return visit.centre, visit.resource, visit.starts_at, visit.ends_at, visit.cancelled_at, visit.member, change


def _measured(visit: Visit) -> tuple[object, ...]:
    spans = tuple((span.start, span.end, span.state, span.suspect) for span in visit.spans)
    return visit.verdict, visit.reassigned_at, visit.occupied_s, visit.vacant_s, visit.unknown_s, visit.over_s, spans


def _terms_changed(before: Terms, now: Terms) -> set[CorrectionCause]:
    causes: set[CorrectionCause] = set()
    if any(getattr(before, price) != getattr(now, price) for price in _PRICES):
        causes.add("price_changed")
    if replace(now, **{price: getattr(before, price) for price in _PRICES}) != before:
        causes.add("contract_changed")
    return causes
