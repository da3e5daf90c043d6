"""The charged time of a visit in hours: as booked, as measured, the greater of both, or with the early-leave refund."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from smartwork.domain.billing import cancellations, no_shows
from smartwork.domain.billing.billed_visit import Basis
from smartwork.domain.billing.invoice import Terms
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.presence.spans import Span

_HOUR = Decimal(3600)
_QUANTITY = Decimal("0.0001")


def chargeable(visit: Visit, terms: Terms) -> tuple[Basis, Decimal]:
    """The rule that sets the hours of a visit, and the hours: seconds ÷ 3600, ROUND_HALF_UP to four decimals."""
    basis, seconds = _billed(visit, terms)
    return basis, (seconds / _HOUR).quantize(_QUANTITY, ROUND_HALF_UP)


def measured_s(visit: Visit) -> tuple[int, int]:
    """Seconds of presence that may be billed: within the period, and past its end.

    Only occupied spans that are not suspect count, and never more than the seconds of the verdict.
    """
    within = _occupied(visit, visit.starts_at, visit.ends_at)
    after = _occupied(visit, visit.ends_at, visit.ends_at + timedelta(seconds=visit.over_s)) if visit.over_s else 0
    return min(visit.occupied_s, within), min(visit.over_s, after)


def _billed(visit: Visit, terms: Terms) -> tuple[Basis, Decimal]:
    booked = visit.booked_s
    match visit.verdict:
        case "cancelled" | "cancelled_late" as verdict:
            return "booked" if verdict == "cancelled" else verdict, cancellations.charged_seconds(visit, terms)
        case "no_show":
            return "no_show", no_shows.charged_seconds(booked, terms)
        case "walk_in":
            return "walk_in", Decimal(_rounded_up(measured_s(visit)[0], terms))
    measured = _measured(visit, terms)
    if terms.charge in ("as_measured", "cheapest") or (terms.charge == "the_greater" and measured > booked):
        return "measured", Decimal(measured)
    if terms.charge == "as_booked" and visit.verdict == "left_early" and terms.early_leave_refund:
        return _after_early_leave(visit, terms)
    return "booked", Decimal(booked)


def _measured(visit: Visit, terms: Terms) -> int:
    """Presence and overstay beyond the grace, rounded up to the step, in seconds; without overstay at most as booked."""
    within, after = measured_s(visit)
    over = max(0, after - terms.grace_min * 60)
    stepped = _rounded_up(within + over, terms)
    return stepped if over else min(stepped, visit.booked_s)


def _after_early_leave(visit: Visit, terms: Terms) -> tuple[Basis, Decimal]:
    """The early-leave refund: only the booked time up to the last presence and the grace after it is charged."""
    left = max((min(s.end, visit.ends_at) for s in visit.spans if _counts(s)), default=None)
    stayed = 0 if left is None else max(0, _seconds(left - visit.starts_at))
    charged = _rounded_up(stayed + terms.grace_min * 60, terms)
    return ("given_back", Decimal(charged)) if charged < visit.booked_s else ("booked", Decimal(visit.booked_s))


def _rounded_up(seconds: int, terms: Terms) -> int:
    """`seconds` rounded up to a whole step, and to the minimum; 0 stays 0."""
    step = terms.step_min * 60
    return max(-(-seconds // step) * step, terms.minimum_min * 60) if seconds else 0


def _occupied(visit: Visit, start: datetime, end: datetime) -> int:
    cuts: Iterable[tuple[datetime, datetime]] = ((max(s.start, start), min(s.end, end)) for s in visit.spans if _counts(s))
    return _seconds(sum((b - a for a, b in cuts if a < b), timedelta()))


def _counts(span: Span) -> bool:
    return span.state == "occupied" and not span.suspect


def _seconds(length: timedelta) -> int:
    """Whole seconds, rounded up like the figures of a verdict."""
    return -(-length // timedelta(seconds=1))
