"""The yearly listing has each Belgian customer with more than 250 EUR, by the documents of the year."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from firmware_sim.demo_companies import SELLER
from smartwork.documents.intervat import client_listing_xml
from smartwork.documents.journal_csv import listing_csv
from smartwork.domain.accounting.client_listing import client_listing
from smartwork.domain.billing.invoice import Invoice, VatTotal
from tests.support.documents import credit_note, invoice, self_billed

BASE = invoice()


def document(net: str, vat: str = "0.00", *, kind: Any = "invoice", on: date = date(2026, 11, 2), **total: Any) -> Invoice:
    """A document to the company of that net amount and VAT."""
    stated = VatTotal(**{"category": "S", "rate": Decimal(21), "base": Decimal(net), "vat": Decimal(vat), **total})
    return replace(BASE, kind=kind, issued_on=on, vat_totals=(stated,))


def listed(*documents: Invoice) -> list[tuple[str, str, str]]:
    """VAT number, turnover and VAT of the customers of 2026."""
    return [(c.vat_number, f"{c.turnover}", f"{c.vat}") for c in client_listing(documents, 2026).clients]


def test_turnover_and_vat_are_those_of_the_documents_less_credit_notes() -> None:
    note = credit_note()
    found = client_listing([BASE, note, self_billed()], 2026)
    assert [(c.vat_number, c.name, c.turnover, c.vat) for c in found.clients] == [
        ("BE0403170701", "Acme & Søn <SA>", BASE.net - note.net, BASE.vat - note.vat)
    ]
    assert (found.turnover, found.vat) == (BASE.net - note.net, BASE.vat - note.vat)


@pytest.mark.parametrize(("net", "is_listed"), [("250.00", False), ("250.01", True), ("-300.00", False)])
def test_customers_with_more_than_250_euro_are_listed(net: str, is_listed: bool) -> None:
    assert bool(listed(document(net))) == is_listed


def test_documents_of_other_years_and_customers_abroad_are_left_out() -> None:
    assert listed(document("300.00", on=date(2025, 12, 31)), document("300.00", on=date(2027, 1, 1))) == []
    abroad = replace(BASE.buyer, country="FR", enterprise_number=None, foreign_vat_number="FR40303265045")
    private = replace(BASE.buyer, enterprise_number=None)
    assert listed(*(replace(document("300.00"), buyer=buyer) for buyer in (abroad, private))) == []


@pytest.mark.parametrize(
    ("total", "is_listed"),
    [
        ({"category": "AE", "rate": Decimal(0)}, True),
        ({"category": "E", "rate": Decimal(0), "reason": "Art. 44 of the VAT code"}, False),
        ({"category": "E", "rate": Decimal(0), "code": "VATEX-EU-132-1I"}, False),
        ({"category": "E", "rate": Decimal(0), "reason": "Article 56bis"}, True),
        ({"category": "O", "rate": Decimal(0)}, False),
    ],
)
def test_supplies_that_article_44_exempts_are_left_out(total: dict[str, Any], is_listed: bool) -> None:
    assert bool(listed(document("300.00", **total))) == is_listed


def test_csv_has_no_formula_and_xml_has_the_totals() -> None:
    evil = replace(document("300.00", "63.00"), buyer=replace(BASE.buyer, name="=HYPERLINK(1)"))
    listing = client_listing([evil], 2026)
    assert listing_csv(listing).decode("utf-8-sig").splitlines()[1] == "1,BE0403170701,'=HYPERLINK(1),300.00,63.00"
    root = etree.fromstring(client_listing_xml(listing, replace(SELLER, email="a@b.example"), "081223344"))
    [declared] = root.findall("{*}ClientListing")
    assert {str(name): str(value) for name, value in declared.attrib.items()} == {
        "SequenceNumber": "1", "ClientsNbr": "1", "TurnOverSum": "300.00", "VATAmountSum": "63.00",
    }  # fmt: skip
    assert [(etree.QName(node).localname, node.text) for node in declared.iter() if node.text and node.text.strip()] == [
        ("VATNumber", "0999900150"), ("Name", SELLER.name), ("Street", SELLER.street), ("PostCode", "5000"),
        ("City", "Namur"), ("CountryCode", "BE"), ("EmailAddress", "a@b.example"), ("Phone", "081223344"), ("Period", "2026"),
        ("CompanyVATNumber", "0403170701"), ("TurnOver", "300.00"), ("VATAmount", "63.00"),
    ]  # fmt: skip
