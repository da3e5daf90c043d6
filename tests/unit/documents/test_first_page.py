"""A page has room for all that stands on it: nothing runs into its neighbour, off the page, or over the payment."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from smartwork.documents.first_page import Address, Face, Payment, Table
from smartwork.documents.measure import width, wrap
from smartwork.documents.page_layout import WIDTH, Frame, Sheet, paginate
from smartwork.documents.rows import FIRST_PAGE_ROWS
from smartwork.documents.statement_view import statement_face, statement_view
from smartwork.documents.styles import LOOKS
from smartwork.documents.view import face, view
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Language
from tests.support.documents import centre_statement, every_kind, mixed_invoice

LANGUAGES: tuple[Language, ...] = ("fr", "nl", "en")
LONGEST = ("Agence de développement territorial " * 6)[:200]
"""As long as agreements allow."""
words = st.text(alphabet="abcdefgh WM€–½", min_size=1, max_size=60)
Box = tuple[float, float, float, float, str]


def crowded(rows: list[str], vat: list[str], mention: str, name: str) -> Face:
    party = Address(name, "Rue 1", "BE-5000 Namur", "TVA BE 0999.900.150")
    amounts = ("72", "1\u202f357,38", "−2\u202f122\u202f101,32\u00a0€")
    return Face(
        size="display", title="Facture", month="octobre 2026", mark="DEMO", sender=party, receiver_label="Facturé à",
        receiver=party, facts=[("Numéro", "INV-2026-00006"), ("Votre référence", name)], due=("Échéance", "26/12/2026"),
        mention=mention, summary=Table(("Centre", "Lignes", "Heures", "Net"), [(row, *amounts) for row in rows], "Par"),
        vat=Table(("Taux", "Base", "TVA"), [(row, *amounts[1:]) for row in vat]), total_label="À payer", gross=amounts[-1],
        pools=Table(("Heures", "Début", "Fin"), [("Bureau", "1,00", "2,00"), ("Salle", "1,00", "2,00")]), notes=["A note."],
        payment=Payment("Paiement", [("Bénéficiaire", name)], code='<svg viewBox="0 0 1 1"/>', scan="À scanner"),
        fingerprint="0" * 64,
    )  # fmt: skip


def framed(first: Face, name: str = "Réseau", mark: str = "DEMO") -> list[Sheet]:
    return paginate(first.sheet(), [], Frame(name, "Facture INV-1 · octobre 2026", f"{name} · Rue 1", "page", "sur", mark))


def boxes(sheet: Sheet) -> Iterator[Box]:
    """Left, right, top and bottom of every text, its lines together, and what it says."""
    for (align, style), texts in sheet.texts.items():
        em = LOOKS[style].size * 0.3528
        for x, y, pitch, lines in texts:
            wide = max(width(line, style) for line in lines.split("\n"))
            left = x if align == "left" else x - wide if align == "right" else x - wide / 2
            yield left, left + wide, y - 0.68 * em, y + pitch * lines.count("\n") + 0.18 * em, lines


def clashes(sheet: Sheet) -> list[tuple[str, str]]:
    found = sorted(boxes(sheet), key=lambda box: box[2])
    return [
        (one[4], other[4])
        for one, other in combinations(found, 2)
        if one[0] < other[1] - 0.01 and other[0] < one[1] - 0.01 and one[2] < other[3] and other[2] < one[3]
    ]


def outside(sheet: Sheet) -> list[str]:
    return [text for left, right, top, bottom, text in boxes(sheet) if left < -0.01 or right > WIDTH + 0.01 or bottom > 271]


def documents(language: Language) -> list[Invoice]:
    return [*every_kind(language), mixed_invoice(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_any_kind_of_document_leaves_its_first_page_or_runs_into_another(language: Language) -> None:
    faces = [face(one, "0" * 64) for one in documents(language)]
    faces.append(statement_face(*centre_statement(language), "0" * 64))
    for one in faces:
        [sheet] = framed(one)
        assert (outside(sheet), clashes(sheet)) == ([], [])


@example(["Smart Work Center " * 11] * FIRST_PAGE_ROWS, ["Autoliquidation " * 12] * 3, "ce qui " * 90, LONGEST)
@example(["W" * 60] * FIRST_PAGE_ROWS, ["W" * 60] * 3, "W " * 400, "W" * 60)
@given(st.lists(words, max_size=FIRST_PAGE_ROWS), st.lists(words, min_size=1, max_size=3), words, words)
def test_whatever_names_are_long_nothing_overlaps_and_the_payment_stays_free(
    rows: list[str], vat: list[str], mention: str, name: str
) -> None:
    [sheet] = framed(crowded(rows, vat, mention, name), name)
    assert (outside(sheet), clashes(sheet)) == ([], [])


@given(words, words)
def test_a_name_of_any_length_stands_whole(row: str, name: str) -> None:
    sheet = crowded([row], ["TVA"], "", name).sheet()
    for style, said in (("main", row), ("receiver", name), ("brand", name)):
        [text] = [text for (_, its), texts in sheet.texts.items() if its == style for *_, text in texts][:1]
        assert "".join(text.split()) == "".join(said.split())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 8, 40])
def test_a_centre_whose_months_were_corrected_often_still_reads_its_total(language: Language, count: int) -> None:
    kept, document = centre_statement(language)
    [line, *_] = document.lines
    many = replace(document, lines=tuple(replace(line, line=n) for n in range(1, count + 1)))
    one = statement_face(kept, many, "0" * 64)
    [sheet] = framed(one)
    assert (outside(sheet), clashes(sheet)) == ([], [])
    assert len(one.vat.rows) <= 12
    left = [row for row in one.vat.rows if row[0].startswith("+ ")]
    assert [row[0].split()[1] for row in left] == ([f"{count - 6}"] if count > 7 else [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mark", ["DEMO – données fictives", ""])
def test_a_long_name_stops_before_what_stands_beside_it_on_every_page(language: Language, mark: str) -> None:
    name = "Agence de développement territorial pour la Wallonie picarde et le Hainaut occidental, " * 2
    for one in documents(language):
        first = replace(face(one, "0" * 64), sender=Address(name, name, "BE-5000 Namur", "TVA BE 0999.900.150"))
        frame = Frame(name, "Note de crédit (autofacturation) SBC-2026-00001 · octobre 2026", name, "page", "sur", mark)
        later = Sheet()
        frame.draw(later, 2, 34)
        for sheet in (*paginate(first.sheet(), [], frame), later):
            assert (outside(sheet), clashes(sheet)) == ([], [])


@given(words, st.floats(8, 80))
def test_wrapping_loses_nothing_and_each_line_has_room(text: str, room: float) -> None:
    lines = wrap(text, "main", room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line, "main") <= room for line in lines)


def test_on_the_first_page_a_label_is_followed_by_what_it_names() -> None:
    shown: Any = view(mixed_invoice("en"), "0" * 64)
    order = [text for _, _, *texts in shown["sheets"][0]["texts"] for *_, text in texts]
    for label in ("Number", "Total excl. VAT", "Amount due", "Account", "VAT 21%"):
        assert any(sign.isdigit() for sign in order[order.index(label) + 1]), label


def test_every_box_lies_within_the_drawing_of_its_page() -> None:
    shown: list[Any] = [view(mixed_invoice("en"), "0" * 64), statement_view(*centre_statement("en"), "0" * 64)]
    for sheet in (sheet for one in shown for sheet in one["sheets"]):
        drawing = etree.fromstring(sheet["drawing"])
        left, top, wide, high = map(float, (drawing.get("viewBox") or "").split())
        found = list(drawing.iterfind("{*}rect"))
        assert found
        for box in found:
            x, y, its_width, its_height = (float(box.get(key) or "nan") for key in ("x", "y", "width", "height"))
            assert left <= x <= x + its_width <= left + wide
            assert top <= y <= y + its_height <= top + high
