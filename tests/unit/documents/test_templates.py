"""Sections flow over pages: every row stands once, heads are repeated, no heading ends a page, no total begins one."""

import json
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import typst

from smartwork.documents import line_texts
from smartwork.documents.annex import LIGHT_PLACE, LIGHT_REFERENCE
from smartwork.documents.character_set import SHOWN
from smartwork.documents.line_pages import LIGHT_NAME, reference_fits, weight
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import TEMPLATES, drawn
from smartwork.documents.statement_pages import statement_pages
from smartwork.domain.billing.invoice import Invoice
from tests.support.documents import centre_statement, every_kind, invoice, page_texts, self_billed


def laid_out(one: Invoice) -> list[str]:
    return page_texts(drawn(document_pages(one, "0" * 64), {"evidence": "{}"}, one.issued_on))[1:]


def by_centres(count: int, centres: int) -> Invoice:
    """Lines of some centres in a row, their amounts and names telling them apart."""
    one = invoice("en", count)
    size = -(-count // centres)
    lines = [
        replace(line, line=n + 1, centre=f"c-{n // size}", centre_name=f"Centrum{n // size}x")
        for n, line in enumerate(one.lines[:count])
    ]
    return replace(one, lines=tuple(lines))


@pytest.mark.parametrize("count", [1, 2, *range(43, 55)])
def test_whatever_the_number_of_lines_no_heading_ends_a_page_and_no_total_begins_one(count: int) -> None:
    pages = laid_out(by_centres(count, 1 + count % 5))
    footers = [page.rindex("RéseauSmartWorkCenters") for page in pages]
    rows = [page[:at] for page, at in zip(pages, footers, strict=True)]
    detail = [page for page in rows if "Details" in page]
    assert all("DateServiceReferenceTimesVerdict" in page for page in detail)
    for page in rows:
        assert not page.rstrip("0123456789.,").endswith(("x", "Details", "Annex:theevidence", "Annex:theledgerofthosedays"))
    assert sum("Totalexcl.VAT" in page for page in rows) == 1
    [last] = [page for page in rows if "Totalexcl.VAT" in page]
    assert str(count) in last[: last.index("Totalexcl.VAT")]


def test_every_line_of_three_thousand_stands_once_under_repeated_heads() -> None:
    one = invoice("nl", 3000)
    pages = laid_out(one)
    text = "".join(pages)
    bookings = [billed.visit.booking for line in one.lines for billed in line.visits if billed.visit.booking]
    # Once among the lines, once in the annex.
    assert all(text.count(booking) == 2 for booking in bookings[:: len(bookings) // 200])
    assert all("Detailvandeprestaties" in page or "Bijlage:" in page for page in pages)


def test_a_place_list_repeats_its_heads_and_keeps_its_total_with_a_row() -> None:
    for places in range(100, 107):
        pages = laid_out(self_billed("en", places))
        assert all("Statementofthecentre" in page and "Place" in page for page in pages)
        [last] = [page for page in pages if "Totalexcl.VAT" in page]
        assert "Salle" in last[: last.index("Totalexcl.VAT")]


def test_all_days_and_stays_of_a_statement_stand_under_their_heads() -> None:
    statement, document = centre_statement("en")
    text = "".join(page_texts(drawn(statement_pages(statement, document, "0" * 64), {"evidence": "{}"}, document.issued_on)))
    for earlier, later in pairwise(statement.days):
        assert text.index(f"{earlier.day:%d/%m}") < text.index(f"{later.day:%d/%m}")


COLUMNS = {
    "name": (LIGHT_NAME, 22.5, 8.5, "regular"),
    "place": (LIGHT_PLACE, 29.0, 8.5, "semibold"),
    "reference": (LIGHT_REFERENCE, 31.0, 7, "regular"),
}
"""Texts from outside in rows of fixed height: the most weight, the room for them in mm, and their size and weight of type."""
ALPHABETS = ("".join(sorted(SHOWN)), "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "aBGmw", "n", "W", "é№Ж")


def measured(texts: list[str], size: float, weight: str) -> list[tuple[str, float]]:
    """The texts with their widths in mm."""
    source = f"""
        #set text(font: "Libertinus Serif", size: {size}pt, weight: "{weight}", number-width: "tabular")
        #context [#metadata(json(bytes(sys.inputs.texts)).map(body => (body, measure(body).width / 1mm)))<widths>]
    """
    compiler = typst.Compiler(
        source.encode(), root=str(TEMPLATES), ignore_system_fonts=True, sys_inputs={"texts": json.dumps(texts)}
    )
    found: list[tuple[str, float]] = json.loads(compiler.query("<widths>", field="value", one=True))
    return found


@pytest.mark.parametrize("column", COLUMNS)
def test_a_text_in_a_row_of_fixed_height_has_room_on_one_line(column: str) -> None:
    most, room, size, weight_of_type = COLUMNS[column]
    random = Random(column)
    texts = ["".join(random.choices(random.choice(ALPHABETS), k=random.randint(1, most))) for _ in range(4000)]
    found = measured([text for text in texts if weight(text) <= most], size, weight_of_type)
    assert len(found) > 400
    assert [(text, width) for text, width in found if width > room] == []


def test_a_reference_of_digits_has_room_on_one_line() -> None:
    references = ["B-2026-000000", "W0000000000000", "--------------", "B-2026-0000000000"]
    found = measured([reference for reference in references if reference_fits(reference)], 8.5, "regular")
    assert [(text, width) for text, width in found if width > 22] == []
    assert len(found) == 2


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_a_remark_in_a_row_of_fixed_height_has_room_on_one_line(language: Any) -> None:
    remarks = [
        line_texts.remark(line, language) for one in every_kind(language) for line in one.lines if len(line.visits) == 1
    ]
    found = measured([remark for remark in remarks if len(remark) <= int(47.5 / 1.56)], 8.5, "regular")
    assert [(text, width) for text, width in found if width > 47.5] == []
