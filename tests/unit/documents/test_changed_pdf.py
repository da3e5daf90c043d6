"""The pages of a PDF say what its evidence gives, or what they say otherwise is found and named."""

import re
import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter
from pypdf.annotations import Rectangle
from typer.testing import CliRunner

from smartwork.cli.app import app
from smartwork.documents.pages import document_pages
from smartwork.documents.pdf import TEMPLATES, drawn, pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import Verified, verify
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.invoice import DRAWING, Invoice, Payment
from smartwork.errors import InputError
from tests.support.documents import invoice, page_texts, section

ONE = invoice(lines=40)
TEXT = ONE.canonical()
XML = ubl(ONE, TEXT)
PDF = pdf(ONE, TEXT, XML)
FILES = {"xml": XML.decode(), "evidence": TEXT}
LAST_OF_VISITS = next(number for number, text in enumerate(page_texts(PDF), 1) if "Annexe:leregistre" in text)


def checked(folder: Path, content: bytes) -> Verified:
    path = folder / "a.pdf"
    path.write_bytes(content)
    return verify(path)


def found(result: Verified) -> list[tuple[str, str]]:
    return [(finding.where, finding.what) for finding in result.findings]


def test_a_page_that_shows_another_amount_or_digest_is_found(tmp_path: Path) -> None:
    other = invoice(lines=8)
    made = drawn(document_pages(other, digest(other.canonical()).hex()), FILES, other.issued_on)
    assert {"SHA-256", "amount"} <= {what for _, what in found(checked(tmp_path, made))}


def pays(change: Callable[[Invoice], Invoice]) -> bytes:
    """The PDF whose page shows another document, with the right files attached."""
    other = change(ONE)
    return drawn(document_pages(other, digest(TEXT).hex()), FILES, ONE.issued_on)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda finding: replace(finding, payment=replace(finding.payment, iban="BE68539007547034")), {"account to pay to"}),
        (lambda finding: replace(finding, payment=replace(finding.payment, reference="000000000097")), {"payment reference"}),
        (lambda finding: replace(finding, due_on=date(2026, 11, 3)), {"due date"}),
        (lambda finding: replace(finding, net=Decimal("1.00")), {"net", "base of S"}),
        (lambda finding: replace(finding, vat_totals=(replace(finding.vat_totals[0], vat=Decimal("0.01")),)), {"VAT of S"}),
        (lambda finding: replace(finding, buyer=replace(finding.buyer, name="Other SA")), {"customer's name"}),
        (
            lambda finding: replace(
                finding, seller=replace(finding.seller, name="Evil"), payment=replace(finding.payment, holder="Evil")
            ),
            {"supplier's name", "account holder"},
        ),
        (
            lambda finding: replace(finding, payment=replace(finding.payment, holder="Evil")),
            {"supplier's name", "account holder"},
        ),
    ],
)
def test_a_page_that_asks_for_other_than_the_evidence_is_found(
    tmp_path: Path, change: Callable[[Any], Invoice], what: set[str]
) -> None:
    result = checked(tmp_path, pays(change))
    assert {(finding.where, finding.what) for finding in result.findings if not finding.what.startswith("page ")} == {
        ("PDF page", each) for each in what
    }


def written(page: int, text: str) -> bytes:
    """The PDF with one more text on a page, drawn as all others are."""
    pages = document_pages(ONE, digest(TEXT).hex())
    if page == 0:
        pages["first"]["notes"].append(text)
    elif page == 1:
        section(pages, "lines")["groups"][0]["kinds"][0]["rows"][0]["verdict"] = text
    else:
        section(pages, "visits")["groups"][-1]["rows"][-1]["verdict"] = text
    return drawn(pages, FILES, ONE.issued_on)


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_text_added_to_any_page_is_found_and_quoted(tmp_path: Path, page: int) -> None:
    result = checked(tmp_path, written(page, "BE68 5390 0754"))
    assert found(result) == [("PDF page", f"page {(1, 2, LAST_OF_VISITS)[page]}")]
    assert "BE68" in result.findings[0].stated


def without_a_page(writer: PdfWriter) -> None:
    writer.remove_page(len(writer.pages) - 1)


def covered(writer: PdfWriter) -> None:
    writer.add_annotation(0, Rectangle(rect=(0, 0, 600, 800)))


def untouched(_: PdfWriter) -> None:
    """What another program does by saving the file again."""


@pytest.mark.parametrize("change", [without_a_page, covered, untouched])
def test_a_file_that_another_program_saved_again_is_refused(tmp_path: Path, change: Callable[[PdfWriter], None]) -> None:
    writer, touched = PdfWriter(clone_from=BytesIO(PDF)), BytesIO()
    change(writer)
    writer.write(touched)
    with pytest.raises(InputError, match=r"saved again, changed or cut.*Ask the sender"):
        checked(tmp_path, touched.getvalue())


def test_a_page_left_out_is_found(tmp_path: Path) -> None:
    pages = document_pages(ONE, digest(TEXT).hex())
    del pages["sections"][1:]
    made = drawn(pages, FILES, ONE.issued_on)
    assert ("PDF page", "number of pages") in found(checked(tmp_path, made))


