"""What a verdict costs: the contract's rules over measured and booked time. Worked figures stand in docs/billing.md."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from smartwork.domain.billing.billed_visit import Basis, BilledVisit
from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.invoice import Line, Terms
from smartwork.domain.billing.parties import Vat
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.money import round_to_cent
from smartwork.domain.presence.spans import Span

Group = tuple[Line, ...]
"""Lines that belong together, numbered from 1 within the group: mostly one, or passes and the hours beyond them."""

_HOUR = Decimal(3600)
_QUANTITY = Decimal("0.0001")
_SHARE = Decimal("0.001")
_ZERO = Decimal(0)


def terms_of(contract: Contract, tariff: Tariff) -> Terms:
    """The rule and prices in force, as a line records them."""
    return Terms(
        contract.charge,
        contract.grace_min,
        contract.step_min,
        contract.minimum_min,
        contract.no_show_share,
        contract.no_show_fee,
        contract.early_leave_refund,
        tariff.per_hour,
        tariff.half_day,
        tariff.half_day_hours,
        tariff.day,
    )


def local_date(visit: Visit) -> date:
    """The day of a verdict: that of its start on the centre's own clock."""
    return visit.starts_at.astimezone(ZoneInfo(visit.timezone)).date()


def rate(visit: Visit, terms: Terms, vat: Vat) -> Group:
    """The line for one verdict by itself, without passes; nothing where nothing is charged."""
    billed = bill_visit(visit, terms)
    if billed.basis == "no_show" and terms.no_show_fee:
        fee = terms.no_show_fee
        hours = _line(1, [billed], terms, vat)
        return (replace(hours, kind="no_show", quantity=Decimal(1), unit="piece", price=fee, net=round_to_cent(fee)),)
    return (_line(1, [billed], terms, vat),) if billed.hours else ()


def chargeable(visit: Visit, terms: Terms) -> tuple[Basis, Decimal]:
    """Which rule sets the hours of a verdict, and the hours: seconds ÷ 3600, ROUND_HALF_UP to four decimals."""
    basis, seconds = _billed(visit, terms)
    return basis, (seconds / _HOUR).quantize(_QUANTITY, ROUND_HALF_UP)


def measured_s(visit: Visit) -> tuple[int, int]:
    """Seconds of presence that may be billed: within the period, and past its end.

    Only what an occupied span proves and no sensor fault casts doubt on counts, however long the verdict says.
    """
    within = _occupied(visit, visit.starts_at, visit.ends_at)
    after = _occupied(visit, visit.ends_at, visit.ends_at + timedelta(seconds=visit.over_s)) if visit.over_s else 0
    return min(visit.occupied_s, within), min(visit.over_s, after)


def bill_visit(visit: Visit, terms: Terms) -> BilledVisit:
    """The visit with its chargeable hours under `terms`, as a line carries it."""
    basis, hours = chargeable(visit, terms)
    measured = visit.occupied_s + visit.vacant_s
    period = measured + visit.unknown_s
    return BilledVisit(
        visit=visit,
        day=local_date(visit),
        basis=basis,
        hours=hours,
        coverage=(Decimal(measured) / period).quantize(_SHARE) if period else Decimal("0.000"),
        doubtful=visit.unknown_s > 0,
    )


def _line(number: int, visits: Sequence[BilledVisit], terms: Terms, vat: Vat) -> Line:
    """A line of hours over `visits`, which are of one member, day, centre and kind."""
    first = visits[0].visit
    hours = sum((billed.hours for billed in visits), _ZERO)
    return Line(
        line=number,
        kind="occupancy",
        quantity=hours,
        unit="hour",
        price=terms.per_hour,
        net=round_to_cent(hours * terms.per_hour),
        vat_category=vat.category,
        vat_rate=vat.rate,
        starts_on=visits[0].day,
        ends_on=max(last_day(billed) for billed in visits),
        centre=first.centre,
        centre_name=first.centre_name,
        place_kind=first.kind,
        hours=hours,
        terms=terms,
        visits=tuple(visits),
    )


def last_day(billed: BilledVisit) -> date:
    """The local day on which a visit's period ends: midnight still belongs to the day before."""
    return (billed.visit.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(billed.visit.timezone)).date()


def _billed(visit: Visit, terms: Terms) -> tuple[Basis, Decimal]:
    booked = visit.booked_s
    match visit.verdict:
        case "cancelled":
            return "booked", _ZERO
        case "no_show":
            return "no_show", _ZERO if terms.no_show_fee is not None else booked * terms.no_show_share
        case "walk_in":
            return "walk_in", Decimal(_stepped(measured_s(visit)[0], terms))
    measured = _measured(visit, terms)
    if terms.charge in ("as_measured", "cheapest") or (terms.charge == "the_greater" and measured > booked):
        return "measured", Decimal(measured)
    if terms.charge == "as_booked" and visit.verdict == "left_early" and terms.early_leave_refund:
        return _given_back(visit, terms)
    return "booked", Decimal(booked)


def _measured(visit: Visit, terms: Terms) -> int:
    """Presence and the overstay past grace, up to the next step; without an overstay never above what was booked."""
    within, after = measured_s(visit)
    over = max(0, after - terms.grace_min * 60)
    stepped = _stepped(within + over, terms)
    return stepped if over else min(stepped, visit.booked_s)


def _given_back(visit: Visit, terms: Terms) -> tuple[Basis, Decimal]:
    """Booked time up to the last presence and the grace after it; what follows is given back."""
    left = max((min(s.end, visit.ends_at) for s in visit.spans if _counts(s)), default=None)
    stayed = 0 if left is None else max(0, _seconds(left - visit.starts_at))
    kept = _stepped(stayed + terms.grace_min * 60, terms)
    return ("given_back", Decimal(kept)) if kept < visit.booked_s else ("booked", Decimal(visit.booked_s))


def _stepped(seconds: int, terms: Terms) -> int:
    """`seconds` up to the next whole step and at least the minimum; nothing stays nothing."""
    step = terms.step_min * 60
    return max(-(-seconds // step) * step, terms.minimum_min * 60) if seconds else 0


def _occupied(visit: Visit, start: datetime, end: datetime) -> int:
    cuts: Iterable[tuple[datetime, datetime]] = ((max(s.start, start), min(s.end, end)) for s in visit.spans if _counts(s))
    return _seconds(sum((b - a for a, b in cuts if a < b), timedelta()))


def _counts(span: Span) -> bool:
    return span.state == "occupied" and not span.suspect


def _seconds(length: timedelta) -> int:
    """Whole seconds; a part of a second more counts as one, as the verdict's own figures round."""
    return -(-length // timedelta(seconds=1))
