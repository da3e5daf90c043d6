"""What issued documents rest on of the agreements, and so what new ones may not take away."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.agreements import AgreementProblem, Agreements, order_name, pool_name
from smartwork.domain.billing.contracts import Contract, contract_on
from smartwork.domain.billing.prepaid_hours import lot_from_order
from smartwork.domain.billing.tariffs import RateMissing, contract_at, tariff_at
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.time import days_of_month


@dataclass(frozen=True, slots=True)
class BilledDay:
    """That a company was billed for places of one kind in a centre on a local day."""

    company: str
    centre: str
    kind: PlaceKind
    day: date


@dataclass(frozen=True, slots=True)
class AgreementsInUse:
    """What documents rest on, so that agreements must go on to say it.

    `orders` are those on documents, by company and id; `billed_to` the last month that was billed, by company; `hours_left`
    what is left of hours bought ahead, by company and kind; `visits` and `settled` (centre and month) those of the months
    that a change still corrects.
    """

    orders: Collection[tuple[str, str]] = ()
    billed_to: Mapping[str, date] = field(default_factory=dict)
    hours_left: Mapping[tuple[str, PlaceKind], Decimal] = field(default_factory=dict)
    visits: Collection[BilledDay] = ()
    settled: Collection[tuple[str, date]] = ()


def in_use_problems(wanted: Agreements, before: Agreements, issued: AgreementsInUse) -> list[AgreementProblem]:
    """What of `before` documents rest on and `wanted` no longer says, and orders of hours that could never be spent."""
    return [
        *_late_orders(wanted, issued),
        *_pools(wanted, before, issued),
        *_visits(wanted, before, issued.visits),
        *_settled(wanted, before, issued.settled),
    ]


def _late_orders(wanted: Agreements, issued: AgreementsInUse) -> Iterator[AgreementProblem]:
    """Orders that come too late: hours are spent on days of months that are still to be billed."""
    pools = {(company.slug, pool.kind): pool for company in wanted.companies for pool in company.pools}
    for order in wanted.orders:
        pool, billed_to = pools.get((order.company, order.kind)), issued.billed_to.get(order.company)
        if pool is None or billed_to is None or (order.company, order.external_id) in issued.orders:
            continue
        expires_on, last = lot_from_order(order, pool).expires_on, days_of_month(billed_to)[-1]
        if expires_on is not None and expires_on <= last:
            yield AgreementProblem(
                order_name(order),
                f"its hours would hold until {expires_on}, and {order.company} is billed up to {last} already: none of them "
                "could be spent; give it a later bought_on, or the pool more expires_months",
            )


def _pools(wanted: Agreements, before: Agreements, issued: AgreementsInUse) -> Iterator[AgreementProblem]:
    kept = {(company.slug, pool.kind) for company in wanted.companies for pool in company.pools}
    for company in before.companies:
        for pool in company.pools:
            left = issued.hours_left.get((company.slug, pool.kind), Decimal(0))
            if left > 0 and (company.slug, pool.kind) not in kept:
                yield AgreementProblem(
                    pool_name(company.slug, pool.kind),
                    f"{left.normalize():f} of the hours that {company.slug} bought ahead are left; keep it until they are "
                    "spent or expired",
                )


def _visits(wanted: Agreements, before: Agreements, visits: Iterable[BilledDay]) -> Iterator[AgreementProblem]:
    """Billed visits that lose their contract or price: the next run would rate them again, and could issue nothing."""
    now, old = _contracts(wanted), _contracts(before)
    lost: dict[tuple[str, str, PlaceKind, str], list[date]] = {}
    for one in visits:
        scope = one.centre, one.kind, one.day
        if contract_at(old.get(one.company, ()), *scope) and not contract_at(now.get(one.company, ()), *scope):
            lost.setdefault((one.company, one.centre, one.kind, "contract"), []).append(one.day)
        if _has_price(before, *scope) and not _has_price(wanted, *scope):
            lost.setdefault((one.company, one.centre, one.kind, "tariff"), []).append(one.day)
    for (company, centre, kind, what), days in lost.items():
        more = f" and {len(days) - 1} more days" if len(days) > 1 else ""
        yield AgreementProblem(
            f"contract of {company}" if what == "contract" else f"tariff for {kind}s",
            f"no {what} would hold for {company} at a {kind} in {centre} on {min(days)}{more}, for which it was billed; "
            f"let it end after {max(days)}, or put another in its place",
        )


def _contracts(agreed: Agreements) -> dict[str, tuple[Contract, ...]]:
    return {company.slug: company.contracts for company in agreed.companies}


def _has_price(agreed: Agreements, centre: str, kind: PlaceKind, day: date) -> bool:
    try:
        tariff_at(agreed.tariffs, centre, kind, day)
    except RateMissing:
        return False
    return True


def _settled(wanted: Agreements, before: Agreements, settled: Iterable[tuple[str, date]]) -> Iterator[AgreementProblem]:
    for centre, month in settled:
        if contract_on(before.centre_contracts, centre, month) and not contract_on(wanted.centre_contracts, centre, month):
            yield AgreementProblem(
                f"contract with centre {centre}",
                f"none would hold on {days_of_month(month)[-1]}, and {month:%Y-%m} is settled by it; let it end later, "
                "or put another in its place",
            )
