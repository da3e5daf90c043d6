"""A credit note gives back what a line asked for, never more, and hours before money where they were paid with hours."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.composition import compose
from smartwork.domain.billing.contracts import Pool
from smartwork.domain.billing.credit_notes import credit, credit_note_header
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.lifecycle import Event, NotAllowedInState, require, status
from smartwork.domain.billing.parties import STANDARD_VAT
from smartwork.domain.billing.payments import Position
from smartwork.domain.billing.prepaid_hours import Lot, pay_from_lots, sale_line
from smartwork.domain.money import round_to_cent
from smartwork.errors import InputError
from tests.support.stays import OCTOBER, START, invoice, line

POOL = Pool("desk", Decimal("4.10"), Decimal(0), None)


def with_credits(quarters: int, bought: int) -> tuple[Invoice, Sequence[Lot]]:
    """An invoice for so many quarters of an hour, so many of them paid from a lot, and the lot after it."""
    lot = Lot("O-1", "desk", OCTOBER, None, Decimal(bought) / 4, Decimal("4.1100"), Decimal(bought) / 4)
    spent = pay_from_lots([line(15 * quarters)], [lot], [POOL], OCTOBER)
    return invoice(spent.groups), spent.lots


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_credit_is_for_the_hours_asked_for_money_first(quarters: int, bought: int, data: st.DataObject) -> None:
    issued, lots = with_credits(quarters, bought)
    hours = Decimal(data.draw(st.integers(1, quarters))) / 4
    [given_back] = credit(issued, 1, hours, lots)
    [before] = issued.lines
    assert given_back.quantity + sum((drawdown.hours for drawdown in given_back.drawdowns), Decimal(0)) == hours
    assert 0 <= given_back.net <= before.net
    assert given_back.quantity == min(hours, before.quantity)
    left = sum((drawdown.hours for drawdown in given_back.drawdowns), lots[0].left)
    value = sum((drawdown.value for drawdown in given_back.drawdowns), lots[0].value)
    assert value == round_to_cent(left * lots[0].per_hour), "the lot is worth its hours, to the cent"


@given(st.integers(1, 40), st.integers(1, 40))
def test_whole_credit_is_the_whole_line(quarters: int, bought: int) -> None:
    issued, lots = with_credits(quarters, bought)
    note = compose(credit_note_header(issued, issued.issued_on, "locked"), [credit(issued, 1, None, lots)], ordinal=4)
    assert (note.kind, note.number, note.reason) == ("credit_note", "CN-2026-00004", "locked")
    assert (note.net, note.lines[0].drawdowns) == (issued.net, issued.lines[0].drawdowns)
    assert [reference.number for reference in note.corrects] == [issued.number]


@pytest.mark.parametrize(("number", "hours"), [(3, None), (1, "9"), (1, "0"), (1, "-1"), (2, None)])
def test_what_cannot_be_credited_says_why(number: int, hours: str | None) -> None:
    lot = Lot("O-1", "desk", OCTOBER, None, Decimal(5), Decimal(4), Decimal(5))
    issued = invoice([line(120), sale_line(lot, STANDARD_VAT)])
    with pytest.raises(InputError, match=issued.number):
        credit(issued, number, None if hours is None else Decimal(hours), [lot])


PARTLY_PAID = Position(Decimal(100), paid=Decimal(30), credited=Decimal(20))


def test_state_follows_what_happened() -> None:
    assert status(["issued"]) == "issued"
    assert status(["issued", "sent", "paid"]) == "paid"
    assert status(["issued", "sent", "paid", "disputed"]) == "disputed"
    assert status(["issued", "sent", "disputed", "upheld"]) == "sent"
    assert status(["issued", "sent", "paid", "disputed", "credited"]) == "credited"
    assert status(["issued", "sent", "disputed", "credited", "paid"]) == "paid"
    assert status(["issued", "sent", "disputed", "credited", "paid"], PARTLY_PAID) == "partly_paid"
    assert status(["issued", "paid", "refunded"]) == "paid"
    assert status(["issued", "disputed", "credited", "disputed"]) == "disputed"


def test_only_what_can_happen_now_happens() -> None:
    events = [Event("issued", START), Event("sent", START), Event("disputed", START, 2)]
    require("INV-1", events, "paid")
    require("INV-1", events, "disputed", 3)
    require("INV-1", events, "credited", 2)
    for kind, number in (("sent", None), ("disputed", 2), ("credited", 3), ("upheld", 1)):
        with pytest.raises(NotAllowedInState, match="INV-1"):
            require("INV-1", events, kind, number)  # type: ignore[arg-type]  # a name from the list above
    with pytest.raises(NotAllowedInState, match="credited already"):
        require("INV-1", [*events, Event("credited", START, 2)], "disputed", 2)
