"""Passes: the cheapest combination of hours, half-day and day passes for the visits of a member on one day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from itertools import groupby

from smartwork.domain.billing.invoice import Line, Terms
from smartwork.domain.billing.parties import Vat
from smartwork.domain.billing.rating import Group, local_date, rate
from smartwork.domain.bookings.visit import Visit
from smartwork.domain.money import round_to_cent

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Combination:
    """A combination that covers a day: a day pass, or half-day passes and the hours beyond them; `net` in EUR."""

    day_passes: int
    half_day_passes: int
    beyond: Decimal
    net: Decimal


def cheapest(hours: Sequence[Decimal], terms: Terms) -> Combination:
    """The cheapest combination for visits of `hours` each on one day; of equal prices the one with fewer passes.

    Hours without a pass are charged visit by visit, each rounded to the cent. A half-day pass covers `half_day_hours` of the
    day, a day pass the whole day.
    """
    total = sum(hours, _ZERO)
    combinations = [Combination(0, 0, total, sum((round_to_cent(h * terms.per_hour) for h in hours), _ZERO))]
    if terms.half_day is not None:
        for count in range(1, most_half_days(total, terms) + 1):
            beyond = max(_ZERO, total - count * terms.half_day_hours)
            combinations.append(
                Combination(0, count, beyond, round_to_cent(count * terms.half_day) + round_to_cent(beyond * terms.per_hour))
            )
    if terms.day is not None and total:
        combinations.append(Combination(1, 0, _ZERO, round_to_cent(terms.day)))
    return min(combinations, key=lambda combination: (combination.net, combination.day_passes + combination.half_day_passes))


def most_half_days(total: Decimal, terms: Terms) -> int:
    """The number of half-day passes that cover `total` hours: so many combinations `cheapest` looks at."""
    return int((total / terms.half_day_hours).to_integral_value(ROUND_CEILING))


def rate_day(visits: Sequence[Visit], terms: Terms, vat: Vat) -> list[Group]:
    """The lines of a member's day: hours visit by visit, or one group of passes and the hours beyond them.

    `visits` are of one member, day, centre and kind of place, so the same terms hold. No-show fees are lines of their own.
    """
    ordered = sorted(visits, key=lambda visit: (visit.starts_at, visit.resource, visit.booking or visit.check_in or ""))
    single = [group for visit in ordered if (group := rate(visit, terms, vat))]
    hourly = [group[0] for group in single if group[0].kind == "occupancy"]
    best = cheapest([line.hours for line in hourly], terms)
    if not best.day_passes + best.half_day_passes:
        return single
    fees = [group for group in single if group[0].kind != "occupancy"]
    return [_passes(hourly, best, terms), *fees]


def by_day(visits: Sequence[Visit]) -> list[list[Visit]]:
    """Visits grouped by centre, kind of place, local day and member, in this order."""

    def key(visit: Visit) -> tuple[str, str, str, str]:
        return visit.centre, visit.kind, local_date(visit).isoformat(), visit.member or ""

    return [list(group) for _, group in groupby(sorted(visits, key=key), key=key)]


def _passes(hourly: Sequence[Line], best: Combination, terms: Terms) -> Group:
    visits = tuple(billed for line in hourly for billed in line.visits)
    total = sum((line.hours for line in hourly), _ZERO)
    count = best.day_passes or best.half_day_passes
    price = (terms.day if best.day_passes else terms.half_day) or _ZERO
    sold = replace(
        hourly[0],
        kind="pass",
        quantity=Decimal(count),
        unit="day" if best.day_passes else "half_day",
        price=price,
        net=round_to_cent(count * price),
        ends_on=max(line.ends_on for line in hourly),
        hours=total - best.beyond,
        visits=visits,
    )
    if not best.beyond:
        return (sold,)
    rest = replace(
        sold,
        line=2,
        kind="beyond_pass",
        quantity=best.beyond,
        unit="hour",
        price=terms.per_hour,
        net=round_to_cent(best.beyond * terms.per_hour),
        hours=best.beyond,
        visits=(),
        of_line=1,
    )
    return sold, rest
