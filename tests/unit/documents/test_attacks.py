"""What somebody may do to a PDF who knows how one is put together: another page behind the same evidence is found."""

import re
import zlib
from pathlib import Path

import pytest

from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from smartwork.errors import InputError
from tests.support.documents import invoice

ONE = invoice(lines=24)
TEXT = ONE.canonical()
PDF = pdf(ONE, TEXT, ubl(ONE, TEXT))


def numbered(number: int) -> bytes:
    found = re.search(rb"(?s)\n%d 0 obj\n(.*?)\nendobj" % number, PDF)
    assert found
    return found[1]


def refers(key: bytes, text: bytes) -> int:
    found = re.search(re.escape(key) + rb" (\d+) 0 R", text)
    assert found
    return int(found[1])


PAGES = [int(number) for number in re.findall(rb"(\d+) 0 R", numbered(1).split(b"/Kids")[1])]
ROOT, INFO = refers(b"/Root", PDF[-400:]), refers(b"/Info", PDF[-400:])
SECOND, THIRD = PAGES[1], PAGES[2]
DRAWN, OTHER = (refers(b"/Contents", numbered(page)) for page in (SECOND, THIRD))
TRAILER = b"/Size %d/Root %d 0 R/Info %d 0 R/ID[(a)(b)]" % (int(re.findall(rb"/Size (\d+)", PDF)[-1]), ROOT, INFO)
SCRIPT = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"
FOREIGN = b"BT /f0 40 Tf 100 400 Td <00010002> Tj ET"


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n" % (len(data), more) + data + b"\nendstream"


def updated(objects: dict[tuple[int, int], bytes], trailer: bytes = TRAILER) -> bytes:
    """The PDF with an incremental update: objects by number and generation, under another trailer."""
    out, table = PDF + b"\n", b"xref\n"
    for (number, generation), body in sorted(objects.items()):
        table += b"%d 1\n%010d %05d n \n" % (number, len(out), generation)
        out += b"%d %d obj\n" % (number, generation) + body + b"\nendobj\n"
    before = PDF.rindex(b"xref\n0 ")
    return out + table + b"trailer\n<<%s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (trailer, before, len(out))


def inline(more: bytes) -> bytes:
    return TRAILER.replace(b"%d 0 R" % ROOT, numbered(ROOT)[:-2] + more + b">>", 1)


SAME = {(SECOND, 0): numbered(SECOND)}
TWO_PAGES = b"/Pages<</Type/Pages/Count 2/Kids[%d 0 R %d 0 R]>>" % (PAGES[0], SECOND)
PACKED = zlib.compress(FOREIGN)
ATTACKS = {
    "nothing but an update": updated(SAME),
    "a page drawn by another generation": updated(
        {
            (SECOND, 0): numbered(SECOND).replace(b"/Contents %d 0 R" % DRAWN, b"/Contents %d 1 R" % DRAWN),
            (DRAWN, 1): stream(FOREIGN),
        }
    ),
    "a root of another generation": updated(
        {(ROOT, 1): numbered(ROOT)[:-2] + SCRIPT + b">>"}, TRAILER.replace(b"%d 0 R" % ROOT, b"%d 1 R" % ROOT, 1)
    ),
    "a root in the trailer, with a script": updated(SAME, inline(SCRIPT)),
    "a root in the trailer, with other pages": updated(SAME, inline(b"").replace(b"/Pages 1 0 R", TWO_PAGES)),
    "more in the trailer": updated(SAME, TRAILER + b"/Foo 1"),
    "a trailer without an identity": updated(SAME, TRAILER.split(b"/ID")[0]),
    "other words about the file": updated(SAME, TRAILER.replace(b"%d 0 R" % INFO, numbered(INFO)[:-2] + b"/Paid(yes)>>", 1)),
    "a script": updated({(ROOT, 0): numbered(ROOT)[:-2] + SCRIPT + b">>"}),
    "another object": updated({(int(re.findall(rb"/Size (\d+)", PDF)[-1]), 0): stream(FOREIGN)}),
    "a key twice": updated({(SECOND, 0): numbered(SECOND)[:-2] + b"/Contents %d 0 R>>" % OTHER}),
    "a key twice, the other first": updated({(SECOND, 0): numbered(SECOND).replace(b"<<", b"<</Contents %d 0 R" % OTHER, 1)}),
    "a shorter length": updated({(DRAWN, 0): stream(FOREIGN).replace(b"/Length 40", b"/Length 5")}),
    "another filter": updated({(DRAWN, 0): stream(FOREIGN, b"/Filter/Crypt")}),
    "more after what is packed": updated({(DRAWN, 0): stream(PACKED + b"abcde", b"/Filter/FlateDecode")}),
    "a file outside": updated({(DRAWN, 0): stream(FOREIGN, b"/F(evil.bin)")}),
    "another page in place": PDF.replace(b"/Contents %d 0 R" % DRAWN, b"/Contents %d 0 R" % OTHER),
    "another head": PDF.replace(b"%PDF-1.7", b"%PDF-1.4"),
    "a line after the end": PDF + b"\nfoo",
    "much after the end": PDF + b"\n" + b"x" * 4000,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_pdf_that_was_changed_does_not_hold(tmp_path: Path, attack: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(ATTACKS[attack])
    assert ATTACKS[attack] != PDF
    try:
        result = verify(path)
    except InputError:
        return
    assert {finding.where for finding in result.findings} <= {"PDF page", "PDF file"}
    assert (result.holds, result.pages) == (False, "all")


@pytest.mark.parametrize(
    "content",
    [
        PDF[: len(PDF) // 2],
        updated({(DRAWN, 0): stream(FOREIGN, b"/Filter/Foo")}),
        PDF.replace(b"/FlateDecode", b"/FlateDecodX"),
        updated(SAME, TRAILER + b"/Encrypt 5"),
    ],
)
def test_a_pdf_that_nobody_can_read_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"Ask the sender|Name an invoice"):
        verify(path)


def test_every_line_of_a_long_invoice_is_verified(tmp_path: Path) -> None:
    long = invoice(lines=3000)
    path = tmp_path / "a.xml"
    path.write_bytes(ubl(long, long.canonical()))
    result = verify(path)
    assert (result.holds, result.lines) == (True, 3000)
