"""What issued documents rest on of the agreements, so that new agreements cannot remove it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from smartwork.domain.billing.agreements import AgreementProblem, Agreements, order_name, pool_name, supply_name
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import Contract, contract_on
from smartwork.domain.billing.parties import VatPeriod
from smartwork.domain.billing.prepaid_hours import lot_from_order
from smartwork.domain.billing.tariffs import RateMissing, contract_at, tariff_at
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.time import days_of_month


@dataclass(frozen=True, slots=True)
class BilledDay:
    """A local day on which a company was billed for places of one kind in a centre."""

    company: str
    centre: str
    kind: PlaceKind
    day: date


@dataclass(frozen=True, slots=True)
class AgreementsInUse:
    """What documents rest on.

    `orders`: the orders on documents, by company and order id. `billed_to`: the last billed month of each company.
    `hours_left`: prepaid hours left, by company and kind of place. `billed_days` and `settled` (centre and month): those
    within the correction window. `supplies` are items and subscriptions that were billed within it: company, kind and order.
    """

    orders: Collection[tuple[str, str]] = ()
    billed_to: Mapping[str, date] = field(default_factory=dict)
    hours_left: Mapping[tuple[str, PlaceKind], Decimal] = field(default_factory=dict)
    billed_days: Collection[BilledDay] = ()
    settled: Collection[tuple[str, date]] = ()
    supplies: Collection[tuple[str, str, str]] = ()


def in_use_problems(wanted: Agreements, before: Agreements, in_use: AgreementsInUse) -> list[AgreementProblem]:
    """The reasons why `wanted` cannot replace `before`.

    Documents rest on an entry that it removes, or the hours of a new order would expire before they can be used.
    """
    return [
        *_late_orders(wanted, in_use),
        *_pools(wanted, before, in_use),
        *_billed_days(wanted, before, in_use.billed_days),
        *_settled(wanted, before, in_use.settled),
        *_supplies(wanted, before, in_use.supplies),
    ]


def with_vat_history(wanted: Agreements, before: Agreements, in_use: AgreementsInUse) -> Agreements:
    """`wanted`, where a VAT without a date that differs from the present one holds from the first month not billed yet.

    What was supplied before keeps its VAT. A company whose VAT has dates is left as it is written.
    """
    known = {company.slug: company for company in before.companies}
    return replace(
        wanted,
        companies=tuple(
            _with_vat_history(company, known[company.slug], in_use.billed_to[company.slug])
            if company.slug in known and company.slug in in_use.billed_to and not company.later_vat
            else company
            for company in wanted.companies
        ),
    )


def _with_vat_history(company: Company, before: Company, billed_to: date) -> Company:
    following = days_of_month(billed_to)[-1] + timedelta(days=1)
    begun = [period for period in before.later_vat if period.valid_from <= following]
    later = before.later_vat
    if (begun[-1].vat if begun else before.vat) != company.vat:
        later = (*(period for period in begun if period.valid_from < following), VatPeriod(following, company.vat))
    return replace(company, vat=before.vat, later_vat=later)


def _late_orders(wanted: Agreements, in_use: AgreementsInUse) -> Iterator[AgreementProblem]:
    """Orders that expire too early: hours pay only for days of months that are not billed yet."""
    pools = {(company.slug, pool.kind): pool for company in wanted.companies for pool in company.pools}
    for order in wanted.orders:
        pool, billed_to = pools.get((order.company, order.kind)), in_use.billed_to.get(order.company)
        if pool is None or billed_to is None or (order.company, order.external_id) in in_use.orders:
            continue
        expires_on, last = lot_from_order(order, pool).expires_on, days_of_month(billed_to)[-1]
        if expires_on is not None and expires_on <= last:
            yield AgreementProblem(
                order_name(order),
                f"its hours would expire on {expires_on}, and {order.company} is billed up to {last} already, so they could "
                "not be used; give the order a later bought_on, or the pool more expires_months",
            )


def _pools(wanted: Agreements, before: Agreements, in_use: AgreementsInUse) -> Iterator[AgreementProblem]:
    wanted_pools = {(company.slug, pool.kind) for company in wanted.companies for pool in company.pools}
    for company in before.companies:
        for pool in company.pools:
            left = in_use.hours_left.get((company.slug, pool.kind), Decimal(0))
            if left > 0 and (company.slug, pool.kind) not in wanted_pools:
                yield AgreementProblem(
                    pool_name(company.slug, pool.kind),
                    f"{left.normalize():f} prepaid hours of {company.slug} are left; remove the pool when none is left",
                )


def _billed_days(wanted: Agreements, before: Agreements, billed_days: Iterable[BilledDay]) -> Iterator[AgreementProblem]:
    """Billed days that would lose their contract or tariff: the next run could not rate them again and would fail."""
    now, old = _contracts(wanted), _contracts(before)
    lost: dict[tuple[str, str, PlaceKind, str], list[date]] = {}
    for billed in billed_days:
        scope = billed.centre, billed.kind, billed.day
        if contract_at(old.get(billed.company, ()), *scope) and not contract_at(now.get(billed.company, ()), *scope):
            lost.setdefault((billed.company, billed.centre, billed.kind, "contract"), []).append(billed.day)
        if _has_price(before, *scope) and not _has_price(wanted, *scope):
            lost.setdefault((billed.company, billed.centre, billed.kind, "tariff"), []).append(billed.day)
    for (company, centre, kind, what), days in lost.items():
        more = f" and {len(days) - 1} more days" if len(days) > 1 else ""
        yield AgreementProblem(
            f"contract of {company}" if what == "contract" else f"tariff for {kind}s",
            f"no {what} would be valid for {company} at a {kind} in {centre} on {min(days)}{more}, for which it was billed; "
            f"let it end after {max(days)}, or add another",
        )


def _contracts(agreed: Agreements) -> dict[str, tuple[Contract, ...]]:
    return {company.slug: company.contracts for company in agreed.companies}


def _has_price(agreed: Agreements, centre: str, kind: PlaceKind, day: date) -> bool:
    try:
        tariff_at(agreed.tariffs, centre, kind, day)
    except RateMissing:
        return False
    return True


def _supplies(wanted: Agreements, before: Agreements, billed: Collection[tuple[str, str, str]]) -> Iterator[AgreementProblem]:
    """Billed orders that are left out: whether the company shall get its money back is to be said."""
    for company, kind, order in sorted((_supply_keys(before) - _supply_keys(wanted)) & set(billed)):
        how = "give it cancelled_on" if kind == "item" else "give it valid_until, or cancelled_on"
        yield AgreementProblem(
            supply_name(kind, order, company),
            f"it is on a document already; {how}: what was billed beyond that is then credited on the next document",
        )


def _supply_keys(agreed: Agreements) -> set[tuple[str, str, str]]:
    items = {(company.slug, "item", item.external_id) for company in agreed.companies for item in company.items}
    return items | {
        (company.slug, "subscription", each.external_id) for company in agreed.companies for each in company.subscriptions
    }


def _settled(wanted: Agreements, before: Agreements, settled: Iterable[tuple[str, date]]) -> Iterator[AgreementProblem]:
    for centre, month in settled:
        if contract_on(before.centre_contracts, centre, month) and not contract_on(wanted.centre_contracts, centre, month):
            yield AgreementProblem(
                f"contract with centre {centre}",
                f"none would be valid on {days_of_month(month)[-1]}, and {month:%Y-%m} is settled by it; let it end later, "
                "or add another",
            )
