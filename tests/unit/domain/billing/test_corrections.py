"""After corrections, all documents together say what the verdicts say now, and nothing that was settled is opened again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.composition import compose
from smartwork.domain.billing.corrections import corrections, groups_in_effect
from smartwork.domain.billing.credit_notes import credit, credit_note_header
from smartwork.domain.billing.invoice import Drawdown
from smartwork.domain.billing.rating import Group
from smartwork.domain.billing.recomputation import differences
from smartwork.domain.money import round_to_cent
from tests.support.stays import invoice, line

MONTH = st.dictionaries(st.integers(0, 15), st.integers(1, 24), max_size=8)
"""Minutes ÷ 15 of one booking a day."""


def groups(month: dict[int, int]) -> list[Group]:
    return [line(15 * quarters, day=day, name=f"B-{day}") for day, quarters in month.items()]


def booking_nets(found: list[Group]) -> list[tuple[str, Decimal]]:
    return sorted((group[0].visits[0].visit.booking or "", group[0].hours) for group in found)


@given(MONTH, MONTH, MONTH)
def test_documents_together_say_what_holds_now(first: dict[int, int], then: dict[int, int], last: dict[int, int]) -> None:
    documents = [invoice(groups(first))] if first else []
    for ordinal, now in enumerate((then, last), start=2):
        more = corrections(*groups_in_effect(documents), groups(now))
        if more:
            documents.append(invoice(more, ordinal=ordinal))
        issued, _ = groups_in_effect(documents)
        found = sorted((document.lines[0].visits[0].visit.booking or "", abs(document.lines[0].hours)) for document in issued)
        assert found == booking_nets(groups(now))
        net = sum((document.net * (-1 if document.is_credit else 1) for document in documents), Decimal(0))
        assert net == sum((group[0].net for group in groups(now)), Decimal(0))
        assert not [fault for document in documents for fault in differences(document)]


@given(MONTH, st.lists(st.integers(1, 3000), min_size=1, max_size=4))
def test_a_price_that_changes_afterwards_is_owed_from_then_on_and_once(month: dict[int, int], prices: list[int]) -> None:
    documents = [invoice(groups(month))] if month else []
    for ordinal, price in enumerate(prices, start=2):
        now = [priced(group, Decimal(price) / 100) for group in groups(month)]
        more = corrections(*groups_in_effect(documents), now)
        if more:
            documents.append(invoice(more, ordinal=ordinal))
        net = sum((document.net * (-1 if document.is_credit else 1) for document in documents), Decimal(0))
        assert net == sum((group[0].net for group in now), Decimal(0))
        assert corrections(*groups_in_effect(documents), now) == []
        assert not [fault for document in documents for fault in differences(document)]


def priced(group: Group, price: Decimal) -> Group:
    [priced_line] = group
    assert priced_line.terms
    return (
        replace(
            priced_line,
            price=price,
            net=round_to_cent(priced_line.quantity * price),
            terms=replace(priced_line.terms, per_hour=price),
        ),
    )


def test_lines_paid_by_prepaid_hours_are_not_corrected_when_prices_change() -> None:
    [paid] = line(60)
    drawdowns = (Drawdown("O-1", date(2026, 10, 1), Decimal("1.0000"), Decimal("6.00")),)
    issued = invoice(
        [(replace(paid, quantity=Decimal(0), net=Decimal("0.00"), drawdowns=drawdowns),), line(60, day=1, name="B-2")]
    )
    now = [priced(line(60), Decimal(9)), priced(line(60, day=1, name="B-2"), Decimal(9))]
    assert [
        (corrected.kind, corrected.net) for group in corrections(*groups_in_effect([issued]), now) for corrected in group
    ] == [
        ("correction", Decimal("-7.50")),
        ("occupancy", Decimal("9.00")),
    ]
    longer = [priced(line(120), Decimal(9)), now[1]]
    assert ("correction", Decimal("0.00")) in [
        (corrected.kind, abs(corrected.net))
        for group in corrections(*groups_in_effect([issued]), longer)
        for corrected in group
    ]


def test_a_correction_names_the_readings_that_are_no_longer_kept() -> None:
    issued = invoice([line(60)])
    [again] = priced(line(60), Decimal(9))
    billed = again.visits[0]
    gone = (replace(again, visits=(replace(billed, visit=replace(billed.visit, batches=())),)),)
    added = corrections(*groups_in_effect([issued]), [gone])[-1]
    assert added[0].visits[0].visit.batches == issued.lines[0].visits[0].visit.batches


@given(MONTH)
def test_nothing_changed_means_nothing_to_correct(month: dict[int, int]) -> None:
    documents = [invoice(groups(month))] if month else []
    assert corrections(*groups_in_effect(documents), groups(month)) == []


@given(MONTH.filter(bool), MONTH)
def test_what_a_dispute_settled_is_never_opened_again(month: dict[int, int], then: dict[int, int]) -> None:
    issued = invoice(groups(month))
    settled = issued.lines[0].visits[0].visit.booking
    note = compose(credit_note_header(issued, issued.issued_on, "agreed"), [credit(issued, 1, None, [])], ordinal=1)
    more = corrections(*groups_in_effect([issued, note]), groups(then))
    assert settled not in {billed.visit.booking for group in more for corrected in group for billed in corrected.visits}
    assert 1 not in {corrected.corrects.line for group in more for corrected in group if corrected.corrects}


def test_month_with_a_negative_total_becomes_a_credit_note_with_positive_amounts() -> None:
    issued = invoice([line(120)])
    made = invoice(corrections(*groups_in_effect([issued]), []), ordinal=2)
    assert (made.kind, made.number, made.net, made.gross) == ("credit_note", "CN-2026-00002", Decimal(15), Decimal("18.15"))
    assert [(reference.number, reference.issued_on) for reference in made.corrects] == [(issued.number, issued.issued_on)]
    assert made.payment is None


def test_a_credited_booking_does_not_keep_a_check_in_with_the_same_id_from_being_billed() -> None:
    booked = line(60, day=1, name="B-1")
    stay = line(60, day=2, name="")
    walk_in = tuple(
        replace(
            each,
            visits=tuple(replace(b, visit=replace(b.visit, booking=None, check_in="B-1")) for b in each.visits),
        )
        for each in stay
    )
    assert corrections([], frozenset({("booking", "B-1")}), [booked, walk_in]) == [walk_in]
