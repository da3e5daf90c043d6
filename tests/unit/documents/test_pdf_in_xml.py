"""The XML of a company that wants it embeds the pages as PDF, and nobody can put another PDF there."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from pypdf import PdfReader

from firmware_sim.demo_companies import SELLER
from smartwork.documents import drawer_archive
from smartwork.documents.files import render
from smartwork.documents.pdf import pages_pdf, pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from smartwork.domain.billing.composition import compose, invoice_header
from smartwork.domain.billing.integrity import faults
from smartwork.domain.billing.invoice import MOST_LINES_WITH_PDF, Invoice
from smartwork.domain.billing.parties import STANDARD_VAT, Language
from smartwork.errors import InputError
from tests.support.documents import ISSUED, MONTH, company, credit_note, groups, invoice, page_texts
from tests.support.official import Rules, official_rules

LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")
OBJECT = re.compile(rb'(<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="[^"]*">)([^<]*)')
REFERENCE = re.compile(rb"(?s)  <cac:AdditionalDocumentReference>(?:(?!</cac:Add).)*application/pdf.*?</cac:Add[^>]*>\n")


def with_pdf(example: Invoice) -> Invoice:
    return replace(example, pdf_in_xml=True)


def written(example: Invoice, pages: bytes | None = None) -> bytes:
    """The XML with the PDF of its pages, or another one."""
    text = example.canonical()
    return ubl(example, text, pages_pdf(example, text) if pages is None else pages)


def embedded(xml: bytes) -> bytes:
    found = OBJECT.search(xml)
    assert found
    return base64.b64decode(found[2])


def findings(tmp_path: Path, xml: bytes) -> list[tuple[str, str]]:
    path = tmp_path / "a.xml"
    path.write_bytes(xml)
    result = verify(path)
    assert result.holds == (not result.findings)
    return [(each.where, each.what) for each in result.findings]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", [lambda language: invoice(language, 3), credit_note])
def test_the_xml_embeds_the_pages_without_attachments_and_verify_compares_them(
    tmp_path: Path, language: Language, made: object
) -> None:
    assert callable(made)
    example = with_pdf(made(language))
    [files] = render([example.canonical()], tmp_path, lambda *_: None)
    pages = embedded(files.xml.read_bytes())
    assert PdfReader(BytesIO(pages)).attachments == {}
    assert page_texts(pages) == page_texts(files.pdf.read_bytes())
    for path in (files.xml, files.pdf):
        result = verify(path)
        assert (result.findings, result.pages, result.whole) == ((), "all", True)


def test_the_xml_within_the_pdf_has_no_pdf_in_it(tmp_path: Path) -> None:
    example = with_pdf(invoice("nl", 3))
    [files] = render([example.canonical()], tmp_path, lambda *_: None)
    [attached] = [content for name, (content,) in PdfReader(files.pdf).attachments.items() if name.endswith(".xml")]
    assert b"application/pdf" not in attached
    text = example.canonical()
    files.pdf.write_bytes(pdf(example, text, written(example)))
    assert not verify(files.pdf).holds


def test_documents_that_do_not_ask_for_it_are_as_they_were() -> None:
    example = invoice("fr", 3)
    assert "pdf_in_xml" not in example.canonical()
    assert Invoice.read(example.canonical()) == example
    asked = with_pdf(example)
    assert Invoice.read(asked.canonical()) == asked
    assert '"pdf_in_xml":true' in asked.canonical()
    with pytest.raises(ValueError, match="pdf_in_xml"):
        Invoice.read(asked.canonical().replace('"pdf_in_xml":true', '"pdf_in_xml":false'))


def test_an_embedded_pdf_with_another_iban_is_found(tmp_path: Path) -> None:
    example = with_pdf(invoice("en", 3))
    assert example.payment is not None
    forged = replace(example, payment=replace(example.payment, iban="BE68539007547034"))
    found = findings(tmp_path, written(example, pages_pdf(forged, example.canonical())))
    assert found == [("PDF page", "account to pay to")]


def test_an_embedded_pdf_of_a_long_document_with_another_due_date_is_found(tmp_path: Path) -> None:
    example = with_pdf(invoice("en", 230))
    assert findings(tmp_path, written(example)) == []
    forged = replace(example, due_on=example.due_on.replace(day=example.due_on.day + 1))
    found = findings(tmp_path, written(example, pages_pdf(forged, example.canonical())))
    assert found
    assert {where for where, _ in found} <= {"PDF page", "PDF file"}


def test_an_embedded_pdf_with_files_or_of_another_program_is_refused(tmp_path: Path) -> None:
    example = with_pdf(invoice("en", 3))
    text = example.canonical()
    whole = pdf(example, text, ubl(example, text))
    pages = pages_pdf(example, text)
    for other in (whole, pages + b"\n", pages[:-200], b"%PDF-1.7\nhello", b"MZ"):
        with pytest.raises(InputError, match="embeds is no PDF as it was issued"):
            findings(tmp_path, written(example, other))
    with pytest.raises(InputError, match="embeds is no base64"):
        findings(tmp_path, OBJECT.sub(rb"\1 \2", written(example)))


def test_a_second_pdf_none_and_one_that_the_evidence_does_not_announce_are_found(tmp_path: Path) -> None:
    example = with_pdf(invoice("en", 3))
    xml = written(example)
    reference = REFERENCE.search(xml)
    assert reference
    second = xml.replace(reference[0], reference[0] * 2)
    assert [where for where, _ in findings(tmp_path, second)] == ["XML"]
    other = reference[0].replace(b"INV-2026-00007", b"INV-2026-00008")
    assert [where for where, _ in findings(tmp_path, xml.replace(reference[0], reference[0] + other))] == ["XML"]
    assert findings(tmp_path, xml.replace(reference[0], b"")) == [("XML", "AdditionalDocumentReference")]
    plain = invoice("en", 3)
    assert findings(tmp_path, written(plain)) == [("XML", "AdditionalDocumentReference")]


@pytest.mark.parametrize(
    ("stated", "forged"),
    [
        (b'mimeCode="application/pdf"', b'mimeCode="text/html"'),
        (b'mimeCode="application/pdf"', b'mimeCode="Application/pdf"'),
        (b'filename="INV-2026-00007.pdf"', b'filename="INV-2026-00007.exe"'),
        (b"This document as PDF", b"Our new account"),
    ],
)
def test_another_type_name_or_description_of_the_pdf_is_found(tmp_path: Path, stated: bytes, forged: bytes) -> None:
    xml = written(with_pdf(invoice("en", 3)))
    assert xml.count(stated) == 1
    assert {where for where, _ in findings(tmp_path, xml.replace(stated, forged))} == {"XML"}


def test_a_pdf_that_is_larger_than_pages_can_be_is_refused_unread(tmp_path: Path) -> None:
    example = with_pdf(invoice("en", 3))
    with pytest.raises(InputError, match="is larger than 8 MB"):
        findings(tmp_path, written(example, b"%PDF-" + bytes(8 * 2**20)))


def test_a_document_of_very_many_lines_has_no_pdf_in_its_xml() -> None:
    header = invoice_header(replace(company("fr"), pdf_in_xml=True), MONTH, ISSUED, SELLER, is_demo=True)
    assert compose(header, groups(MOST_LINES_WITH_PDF, STANDARD_VAT), ordinal=7).pdf_in_xml
    longer = compose(header, groups(MOST_LINES_WITH_PDF + 1, STANDARD_VAT), ordinal=7)
    assert longer.pdf_in_xml is None
    assert [each.what for each in faults(with_pdf(longer))] == ["lines of a document with its PDF in the XML"]


def test_a_document_without_xml_does_not_state_it() -> None:
    private = replace(company("fr").party, enterprise_number=None, scheme=None)
    header = invoice_header(replace(company("fr"), party=private, pdf_in_xml=True), MONTH, ISSUED, SELLER, is_demo=True)
    assert compose(header, groups(2, STANDARD_VAT), ordinal=7).pdf_in_xml is None


def test_a_kept_drawer_draws_the_pages_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawer_archive, "_FOLDER", tmp_path)
    kept = drawer_archive.keep().stem
    example = with_pdf(invoice("nl", 2))
    text = example.canonical()
    assert drawer_archive.drawn_by(kept, text, only_pages=True) == pages_pdf(example, text)
    assert drawer_archive.drawn_by(kept, text) == pdf(example, text, ubl(example, text))


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with official_rules() as compiled:
        yield compiled


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_official_rules_find_nothing_in_an_xml_with_its_pages(rules: Rules, language: Language) -> None:
    for example in (with_pdf(invoice(language, 3)), with_pdf(credit_note(language))):
        xml = written(example)
        assert rules.findings(xml) == []
        assert len(etree.fromstring(xml).findall("{*}AdditionalDocumentReference")) == 2
