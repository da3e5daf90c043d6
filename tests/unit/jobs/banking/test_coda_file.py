"""CODA is read as Febelfin describes it, and a file that was cut or changed is refused with its line."""

from datetime import date
from decimal import Decimal
from importlib.resources import files

import pytest

from smartwork.domain.billing.payment_reference import payment_reference
from smartwork.errors import InputError
from smartwork.jobs.banking.coda_file import is_coda, read_coda
from tests.support.bank_files import OWN, PAYER, Listed, Paid, coda

REFERENCE = payment_reference(2026, 2)
BATCH = Paid("-50.00", parts=(Paid("-20.00", end_to_end="namur 2026-10"), Paid("-30.00", end_to_end="mons 2026-10")))


def test_a_statement_has_its_account_balances_and_payments() -> None:
    payment = Paid("42.35", REFERENCE, bank="20261110000001")
    [statement] = read_coda(coda(Listed(12, "1000.00", (payment,))), "nov.cod")
    assert (statement.iban, statement.number, statement.opening, statement.closing) == (
        OWN, "2026/012", Decimal("1000.00"), Decimal("1042.35"),
    )  # fmt: skip
    [entry] = statement.entries
    assert (entry.amount, entry.reference, entry.iban, entry.name) == (Decimal("42.35"), REFERENCE, PAYER, "Bolt NV")
    assert (entry.booked_on, entry.bank_reference, entry.text) == (date(2026, 11, 10), "20261110000001", "")


def test_a_free_communication_goes_on_over_three_records() -> None:
    text = "FACTURES INV-2026-00002 ET INV-2026-00003 DU MOIS D OCTOBRE POUR LES BUREAUX DE NAMUR ET DE MONS, MERCI"
    [statement] = read_coda(coda(Listed(1, "0.00", (Paid("1.00", text=text),))), "f")
    assert statement.entries[0].text == text


@pytest.mark.parametrize("encoding", ["latin-1", "cp850", "utf-8"])
def test_names_are_read_in_every_encoding_that_banks_use(encoding: str) -> None:
    [statement] = read_coda(coda(Listed(1, "0.00", (Paid("1.00", name="Café Liégeois"),)), encoding=encoding), "f")
    assert statement.entries[0].name == "Café Liégeois"


def test_a_creditor_reference_is_a_reference() -> None:
    [statement] = read_coda(coda(Listed(1, "0.00", (Paid("1.00", "RF18539007547034"),))), "f")
    assert statement.entries[0].reference == "RF18539007547034"


def test_the_payments_of_a_batch_are_entries() -> None:
    [statement] = read_coda(coda(Listed(1, "90.00", (BATCH,))), "f")
    assert [(each.position, each.amount, each.end_to_end_id, each.batch) for each in statement.entries] == [
        ("0001.0001", Decimal("-20.00"), "namur 2026-10", "0001.0000"),
        ("0001.0002", Decimal("-30.00"), "mons 2026-10", "0001.0000"),
    ]


def test_a_batch_without_its_payments_is_one_entry() -> None:
    [statement] = read_coda(coda(Listed(1, "90.00", (Paid("-50.00", batch=True),))), "f")
    assert [(each.amount, each.is_batch) for each in statement.entries] == [(Decimal("-50.00"), True)]


def test_a_returned_payment_and_another_currency_are_marked() -> None:
    payments = (Paid("-9.00", returned=True), Paid("8.00", currency="USD"))
    [statement] = read_coda(coda(Listed(1, "90.00", payments)), "f")
    assert [(each.is_return, each.ordered_currency) for each in statement.entries] == [(True, "EUR"), (False, "USD")]


def test_a_file_may_have_several_statements() -> None:
    listed = Listed(1, "0.00", (Paid("5.00"),)), Listed(2, "5.00", (Paid("-2.00"),))
    assert [each.closing for each in read_coda(coda(*listed), "f")] == [Decimal("5.00"), Decimal("3.00")]


def test_the_example_of_the_library_is_read_whole() -> None:
    """An account of before the IBAN, batches of both kinds, and details of foreign payments."""
    [statement] = read_coda(files("coda").joinpath("CODA.txt").read_bytes(), "CODA.txt")
    assert (statement.iban, statement.closing, statement.unexplained) == (
        "BE47435000000080",
        Decimal("9405296.99"),
        Decimal(0),
    )
    assert len(statement.entries) == 59 - 4 + 7 + 5
    [empty] = read_coda(files("coda").joinpath("CODA-empty.txt").read_bytes(), "CODA-empty.txt")
    assert empty.entries == ()


LINES = coda(Listed(1, "90.00", (Paid("10.00", REFERENCE), BATCH))).decode().split("\r\n")


def changed(at: int, text: str | None) -> bytes:
    lines: list[str | None] = list(LINES)
    lines[at] = text
    return "\r\n".join(line for line in lines if line is not None).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(2, LINES[2][:100]), r"line 3: a record of CODA has 128 characters, this one has 100"),
        ("\r\n".join(LINES[:-2]).encode(), r"expected the trailer \(9\)"),
        (changed(1, None), r"line 2: expected the old balance \(1\)"),
        (changed(3, LINES[3].replace("220001", "220007")), r"line 4: record 22 does not continue the record before it"),
        (changed(5, LINES[5].replace("2100020000", "5100020000")), r"line 6: '5' is no record of CODA"),
        (changed(2, LINES[2].replace("0000000000010000", "0000000000011000")), r"(trailer|cannot be read)"),
        (changed(2, LINES[2].replace("101126", "311126")), r"line 3: record 21 cannot be read"),
        (
            changed(-2, LINES[-2][:16] + "000099" + LINES[-2][22:]),
            r"the trailer \(9\) states 000099 records, the statement has",
        ),
        (changed(0, LINES[0][:127] + "1"), r"line 1: record 0 cannot be read"),
        (coda(Listed(1, "1.00", (Paid("1.00"),), currency="USD")), r"kept in USD; expected EUR"),
        (coda(Listed(1, "1.00", (Paid("1.00"),), closing="7.00")), r"cannot be read, or does not agree"),
        (b"\r\n", r"line 1"),
    ],
)
def test_a_file_that_was_cut_or_changed_is_refused_with_its_line(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_coda(content, "nov.cod")


def test_a_detail_of_a_detail_is_no_entry() -> None:
    """Type 9, as charges of one payment of a batch."""
    lines = list(LINES)
    lines[11] = f"{lines[11][:53]}9{lines[11][54:]}"
    assert lines[11].startswith("2100020002")
    [statement] = read_coda("\r\n".join(lines).encode(), "f")
    assert [each.amount for each in statement.entries] == [Decimal("10.00"), Decimal("-50.00")]


def test_control_characters_are_blanks_and_a_movement_of_nothing_is_no_entry() -> None:
    payments = (Paid("1.00", name="Bolt\x1b[31m\x00NV"), Paid("0.00", text="information"))
    [statement] = read_coda(coda(Listed(1, "0.00", payments)), "f")
    assert [(entry.amount, entry.name) for entry in statement.entries] == [(Decimal("1.00"), "Bolt [31m NV")]


def test_a_tenth_of_a_cent_is_refused() -> None:
    with pytest.raises(InputError, match=r"has the amount 1\.005; expected EUR, to the cent"):
        read_coda(coda(Listed(1, "0.00", (Paid("1.005"),))), "f")


def test_coda_is_known_by_its_first_record() -> None:
    assert is_coda(coda(Listed(1, "0.00", ())))
    assert not is_coda(b"<Document/>")
