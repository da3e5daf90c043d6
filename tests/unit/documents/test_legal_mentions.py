"""A document says what Belgian law requires, on the page and in the XML, in its own language."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from pypdf import PdfReader

from smartwork.documents.first_page import first_page
from smartwork.documents.legal_mentions import exemption, general_terms
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import drawn, pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.invoice import Invoice, Line, VatTotal
from smartwork.domain.billing.parties import REVERSE_CHARGE, Language, Party, Vat
from tests.support.documents import (
    EXEMPT,
    OPERATOR,
    credit_note,
    every_kind,
    invoice,
    month_given_back,
    page_texts,
    self_billed,
    self_billed_credit,
)
from tests.support.official import Rules, official_rules

LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")
PAID_BACK = {
    "fr": "TVA à reverser à l’Etat dans la mesure où elle a été initialement déduite",
    "nl": "Btw terug te storten aan de Staat in de mate waarin ze oorspronkelijk in aftrek werd gebracht",
    "en": "VAT to be paid back to the State to the extent that it was originally deducted",
}
FRANCHISE = {
    "fr": "Régime particulier de franchise des petites entreprises – TVA non applicable, article 56bis du Code de la TVA",
    "nl": "Bijzondere vrijstellingsregeling kleine ondernemingen – btw niet van toepassing, artikel 56bis van het "
    "Btw-Wetboek",
    "en": "Special exemption scheme for small enterprises – VAT not applicable, Article 56bis of the Belgian VAT Code",
}
EXEMPT_BY_44 = {
    "fr": "Exonéré de la TVA – article 44 du Code de la TVA",
    "nl": "Vrijgesteld van btw – artikel 44 van het Btw-Wetboek",
    "en": "Exempt from VAT – Article 44 of the Belgian VAT Code",
}
REVERSED = {"fr": "Autoliquidation", "nl": "Btw verlegd", "en": "Reverse charge"}
SELF_BILLED = {"fr": "Autofacturation", "nl": "Factuur uitgereikt door afnemer", "en": "Self-billing"}
SMALL = Vat("E", Decimal(0), None, "Small enterprise, VAT exempt: article 56bis of the Belgian VAT Code (invented)")
LEGAL = {
    "legal_form": "SRL",
    "court": "Liège, division Namur",
    "email": "comptabilite@reseau.example",
    "website": "www.reseau-smartwork.example",
}
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


def xml_texts(example: Invoice, name: str) -> list[str]:
    root = etree.fromstring(ubl(example, example.canonical()))
    return [node.text or "" for node in root.iter(f"{CBC}{name}") if "Line" not in str(getattr(node.getparent(), "tag", ""))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", [credit_note, month_given_back, self_billed_credit])
def test_a_credit_note_says_that_its_vat_is_paid_back_to_the_state(language: Language, made: object) -> None:
    assert callable(made)
    example = made(language)
    assert f"{PAID_BACK[language]}." in first_page(example).mentions
    assert any(PAID_BACK[language] in note for note in xml_texts(example, "Note"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_without_vat_to_pay_back_do_not_mention_it(language: Language) -> None:
    for example in (invoice(language), self_billed(language), credit_note(language, EXEMPT), credit_note(language, SMALL)):
        text = " ".join([*first_page(example).mentions, *xml_texts(example, "Note")])
        assert PAID_BACK[language] not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("vat", "said"),
    [
        (SMALL, FRANCHISE),
        (EXEMPT, EXEMPT_BY_44),
        (REVERSE_CHARGE, REVERSED),
        (Vat("E", Decimal(0), "VATEX-EU-132-1G", "Exempt"), EXEMPT_BY_44),
        (Vat("E", Decimal(0), None, "Vrijgesteld, art. 44 van het Btw-Wetboek"), EXEMPT_BY_44),
        (Vat("E", Decimal(0), None, "Franchise, art.56 bis CTVA"), FRANCHISE),
    ],
)
def test_why_there_is_no_vat_is_said_with_its_article(language: Language, vat: Vat, said: dict[Language, str]) -> None:
    for example in (invoice(language, 2, vat=vat), credit_note(language, vat)):
        assert f"{said[language]}." in first_page(example).mentions
        assert xml_texts(example, "TaxExemptionReason") == [said[language]]


def test_a_reason_that_names_no_known_article_is_said_as_it_was_agreed() -> None:
    total = VatTotal("E", Decimal(0), Decimal(1), Decimal(0), None, "Accord de siège")
    assert exemption(total, "fr") == "Exonéré – Accord de siège"
    assert exemption(replace(total, reason="Exempt"), "nl") == "Vrijgesteld"
    assert exemption(replace(total, category="AE", reason="Art. 20 KB nr. 1"), "nl") == "Btw verlegd – Art. 20 KB nr. 1"
    assert exemption(replace(total, category="S", rate=Decimal(21)), "nl") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_self_billed_document_says_so_on_the_page_and_in_the_xml(language: Language) -> None:
    for example in (self_billed(language), self_billed_credit(language)):
        assert any(SELF_BILLED[language] in mention for mention in first_page(example).mentions)
        assert any(SELF_BILLED[language] in note for note in xml_texts(example, "Note"))


def with_legal(example: Invoice) -> Invoice:
    def fields(party: Party) -> Party:
        return replace(party, **LEGAL)

    return replace(example, seller=fields(example.seller), buyer=fields(example.buyer))


@pytest.mark.parametrize("language", LANGUAGES)
def test_legal_form_register_and_contact_are_printed_where_they_are_given(language: Language) -> None:
    example = with_legal(invoice(language, 2))
    text = example.canonical()
    printed = page_texts(pdf(example, text, ubl(example, text)))[0]
    register = {"fr": "RPM", "nl": "RPR", "en": "RPM/RPR"}[language]
    assert printed.count(f"SRL·{register}Liège,divisionNamur") == 2
    assert printed.count("comptabilite@reseau.example·www.reseau-smartwork.example") == 2
    bare = replace(example, seller=OPERATOR, buyer=OPERATOR)
    assert register not in page_texts(pdf(bare, text, b"<x/>"))[0]


def test_a_snapshot_has_the_fields_of_a_party_only_where_they_are_given() -> None:
    example = replace(invoice("fr", 1), seller=OPERATOR)
    assert not {*LEGAL, "terms_version", "terms_url"} & {
        part.split('"')[1] for part in example.canonical().split(",") if '"' in part
    }
    given = with_legal(example)
    assert Invoice.read(given.canonical()) == given
    assert Invoice.read(example.canonical()) == example


def is_later(line: Line, kinds: tuple[str, ...]) -> bool:
    return line.kind in kinds or any(billed.basis in kinds for billed in line.visits)


def test_a_document_that_was_issued_before_has_no_mention_that_it_had_not() -> None:
    later = ("cancelled_late", "item", "subscription")  # kinds of lines that there were not either
    for example in (each for each in every_kind("fr") if not any(is_later(line, later) for line in each.lines)):
        before = replace(example, drawing=None)
        assert not {PAID_BACK["fr"] + ".", EXEMPT_BY_44["fr"] + ".", "Autoliquidation."} & {*first_page(before).mentions}
        assert not any(PAID_BACK["fr"] in note or "Autofacturation" in note for note in xml_texts(before, "Note"))
        assert {*xml_texts(before, "TaxExemptionReason")} <= {total.reason for total in before.vat_totals}


TERMS = {
    "fr": "Conditions générales, version 2026-01 : https://www.reseau.example/conditions-2026-01.pdf",
    "nl": "Algemene voorwaarden, versie 2026-01: https://www.reseau.example/conditions-2026-01.pdf",
    "en": "General terms, version 2026-01: https://www.reseau.example/conditions-2026-01.pdf",
}
URL = "https://www.reseau.example/conditions-2026-01.pdf"


def with_terms(example: Invoice, version: str | None = "2026-01", url: str | None = URL) -> Invoice:
    return replace(example, seller=replace(example.seller, terms_version=version, terms_url=url))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", [lambda language: invoice(language, 2), credit_note])
def test_general_terms_are_named_whole_and_linked_on_the_page_and_named_in_the_xml(language: Language, made: object) -> None:
    assert callable(made)
    example = with_terms(made(language))
    text = example.canonical()
    content = pdf(example, text, ubl(example, text))
    assert "".join(TERMS[language].split()) in page_texts(content)[0]
    assert [link.get_object()["/A"]["/URI"] for link in PdfReader(BytesIO(content)).pages[0].annotations or []] == [URL]
    [note] = xml_texts(example, "Note")[:1]
    assert TERMS[language] in note
    assert Invoice.read(text) == example


@pytest.mark.parametrize(
    ("version", "url", "said"),
    [
        (None, URL, f"General terms: {URL}"),
        ("of 3 March 2026", None, "General terms, version of 3 March 2026"),
        (None, None, ""),
    ],
)
def test_what_is_not_given_of_the_general_terms_is_not_printed(version: str | None, url: str | None, said: str) -> None:
    example = with_terms(invoice("en", 2), version, url)
    assert general_terms(example) == said
    printed = page_texts(pdf(example, example.canonical(), ubl(example, example.canonical())))[0]
    assert "".join(said.split()) in printed
    assert ("Generalterms" in printed) == bool(said)


def test_an_address_of_terms_that_is_longer_than_a_line_stands_whole_and_its_link_is_unbroken() -> None:
    url = URL + "?" + "WM%40" * 29
    example = with_terms(invoice("nl", 2), url=url)
    content = pdf(example, example.canonical(), ubl(example, example.canonical()))
    assert url in page_texts(content)[0].replace("\u200b", "")
    links = [link.get_object() for link in PdfReader(BytesIO(content)).pages[0].annotations or []]
    assert {link["/A"]["/URI"] for link in links} == {url}
    assert max(float(link["/Rect"][2]) for link in links) <= (210 - 18) / 25.4 * 72 + 1


def test_a_self_billed_document_names_no_terms_of_the_network() -> None:
    example = self_billed("fr")
    example = replace(example, buyer=replace(example.buyer, terms_version="2026-01", terms_url=URL))
    text = example.canonical()
    assert "Conditions" not in page_texts(pdf(example, text, ubl(example, text)))[0]
    assert not any("Conditions" in note for note in xml_texts(example, "Note"))


@pytest.mark.parametrize("suffix", ["pdf", "xml"])
def test_other_terms_than_those_of_the_evidence_are_found(tmp_path: Path, suffix: str) -> None:
    example, other = with_terms(invoice("en", 2)), with_terms(invoice("en", 2), version="2025-01")
    text = example.canonical()
    path = tmp_path / f"a.{suffix}"
    if suffix == "xml":
        path.write_bytes(ubl(example, text).replace(b"version 2026-01", b"version 2025-01"))
    else:
        attached = {"xml": ubl(example, text).decode(), "evidence": text}
        path.write_bytes(drawn(document_pages(other, digest(text).hex()), attached, example.issued_on))
    found = verify(path).findings
    assert found
    if suffix == "pdf":
        assert [(each.what, each.computed) for each in found] == [("general terms", TERMS["en"])]
    path.write_bytes(pdf(example, text, ubl(example, text)) if suffix == "pdf" else ubl(example, text))
    assert verify(path).findings == ()


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with official_rules() as compiled:
        yield compiled


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_official_rules_find_nothing_in_documents_with_all_mentions(rules: Rules, language: Language) -> None:
    examples = [*every_kind(language), credit_note(language, SMALL), invoice(language, 2, vat=SMALL)]
    for example in [*map(with_legal, examples), *map(with_terms, examples)]:
        assert rules.findings(ubl(example, example.canonical())) == []
