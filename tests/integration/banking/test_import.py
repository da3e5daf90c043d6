"""Bank statements pay documents and payouts, once each, and the books follow the bank's balance."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from smartwork.db.billing import documents
from smartwork.db.core.connection import Connection
from smartwork.db.settlement import payouts
from smartwork.domain.billing.payment_reference import payment_reference
from smartwork.errors import InputError
from smartwork.jobs.billing.lifecycle import pay
from tests.support.accounts import INVOICE, ISSUED, bill, kinds, settle
from tests.support.bank_files import OWN, Listed, Paid, camt, coda, statements
from tests.support.bank_imports import balances, imported, require_whole_books, undecided

pytestmark = pytest.mark.services

ACME, BOLT = payment_reference(2026, 1), payment_reference(2026, 2)
GROSS = Decimal("50.82")


@pytest.mark.parametrize("written", [coda, camt])
def test_a_payment_with_the_reference_pays_its_document(connection: Connection, tmp_path: Path, written: object) -> None:
    bill(connection, tmp_path)
    content = (coda if written is coda else camt)(Listed(1, "1000.00", (Paid("50.82", BOLT),)))
    report = imported(connection, tmp_path, content)
    assert [(each.new_entries, each.is_known) for each in report.statements] == [(1, False)]
    assert documents.positions(connection)[INVOICE].open == 0
    assert kinds(connection, INVOICE) == ["issued", "paid"]
    [paid] = [event for event in documents.events(connection, INVOICE) if event.kind == "paid"]
    assert (paid.at.date(), paid.recorded_by) == (date(2026, 11, 10), "statement 2026/001")
    books = balances(connection)
    assert (books[f"bank:{OWN}"], books[f"brought-forward:{OWN}"]) == (Decimal("1050.82"), Decimal(-1000))
    assert {"bank", "suspense", "receivable:bolt"} & books.keys() == set()
    require_whole_books(connection)


def test_importing_twice_in_either_format_changes_nothing(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    listed = Listed(1, "0.00", (Paid("50.82", BOLT), Paid("-3.50", text="Frais de banque", iban="", name="")))
    imported(connection, tmp_path, coda(listed))
    before = balances(connection), kinds(connection, INVOICE)
    again = imported(connection, tmp_path, coda(listed), camt(listed), camt(listed, version="02"))
    assert [(each.new_entries, each.is_known) for each in again.statements] == [(0, True), (0, False), (0, True)]
    assert (balances(connection), kinds(connection, INVOICE)) == before
    require_whole_books(connection)


def test_part_double_too_much_and_unmatched_payments_wait_to_be_decided(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    part, rest, double = Paid("20.82", BOLT), Paid("30.00", BOLT), Paid("50.82", BOLT, on=date(2026, 11, 11))
    unknown, dollars = Paid("7.00", text="merci", iban="DE0"), Paid("9.00", ACME, currency="USD")
    imported(connection, tmp_path, *map(camt, statements("0.00", [part, rest, double, unknown, dollars])))
    assert documents.positions(connection)[INVOICE].open == 0
    assert undecided(connection) == {
        Decimal("50.82"): (Decimal("50.82"), "nothing_open"),
        Decimal("7.00"): (Decimal("7.00"), "no_document"),
        Decimal("9.00"): (Decimal("9.00"), "other_currency"),
    }
    assert balances(connection)["suspense"] == Decimal("-66.82")
    require_whole_books(connection)


def test_a_payment_that_came_back_opens_its_document_again(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    listed = statements("0.00", [Paid("50.82", BOLT), Paid("-50.82", BOLT, on=date(2026, 11, 12), returned=True)])
    imported(connection, tmp_path, camt(listed[0]))
    imported(connection, tmp_path, camt(listed[1]))
    assert documents.positions(connection)[INVOICE].open == GROSS
    assert kinds(connection, INVOICE) == ["issued", "paid", "refunded"]
    assert undecided(connection) == {}
    require_whole_books(connection)


def test_a_payment_that_was_recorded_by_hand_is_recognised(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    pay(connection, INVOICE, ISSUED, "seen in the app of the bank")
    imported(connection, tmp_path, coda(Listed(1, "0.00", (Paid("50.82", BOLT),))))
    assert kinds(connection, INVOICE) == ["issued", "paid"]
    assert (undecided(connection), "bank" in balances(connection)) == ({}, False)
    require_whole_books(connection)


def test_a_payout_is_paid_when_the_statement_says_so_and_refused_when_it_comes_back(
    connection: Connection, tmp_path: Path
) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    [ordered] = payouts.payouts(connection)
    assert ordered.state == "ordered"
    amount = str(ordered.amount)
    paid = Paid(f"-{amount}", iban=ordered.iban or "", name="Ville", end_to_end=ordered.reference)
    back = Paid(amount, iban=ordered.iban or "", end_to_end=ordered.reference, on=date(2026, 11, 12), returned=True)
    first, second = statements("100.00", [paid, back])
    imported(connection, tmp_path, coda(first))
    assert payouts.payouts(connection)[0].state == "paid"
    assert (undecided(connection), "bank" in balances(connection)) == ({}, False)
    require_whole_books(connection)
    imported(connection, tmp_path, coda(second))
    assert payouts.payouts(connection)[0].state == "refused"
    assert balances(connection)["payable:namur"] == -ordered.amount
    assert undecided(connection) == {}
    require_whole_books(connection)


def test_a_payment_file_that_is_booked_as_one_amount_pays_its_payouts(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    [ordered] = payouts.payouts(connection)
    batch = Paid(f"-{ordered.amount}", iban="", name="", batch=True)
    imported(connection, tmp_path, camt(Listed(1, "100.00", (batch,))))
    assert payouts.payouts(connection)[0].state == "paid"
    imported(connection, tmp_path, coda(Listed(1, "100.00", (batch,))))
    assert (undecided(connection), balances(connection)[f"bank:{OWN}"]) == ({}, 100 - ordered.amount)
    require_whole_books(connection)


def test_a_missing_statement_is_told_and_may_come_later(connection: Connection, tmp_path: Path) -> None:
    bill(connection, tmp_path)
    days = [Paid("10.00", BOLT), Paid("20.00", BOLT, on=date(2026, 11, 11)), Paid("5.00", BOLT, on=date(2026, 11, 12))]
    first, middle, last = statements("100.00", days)
    report = imported(connection, tmp_path, coda(first), coda(last))
    [(iban, gap)] = report.gaps
    assert (iban, gap.before.number, gap.after.number, gap.missing) == (OWN, "2026/001", "2026/003", Decimal("20.00"))
    assert balances(connection)[f"bank:{OWN}"] == Decimal("135.00")
    require_whole_books(connection)
    assert imported(connection, tmp_path, coda(middle)).gaps == ()
    assert balances(connection)[f"brought-forward:{OWN}"] == Decimal("-100.00")
    require_whole_books(connection)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_repetition_of_imports_ends_in_the_same_books(
    connection: Connection, tmp_path: Path, seed: int
) -> None:
    bill(connection, tmp_path)
    settle(connection, tmp_path)
    [ordered] = payouts.payouts(connection)
    paid_out = Paid(f"-{ordered.amount}", iban=ordered.iban or "", end_to_end=ordered.reference, on=date(2026, 11, 12))
    payments = [
        Paid("60.00", BOLT),
        Paid("70.00", BOLT, on=date(2026, 11, 11)),
        Paid("14.52", ACME, iban="DE0", on=date(2026, 11, 11)),
        paid_out,
        Paid("-60.00", BOLT, on=date(2026, 11, 13), returned=True),
        Paid("3.00", on=date(2026, 11, 14)),
        replace(paid_out, amount=str(ordered.amount), on=date(2026, 11, 14), returned=True),
    ]
    listed = statements("100.00", payments)
    straight = random.Random(seed)
    files = [written(each) for each in listed for written in (coda, camt)]
    straight.shuffle(files)
    for content in [*files, *straight.sample(files, 4)]:
        imported(connection, tmp_path, content)
    require_whole_books(connection)
    books = balances(connection)
    assert (books[f"bank:{OWN}"], books["suspense"]) == (Decimal("187.52"), Decimal("-25.35"))
    assert {account: books.get(account) for account in ("receivable:bolt", "bank", f"brought-forward:{OWN}")} == {
        "receivable:bolt": None,
        "bank": None,
        f"brought-forward:{OWN}": Decimal(-100),
    }
    assert payouts.payouts(connection)[0].state == "refused"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            coda(Listed(1, "0.00", (Paid("1.00"),), iban="BE68539007547034")),
            "is of the account BE68539007547034, which is not",
        ),
        (camt(Listed(1, "0.00", (Paid("1.00"),), closing="2.00")), "do not explain its balances"),
    ],
)
def test_a_statement_that_cannot_be_right_is_refused_and_nothing_is_stored(
    connection: Connection, tmp_path: Path, content: bytes, message: str
) -> None:
    good = coda(Listed(1, "0.00", (Paid("1.00"),)))
    with pytest.raises(InputError, match=message):
        imported(connection, tmp_path, good, content)
    assert balances(connection) == {}


def test_a_corrected_statement_that_lacks_an_entry_is_refused(connection: Connection, tmp_path: Path) -> None:
    imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("1.00"), Paid("2.00")))))
    with pytest.raises(
        InputError, match=r"was imported before with 1 entries that it lacks now, the first of 2026-11-10 and 2"
    ):
        imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("1.00"),))))
    assert (
        imported(connection, tmp_path, camt(Listed(1, "0.00", (Paid("1.00", name="X"), Paid("2.00"), Paid("4.00")))))
        .statements[0]
        .new_entries
        == 1
    )
    require_whole_books(connection)
