"""The lines of a company's month: visits, corrections, prepaid hours sold, drawn down and expired."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.invoice import Drawdown, PoolStatement
from smartwork.domain.billing.prepaid_hours import (
    GivenBack,
    Lot,
    expire,
    own_lots,
    pay_from_lots,
    pool_statement,
    returned_hours,
    sale_line,
)
from smartwork.domain.billing.rating import Group
from smartwork.domain.time import days_of_month

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CompanyMonth:
    """What the document of the month is made of, the overdrafts that it sells, and the prepaid hours that expired.

    `given_back` are the returned hours that would have expired, with their new lots.
    """

    groups: tuple[Group, ...]
    overdrafts: tuple[Lot, ...]
    expired: tuple[Drawdown, ...]
    pools: tuple[PoolStatement, ...]
    given_back: tuple[GivenBack, ...] = ()


def assemble_month(
    company: Company,
    month: date,
    groups: Iterable[Group],
    lots: Sequence[Lot],
    bought: Sequence[Lot],
    issued_on: date | None = None,
) -> CompanyMonth:
    """The month of `company`: `groups` paid from `lots` and from the lots `bought` this month, which the document sells.

    Lots that are no longer valid on the first day of the next month expire after that, without the hours that corrections
    returned to them: what is left of these gets a lot of its own, from the day `issued_on` (None: that first day).
    """
    next_month = days_of_month(month)[-1] + timedelta(days=1)
    paid = pay_from_lots(groups, [*lots, *bought], company.pools, month)
    sales = [sale_line(lot, company.vat_on(lot.bought_on)) for lot in bought]
    sales += [sale_line(lot, company.vat_on(lot.bought_on), overdraft=True) for lot in paid.overdrafts]
    returned = returned_hours(line for group in paid.groups for line in group)
    expired, left = expire(paid.lots, next_month, returned)
    given_back = own_lots(left, returned, next_month, max(issued_on or next_month, next_month), f"{month:%Y-%m}")
    pools = []
    for pool in company.pools:
        own = {lot.lot for lot in (*lots, *bought) if lot.kind == pool.kind}
        opening = sum((lot.left for lot in lots if lot.kind == pool.kind), _ZERO)
        sold = sum((lot.hours for lot in (*bought, *paid.overdrafts) if lot.kind == pool.kind), _ZERO)
        lost = sum((drawdown.hours for drawdown in expired if drawdown.lot in own), _ZERO)
        pools.append(pool_statement(pool.kind, opening, sold, paid.groups, lost))
    return CompanyMonth((*paid.groups, *sales), paid.overdrafts, tuple(expired), tuple(pools), given_back)
