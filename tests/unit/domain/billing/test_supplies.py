"""Items and subscriptions are charged by their orders, once, to the cent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.accounting.postings import document_posting
from smartwork.domain.billing.companies import Company, Customer
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice, Line
from smartwork.domain.billing.month_plan import MonthData, plan_month
from smartwork.domain.billing.orders import Item, Subscription
from smartwork.domain.billing.parties import REVERSE_CHARGE, Vat, VatPeriod
from smartwork.domain.billing.supplies import (
    BilledSupply,
    SupplyChanges,
    first_month,
    price_of_days,
    supply_changes,
    supply_groups,
)
from smartwork.domain.time import days_of_month, months_later
from tests.support.stays import OCTOBER, SELLER, company

PRINTS = Item("2026-231", "print", "Impressions A3", date(2026, 10, 12), Decimal(40), Decimal("0.35"), centre="namur")
DESKS = Subscription("2026-044", "membership", "Membre", date(2026, 10, 15), 3, Decimal("180.00"), unit="seat")


def plan(*orders: Item | Subscription, month: date = OCTOBER, billed: tuple[Invoice, ...] = ()) -> Invoice | None:
    """The company's next document with these orders, after the documents `billed`."""
    data = MonthData(
        month=month, issued_on=months_later(month, 1), seller=SELLER, tariffs=(), visits={}, documents={1: billed},
        orders_since=OCTOBER, supplies={1: in_effect(billed)}, centre_names={"namur": "Namur"},
    )  # fmt: skip
    [planned] = plan_month([Customer(1, with_orders(orders), is_demo=True)], data).months
    return planned.documents[0].numbered(len(billed) + 1) if planned.documents else None


def with_orders(orders: Sequence[Item | Subscription], **changes: Any) -> Company:
    """The company with these orders."""
    return company(
        items=tuple(order for order in orders if isinstance(order, Item)),
        subscriptions=tuple(order for order in orders if isinstance(order, Subscription)),
        **changes,
    )


def in_effect(documents: tuple[Invoice, ...]) -> list[BilledSupply]:
    """The lines of documents that charge orders, as the table `billed_supply` has them."""
    gone = {(x.corrects.number, x.corrects.line) for d in documents for x in d.lines if x.corrects}
    return [
        BilledSupply(
            d.number, x.line, x.kind, x.label or "", x.starts_on, x.ends_on, x.centre,
            -x.quantity if d.is_credit else x.quantity, x.unit, x.price, x.vat_category, x.vat_rate,
            is_credited=False,
        )
        for d in documents
        for x in d.lines
        if x.kind in ("item", "subscription") and (d.number, x.line) not in gone
    ]  # fmt: skip


def shown(invoice: Invoice | None) -> list[tuple[str, str | None, str]]:
    """Kind, order and net of each line."""
    sign = -1 if invoice and invoice.is_credit else 1
    return [(line.kind, line.label, f"{sign * line.net}") for line in (invoice.lines if invoice else ())]


def test_an_item_and_a_membership_are_lines_of_the_same_invoice() -> None:
    invoice = plan(PRINTS, DESKS)
    assert invoice is not None
    assert shown(invoice) == [("item", "2026-231", "14.00"), ("subscription", "2026-044", "296.13")]
    assert faults(invoice) == []
    assert dict(document_posting(invoice).amounts) == {
        "charges:namur": Decimal("-14.00"), "receivable:acme": Decimal("375.26"), "sales": Decimal("-296.13"),
        "vat:due": Decimal("-65.13"),
    }  # fmt: skip


def test_documents_without_orders_have_no_key_for_them() -> None:
    invoice = plan(PRINTS)
    assert invoice is not None
    assert Invoice.read(invoice.canonical()) == invoice
    without = replace(invoice, lines=tuple(replace(line, supply=None) for line in invoice.lines))
    assert '"supply"' in invoice.canonical()
    assert '"supply"' not in without.canonical()


