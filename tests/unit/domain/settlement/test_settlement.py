"""A centre's contract is changed after a month was settled: all documents together follow the new contract."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.composition import compose
from smartwork.domain.billing.contracts import CentreContract, SettlementMode
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice, LineReference, RevenueKind
from smartwork.domain.billing.parties import STANDARD_VAT, Party, Vat
from smartwork.domain.billing.rating import Group
from smartwork.domain.settlement.settlement import (
    CentreMonth,
    Revenue,
    SettledMonth,
    adjust,
    centre_head,
    settle,
    settle_centre_month,
)
from tests.support.stays import OCTOBER, SELLER

NOVEMBER, ON = date(2026, 11, 1), date(2026, 12, 1)
PAYEE = Party("Ville", "0123456749", "Place 1", "5000", "Namur", iban="BE68539007547034")
EXEMPT = Vat("E", Decimal(0), None, "Exempt")
DESKS = 12
modes: st.SearchStrategy[SettlementMode] = st.sampled_from(["share", "fixed", "per_seat"])
cents = st.decimals(min_value=-500, max_value=5000, places=2)


@st.composite
def contracts(draw: st.DrawFn) -> CentreContract:
    mode: SettlementMode = draw(modes)
    rate = draw(st.decimals(min_value=0, max_value=1 if mode == "share" else 900, places=2))
    vat = draw(st.sampled_from([STANDARD_VAT, EXEMPT]))
    return CentreContract("namur", date(2026, 1, 1), None, mode, rate, PAYEE, "fr", vat)


@st.composite
def revenues(draw: st.DrawFn) -> Revenue:
    return Revenue("namur", "Namur", {"desk": draw(cents), "room": draw(cents)})


def issue(contract: CentreContract, groups: list[Group], month: date, ordinal: int) -> Invoice:
    return compose(centre_head(contract, month, ON, SELLER, is_demo=True), groups, ordinal=ordinal)


def totals(documents: list[Invoice]) -> dict[tuple[str, Decimal], Decimal]:
    """The net of all documents together, by VAT category and rate."""
    found: dict[tuple[str, Decimal], Decimal] = {}
    for document in documents:
        for line in document.lines:
            key = line.vat_category, line.vat_rate
            found[key] = found.get(key, Decimal(0)) + (-line.net if document.is_credit else line.net)
    return {key: net for key, net in found.items() if net}


@given(st.lists(contracts(), min_size=2, max_size=4), revenues())
def test_after_any_changes_of_a_contract_all_documents_together_follow_the_last_one(
    agreed: list[CentreContract], revenue: Revenue
) -> None:
    documents: list[Invoice] = []
    for i, contract in enumerate(agreed):
        again = adjust(contract, revenue, DESKS, OCTOBER, documents)
        groups = again if documents else settle(contract, revenue, DESKS, OCTOBER)
        if groups:
            documents.append(issue(contract, groups, (OCTOBER, NOVEMBER)[i > 0], i + 1))
    last = agreed[-1]
    expected = settle(last, revenue, DESKS, OCTOBER)
    assert totals(documents) == totals([issue(last, expected, OCTOBER, 99)] if expected else [])


@given(st.lists(st.tuples(contracts(), revenues()), min_size=1, max_size=5))
def test_after_any_charges_and_changes_between_runs_the_month_is_owed_by_its_last_contract(
    runs: list[tuple[CentreContract, Revenue]],
) -> None:
    documents: list[Invoice] = []
    before: SettledMonth | None = None
    taken_in: dict[RevenueKind, Decimal] = {"desk": Decimal(0), "room": Decimal(0)}
    for i, (contract, fresh) in enumerate(runs):
        all_before = Revenue("namur", "Namur", dict(taken_in))
        part = settle_centre_month(CentreMonth(contract, OCTOBER, DESKS + i, before, fresh, all_before, documents, None))
        if part.groups:
            documents.append(issue(contract, list(part.groups), (OCTOBER, NOVEMBER)[i > 0], i + 1))
        before = part.settled or before
        for kind, amount in fresh.by_kind.items():
            taken_in[kind] += amount
    last, whole = runs[-1][0], Revenue("namur", "Namur", dict(taken_in))
    owed = sum((line.net for group in settle(last, whole, DESKS, OCTOBER) for line in group), Decimal(0))
    rounding = Decimal("0.005") * 2 * len(runs) if last.mode == "share" else Decimal(0)
    assert abs(sum(totals(documents).values(), Decimal(0)) - owed) <= rounding
    assert before is not None
    nothing = Revenue("namur", "Namur", {})
    again = settle_centre_month(CentreMonth(last, OCTOBER, 99, before, nothing, whole, documents, None))
    assert (again.groups, again.settled) == ((), None), "a run without anything new owes nothing"


@given(contracts(), contracts(), revenues())
def test_an_adjustment_takes_back_each_line_once_and_is_a_valid_document_by_itself(
    before: CentreContract, now: CentreContract, revenue: Revenue
) -> None:
    groups = settle(before, revenue, DESKS, OCTOBER)
    if not groups:
        return
    first = issue(before, groups, OCTOBER, 1)
    again = adjust(now, revenue, DESKS, OCTOBER, [first])
    taken = [line.corrects for group in again for line in group if line.kind == "correction"]
    assert taken == [LineReference(first.number, ON, line.line) for line in first.lines]
    correction = issue(now, again, NOVEMBER, 2)
    assert faults(correction) == []
    assert adjust(now, revenue, DESKS, OCTOBER, [first, correction])[: len(taken)] != again[: len(taken)]


def test_a_higher_price_per_desk_takes_the_lower_one_back() -> None:
    contract = CentreContract("namur", date(2026, 1, 1), None, "per_seat", Decimal(45), PAYEE, "fr")
    revenue = Revenue("namur", "Namur", {"desk": Decimal(100)})
    first = issue(contract, settle(contract, revenue, 10, OCTOBER), OCTOBER, 1)
    [back, fresh] = adjust(replace(contract, rate=Decimal(50)), revenue, 10, OCTOBER, [first])
    assert (back[0].quantity, back[0].net) == (Decimal(-10), Decimal(-450))
    assert (fresh[0].quantity, fresh[0].net) == (Decimal(10), Decimal(500))
