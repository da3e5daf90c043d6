"""What is wrong is refused in little time and memory, however large it is; a right document takes what its lines need."""

import json
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from smartwork.documents import limited_drawing
from smartwork.documents.embedded_evidence import MAX_LINES
from smartwork.documents.limited_drawing import MANY_LINES, TakesTooMuch, drawn_within_limits
from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.documents.verify import verify
from tests.support.documents import invoice

MEMORY = 200 * 2**20
CPU_S = 2 * 5
"""Two seconds on a machine of its own; five times that where others share its processors."""
RUN = """
import json, resource, sys
from pathlib import Path
from smartwork.documents.verify import verify
from smartwork.errors import InputError
before = resource.getrusage(resource.RUSAGE_SELF)
try:
    found = len(verify(Path(sys.argv[1])).findings)
except InputError:
    found = -1
after = resource.getrusage(resource.RUSAGE_SELF)
# The most memory of this program alone: that of getrusage counts the process that started it, too.
memory = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
print(json.dumps([found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, memory]))
"""

IBAN = b"<cbc:ID>BE92999900000123"
LONG: dict[str, Callable[[bytes], bytes]] = {
    "another account": lambda xml: xml.replace(IBAN, b"<cbc:ID>BE68539007547034"),
    "another currency in every line": lambda xml: xml.replace(b'currencyID="EUR"', b'currencyID="USD"'),
    "every line with the number of another": lambda xml: xml.replace(b"<cbc:ID>1", b"<cbc:ID>2"),
    "another name in every line": lambda xml: xml.replace(b"<cbc:Name>Bureau", b"<cbc:Name>Desk"),
    "every line twice": lambda xml: xml.replace(b"</cac:InvoiceLine>", b"</cac:InvoiceLine><cac:InvoiceLine/>"),
    "a line of more at the begin": lambda xml: xml.replace(b"  <cac:InvoiceLine>", b"<cac:InvoiceLine/><cac:InvoiceLine>", 1),
    "a million blanks and comments": lambda xml: xml.replace(IBAN, b"", 1).replace(
        b"<cac:TaxTotal>", b"<!-- -->" * 10**5 + b"<cac:TaxTotal>", 1
    ),
    "cut in the middle": lambda xml: xml[: len(xml) // 2],
}


@pytest.fixture(scope="module")
def longest() -> bytes:
    """The XML of a document with almost as many lines as one may have."""
    document = invoice("fr", MAX_LINES - 10)
    return ubl(document, document.canonical())


def measured(path: Path) -> tuple[int, float, int]:
    """The number of findings of verifying a file (-1 if it is refused), its seconds of processor and its bytes of memory."""
    ran = subprocess.run([sys.executable, "-c", RUN, str(path)], capture_output=True, check=True)
    found, seconds, memory = json.loads(ran.stdout)
    return found, seconds, memory


@pytest.mark.parametrize("case", LONG)
def test_a_wrong_xml_of_the_most_lines_is_found_in_little_time_and_memory(tmp_path: Path, case: str, longest: bytes) -> None:
    changed = LONG[case](longest)
    assert changed != longest
    path = tmp_path / "a.xml"
    path.write_bytes(changed)
    found, seconds, memory = measured(path)
    assert found
    assert seconds < CPU_S
    assert memory < MEMORY


def bomb(objects: int, body: bytes) -> bytes:
    """A PDF as the typesetter writes one, of so many streams."""
    out, offsets, packed = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n", [], zlib.compress(body, 9)
    for number in range(1, objects + 1):
        offsets.append(len(out))
        out += (
            b"%d 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n" % (number, len(packed))
            + packed
            + b"\nendstream\nendobj\n"
        )
    table = b"xref\n0 %d\n0000000000 65535 f\r\n" % (objects + 1) + b"".join(b"%010d 00000 n\r\n" % at for at in offsets)
    return out + table + b"trailer\n<</Size %d>>\nstartxref\n%d\n%%%%EOF" % (objects + 1, len(out))


@pytest.mark.parametrize(("objects", "size"), [(1, 300 * 2**20), (40, 30 * 2**20), (19_000, 0), (15_000, 10_000)])
def test_a_pdf_that_unpacks_to_much_or_has_many_objects_is_refused_in_little_time_and_memory(
    tmp_path: Path, objects: int, size: int
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(bomb(objects, bytes(size)))
    found, seconds, memory = measured(path)
    assert found == -1
    assert seconds < CPU_S
    assert memory < MEMORY


def test_a_long_document_is_drawn_again_in_a_process_of_its_own_and_compared_as_a_whole(tmp_path: Path) -> None:
    document = invoice("fr", MANY_LINES + 1)
    text = document.canonical()
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(document, text, ubl(document, text)))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    result = verify(path)
    assert (result.findings, result.pages) == ((), "all")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before


def test_drawing_ends_when_it_takes_more_than_a_document_of_its_length_does(monkeypatch: pytest.MonkeyPatch) -> None:
    document = invoice("fr", 30)
    monkeypatch.setattr(limited_drawing, "_MEMORY", 100 * 2**20)
    with pytest.raises(TakesTooMuch, match="30 lines"):
        drawn_within_limits(document, document.canonical())
