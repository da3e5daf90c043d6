"""The text of a file in the encodings that spreadsheets write, or a refusal that says what to do."""

import codecs
from pathlib import Path

import pytest

from smartwork.errors import InputError
from smartwork.jobs.bookings.file_text import decode

FILE = Path("plan.csv")
TEXT = "salle;membre\nSalle du Pré;Œuvre d’art – 5 €\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 bom", "utf-16 le", "utf-16 be", "windows-1252"],
)
def test_the_encodings_that_excel_writes_are_read(content: bytes) -> None:
    assert decode(content, FILE) == TEXT


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"external_id\n\xff\xfe", "line 2: not UTF-8, and not Windows-1252 either"),
        ("a\nSalle du Pré".encode("mac-roman"), "line 2: not UTF-8"),
        ("a\nSalle du Pré".encode("cp850"), "line 2: not UTF-8"),
        ("a\nle côté".encode("cp850"), "line 2: not UTF-8"),
        ("a\nŁódź".encode("cp1250"), "line 2: not UTF-8"),
        ("a;b\n".encode("utf-16-le"), "line 1: a zero byte"),
        (codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le")[:-1], "line 2: the text is damaged"),
        (codecs.BOM_UTF32_LE + "a".encode("utf-32-le"), "UTF-32"),
        (b"PK\x03\x04\x14\x00", r"is a spreadsheet \(.xlsx\), not text"),
        (b"\xd0\xcf\x11\xe0\xa1", r"is a spreadsheet \(.xls\)"),
        (b"%PDF-1.7", "is a PDF"),
    ],
    ids=["binary", "mac", "cp850 é", "cp850 ô", "cp1250", "utf-16 without mark", "cut", "utf-32", "xlsx", "xls", "pdf"],
)
def test_any_other_content_is_refused_by_name_with_what_to_do(content: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as error:
        decode(content, FILE)
    assert "UTF-8" in str(error.value) or "export it as CSV" in str(error.value)
