"""The file that pays centres is one that a bank can read, whatever they are called."""

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from smartwork.domain.business import Party
from smartwork.jobs.documents.sepa import Transfer, pain001


@pytest.mark.parametrize(
    ("name", "carried"),
    [("Ville d’Arlon", "Ville d'Arlon"), ("Ville 🏢", "Ville"), ("🏢", "BE0123456749"), ("a\x01b", "a b")],
)
def test_any_name_can_be_paid(name: str, carried: str) -> None:
    party = Party(name, "0123456749", "Place 1", "6700", "Arlon", iban="BE68539007547034")
    made = pain001(party, [Transfer(party, Decimal("10.00"), "arlon 2026-10", f"Settlement {name}")], date(2026, 11, 2))
    names = [node.text for node in etree.fromstring(made).iter("{*}Nm")]
    assert {str(one).strip() for one in names} == {carried}
