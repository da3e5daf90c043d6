"""The file that pays centres is one that a bank can read, whatever they are called, and says again what it orders."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smartwork.documents.sepa import Transfer, bank_working_day, pain001, parse_payment_file, remittance
from smartwork.domain.billing.parties import Party
from smartwork.domain.settlement.payment_file import FilePayment, PaymentFile

NETWORK = Party("Network", "0999900150", "Street 1", "5000", "Namur", iban="BE92999900000123")
NAMUR = Party("Ville de Namur", "0123456749", "Place 1", "5000", "Namur", iban="BE68539007547034")
MONS = Party("Cité", "0123456749", "Place 2", "7000", "Mons", iban="BE62510007547061")


def file() -> bytes:
    return pain001(
        NETWORK,
        [
            Transfer(MONS, Decimal("1234.56"), "mons-2026-10", ("SB-mons-2026-00001",), "nl"),
            Transfer(NAMUR, Decimal("37.30"), "namur-2026-10", ("SB-namur-2026-00001",), "fr"),
        ],
        date(2026, 11, 2),
    )


def test_file_orders_the_transfers_that_it_was_made_from() -> None:
    assert parse_payment_file(file()) == PaymentFile(
        ("BE92999900000123",),
        (FilePayment("BE62510007547061", Decimal("1234.56")), FilePayment("BE68539007547034", Decimal("37.30"))),
        ((2, Decimal("1271.86")), (2, Decimal("1271.86"))),
    )


@pytest.mark.parametrize(
    ("what", "by"),
    [
        (b'Ccy="EUR"', b'Ccy="USD"'),
        (b"37.30<", b"much<"),
        (b"<IBAN>BE68539007547034</IBAN>", b"<Othr><Id>1</Id></Othr>"),
        (b"pain.001.001.09", b"pain.008.001.08"),
        (b"</Document>", b""),
    ],
)
def test_file_that_is_no_order_in_euro_is_not_parsed(what: bytes, by: bytes) -> None:
    assert parse_payment_file(file().replace(what, by)) is None


@pytest.mark.parametrize(
    ("name", "carried"),
    [
        ("Ville d’Arlon", "Ville d'Arlon"),
        ("Ville 🏢", "Ville"),
        ("🏢", "BE0123456749"),
        ("a\x01b", "a b"),
        ("Café & Co; //Liège/", "Cafe + Co /Liege"),
    ],
)
def test_any_name_can_be_paid(name: str, carried: str) -> None:
    party = Party(name, "0123456749", "Place 1", "6700", "Arlon", iban="BE68539007547034")
    made = pain001(
        party, [Transfer(party, Decimal("10.00"), "arlon-2026-10", ("SB-arlon-2026-00001",), "fr")], date(2026, 11, 2)
    )
    names = [node.text for node in etree.fromstring(made).iter("{*}Nm")]
    assert {str(name).strip() for name in names} == {carried}


@pytest.mark.parametrize(
    ("day", "paid"),
    [
        ("2026-11-02", "2026-11-02"),
        ("2026-11-07", "2026-11-09"),  # a Saturday
        ("2026-04-02", "2026-04-02"),
        ("2026-04-03", "2026-04-07"),  # Good Friday to Easter Monday
        ("2026-05-01", "2026-05-04"),
        ("2026-12-25", "2026-12-28"),
        ("2027-12-31", "2027-12-31"),
        ("2028-01-01", "2028-01-03"),
    ],
)
def test_payment_is_ordered_for_a_bank_working_day(day: str, paid: str) -> None:
    assert bank_working_day(date.fromisoformat(day)) == date.fromisoformat(paid)
    made = etree.fromstring(pain001(NETWORK, [Transfer(MONS, Decimal(1), "x", ("SB-1",), "fr")], date.fromisoformat(day)))
    assert made.findtext(".//{*}ReqdExctnDt/{*}Dt") == paid


def test_banks_are_named_by_bic_or_as_not_provided() -> None:
    made = etree.fromstring(file())
    assert made.findtext(".//{*}DbtrAgt/{*}FinInstnId/{*}Othr/{*}Id") == "NOTPROVIDED"  # bank code 999 is of no bank
    agents = [etree.QName(child).localname for child in made.iterfind(".//{*}CdtrAgt/{*}FinInstnId/*")]
    assert agents == ["BICFI", "Othr"]  # no bank has the code 539
    foreign = replace(MONS, iban="FR7630006000011234567890189")
    [agent] = etree.fromstring(
        pain001(NETWORK, [Transfer(foreign, Decimal(1), "x", ("SB-1",), "fr")], date(2026, 11, 2))
    ).iterfind(".//{*}CdtrAgt/{*}FinInstnId")
    assert agent.findtext("{*}Othr/{*}Id") == "NOTPROVIDED"


def test_remittance_names_the_documents_in_the_language_of_the_centre() -> None:
    texts = [node.text for node in etree.fromstring(file()).iter("{*}Ustrd")]
    assert texts == ["Documenten SB-mons-2026-00001", "Documents SB-namur-2026-00001"]


@given(st.lists(st.from_regex(r"SB-[a-z]{1,48}-2026-[0-9]{5}", fullmatch=True), min_size=1, max_size=30, unique=True))
def test_no_number_is_cut_in_a_remittance(numbers: list[str]) -> None:
    text = remittance(numbers, "fr")
    shown, _, more = text.removeprefix("Documents ").partition(" + ")
    assert len(text) <= 140
    assert shown.split(", ") == numbers[: len(shown.split(", "))]
    assert len(shown.split(", ")) + int(more or 0) == len(numbers)
