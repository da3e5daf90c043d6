"""Items and subscriptions as lines of invoices, and what has to change on the next one."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.invoice import Line, SupplyTerms
from smartwork.domain.billing.occupancy import LineKey
from smartwork.domain.billing.orders import Item, Subscription, SupplyKind
from smartwork.domain.billing.parties import Vat, VatCategory
from smartwork.domain.billing.rating import Group
from smartwork.domain.money import round_to_cent
from smartwork.domain.time import days_of_month, months_later


@dataclass(frozen=True, slots=True)
class BilledSupply:
    """A line of an issued document that charges an item, or the days of a subscription within a month.

    `is_credited`: a dispute credited it, so it is final.
    """

    number: str
    line: int
    kind: SupplyKind
    order: str
    starts_on: date
    ends_on: date
    centre: str | None
    quantity: Decimal
    unit: str
    price: Decimal
    vat_category: VatCategory
    vat_rate: Decimal
    is_credited: bool

    @property
    def key(self) -> LineKey:
        """The line."""
        return self.number, self.line


@dataclass(frozen=True, slots=True)
class SupplyChanges:
    """Groups that are on no document yet, and lines of documents that are no longer right."""

    added: tuple[Group, ...]
    gone: frozenset[LineKey]


def price_of_days(price: Decimal, starts_on: date, ends_on: date) -> Decimal:
    """The part of a month's price for the days from `starts_on` to `ends_on`, both included, of one month; to the cent.

    It is the price up to the last day less the price up to the day before the first, each rounded half up. So the parts of a
    month add up to its price.
    """
    days = len(days_of_month(starts_on))
    return round_to_cent(price * ends_on.day / days) - round_to_cent(price * (starts_on.day - 1) / days)


def supply_groups(company: Company, since: date, month: date, centre_names: Mapping[str, str]) -> list[Group]:
    """The lines of what a company ordered from the month `since` to `month`, both included.

    There is one for each item, and one for each month of a subscription; where another VAT or another legal person holds from
    a day within the month, one for the days before it and one for those from it on.
    """
    last = days_of_month(month)[-1]
    lines = [
        _item_line(item, company.vat_on(item.supplied_on), centre_names)
        for item in company.items
        if item.cancelled_on is None and since <= item.supplied_on <= last
    ]
    for subscription in company.subscriptions:
        if subscription.cancelled_on is None:
            lines += [
                _subscription_line(subscription, first, end, company.vat_on(first), centre_names)
                for first, end in _periods(subscription, since, month, company.taxed_anew_on)
            ]
    return [(line,) for line in lines]


def supply_changes(
    groups: Iterable[Group], billed: Sequence[BilledSupply], vat_dated_from: date | None = None
) -> SupplyChanges:
    """What has to be added to the documents, and what taken back, so that they charge `groups` and nothing else.

    What a dispute credited is final: it is not taken back, and its order is not charged again for these days. Before
    `vat_dated_from`, the first day on which the agreements date a VAT (None: on all days), an order keeps the VAT by which it
    was billed.
    """
    final = [each for each in billed if each.is_credited]
    open_lines = {_billed_terms(each): each.key for each in billed if not each.is_credited}
    wanted = {
        _line_terms(line): (line,)
        for line in (_with_billed_vat(group[0], billed, vat_dated_from) for group in groups)
        if not _meeting(line, final)
    }
    return SupplyChanges(
        tuple(group for terms, group in wanted.items() if terms not in open_lines),
        frozenset(key for terms, key in open_lines.items() if terms not in wanted),
    )


def billed_more_than_once(lines: Iterable[tuple[str, Line]]) -> Iterator[tuple[str, str]]:
    """Lines, each with its name, that charge an order that another line charges for a day, too; and the other's name."""
    by_order: dict[tuple[str, str | None], list[tuple[date, date, str]]] = {}
    for name, line in lines:
        if line.kind in ("item", "subscription"):
            by_order.setdefault((line.kind, line.label), []).append((line.starts_on, line.ends_on, name))
    for (kind, _), charged in by_order.items():
        latest: tuple[date, date, str] | None = None
        for each in sorted(charged):
            if latest is not None and (kind == "item" or each[0] <= latest[1]):
                yield each[2], latest[2]
            if latest is None or each[1] > latest[1]:
                latest = each


