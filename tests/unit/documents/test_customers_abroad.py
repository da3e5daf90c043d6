"""Documents to companies abroad and to private persons: valid by the official rules, or no e-invoice; all can be verified."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from stdnum import iso11649

from firmware_sim.demo_companies import SELLER as DEMO_SELLER
from smartwork.documents.document_file import read
from smartwork.documents.files import Files, render
from smartwork.documents.first_page import address, first_page
from smartwork.documents.legal_mentions import mentions
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import drawn
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.composition import compose, invoice_header
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import Invoice, LineReference
from smartwork.domain.billing.parties import REVERSE_CHARGE, STANDARD_VAT, WITHOUT_VAT, Language, Party, Vat
from smartwork.errors import InputError
from smartwork.progress import no_progress
from tests.support.documents import ISSUED, MONTH, company, groups
from tests.support.official import Rules, official_rules

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
OUTSIDE = WITHOUT_VAT["O"]
LUX = Party(
    "Kirchberg S.à r.l.", None, "Avenue Kennedy 1", "1855", "Luxembourg", "LU", "9938",
    foreign_vat_number="LU26375245", endpoint_id="LU26375245",
)  # fmt: skip
LILLE = Party(
    "Lille SAS", "73282932000074", "Rue Faidherbe 2", "59000", "Lille", "FR", "0009",
    foreign_vat_number="FR40303265045", endpoint_id="73282932000074",
)  # fmt: skip
BREDA = Party(
    "Breda BV", "12345678", "Markt 3", "4811 XR", "Breda", "NL", "0106", foreign_vat_number="NL123456782B90",
    endpoint_id="12345678",
)  # fmt: skip
AACHEN = Party(
    "Aachen GmbH", "HRB 12345", "Markt 4", "52062", "Aachen", "DE", "9930", foreign_vat_number="DE136695976",
    endpoint_id="DE136695976",
)  # fmt: skip
OSLO = Party("Oslo AS", "974760673", "Karl Johans gate 5", "0154", "Oslo", "NO", "0192", endpoint_id="974760673")
LONDON = Party("London Ltd", "01234567", "Fleet Street 6", "EC4Y 1AA", "London", "GB", None)
AUSTIN = Party("Austin Inc.", "0801234567", "Congress Avenue 7", "78701", "Austin TX", "US", None)
VAT_ADDRESS = Party("Namur SA", "0403170701", "Rue 1", "5000", "Namur", "BE", "9925", endpoint_id="BE0403170701")
PRIVATE = Party("Jeanne Dupont", None, "Rue 8", "5000", "Namur", "BE", None)
ABROAD = Party("Jean Dupont", None, "Rue 9", "59000", "Lille", "FR", None)

E_INVOICES = [
    (LUX, REVERSE_CHARGE),
    (LUX, STANDARD_VAT),
    (LILLE, REVERSE_CHARGE),
    (BREDA, REVERSE_CHARGE),
    (AACHEN, REVERSE_CHARGE),
    (OSLO, OUTSIDE),
    (OSLO, STANDARD_VAT),
    (VAT_ADDRESS, STANDARD_VAT),
]
ON_PAPER = [(PRIVATE, STANDARD_VAT), (ABROAD, STANDARD_VAT), (LONDON, OUTSIDE), (AUSTIN, OUTSIDE)]


def document(buyer: Party, vat: Vat, language: Language = "en", *more: Vat, credit: bool = False) -> Invoice:
    """A month of `buyer`, with lines that are taxed by each of the treatments; or a credit note for such lines."""
    head = invoice_header(company(language, vat), MONTH, ISSUED, DEMO_SELLER, is_demo=True)
    lines = [group for number, each in enumerate((vat, *more), start=1) for group in groups(3, each, number)]
    if credit:
        taken = LineReference("INV-2026-00002", ISSUED, 1)
        lines = [(replace(line, line=1, corrects=taken, visits=(), terms=None),) for (line,) in lines]
        head = replace(head, kind="credit_note", reason="Closed")
    return compose(replace(head, buyer=buyer, vats=(vat, *more)), lines, ordinal=7)


def xml(made: Invoice) -> etree._Element:
    return etree.fromstring(ubl(made, made.canonical()))


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with official_rules() as compiled:
        yield compiled


@pytest.mark.parametrize(("buyer", "vat"), E_INVOICES)
def test_the_official_rules_find_nothing(rules: Rules, buyer: Party, vat: Vat) -> None:
    for credit in (False, True):
        made = document(buyer, vat, credit=credit)
        assert made.is_electronic
        assert rules.findings(ubl(made, made.canonical())) == []


def test_the_official_rules_find_nothing_in_a_month_with_several_vat_totals(rules: Rules) -> None:
    made = document(LUX, STANDARD_VAT, "fr", REVERSE_CHARGE, Vat("E", Decimal(0), "VATEX-EU-132-1G", "Article 44"))
    assert rules.findings(ubl(made, made.canonical())) == []
    found = [
        (each.findtext(f"{CBC}ID"), each.findtext(f"{CBC}TaxExemptionReason"))
        for each in xml(made).iterfind(f"{CAC}TaxTotal/{CAC}TaxSubtotal/{CAC}TaxCategory")
    ]
    assert found == [
        ("S", None),
        ("E", "Exonéré de la TVA – article 44 du Code de la TVA"),
        ("AE", "Autoliquidation – articles 44 et 196 de la directive 2006/112/CE ; article 21, § 2, du Code de la TVA"),
    ]


def test_the_reverse_charge_names_both_vat_numbers() -> None:
    path = f"{CAC}Party/{CAC}PartyTaxScheme/{CBC}CompanyID"
    found = xml(document(LUX, REVERSE_CHARGE))
    assert found.findtext(f"{CAC}AccountingSupplierParty/{path}") == DEMO_SELLER.vat_number
    assert found.findtext(f"{CAC}AccountingCustomerParty/{path}") == "LU26375245"
    shown = first_page(document(LUX, REVERSE_CHARGE, "nl"))
    assert (shown.receiver.vat, shown.receiver.town) == ("Btw LU26375245", "L-1855 Luxembourg, Luxemburg")


def test_what_is_outside_the_scope_of_vat_has_no_vat_number_and_no_rate() -> None:
    found = xml(document(OSLO, OUTSIDE))
    assert found.find(f".//{CAC}PartyTaxScheme") is None
    assert found.find(f".//{CBC}Percent") is None
    assert found.findtext(f".//{CBC}TaxExemptionReasonCode") == "VATEX-EU-O"


@pytest.mark.parametrize(
    ("language", "outside", "reverse"),
    [
        ("fr", "Hors champ d’application de la TVA belge – article 44", "Autoliquidation – articles 44 et 196"),
        ("nl", "Niet onderworpen aan Belgische btw – artikel 44", "Btw verlegd – artikelen 44 en 196"),
        ("en", "Not subject to Belgian VAT – Article 44", "Reverse charge – Articles 44 and 196"),
    ],
)
def test_the_page_says_why_there_is_no_vat_in_its_language(language: Language, outside: str, reverse: str) -> None:
    [said] = mentions(document(OSLO, OUTSIDE, language))
    assert said.startswith(outside)
    [said] = mentions(document(LUX, REVERSE_CHARGE, language))
    assert said.startswith(reverse)
    [said] = mentions(document(VAT_ADDRESS, REVERSE_CHARGE, language))
    assert "196" not in said, "within Belgium it is another article"


@pytest.mark.parametrize(
    ("party", "town", "number"),
    [
        (LILLE, "59000 Lille, France", "VAT FR40303265045"),
        (BREDA, "4811 XR Breda, Netherlands", "VAT NL123456782B90"),
        (LONDON, "London EC4Y 1AA, United Kingdom", "Company number 01234567"),
        (PRIVATE, "BE-5000 Namur", ""),
    ],
)
def test_an_address_has_the_form_of_its_country(party: Party, town: str, number: str) -> None:
    shown = address(party, "en")
    assert (shown.town, shown.vat) == (town, number)


def test_the_payment_reference_is_one_that_the_banks_of_the_country_know() -> None:
    by_country = {
        buyer.country: made.payment.reference or ""
        for buyer, vat in (*E_INVOICES, *ON_PAPER)
        for made in (document(buyer, vat),)
        if made.payment
    }
    assert by_country["BE"].isdecimal()
    assert all(iso11649.is_valid(by_country[country]) for country in ("LU", "FR", "NL", "DE", "NO", "GB"))
    assert by_country["US"] == "INV-2026-00007"
    assert faults(document(LUX, REVERSE_CHARGE)) == []
    shown = first_page(document(LUX, REVERSE_CHARGE))
    assert "RF" in [text[:2] for _, text in shown.payment.rows]
    assert shown.payment.code is not None
    assert first_page(document(AUSTIN, OUTSIDE)).payment.code is None, "the code is of a SEPA transfer"


def test_a_document_that_breaks_the_rules_of_its_vat_categories_has_a_fault() -> None:
    assert [fault.what for fault in faults(document(PRIVATE, REVERSE_CHARGE))] == ["VAT number"]
    assert [fault.computed for fault in faults(document(OSLO, OUTSIDE, "en", STANDARD_VAT))] == ["O on a document of its own"]
    assert faults(document(LUX, REVERSE_CHARGE, "en", STANDARD_VAT)) == faults(document(OSLO, OUTSIDE)) == []


def written(made: Invoice, folder: Path) -> Files:
    [files] = render([made.canonical()], folder, no_progress)
    return files


@pytest.mark.parametrize(("buyer", "vat"), ON_PAPER)
def test_who_has_no_electronic_address_gets_a_pdf_that_proves_itself(tmp_path: Path, buyer: Party, vat: Vat) -> None:
    files = written(document(buyer, vat, "fr"), tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".pdf"]
    assert not files.is_electronic
    assert read(files.pdf).xml is None
    found = verify(files.pdf)
    assert (found.findings, found.pages, found.whole) == ((), "all", True)


@pytest.mark.parametrize("buyer", [LUX, OSLO])
def test_an_e_invoice_to_a_company_abroad_proves_itself(tmp_path: Path, buyer: Party) -> None:
    files = written(document(buyer, REVERSE_CHARGE if buyer is LUX else OUTSIDE), tmp_path)
    for path in (files.pdf, files.xml):
        found = verify(path)
        assert (found.findings, found.whole) == ((), True)


def test_a_pdf_whose_e_invoice_was_taken_out_is_refused(tmp_path: Path) -> None:
    """The same pages and evidence as issued, drawn without the attachment."""
    made = document(LUX, REVERSE_CHARGE)
    canonical = made.canonical()
    pages = document_pages(made, digest(canonical).hex())
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn(pages, {"evidence": canonical}, made.issued_on))
    with pytest.raises(InputError, match="no e-invoice, which its evidence says"):
        verify(path)
