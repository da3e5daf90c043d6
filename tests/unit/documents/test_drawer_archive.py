"""A document of an earlier version is drawn again by the drawer of that version, and compared as a whole."""

import re
import zlib
from pathlib import Path

import pytest

from smartwork.documents import drawer_archive, drawers
from smartwork.documents.files import render
from smartwork.documents.pdf import pdf
from smartwork.documents.pdf_file import read_pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from tests.support.documents import invoice
from tests.support.issued_documents import FOLDER

ISSUED = sorted(FOLDER.glob("*.pdf"))
"""Documents as each version issued them, by the version that their PDF states."""


@pytest.mark.parametrize("path", ISSUED, ids=lambda path: path.stem)
def test_an_issued_document_is_compared_as_a_whole_whatever_version_drew_it(path: Path) -> None:
    """If one of today's version fails, its pages or texts were changed: see `tests/support/issued_documents.py`."""
    result = verify(path)
    assert (result.findings, result.pages, result.whole) == ((), "all", True)


def box_over_the_page(content: bytes) -> bytes:
    """The PDF with a white box over its first page, written as the typesetter writes: tables and lengths fit."""
    page = re.search(rb"/Contents (\d+) 0 R", content)
    assert page
    at = content.index(b"\n%s 0 obj\n" % page[1])
    found = re.compile(rb"(?s)/Length (\d+)(/Filter/FlateDecode>>\nstream\n)(.*?)(?=\nendstream)").search(content, at)
    assert found
    drawn = zlib.compress(zlib.decompress(found[3]) + b"\n1 1 1 rg 0 0 600 850 re f\n")
    changed = content[: found.start()] + b"/Length %d" % len(drawn) + found[2] + drawn + content[found.end() :]
    moved = len(changed) - len(content)

    def later(match: re.Match[bytes]) -> bytes:
        at = int(match[1])
        return b"%010d 00000 n" % (at + moved if at > found.start() else at)

    changed = re.sub(rb"(\d{10}) 00000 n", later, changed)
    return re.sub(rb"startxref\n(\d+)", lambda match: b"startxref\n%d" % (int(match[1]) + moved), changed)


@pytest.mark.parametrize("stated", [b"61163e50dd2e827b", b"0123456789abcdef"])
def test_a_box_over_a_page_of_an_earlier_version_is_found_whatever_version_the_pdf_states(
    tmp_path: Path, stated: bytes
) -> None:
    forged = box_over_the_page((FOLDER / "61163e50dd2e827b-credit-note.pdf").read_bytes())
    other = tmp_path / "a.pdf"
    other.write_bytes(forged.replace(b"61163e50dd2e827b", stated))
    result = verify(other)
    assert not result.holds
    assert {finding.where for finding in result.findings} <= {"PDF page", "PDF file"}


def test_a_document_issued_before_snapshots_stated_a_version_is_written_again_as_it_was(tmp_path: Path) -> None:
    issued = next(path for path in ISSUED if path.stem.startswith("afd846b6f12abbcd"))
    [again] = render([read_pdf(issued.read_bytes()).attached["json"].decode()], tmp_path, lambda *_: None)
    assert read_pdf(again.pdf.read_bytes()) == read_pdf(issued.read_bytes())
    assert again.xml.read_bytes() == read_pdf(issued.read_bytes()).attached["xml"]


def test_an_archive_of_the_drawer_of_today_draws_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawer_archive, "_FOLDER", tmp_path)
    example = invoice("nl", lines=2)
    text = example.canonical()
    kept = drawer_archive.keep()
    assert drawer_archive.is_kept(kept.stem)
    assert drawer_archive.drawn_by(kept.stem, text) == pdf(example, text, ubl(example, text))


def test_an_installation_with_another_typesetter_says_that_it_did_not_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = invoice("nl", lines=2)
    text = example.canonical()
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(example, text, ubl(example, text)))
    monkeypatch.setattr(drawers, "version", lambda name: "0.99.0" if name == "typst" else drawers._LIBRARIES[name])
    assert verify(path).whole
    monkeypatch.setattr("smartwork.documents.verify.drawn_again", lambda *_: box_over_the_page(path.read_bytes()))
    result = verify(path)
    assert (result.findings, result.pages, result.whole) == ((), "not compared", False)
    assert "typst 0.99.0" in result.not_compared[0]


def test_the_libraries_that_draw_are_those_of_the_lock_file() -> None:
    locked = (Path(__file__).parents[3] / "requirements" / "dev.txt").read_text()
    for name, known in drawers._LIBRARIES.items():
        assert f"\n{name}=={known} " in locked