@pytest.mark.parametrize(
    ("changed", "net"),
    [
        (replace(DESKS, valid_until=date(2026, 10, 25)), "-121.95"),  # it ended earlier than was known
        (replace(DESKS, cancelled_on=date(2026, 11, 3)), "-296.13"),
        (replace(DESKS, price=Decimal("200.00")), "32.91"),
        (replace(DESKS, quantity=2), "-98.71"),
    ],
)
def test_a_change_of_a_billed_month_is_reversed_and_charged_again(changed: Subscription, net: str) -> None:
    october = plan(DESKS)
    assert october is not None
    november = plan(
        replace(changed, valid_until=changed.valid_until or date(2026, 11, 1)), billed=(october,), month=date(2026, 11, 1)
    )
    assert november is not None
    assert shown(november)[0][0] == "correction"
    assert sum((Decimal(amount) for _, _, amount in shown(november)), Decimal(0)) == Decimal(net)
    assert faults(november) == []


def test_an_order_that_comes_late_is_on_the_next_document() -> None:
    october = plan(PRINTS)
    assert october is not None
    late = replace(PRINTS, external_id="2026-240", supplied_on=date(2026, 10, 31))
    assert shown(plan(PRINTS, late, billed=(october,), month=date(2026, 11, 1))) == [("item", "2026-240", "14.00")]


def test_what_a_dispute_credited_is_final() -> None:
    [group] = supply_groups(with_orders([PRINTS]), OCTOBER, OCTOBER, {})
    line = group[0]
    billed = BilledSupply(
        "INV-1", 1, "item", PRINTS.external_id, line.starts_on, line.ends_on, line.centre, line.quantity, line.unit,
        line.price, line.vat_category, line.vat_rate, is_credited=True,
    )  # fmt: skip
    dearer = replace(PRINTS, price=Decimal(1), supplied_on=date(2026, 10, 13))
    for wanted in (PRINTS, dearer):
        changes = supply_changes(supply_groups(with_orders([wanted]), OCTOBER, OCTOBER, {}), [billed])
        assert changes == SupplyChanges((), frozenset())


@pytest.mark.parametrize(
    "change",
    [
        {"price": Decimal("98.72"), "net": Decimal("296.16")},
        {"quantity": Decimal(4), "net": Decimal("394.84")},
        {"ends_on": date(2026, 10, 30)},
        {"starts_on": date(2026, 10, 14)},
        {"supply": None},
        {"label": None},
    ],
)
def test_a_line_that_does_not_follow_from_its_order_is_a_fault(change: dict[str, object]) -> None:
    invoice = plan(DESKS)
    assert invoice is not None
    assert faults(replace(invoice, lines=(replace(invoice.lines[0], **change),)))  # type: ignore[arg-type]


def test_an_order_twice_in_a_document_is_a_fault() -> None:
    invoice = plan(PRINTS, DESKS)
    assert invoice is not None
    for index in (0, 1):
        again = replace(invoice.lines[index], line=3)
        assert "order" in [fault.what for fault in faults(replace(invoice, lines=(*invoice.lines, again)))]


def test_months_before_the_first_billed_one_are_left_out() -> None:
    assert first_month(date(2026, 12, 1), 12, set()) == date(2026, 12, 1)
    assert first_month(date(2026, 12, 1), 12, {date(2026, 10, 1), date(2026, 11, 1)}) == date(2026, 10, 1)
    assert first_month(date(2026, 12, 1), 12, {date(2025, 1, 1)}) == date(2025, 12, 1)


@given(
    price=st.decimals(Decimal("0.01"), Decimal(10_000), places=2),
    month=st.dates(date(2024, 1, 1), date(2028, 1, 1)),
    cuts=st.sets(st.integers(1, 30)),
)
def test_the_parts_of_a_month_add_up_to_its_price(price: Decimal, month: date, cuts: set[int]) -> None:
    days = days_of_month(month)
    starts = sorted({1, *(cut for cut in cuts if cut <= len(days))})
    ends = [start - 1 for start in starts[1:]] + [len(days)]
    parts = [price_of_days(price, days[a - 1], days[b - 1]) for a, b in zip(starts, ends, strict=True)]
    assert sum(parts, Decimal(0)) == price
    assert min(parts) >= 0