def in_other_colours(folder: Path) -> bytes:
    templates = folder / "templates"
    shutil.rmtree(templates, ignore_errors=True)
    shutil.copytree(TEMPLATES, templates)
    styles = templates / "styles.typ"
    styles.write_text(styles.read_text().replace("#0e5a5a", "#123456"))
    return drawn(document_pages(ONE, digest(TEXT).hex()), FILES, ONE.issued_on, templates)


@pytest.mark.parametrize("stated", [b"drawing:1", b"drawing:2", b"drawing:9", b"drawing:a", b"dravving:", b"         "])
def test_a_page_drawn_otherwise_is_found_whatever_version_the_pdf_states(tmp_path: Path, stated: bytes) -> None:
    """The version stands in the snapshot, under the digest: a PDF cannot choose another."""
    made = in_other_colours(tmp_path).replace(b"drawing:1", stated)
    assert found(checked(tmp_path, made)) == [("PDF file", "content")]
    if stated != b"drawing:1":
        assert found(checked(tmp_path, PDF.replace(b"drawing:1", stated))) == [("PDF file", "content")]


def issued_before_versions() -> tuple[Invoice, str, bytes]:
    """A document whose snapshot states no drawing version, as those of November 2026, and its PDF."""
    before = replace(ONE, drawing=None)
    text = before.canonical()
    assert '"drawing"' not in text
    return before, text, pdf(before, text, ubl(before, text), "0123456789abcdef")


def test_a_document_without_a_drawing_version_in_its_snapshot_is_compared_as_a_whole(tmp_path: Path) -> None:
    before, text, made = issued_before_versions()
    result = checked(tmp_path, made)
    assert (result.findings, result.pages, result.whole) == ((), "all", True)
    other = replace(before, payment=Payment("BE68539007547034", before.seller.name, None))
    pages = document_pages(other, digest(text).hex())
    files = {"xml": ubl(before, text).decode(), "evidence": text}
    for stated in ("0123456789abcdef", "1", "2", ""):
        forged = drawn(pages, files, ONE.issued_on, drawing=stated)
        assert ("PDF page", "account to pay to") in found(checked(tmp_path, forged))


def test_pages_of_a_later_version_are_not_compared_and_have_no_tick(tmp_path: Path) -> None:
    later = replace(ONE, drawing=DRAWING + 1)
    text = later.canonical()
    path = tmp_path / "later.pdf"
    path.write_bytes(pdf(later, text, ubl(later, text)))
    result = verify(path)
    assert (result.findings, result.pages, result.whole) == ((), "not compared", False)
    shown = CliRunner().invoke(app, ["verify", str(path)])
    assert shown.exit_code == 3
    assert "Everything matches" not in shown.output
    [row] = [line for line in shown.output.splitlines() if "newer version" in line]
    assert "✓" not in row


def packed_otherwise(content: bytes) -> bytes:
    """The same PDF as a machine whose compression gives other bytes would write it."""

    def packed(stream: re.Match[bytes]) -> bytes:
        head, data = stream[1], zlib.compress(zlib.decompress(stream[2]), 1)
        return re.sub(rb"/Length \d+", b"/Length %d" % len(data), head) + b"stream\n" + data + b"\nendstream"

    out, offsets = content[: content.index(b"1 0 obj")], {}
    for found in re.finditer(rb"(?s)(?<=\n)(\d+) 0 obj\n(.*?)\nendobj\n", content):
        offsets[int(found[1])] = len(out)
        body = re.sub(rb"(?s)(<<[^\n]*/FlateDecode[^\n]*>>\n)stream\n(.*)\nendstream", packed, found[2])
        out += found[1] + b" 0 obj\n" + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n\r\n" % offsets[number] for number in sorted(offsets))
    trailer = content[content.rindex(b"trailer") : content.rindex(b"startxref")]
    head = b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(offsets) + 1)
    return out + head + table + trailer + b"startxref\n%d\n%%%%EOF" % len(out)


@pytest.mark.parametrize("words", [8, 14, 40])
def test_a_page_on_which_names_are_cut_holds_all_the_same(tmp_path: Path, words: int) -> None:
    name = " ".join(["Acme Essai"] * words)
    centres = [replace(line, centre=f"c-{n:02}", centre_name=name) for n, line in enumerate(ONE.lines)]
    example = replace(ONE, lines=tuple(centres), buyer=replace(ONE.buyer, name=name), seller=replace(ONE.seller, name=name))
    text = example.canonical()
    result = checked(tmp_path, pdf(example, text, ubl(example, text)))
    assert (result.findings, result.pages) == ((), "all")


def test_an_untouched_pdf_holds_on_all_pages(tmp_path: Path) -> None:
    result = checked(tmp_path, PDF)
    assert (result.holds, result.pages) == (True, "all")


def test_how_a_pdf_is_compressed_says_nothing(tmp_path: Path) -> None:
    other = packed_otherwise(PDF)
    assert len(other) > len(PDF)
    result = checked(tmp_path, other)
    assert (result.holds, result.pages) == (True, "all")
