"""The first page has room for all it says: nothing is cut off, and nothing runs into the payment at its foot."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from smartwork.jobs.documents.face import Address, Face, Payment, Table
from smartwork.jobs.documents.measure import width_mm, wrap
from smartwork.jobs.documents.rows import FIRST_PAGE_ROWS
from smartwork.jobs.documents.sheets import WIDTH
from smartwork.jobs.documents.view import face, view
from smartwork.testing.documents import every_kind, mixed_invoice

_SIZES = {"main": 10.0, "main-bold": 10.0, "fact": 9.5, "fact-bold": 9.5, "receiver": 11.5, "mention": 10.0}
words = st.text(alphabet="abcdefgh WM€–", min_size=1, max_size=60)


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


@example(["W" * 60] * FIRST_PAGE_ROWS, ["W" * 60] * 3, "W " * 400, "W" * 60)
@given(st.lists(words, max_size=FIRST_PAGE_ROWS), st.lists(words, min_size=1, max_size=3), words, words)
def test_the_payment_never_lies_over_what_it_is_for(rows: list[str], vat: list[str], mention: str, name: str) -> None:
    sheet = crowded(rows, vat, mention, name).sheet()
    [(_, payment, _)] = sheet.texts["left", "payment"]
    asked = [y for (_, style), texts in sheet.texts.items() if style in ("owed", "pool", "note") for _, y, _ in texts]
    assert max(asked) < payment - 5


@given(words, words)
def test_a_name_of_any_length_stands_whole_and_within_its_room(row: str, name: str) -> None:
    sheet = crowded([row], ["TVA"], "", name).sheet()
    for style, said in (("main", row), ("receiver", name)):
        texts = sheet.texts["left", style]  # type: ignore[index]  # the key is one of the styles
        assert "".join("".join(text for *_, text in texts).split()) == "".join(said.split())
        assert all(x + width_mm(text, _SIZES[style]) <= WIDTH for x, _, text in texts)


@given(words, st.floats(8, 80))
def test_wrapping_loses_nothing_and_each_line_has_room(text: str, room: float) -> None:
    lines = wrap(text, 10, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width_mm(line, 10) <= room for line in lines)


def test_no_text_of_any_kind_of_document_leaves_the_page() -> None:
    for language in ("fr", "nl", "en"):
        for one in (*every_kind(language), mixed_invoice(language)):
            sheet = face(one, "0" * 64).sheet()
            for (align, style), texts in sheet.texts.items():
                for x, y, text in texts:
                    width = width_mm(text, _SIZES.get(style, 8.0))
                    left = x if align == "left" else x - width if align == "right" else x - width / 2
                    assert left >= -0.01, text
                    assert left + width <= WIDTH + 0.01, text
                    assert y < 260, text


def test_every_box_lies_within_the_drawing_of_its_page() -> None:
    shown: Any = view(mixed_invoice("en"), "0" * 64)
    for sheet in shown["sheets"]:
        drawing = etree.fromstring(sheet["drawing"])
        left, top, width, height = map(float, (drawing.get("viewBox") or "").split())
        boxes = list(drawing.iterfind("{*}rect"))
        assert boxes
        for box in boxes:
            x, y, wide, high = (float(box.get(key) or "nan") for key in ("x", "y", "width", "height"))
            assert left <= x <= x + wide <= left + width
            assert top <= y <= y + high <= top + height
