"""A company's month brought together: what was used, what changed since earlier documents, and hours bought ahead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.invoice import Drawdown, PoolStatement
from smartwork.domain.billing.prepaid_hours import Lot, expire, pay_from_lots, pool_statement, sale_line
from smartwork.domain.billing.rating import Group
from smartwork.domain.time import days_of_month

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class CompanyMonth:
    """What a document of the month says: its lines, lots sold beyond the balance, hours lost, pools moved."""

    groups: tuple[Group, ...]
    overdrafts: tuple[Lot, ...]
    lost: tuple[Drawdown, ...]
    pools: tuple[PoolStatement, ...]


def assemble_month(
    company: Company, month: date, groups: Iterable[Group], lots: Sequence[Lot], bought: Sequence[Lot]
) -> CompanyMonth:
    """The month of `company`: `groups` paid from `lots` and from those `bought` this month, which are billed with it.

    Lots that no longer hold on the first day of the next month are lost after that.
    """
    next_month = days_of_month(month)[-1] + timedelta(days=1)
    spent = pay_from_lots(groups, [*lots, *bought], company.pools, month)
    sold = [sale_line(lot, company.vat) for lot in bought]
    sold += [sale_line(lot, company.vat, overdraft=True) for lot in spent.overdrafts]
    lost, _ = expire(spent.lots, next_month)
    pools = []
    for pool in company.pools:
        kind = {lot.lot for lot in (*lots, *bought) if lot.kind == pool.kind}
        opening = sum((lot.left for lot in lots if lot.kind == pool.kind), _ZERO)
        more = sum((lot.hours for lot in (*bought, *spent.overdrafts) if lot.kind == pool.kind), _ZERO)
        gone = sum((one.hours for one in lost if one.lot in kind), _ZERO)
        pools.append(pool_statement(pool.kind, opening, more, spent.groups, gone))
    return CompanyMonth((*spent.groups, *sold), spent.overdrafts, tuple(lost), tuple(pools))
