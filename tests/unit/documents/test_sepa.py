"""The file that pays centres is one that a bank can read, whatever they are called, and says again what it orders."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from smartwork.documents.sepa import Transfer, pain001, parse_payment_file
from smartwork.domain.billing.parties import Party
from smartwork.domain.settlement.payment_file import FilePayment, PaymentFile

NETWORK = Party("Network", "0999900150", "Street 1", "5000", "Namur", iban="BE92999900000123")
NAMUR = Party("Ville de Namur", "0123456749", "Place 1", "5000", "Namur", iban="BE68539007547034")
MONS = Party("Cité", "0123456749", "Place 2", "7000", "Mons", iban="BE62510007547061")


def file() -> bytes:
    return pain001(
        NETWORK,
        [
            Transfer(MONS, Decimal("1234.56"), "mons 2026-10", "Settlement 2026-10 Mons"),
            Transfer(NAMUR, Decimal("37.30"), "namur 2026-10", "Settlement 2026-10 Namur"),
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
    [("Ville d’Arlon", "Ville d'Arlon"), ("Ville 🏢", "Ville"), ("🏢", "BE0123456749"), ("a\x01b", "a b")],
)
def test_any_name_can_be_paid(name: str, carried: str) -> None:
    party = Party(name, "0123456749", "Place 1", "6700", "Arlon", iban="BE68539007547034")
    made = pain001(party, [Transfer(party, Decimal("10.00"), "arlon 2026-10", f"Settlement {name}")], date(2026, 11, 2))
    names = [node.text for node in etree.fromstring(made).iter("{*}Nm")]
    assert {str(name).strip() for name in names} == {carried}