_DAYS = st.integers(0, 91).map(lambda n: OCTOBER + timedelta(days=n))
_ITEMS = st.builds(
    replace, st.just(PRINTS), external_id=st.sampled_from(["a", "b"]), supplied_on=_DAYS,
    quantity=st.integers(1, 3).map(Decimal),
    cancelled_on=st.none() | st.just(OCTOBER), centre=st.sampled_from(["namur", None]),
)  # fmt: skip
_SUBSCRIPTIONS = st.builds(
    lambda start, length, quantity, price: replace(
        DESKS, valid_from=start, valid_until=start + timedelta(days=length) if length else None, quantity=quantity,
        price=price,
    ),
    _DAYS, st.integers(0, 60), st.integers(1, 3), st.sampled_from([Decimal("100.00"), Decimal("99.99"), Decimal("0.03")]),
)  # fmt: skip


@given(st.lists(st.tuples(st.none() | _ITEMS, st.none() | _SUBSCRIPTIONS), min_size=3, max_size=3))
def test_whatever_changes_the_documents_together_charge_what_is_agreed_in_the_end(
    history: list[tuple[Item | None, Subscription | None]],
) -> None:
    documents: tuple[Invoice, ...] = ()
    orders: list[Item | Subscription] = []
    for month, agreed in zip((OCTOBER, date(2026, 11, 1), date(2026, 12, 1)), history, strict=True):
        orders = [order for order in agreed if order is not None]
        invoice = plan(*orders, month=month, billed=documents)
        if invoice is not None:
            assert faults(invoice) == []
            assert sum(document_posting(invoice).amounts.values(), Decimal(0)) == 0
            documents = (*documents, invoice)
    wanted = supply_groups(with_orders(orders), OCTOBER, date(2026, 12, 1), {})
    charged = sum(((-d.net if d.is_credit else d.net) for d in documents), Decimal(0))
    assert charged == sum((line.net for group in wanted for line in group), Decimal(0))


def test_two_prices_of_one_order_share_a_month() -> None:
    before = replace(DESKS, quantity=1, valid_from=OCTOBER, valid_until=date(2026, 10, 15))
    after = replace(DESKS, quantity=1, price=Decimal("200.00"))
    lines: list[Line] = list(getattr(plan(before, after), "lines", ()))
    assert [(f"{line.starts_on:%d}-{line.ends_on:%d}", line.net) for line in lines] == [
        ("01-14", Decimal("81.29")),
        ("15-31", Decimal("109.68")),
    ]


def test_a_month_is_split_where_another_vat_begins() -> None:
    changed = (VatPeriod(date(2026, 10, 20), REVERSE_CHARGE),)
    groups = supply_groups(with_orders([replace(DESKS, quantity=1), PRINTS], later_vat=changed), OCTOBER, OCTOBER, {})
    assert [(f"{line.starts_on:%d}-{line.ends_on:%d}", line.vat_category, line.net) for (line,) in groups] == [
        ("12-12", "S", Decimal("14.00")),
        ("15-19", "S", Decimal("29.03")),
        ("20-31", "AE", Decimal("69.68")),
    ]


@pytest.mark.parametrize("dated", [None, date(2026, 10, 10)])
def test_an_order_keeps_the_vat_by_which_it_was_billed_unless_another_is_dated(dated: date | None) -> None:
    [(line,)] = supply_groups(with_orders([PRINTS]), OCTOBER, OCTOBER, {})
    billed = BilledSupply(
        "INV-1", 1, "item", PRINTS.external_id, line.starts_on, line.ends_on, line.centre, line.quantity, line.unit,
        line.price, line.vat_category, line.vat_rate, is_credited=False,
    )  # fmt: skip
    now = supply_groups(with_orders([PRINTS], vat=Vat("S", Decimal(6))), OCTOBER, OCTOBER, {})
    changes = supply_changes(now, [billed], dated)
    if dated is None:
        assert changes == SupplyChanges((), frozenset())
    else:
        assert [group[0].vat_rate for group in changes.added] == [6]
        assert changes.gone == {billed.key}
