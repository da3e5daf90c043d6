"""What a person decides about entries: matched, ignored and undone, with the books whole after each step."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import payouts
from smartwork.domain.banking.matching import Allocation
from smartwork.domain.billing.payment_reference import payment_reference
from smartwork.errors import InputError
from smartwork.jobs.banking import decide
from smartwork.jobs.banking.entries import allocated_entries
from smartwork.jobs.billing.clearing import write_off
from smartwork.jobs.billing.lifecycle import pay
from tests.support.accounts import INVOICE, ISSUED, bill, credited, kinds, settle
from tests.support.bank_files import Listed, Paid, camt, statements
from tests.support.bank_imports import LATER, balances, imported, require_whole_books, undecided

pytestmark = pytest.mark.services

BOLT = payment_reference(2026, 2)


def entry_of(connection: Connection, amount: str) -> int:
    [entry] = [e.listed.entry_id for e in allocated_entries(connection, LATER) if e.listed.entry.amount == Decimal(amount)]
    return entry


def test_an_entry_is_matched_in_parts_and_undone(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("60.00", text="?"),))))
    entry = entry_of(connection, "60.00")
    matched = decide.match_to_document(connection, entry, INVOICE, None, LATER)
    assert (matched.allocations, matched.left) == ((Allocation("document", INVOICE, Decimal("50.82")),), Decimal("9.18"))
    require_whole_books(connection)
    with pytest.raises(InputError, match=r"0\.00 EUR are open on it\. To match it all the same, give the --amount"):
        decide.match_to_document(connection, entry, INVOICE, None, LATER)
    more = decide.match_to_document(connection, entry, INVOICE, Decimal("9.18"), LATER)
    assert (more.reason, documents.positions(connection)[INVOICE].overpaid) == (None, Decimal("9.18"))
    require_whole_books(connection)
    undone = decide.undo(connection, entry, LATER)
    assert (undone.allocations, undone.reason) == ((), "by_hand")
    assert documents.positions(connection)[INVOICE].open == Decimal("50.82")
    require_whole_books(connection)


def test_what_was_undone_is_not_matched_by_rule_again(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("50.82", BOLT),))))
    decide.undo(connection, entry_of(connection, "50.82"), LATER)
    imported(connection, tmp_path, camt(Listed(2, "50.82", (Paid("1.00", text="?"),), closed=date(2026, 11, 11))))
    assert undecided(connection)[Decimal("50.82")] == (Decimal("50.82"), "by_hand")
    require_whole_books(connection)


def test_entries_are_ignored_with_a_reason_and_taken_back(connection: Connection, tmp_path: Path) -> None:
    imported(connection, tmp_path, camt(Listed(1, "100.00", (Paid("-3.50", text="fees"), Paid("-40.00", text="rent")))))
    fees, rent = entry_of(connection, "-3.50"), entry_of(connection, "-40.00")
    ignored = decide.ignore(connection, [fees, rent], "other books", LATER)
    assert [each.reason for each in ignored] == [None, None]
    assert balances(connection)["elsewhere"] == Decimal("43.50")
    require_whole_books(connection)
    with pytest.raises(InputError, match=rf"Nothing is left of entry {fees}\. To decide again: smartwork bank undo {fees}"):
        decide.ignore(connection, [fees], "again", LATER)
    decide.undo(connection, fees, LATER)
    assert balances(connection)["elsewhere"] == Decimal("40.00")
    require_whole_books(connection)


def test_money_that_goes_out_refunds_what_was_overpaid(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    first, second = statements("0.00", [Paid("60.00", BOLT), Paid("-9.18", text="te veel", on=date(2026, 11, 12))])
    imported(connection, tmp_path, camt(first, second))
    decide.match_to_document(connection, entry_of(connection, "60.00"), INVOICE, Decimal("9.18"), LATER)
    back = decide.match_to_document(connection, entry_of(connection, "-9.18"), INVOICE, None, LATER)
    assert (back.reason, documents.positions(connection)[INVOICE].open) == (None, Decimal(0))
    assert kinds(connection, INVOICE) == ["issued", "paid", "paid", "refunded"]
    assert undecided(connection) == {}
    require_whole_books(connection)


def test_a_credit_note_is_paid_out(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    pay(connection, INVOICE, ISSUED, "")
    credited(connection, tmp_path, Decimal("0.75"))
    listed = statements("0.00", [Paid("50.82", BOLT), Paid("-21.78", text="creditnota", on=date(2026, 11, 12))])
    imported(connection, tmp_path, camt(*listed))
    decide.match_to_document(connection, entry_of(connection, "-21.78"), "CN-2026-00001", None, LATER)
    assert documents.positions(connection)["CN-2026-00001"].open == 0
    assert {"bank", "suspense"} & balances(connection).keys() == set()
    require_whole_books(connection)


def test_a_payment_of_what_was_written_off_recovers_it(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    write_off(connection, INVOICE, ISSUED, "bankrupt")
    imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("50.82", BOLT),))))
    assert (undecided(connection), "bad_debts" in balances(connection)) == ({}, False)
    require_whole_books(connection)


def test_a_payout_without_its_reference_is_matched_by_hand(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    [ordered] = payouts.payouts(connection)
    paid = Paid(f"-{ordered.amount}", text="Ville")
    imported(connection, tmp_path, camt(Listed(1, "100.00", (paid, Paid("-0.50", text="fee")))))
    entry = entry_of(connection, paid.amount)
    with pytest.raises(InputError, match=r"There is no payout 'nowhere'"):
        decide.match_to_payout(connection, entry, "nowhere", LATER)
    with pytest.raises(InputError, match=r"0\.50 are left of entry"):
        decide.match_to_payout(connection, entry_of(connection, "-0.50"), ordered.reference, LATER)
    assert decide.match_to_payout(connection, entry, ordered.reference, LATER).left == 0
    assert payouts.payouts(connection)[0].state == "paid"
    require_whole_books(connection)


def test_a_payment_that_moves_leaves_what_was_decided_since(connection: Connection, tmp_path: Path) -> None:
    """A credit note after the payment: an earlier statement that comes later does not change who paid."""
    bill(connection, tmp_path)
    early, late = statements("0.00", [Paid("50.82", BOLT), Paid("50.82", BOLT, on=date(2026, 11, 12))])
    imported(connection, tmp_path, camt(late))
    credited(connection, tmp_path, Decimal("0.75"))
    imported(connection, tmp_path, camt(early))
    assert kinds(connection, INVOICE) == ["issued", "paid", "disputed", "credited"]
    [waiting] = [each for each in allocated_entries(connection, LATER) if each.reason]
    assert (waiting.listed.entry.booked_on, waiting.left) == (date(2026, 11, 10), Decimal("50.82"))
    require_whole_books(connection)


@pytest.mark.parametrize(
    ("amount", "message"),
    [("0", "expected EUR above 0"), ("1.005", "two decimals"), ("60.01", "at most the 60.00 that are left")],
)
def test_an_amount_that_cannot_be_is_refused(connection: Connection, tmp_path: Path, amount: str, message: str) -> None:
    bill(connection, tmp_path)
    imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("60.00", text="?"),))))
    with pytest.raises(InputError, match=message):
        decide.match_to_document(connection, entry_of(connection, "60.00"), INVOICE, Decimal(amount), LATER)


def test_what_is_not_there_is_named(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("60.00", text="?"),))))
    entry = entry_of(connection, "60.00")
    with pytest.raises(InputError, match=r"There is no entry 999"):
        decide.undo(connection, 999, LATER)
    with pytest.raises(InputError, match=rf"Entry {entry} is matched to nothing"):
        decide.undo(connection, entry, LATER)
    with pytest.raises(InputError, match=r"There is no document 'INV-1999-00001' to a company"):
        decide.match_to_document(connection, entry, "INV-1999-00001", None, LATER)
