"""Payments, refunds, credits, set-offs and write-offs in any order: no cent is lost, and whatever is undone is as before."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smartwork.domain.billing import set_offs, write_offs
from smartwork.domain.billing.lifecycle import Event
from smartwork.domain.billing.payments import PayableDocument, Position, positions
from smartwork.errors import InputError
from tests.support.open_items import AT, ZERO, Ledger

eur = st.integers(1, 9_000).map(lambda amount: Decimal(amount) / 100)


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """A ledger after up to twenty steps, each checked."""
    ledger = Ledger()
    for account in ("acme", "acme", "bolt"):
        ledger.issue(account, draw(eur), is_credit=False)
    for account in ("acme", "bolt"):
        ledger.issue(account, draw(eur), is_credit=True)
    names = ("pay", "refund", "credit", "offset", "offset", "reverse_offset", "write_off", "reverse_write_off")
    for _ in range(draw(st.integers(0, 20))):
        name, document, amount = draw(st.sampled_from(names)), draw(st.sampled_from(ledger.owed)), draw(st.none() | eur)
        step = getattr(ledger, name)
        try:
            if name.endswith("offset"):
                step(document, draw(st.sampled_from(ledger.owed)), amount)
            else:
                step(document, amount)
        except InputError:
            continue
        ledger.require_balanced()
    return ledger


@settings(max_examples=300, deadline=None)
@given(ledger=ledgers(), amount=st.none() | eur, pick=st.integers(0, 99))
def test_accounts_are_what_documents_leave_open_and_whatever_is_undone_is_as_before(
    ledger: Ledger, amount: Decimal | None, pick: int
) -> None:
    document, other = ledger.owed[pick % len(ledger.owed)], ledger.owed[pick // 10 % len(ledger.owed)]
    undo: list[tuple[Callable[[], None], Callable[[Decimal], None]]] = [
        (lambda: ledger.offset(document, other, amount), lambda by: ledger.reverse_offset(document, other, by)),
        (lambda: ledger.write_off(document, amount), lambda by: ledger.reverse_write_off(document, by)),
    ]
    for do, reverse in undo:
        before = positions(ledger.owed, ledger.moves)
        try:
            do()
        except InputError:
            continue
        assert positions(ledger.owed, ledger.moves) != before
        reverse(ledger.moves[-1].amount or ZERO)
        assert positions(ledger.owed, ledger.moves) == before
        ledger.require_balanced()


INVOICE = PayableDocument("INV-1", "acme", Decimal("72.60"), is_credit=False)
NOTE = PayableDocument("CN-1", "acme", Decimal("61.25"), is_credit=True)
OF_BOLT = PayableDocument("CN-2", "bolt", Decimal("61.25"), is_credit=True)
DISPUTED = [Event("issued", AT), Event("disputed", AT, 3)]


@pytest.mark.parametrize(
    ("note", "invoice", "events", "message"),
    [
        (INVOICE, NOTE, [], "INV-1 is not a credit note"),
        (NOTE, OF_BOLT, [], "CN-2 is not an invoice"),
        (NOTE, NOTE, [], "CN-1 is not an invoice"),
        (OF_BOLT, INVOICE, [], "CN-2 is of bolt and INV-1 of acme"),
        (NOTE, INVOICE, DISPUTED, "Line 3 of INV-1 is in dispute"),
    ],
)
def test_a_set_off_that_cannot_be_is_refused_and_says_why(
    note: PayableDocument, invoice: PayableDocument, events: list[Event], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        set_offs.require_pair(note, invoice, events)


@pytest.mark.parametrize("amount", [Decimal("61.26"), Decimal(0), Decimal(-1), Decimal("0.001")])
def test_no_more_is_set_off_than_both_leave_open(amount: Decimal) -> None:
    with pytest.raises(InputError):
        set_offs.offset(NOTE, Position(NOTE.gross), INVOICE, Position(INVOICE.gross), amount)


@pytest.mark.parametrize(
    ("document", "at", "events", "amount", "message"),
    [
        (NOTE, Position(NOTE.gross), [], None, "owed to the company"),
        (INVOICE, Position(INVOICE.gross, paid=Decimal("72.60")), [], None, "Nothing is open"),
        (INVOICE, Position(INVOICE.gross, paid=Decimal("80.00")), [], None, "Nothing is open"),
        (INVOICE, Position(INVOICE.gross), [], Decimal("72.61"), "at most that"),
        (INVOICE, Position(INVOICE.gross), DISPUTED, None, "in dispute"),
    ],
)
def test_only_what_an_invoice_leaves_open_is_written_off(
    document: PayableDocument, at: Position, events: list[Event], amount: Decimal | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        write_offs.write_off(document, at, events, amount)