def first_month(month: date, window_months: int, billed: Collection[date]) -> date:
    """The first month of which a run for `month` bills orders: the first one that was billed within the window."""
    return max(months_later(month, -window_months), min([month, *billed]))


def _periods(subscription: Subscription, since: date, month: date, cuts: Collection[date]) -> Iterator[tuple[date, date]]:
    """The first and last day, both included, of the subscription in each month, cut before each of the days `cuts`."""
    first = max(since, subscription.valid_from.replace(day=1))
    while first <= month:
        following = months_later(first, 1)
        until = min(following, subscription.valid_until or following)
        start = max(first, subscription.valid_from)
        for cut in [*sorted(cut for cut in cuts if start < cut < until), until]:
            if start < cut:
                yield start, cut - timedelta(days=1)
            start = cut
        first = following


def _item_line(item: Item, vat: Vat, centre_names: Mapping[str, str]) -> Line:
    terms = SupplyTerms(item.product, item.description, item.quantity, item.price)
    return Line(
        line=1,
        kind="item",
        quantity=item.quantity,
        unit=item.unit,
        price=item.price,
        net=round_to_cent(item.quantity * item.price),
        vat_category=vat.category,
        vat_rate=vat.rate,
        starts_on=item.supplied_on,
        ends_on=item.supplied_on,
        centre=item.centre,
        centre_name=centre_names.get(item.centre) if item.centre else None,
        place_kind="other",
        label=item.external_id,
        supply=terms,
    )


def _subscription_line(
    subscription: Subscription, starts_on: date, ends_on: date, vat: Vat, centre_names: Mapping[str, str]
) -> Line:
    quantity = Decimal(subscription.quantity)
    price = price_of_days(subscription.price, starts_on, ends_on)
    return Line(
        line=1,
        kind="subscription",
        quantity=quantity,
        unit=subscription.unit,
        price=price,
        net=round_to_cent(quantity * price),
        vat_category=vat.category,
        vat_rate=vat.rate,
        starts_on=starts_on,
        ends_on=ends_on,
        centre=subscription.centre,
        centre_name=centre_names.get(subscription.centre) if subscription.centre else None,
        place_kind="other",
        label=subscription.external_id,
        supply=SupplyTerms(subscription.product, subscription.description, quantity, subscription.price),
    )


def _line_terms(line: Line) -> tuple[object, ...]:
    """Two lines with the same terms charge the same."""
    days, vat = (line.starts_on, line.ends_on), (line.vat_category, line.vat_rate)
    return line.kind, line.label, *days, line.centre, line.quantity, line.unit, line.price, *vat


def _billed_terms(billed: BilledSupply) -> tuple[object, ...]:
    days, vat = (billed.starts_on, billed.ends_on), (billed.vat_category, billed.vat_rate)
    return billed.kind, billed.order, *days, billed.centre, billed.quantity, billed.unit, billed.price, *vat


def _with_billed_vat(line: Line, billed: Iterable[BilledSupply], dated_from: date | None) -> Line:
    """The line with the VAT by which its order was billed for these days, if no VAT is dated for them."""
    before = next(iter(_meeting(line, billed)), None)
    if before is None or (dated_from and line.starts_on >= dated_from):
        return line
    return replace(line, vat_category=before.vat_category, vat_rate=before.vat_rate)


def _meeting(line: Line, billed: Iterable[BilledSupply]) -> list[BilledSupply]:
    """Those of `billed` that charge the line's order: any day of an item, a common day of a subscription."""
    return [
        each
        for each in billed
        if (each.kind, each.order) == (line.kind, line.label)
        and (line.kind == "item" or (each.starts_on <= line.ends_on and line.starts_on <= each.ends_on))
    ]
