"""Whatever is paid in whatever parts: no cent is lost between documents, payments, credit notes and what is open."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartwork.domain.billing.payments import (
    BalanceChange,
    BalanceChangeKind,
    PayableDocument,
    Position,
    payment,
    positions,
    receivable,
    refund,
)
from smartwork.errors import InputError

INVOICE = PayableDocument("INV-1", "acme", Decimal("100.00"), is_credit=False)
NOTE = PayableDocument("CN-1", "acme", Decimal("30.00"), is_credit=True, corrects="INV-1")
eur = st.integers(1, 20_000).map(lambda amount: Decimal(amount) / 100)


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[PayableDocument], list[BalanceChange], Decimal]:
    """An invoice with payments, refunds and credit notes in any order, and what then stands on the company's account."""
    owed = [PayableDocument("INV-1", "acme", draw(eur), is_credit=False)]
    moves: list[BalanceChange] = []
    stands = owed[0].gross
    for number in range(draw(st.integers(0, 8))):
        kind: BalanceChangeKind = draw(st.sampled_from(("paid", "refunded", "credited")))
        amount = draw(eur)
        if kind == "credited":
            owed.append(PayableDocument(f"CN-{number}", "acme", amount, is_credit=True, corrects="INV-1"))
            moves.append(BalanceChange("INV-1", "credited", None, f"CN-{number}"))
            stands -= amount
        else:
            moves.append(BalanceChange("INV-1", kind, amount))
            stands += amount if kind == "refunded" else -amount
    return owed, moves, stands


@given(life=lives())
def test_open_amounts_of_documents_are_the_balance_of_the_account(
    life: tuple[list[PayableDocument], list[BalanceChange], Decimal],
) -> None:
    owed, moves, stands = life
    found = positions(owed, moves)
    assert receivable(owed, found) == {"acme": stands}
    for document in owed:
        at = found[document.number]
        assert at.gross == at.paid + at.credited + at.open
        assert at.open >= 0 or not document.is_credit
    notes = sum((found[document.number].credited for document in owed if document.is_credit), Decimal(0))
    assert found["INV-1"].credited == notes


@given(parts=st.lists(eur, min_size=1, max_size=6))
def test_payments_in_parts_come_to_the_same_as_one(parts: list[Decimal]) -> None:
    whole = positions([INVOICE], [BalanceChange("INV-1", "paid", sum(parts, Decimal(0)))])
    assert positions([INVOICE], [BalanceChange("INV-1", "paid", part) for part in parts]) == whole


def test_a_payment_kept_without_an_amount_was_of_everything() -> None:
    assert positions([INVOICE], [BalanceChange("INV-1", "paid", None)])["INV-1"].open == 0


def test_what_is_paid_by_default_is_what_is_open() -> None:
    assert payment(INVOICE, Position(Decimal(100), paid=Decimal("40.10")), None) == Decimal("59.90")
    assert payment(INVOICE, Position(Decimal(100)), Decimal("120.00")) == Decimal("120.00")
    assert refund(INVOICE, Position(Decimal(100), paid=Decimal(120)), None) == Decimal(20)


PAID = Position(Decimal(100), paid=Decimal(100))


@pytest.mark.parametrize(
    ("document", "at", "amount", "message"),
    [
        (INVOICE, PAID, None, "Nothing is open on INV-1"),
        (INVOICE, PAID, Decimal(0), "is not valid"),
        (INVOICE, PAID, Decimal(-1), "is not valid"),
        (INVOICE, PAID, Decimal("1.005"), "is not valid"),
        (INVOICE, PAID, Decimal("1e20"), "is not valid"),
        (NOTE, Position(Decimal(30), credited=Decimal(25)), Decimal(6), "has 5 EUR left to pay out"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_and_says_what_is_open(
    document: PayableDocument, at: Position, amount: Decimal | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        payment(document, at, amount)


@pytest.mark.parametrize(
    ("at", "amount", "message"),
    [
        (PAID, None, "was not overpaid"),
        (Position(Decimal(100), paid=Decimal(110)), Decimal(11), "overpaid by 10 EUR"),
    ],
)
def test_no_more_is_refunded_than_was_overpaid(at: Position, amount: Decimal | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        refund(INVOICE, at, amount)
