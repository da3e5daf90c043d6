"""Rating: the line that charges a visit under the terms of its contract and tariff. Worked figures: docs/billing.md."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from smartwork.domain.billing import cancellations, no_shows
from smartwork.domain.billing.billed_visit import BilledVisit
from smartwork.domain.billing.charged_time import chargeable
from smartwork.domain.billing.contracts import Contract
from smartwork.domain.billing.invoice import Line, Terms
from smartwork.domain.billing.parties import Vat
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.money import round_to_cent

Group = tuple[Line, ...]
"""Lines that belong together, numbered from 1 within the group: one line, or passes and the hours beyond them."""

_SHARE = Decimal("0.001")

_ZERO = Decimal(0)


def terms_of(contract: Contract, tariff: Tariff) -> Terms:
    """The rules of a contract and the prices of a tariff, as a line records them."""
    return Terms(
        charge=contract.charge,
        grace_min=contract.grace_min,
        step_min=contract.step_min,
        minimum_min=contract.minimum_min,
        no_show_share=contract.no_show_share,
        no_show_fee=contract.no_show_fee,
        early_leave_refund=contract.early_leave_refund,
        per_hour=tariff.per_hour,
        half_day=tariff.half_day,
        half_day_hours=tariff.half_day_hours,
        day=tariff.day,
        cancellation_hours=contract.cancellation_hours,
        cancellation_share=contract.cancellation_share,
        cancellation_fee=contract.cancellation_fee,
    )


def local_date(visit: Visit) -> date:
    """The local day on which the visit starts."""
    return visit.starts_at.astimezone(ZoneInfo(visit.timezone)).date()


def rate(visit: Visit, terms: Terms, vat: Vat) -> Group:
    """The line that charges one visit without passes; empty if nothing is charged."""
    billed = bill_visit(visit, terms)
    if billed.basis == "no_show" and terms.no_show_fee:
        return (no_shows.fee_line(_line(1, [billed], terms, vat), terms.no_show_fee),)
    if fee := cancellations.fee(visit, terms):
        return (cancellations.fee_line(_line(1, [billed], terms, vat), fee),)
    return (_line(1, [billed], terms, vat),) if billed.hours else ()


def bill_visit(visit: Visit, terms: Terms) -> BilledVisit:
    """The visit with its chargeable hours under `terms`, as a line carries it."""
    basis, hours = chargeable(visit, terms)
    return BilledVisit(
        visit=visit,
        day=local_date(visit),
        basis=basis,
        hours=hours,
        coverage=visit.coverage.quantize(_SHARE),
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
    """The local day on which a visit ends; one that ends at midnight ends on the day before."""
    return (billed.visit.ends_at - timedelta(microseconds=1)).astimezone(ZoneInfo(billed.visit.timezone)).date()
