"""camt.053 is read in each of its versions, and what is no statement is refused with its line and element."""

from decimal import Decimal

import pytest

from smartwork.domain.billing.payment_reference import payment_reference
from smartwork.errors import InputError
from smartwork.jobs.banking.camt_file import read_camt
from tests.support.bank_files import OWN, PAYER, Listed, Paid, camt

REFERENCE = payment_reference(2026, 2)


@pytest.mark.parametrize("version", [f"{number:02d}" for number in range(2, 14)])
def test_a_statement_is_read_in_every_version(version: str) -> None:
    payments = (Paid("42.35", REFERENCE, bank="B1", end_to_end="E-1"), Paid("-7.00", text="bank fees", name="KBC & Co"))
    [statement] = read_camt(camt(Listed(12, "1000.00", payments), version=version), "nov.xml")
    assert (statement.iban, statement.number, statement.opening, statement.closing, statement.unexplained) == (
        OWN, "2026/012", Decimal("1000.00"), Decimal("1035.35"), Decimal(0),
    )  # fmt: skip
    received, paid = statement.entries
    assert (received.amount, received.reference, received.iban, received.name) == (
        Decimal("42.35"), REFERENCE, PAYER, "Bolt NV",
    )  # fmt: skip
    assert (received.bank_reference, received.end_to_end_id, paid.name, paid.text) == ("B1", "E-1", "KBC & Co", "bank fees")


def test_the_payments_of_a_batch_are_entries() -> None:
    batch = Paid("-50.00", parts=(Paid("-20.00", end_to_end="namur 2026-10"), Paid("-30.00", end_to_end="mons 2026-10")))
    [statement] = read_camt(camt(Listed(1, "90.00", (batch,))), "f")
    assert [(each.position, each.amount, each.end_to_end_id, each.batch) for each in statement.entries] == [
        ("1.1", Decimal("-20.00"), "namur 2026-10", "1"),
        ("1.2", Decimal("-30.00"), "mons 2026-10", "1"),
    ]


def test_a_batch_whose_payments_do_not_add_up_stays_one_entry() -> None:
    batch = Paid("-50.00", parts=(Paid("-20.00"), Paid("-29.00")))
    [statement] = read_camt(camt(Listed(1, "90.00", (batch,))), "f")
    assert [(each.amount, each.is_batch) for each in statement.entries] == [(Decimal("-50.00"), True)]


def test_returns_batches_and_other_currencies_are_marked() -> None:
    payments = (Paid("-9.00", returned=True), Paid("8.00", currency="USD"), Paid("-50.00", batch=True))
    [statement] = read_camt(camt(Listed(1, "90.00", payments)), "f")
    assert [(each.is_return, each.ordered_currency, each.is_batch) for each in statement.entries] == [
        (True, "EUR", False),
        (False, "USD", False),
        (False, "EUR", True),
    ]


def test_what_is_not_booked_is_no_entry() -> None:
    content = camt(Listed(1, "90.00", (Paid("5.00"),), closing="90.00")).replace(b"<Cd>BOOK</Cd>", b"<Cd>PDNG</Cd>")
    [statement] = read_camt(content, "f")
    assert (statement.entries, statement.unexplained) == ((), Decimal(0))


def test_a_returned_payout_names_the_payee() -> None:
    content = camt(Listed(1, "90.00", (Paid("5.00", iban=OWN, name="Network"),)))
    payee = f"<Cdtr><Pty><Nm>Ville</Nm></Pty></Cdtr><CdtrAcct><Id><IBAN>{PAYER}</IBAN></Id></CdtrAcct></RltdPties>"
    [statement] = read_camt(content.replace(b"</RltdPties>", payee.encode()), "f")
    assert (statement.entries[0].name, statement.entries[0].iban) == ("Ville", PAYER)


GOOD = camt(Listed(1, "90.00", (Paid("5.00"),)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD[:-40], r"no well-formed XML"),
        (GOOD.replace(b"camt.053", b"camt.054"), r"is a camt\.054, which is no statement"),
        (GOOD.replace(b"001.08", b"001.14"), r"camt\.053\.001\.14 is not supported"),
        (b"<html/>", r"the root element is 'html'"),
        (GOOD.replace(b"CLBD", b"XXXX"), r"line 4: Stmt has no balance CLBD"),
        (GOOD.replace(b'"EUR">5.00', b'"EUR">5,00'), r"Amt is '5,00' 'EUR'"),
        (GOOD.replace(b'"EUR">5.00', b'"EUR">NaN'), r"Amt is 'NaN' 'EUR'"),
        (GOOD.replace(b'"EUR">90.00', b'"USD">90.00'), r"expected EUR"),
        (GOOD.replace(b"<BookgDt><Dt>2026-11-10", b"<BookgDt><Dt>2026-13-10"), r"Ntry has the date '2026-13-10' in BookgDt"),
        (GOOD.replace(b"</Amt><CdtDbtInd>CRDT", b"</Amt><CdtDbtInd>CR"), r"expected CRDT or DBIT"),
        (
            GOOD.replace(b"<Document", b'<!DOCTYPE Document [<!ENTITY a "b">]><Document', 1),
            r"it has a document type \(DOCTYPE\)",
        ),
    ],
)
def test_what_is_no_statement_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_camt(content, "nov.xml")


def test_control_characters_are_blanks_and_a_movement_of_nothing_is_no_entry() -> None:
    payments = (Paid("1.00", name="Bolt\x85\x9b31mNV"), Paid("0.00", text="information"))
    [statement] = read_camt(camt(Listed(1, "0.00", payments)), "f")
    assert [(entry.amount, entry.name) for entry in statement.entries] == [(Decimal("1.00"), "Bolt 31mNV")]


def test_entities_that_explode_are_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE Document [<!ENTITY a0 "ha">{entities}]>'.encode()
    with pytest.raises(InputError):
        read_camt(GOOD.replace(b"<Document", bomb + b"<Document", 1).replace(b"Bolt NV", b"&a9;"), "nov.xml")
