"""Every posting adds up to zero, whatever the document."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.accounting import accounts, postings
from smartwork.domain.billing.company_month import assemble_month
from smartwork.domain.billing.composition import compose
from smartwork.domain.billing.contracts import CentreContract, Pool, SettlementMode, contract_on
from smartwork.domain.billing.invoice import LineReference
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, Party
from smartwork.domain.billing.prepaid_hours import Lot
from smartwork.domain.settlement.settlement import Revenue, centre_head, settle
from tests.support.stays import OCTOBER, SELLER, company, invoice, line

ON = date(2026, 11, 2)
PAYEE = Party("Ville", "0123456749", "Place 1", "5000", "Namur", iban="BE68539007547034")
CONTRACT = CentreContract("namur", date(2026, 1, 1), None, "share", Decimal("0.65"), PAYEE, "fr")
EUR = st.decimals(-5000, 5000, places=2)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 40), st.decimals(0, 9, places=4))
def test_document_with_prepaid_hours_balances_and_moves_the_pool_by_what_was_bought_less_used(
    quarters: list[int], hours: int, price: Decimal
) -> None:
    lots = [Lot("O-1", "desk", date(2026, 10, 1), date(2026, 11, 1), Decimal(hours), price, Decimal(hours))] if hours else []
    pool = Pool("desk", Decimal("4.10"), Decimal(3), 1)
    groups = [line(15 * n, day=i, name=f"B-{i}") for i, n in enumerate(quarters)]
    made = assemble_month(company(pool), OCTOBER, groups, (), lots)
    issued = invoice(made.groups)
    amounts = postings.document_posting(issued).amounts
    expiry = postings.expiry_posting("acme", OCTOBER, ON, made.expired).amounts
    assert sum(amounts.values()) == sum(expiry.values()) == 0
    # All hours bought are used or expire by the end of the month, so the balance of the pool is 0.
    assert amounts.get("pool:acme", Decimal(0)) + expiry.get("pool:acme", Decimal(0)) == 0
    assert all(pool.closing == pool.opening + pool.bought - pool.spent - pool.expired == 0 for pool in made.pools)


@pytest.mark.parametrize("mode", ["share", "fixed", "per_seat"])
@given(desks=EUR, rooms=EUR, rate=st.decimals(0, 1, places=4), seats=st.integers(0, 40))
def test_settlement_balances_and_splits_the_revenue(
    mode: SettlementMode, desks: Decimal, rooms: Decimal, rate: Decimal, seats: int
) -> None:
    revenue = Revenue("namur", "Namur", {"desk": desks, "room": rooms})
    groups = settle(replace(CONTRACT, mode=mode, rate=rate), revenue, seats, OCTOBER)
    if groups:
        made = compose(centre_head(CONTRACT, OCTOBER, ON, SELLER, is_demo=True), groups, ordinal=1)
        amounts = postings.settlement_posting(made, revenue.total).amounts
        sign = -1 if made.is_credit else 1
        assert sum(amounts.values()) == 0
        assert revenue.total == sign * made.net - amounts.get(accounts.MARGIN, Decimal(0))
        assert (made.seller, made.buyer) == (PAYEE, SELLER)


def test_share_is_computed_by_kind_and_rent_and_desks_are_owed_once() -> None:
    revenue = Revenue("namur", "Namur", {"desk": Decimal("100.01"), "room": Decimal("-20.00")})
    assert [group[0].net for group in settle(CONTRACT, revenue, 10, OCTOBER)] == [Decimal("65.01"), Decimal("-13.00")]
    fixed, seats = replace(CONTRACT, mode="fixed", rate=Decimal(900)), replace(CONTRACT, mode="per_seat", rate=Decimal(45))
    assert [group[0].net for group in settle(fixed, revenue, 10, OCTOBER)] == [Decimal(900)]
    assert [group[0].net for group in settle(seats, revenue, 10, OCTOBER)] == [Decimal(450)]
    assert settle(fixed, revenue, 10, OCTOBER, settled_before=True) == []
    assert settle(seats, revenue, 10, OCTOBER, settled_before=True) == []


def test_credit_after_the_settlement_becomes_a_self_billed_credit_note() -> None:
    back = Revenue("namur", "Namur", {"desk": Decimal("-30.00")})
    groups = settle(CONTRACT, back, 10, OCTOBER, LineReference("SB-2026-00001", ON, 1))
    made = compose(centre_head(CONTRACT, OCTOBER, ON, SELLER, is_demo=True), groups, ordinal=3)
    assert (made.kind, made.number, made.net, made.vat) == (
        "self_billed_credit_note",
        "SBC-namur-2026-00003",
        Decimal("19.50"),
        Decimal("4.10"),
    )
    assert [reference.number for reference in made.corrects] == ["SB-2026-00001"]


def test_month_with_only_credits_refers_to_the_last_invoice_of_the_centre() -> None:
    back = Revenue("namur", "Namur", {"desk": Decimal("-30.00"), "room": Decimal("10.00")})
    groups = settle(CONTRACT, back, 10, date(2026, 11, 1), None, LineReference("SB-2026-00001", ON, 1))
    made = compose(centre_head(CONTRACT, date(2026, 11, 1), ON, SELLER, is_demo=True), groups, ordinal=3)
    assert (made.kind, made.net, [reference.number for reference in made.corrects]) == (
        "self_billed_credit_note",
        Decimal("13.00"),
        ["SB-2026-00001"],
    )


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 30)), min_size=1, max_size=6))
def test_vat_is_computed_once_for_each_category(parts: list[tuple[bool, int]]) -> None:
    groups = []
    for i, (reverse, quarters) in enumerate(parts):
        [charge] = line(15 * quarters, day=i, name=f"B-{i}")
        vat = REVERSE_CHARGE if reverse else STANDARD_VAT
        groups.append((replace(charge, vat_category=vat.category, vat_rate=vat.rate),))
    totals = {total.category: total for total in invoice(groups).vat_totals}
    assert len(totals) == len({reverse for reverse, _ in parts})
    for category, total in totals.items():
        assert total.base == sum(g[0].net for g in groups if g[0].vat_category == category)
        assert (total.code, total.vat == 0) == (("VATEX-EU-AE", True) if category == "AE" else (None, False))


def test_contract_with_a_centre_holds_from_its_first_day_to_the_day_before_its_end() -> None:
    old = replace(CONTRACT, valid_until=date(2026, 10, 31))
    new = replace(CONTRACT, valid_from=date(2026, 10, 31), rate=Decimal("0.7"))
    assert contract_on([old, new], "namur", OCTOBER) == new
    assert contract_on([old], "namur", OCTOBER) is None
    assert contract_on([old], "namur", date(2026, 9, 1)) == old
