"""Whatever text a document holds, it can be drawn and it proves itself; what its typeface lacks has a visible stand-in."""

import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from smartwork.documents.character_set import SHOWN, STAND_IN, ending, shortened, showable
from smartwork.documents.files import render
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import NotDrawable, drawn, pdf
from smartwork.documents.statement_pdf import statement_pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from smartwork.domain.billing.invoice import Invoice
from tests.support.documents import centre_statement, credit_note, invoice, mixed_invoice, self_billed, texts_in

ODD = [
    "uid-😀@x",
    "uid-\x01",
    "会議室",
    "مرحبا",
    "a\nb\tc\x85d",
    "e\u0301 \u200b\ufe0f\u2028\ufeff",
    "\ufffe\ue801",
    "שלום",
    "\\n",
]
"""Emoji, control characters, scripts that the typeface lacks, marks, what is invisible, what is no character."""


def named(text: str, example: Invoice) -> Invoice:
    """`example` with `text` in every name that comes from outside."""
    lines = []
    for line in example.lines:
        visits = tuple(
            replace(
                billed,
                visit=replace(
                    billed.visit,
                    booking=billed.visit.booking and text,
                    member=text,
                    resource_name=text,
                    centre_name=text,
                ),
            )
            for billed in line.visits
        )
        lines.append(replace(line, visits=visits, centre_name=line.centre_name and text, label=line.label and text))
    return replace(
        example,
        lines=tuple(lines),
        seller=replace(example.seller, name=text, street=text),
        buyer=replace(example.buyer, name=text, town=text),
        buyer_reference=text,
        reason=example.reason and text,
    )


def printed(made: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages).replace("\u200b", "").split())


def test_every_character_that_counts_as_shown_can_be_drawn_in_every_style() -> None:
    text = json.dumps("".join(f"{character} " for character in SHOWN))
    styles = "".join(
        f'#text(weight: "{weight}", style: "{style}", {text})\n'
        for weight in ("regular", "semibold")
        for style in ("normal", "italic")
    )
    source = f'#set text(font: "Libertinus Serif", fallback: false)\n{styles}'
    made = typst.Compiler(ignore_system_fonts=True).compile(source.encode(), format="pdf", pdf_standards=["a-3b"])
    assert isinstance(made, bytes)


def test_a_character_that_is_not_shown_has_a_stand_in_and_others_stay() -> None:
    assert showable("Zoë’s café – €\u202f5 ½ Ω Щ") == "Zoë’s café – €\u202f5 ½ Ω Щ"
    assert showable("uid-😀@x") == f"uid-{STAND_IN}@x"
    assert showable("a\nb\x01") == f"a{STAND_IN}b{STAND_IN}"
    assert showable("cafe\u0301, x\u0301") == f"café, x{STAND_IN}"
    assert showable("soft\u00adhyphen\ufe0f\ufeff") == "softhyphen"


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("kind", [lambda: invoice("nl", 3), mixed_invoice, credit_note, lambda: self_billed(places=2)])
def test_a_document_with_any_text_in_it_is_drawn_and_holds(tmp_path: Path, text: str, kind: Callable[[], Invoice]) -> None:
    example = named(text, kind())
    [files] = render([example.canonical()], tmp_path, lambda *_: None)
    for path in (files.pdf, files.xml):
        checked = verify(path)
        assert checked.findings == ()
    assert "".join(showable(text).split()) in printed(files.pdf.read_bytes())


ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY | st.text(st.sampled_from(sorted(SHOWN)), min_size=1, max_size=60))
def test_no_text_at_all_keeps_a_document_from_being_drawn(tmp_path: Path, text: str) -> None:
    example = named(text, invoice(lines=1))
    [files] = render([example.canonical()], tmp_path, lambda *_: None)
    assert verify(files.pdf).findings == ()


@pytest.mark.parametrize("name", ["0" * 23 + "10", "1234567890123456789012345", "…" * 30])
def test_a_long_word_with_digits_is_verified_where_it_is_broken(tmp_path: Path, name: str) -> None:
    [files] = render([named(name, invoice(lines=1)).canonical()], tmp_path, lambda *_: None)
    assert verify(files.pdf).findings == ()


def test_the_xml_keeps_the_true_text_but_for_what_xml_forbids() -> None:
    example = replace(invoice(lines=1), buyer_reference="a😀b\x01c\ufffed")
    root: Any = etree.fromstring(ubl(example, example.canonical()))
    assert root.findtext("{*}BuyerReference") == "a😀b\ufffdc\ufffdd"


def test_a_statement_with_any_name_in_it_is_drawn() -> None:
    kept, document = centre_statement("fr")
    odd = replace(document, seller=replace(document.seller, name="Ville 🏢"))
    stays = tuple(replace(stay, resource_name="Salle 会\x01") for stay in kept.unattributed)
    assert stays
    text = printed(statement_pdf(replace(kept, unattributed=stays), odd))
    assert f"Salle{STAND_IN}{STAND_IN}" in text


def test_text_that_can_be_shown_stays_as_it_is() -> None:
    example = mixed_invoice("fr")
    assert not any(STAND_IN in text for text in texts_in(document_pages(example, "0" * 64)))


def test_what_cannot_be_drawn_all_the_same_names_the_document() -> None:
    example = invoice(lines=1)
    pages = {**document_pages(example, "0" * 64), "title": "会"}
    pages["first"]["title"] = "会"
    with pytest.raises(NotDrawable, match=example.number):
        drawn(pages, {"evidence": example.canonical()}, example.issued_on)


def test_a_long_word_gets_places_to_break_a_line_and_is_read_back_whole() -> None:
    word = "W" * 300
    example = named(word, mixed_invoice("fr"))
    made = pdf(example, example.canonical(), ubl(example, example.canonical()))
    assert word in printed(made)


def test_a_name_that_is_too_long_for_a_row_ends_in_an_ellipsis() -> None:
    assert shortened("a" * 10, 10) == "a" * 10
    assert shortened("Salle 1 · deuxième", 10) == "Salle 1…"
    assert ending("demo-arlon-20261001-001", 14) == "…20261001-001"
