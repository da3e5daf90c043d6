"""Sections flow over pages: every row stands once, heads are repeated, no heading ends a page, no total begins one."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import typst

from smartwork.documents.character_set import SHOWN
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import TEMPLATES, drawn
from smartwork.documents.statement_pages import statement_pages
from smartwork.documents.text_width import BODY_SIZE, SMALL_SIZE, width
from smartwork.domain.billing.invoice import Invoice
from tests.support.documents import centre_statement, every_kind, invoice, page_texts, self_billed


def laid_out(example: Invoice) -> list[str]:
    return page_texts(drawn(document_pages(example, "0" * 64), {"evidence": "{}"}, example.issued_on))[1:]


def by_centres(count: int, centres: int) -> Invoice:
    """Lines of some centres in a row, each with an amount and a name of its own."""
    example = invoice("en", count)
    size = -(-count // centres)
    lines = [
        replace(line, line=n + 1, centre=f"c-{n // size}", centre_name=f"Centrum{n // size}x")
        for n, line in enumerate(example.lines[:count])
    ]
    return replace(example, lines=tuple(lines))


@pytest.mark.parametrize("count", [1, 2, *range(24, 38)])
def test_whatever_the_number_of_lines_no_heading_ends_a_page_and_no_total_begins_one(count: int) -> None:
    pages = laid_out(by_centres(count, 1 + count % 5))
    footers = [page.rindex("RéseauSmartWorkCenters") for page in pages]
    rows = [page[:at] for page, at in zip(pages, footers, strict=True)]
    detail = [page for page in rows if "Details" in page]
    assert all("DateServiceTimesVerdict" in page for page in detail)
    for page in rows:
        assert not page.rstrip("0123456789.,").endswith(("x", "Details", "Annex:theevidence", "Annex:theledgerofthosedays"))
    assert sum("Totalexcl.VAT" in page for page in rows) == 1
    [last] = [page for page in rows if "Totalexcl.VAT" in page]
    assert str(count) in last[: last.index("Totalexcl.VAT")]


def test_every_line_of_three_thousand_stands_once_under_repeated_heads() -> None:
    example = invoice("nl", 3000)
    pages = laid_out(example)
    text = "".join(pages)
    bookings = [billed.visit.booking for line in example.lines for billed in line.visits if billed.visit.booking]
    # Once among the lines, once in the annex.
    assert all(text.count(booking) == 2 for booking in bookings[:: len(bookings) // 200])
    heads = ("Detailvandeprestaties", "Bijlage:", "Hoedebedragenberekendzijn", "Bureaus·lijnen", "Vergaderzalen·lijnen")
    assert all(any(head in page for head in heads) for page in pages)


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


ALPHABETS = ("".join(sorted(SHOWN)), "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "aBGmw", "n", "W", "é№Ж")


def measured(texts: list[str], size: float, type_weight: str) -> list[tuple[str, float]]:
    """The texts with their widths in mm."""
    source = f"""
        #set text(font: "Libertinus Serif", size: {size}pt, weight: "{type_weight}", number-width: "tabular")
        #context [#metadata(json(bytes(sys.inputs.texts)).map(body => (body, measure(body).width / 1mm)))<widths>]
    """
    compiler = typst.Compiler(
        source.encode(), root=str(TEMPLATES), ignore_system_fonts=True, sys_inputs={"texts": json.dumps(texts)}
    )
    found: list[tuple[str, float]] = json.loads(compiler.query("<widths>", field="value", one=True))
    return found


@pytest.mark.parametrize("type_weight", ["regular", "semibold"])
@pytest.mark.parametrize("size", [BODY_SIZE, SMALL_SIZE])
def test_a_text_is_never_wider_than_its_estimate(size: float, type_weight: str) -> None:
    random = Random(type_weight)
    texts = ["".join(random.choices(random.choice(ALPHABETS), k=random.randint(1, 40))) for _ in range(4000)]
    texts += sorted(SHOWN)
    assert [(text, wide) for text, wide in measured(texts, size, type_weight) if wide > width(text, size)] == []


def test_the_estimate_is_near_enough_for_usual_texts() -> None:
    texts = ["Bureau 17", "Salle Ourthe", "…charleroi-20261027-019", "gateway/d965c4 № 164980–168579", "640 / 690 min"]
    assert [text for text, wide in measured(texts, BODY_SIZE, "regular") if width(text, BODY_SIZE) > 1.2 * wide] == []


def test_rows_of_usual_texts_have_a_fixed_height() -> None:
    sections = document_pages(invoice("fr", 60), "0" * 64)["sections"]
    rows = rows_of(sections, "visits")
    assert {row["fits"] for row in rows if not (row["missing"] or row["unknown"] or "+" in row["measured"])} == {True}


def test_the_sizes_of_type_are_those_of_the_templates() -> None:
    styles = (TEMPLATES / "styles.typ").read_text()
    assert f"#let body-size = {BODY_SIZE}pt" in styles
    assert f"#let small(body) = text({SMALL_SIZE:g}pt" in styles


def random_texts(document: Invoice, random: Random) -> Invoice:
    """The document with places and bookings of random lengths and letters."""

    def text(most: int) -> str:
        return "".join(random.choices(random.choice(ALPHABETS), k=random.randint(1, most)))

    return replace(
        document,
        lines=tuple(
            replace(
                line,
                visits=tuple(
                    replace(
                        billed, visit=replace(billed.visit, resource_name=text(30), booking=billed.visit.booking and text(30))
                    )
                    for billed in line.visits
                ),
            )
            for line in document.lines
        ),
    )


def rows_of(sections: Sequence[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The rows of the sections of a kind."""
    groups = [group for section in sections if section["kind"] == kind for group in section["groups"]]
    return [row for group in groups for part in group.get("kinds", [group]) for row in part["rows"]]


def test_the_texts_of_a_row_of_fixed_height_have_room() -> None:
    sections = document_pages(random_texts(invoice("fr", 400), Random(12)), "0" * 64)["sections"]
    lines, visits = rows_of(sections, "lines"), rows_of(sections, "visits")
    short, aligned = [row for row in visits if row["fits"]], [row for row in lines if row["aligned"] and row["time"]]
    assert 20 < len(short) < len(visits)
    assert 20 < len(aligned) < len(lines)
    for texts, size, type_weight, room in (
        ([row["name"] for row in aligned], BODY_SIZE, "regular", 34),
        ([row["place"] for row in short], BODY_SIZE, "semibold", 32),
        ([f"{row['time']} · {row['reference']}" for row in short], SMALL_SIZE, "regular", 47),
        ([f"{row['numbers']}{row['missing']}{row['coverage']}" for row in short], SMALL_SIZE, "semibold", 67 - 4),
    ):
        assert [(text, wide) for text, wide in measured(texts, size, type_weight) if wide > room] == []


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_the_texts_below_a_name_are_no_wider_than_their_row_takes_them_for(language: Any) -> None:
    rows = [
        row
        for example in every_kind(language)
        for row in rows_of(document_pages(example, "0" * 64)["sections"], "lines")
        if len(row["small"]) == 1
    ]
    widths = {text: row["small_width"] for row in rows for text in row["small"]}
    assert [(text, wide) for text, wide in measured(list(widths), SMALL_SIZE, "regular") if wide > widths[text]] == []
    verdicts = {row["verdict"]: width(row["verdict"], BODY_SIZE) for row in rows}
    assert [(text, wide) for text, wide in measured(list(verdicts), BODY_SIZE, "regular") if wide > verdicts[text]] == []
