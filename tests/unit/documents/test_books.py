"""The head of the books on documents: on each page and in the XML, in the reader's language, absent in older documents."""

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from smartwork.domain.billing.book_head import BookHead
from smartwork.domain.billing.invoice import Invoice
from tests.support.documents import credit_note, mixed_invoice, page_texts, self_billed
from tests.support.official import official_rules

HEAD = BookHead(12345, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
EXAMPLES = {
    "en": (mixed_invoice("en"), "Books before this document, entry 12345: ", "Books"),
    "fr": (credit_note("fr"), "Livres avant ce document, inscription 12345 : ", "Livres"),
    "nl": (self_billed("nl", 12), "Boeken vóór dit document, inschrijving 12345: ", "Boeken"),
}


@pytest.mark.parametrize(("example", "text", "short"), EXAMPLES.values(), ids=EXAMPLES)
def test_each_page_and_the_xml_state_the_head_and_verify_compares_it(
    example: Invoice, text: str, short: str, tmp_path: Path
) -> None:
    stated = replace(example, book_head=HEAD)
    canonical = stated.canonical()
    xml = ubl(stated, canonical)
    file = tmp_path / "document.pdf"
    file.write_bytes(pdf(stated, canonical, xml))
    first, *others = page_texts(file.read_bytes())
    assert "".join(f"{text}{HEAD.head}".split()) in first
    assert all(f"{short}12345:2d711642b726" in page for page in [first, *others])
    [note] = [each.text or "" for each in etree.fromstring(xml) if etree.QName(each).localname == "Note"]
    assert note.endswith(f"{text}{HEAD.head}")
    assert (verify(file).holds, verify(file).whole) == (True, True)


def test_the_note_with_the_head_is_valid_by_the_official_rules() -> None:
    with official_rules() as rules:
        for example, *_ in EXAMPLES.values():
            stated = replace(example, book_head=HEAD)
            assert rules.findings(ubl(stated, stated.canonical())) == []


@pytest.mark.parametrize(("example", "text", "short"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_document_from_before_the_books_states_no_head(example: Invoice, text: str, short: str) -> None:
    canonical = example.canonical()
    assert "book_head" not in canonical
    assert text.split(",", maxsplit=1)[0].encode() not in ubl(example, canonical)
    assert not any(f"{short}1" in page for page in page_texts(pdf(example, canonical, ubl(example, canonical))))
    assert Invoice.read(replace(example, book_head=HEAD).canonical()).book_head == HEAD
