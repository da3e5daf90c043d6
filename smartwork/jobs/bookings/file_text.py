"""The text of a file: its encoding is found by its first bytes, or by what its bytes can be; otherwise it is refused."""

import codecs
from pathlib import Path

from smartwork.errors import InputError

MAX_BYTES = 256 * 2**20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; that of UTF-32 begins as that of UTF-16 does. An empty name: not supported."""
_NOT_TEXT = ((b"PK\x03\x04", "a spreadsheet (.xlsx)"), (b"\xd0\xcf\x11\xe0", "a spreadsheet (.xls)"), (b"%PDF", "a PDF"))
_AMONG_LETTERS = frozenset("’œ")
_WESTERN = (
    _AMONG_LETTERS | frozenset("€‘“”–—•Œ\u00a0«»°²³·§©®½¼¾¿¡ªº") | frozenset(map(chr, range(0xC0, 0x100))) - set("×÷ÞþÐð")
)
"""What text of Western Europe contains beyond ASCII. The bytes of other encodings rarely give only these."""


def read_bytes(file: Path) -> bytes:
    """The content of a file. Raises InputError if it cannot be read or is too large."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"{file} is larger than {MAX_BYTES // 2**20} MB. Import it in parts.")
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error


def decode(content: bytes, file: Path) -> str:
    """The text of `content`: UTF-16 with a byte order mark, UTF-8, or Windows-1252. Raises InputError for anything else."""
    for begins, what in _NOT_TEXT:
        if content.startswith(begins):
            raise InputError(f"{file} is {what}, not text. Give it its right name, or save it as CSV UTF-8.")
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            text = _decoded(content[len(mark) :], encoding, file)
            break
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            text = _western(content, error.start, file)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(
            f"{file}, line {line}: a zero byte. This is not a text file, or UTF-16 without a byte order mark; "
            "export it as CSV UTF-8 or iCalendar."
        )
    return text


def is_western(content: bytes) -> bool:
    """Whether `decode` reads this content as Windows-1252, which only its letters suggest."""
    if any(content.startswith(mark) for mark, _ in _MARKS):
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _decoded(content: bytes, encoding: str, file: Path) -> str:
    if not encoding:
        raise InputError(f"{file}: UTF-32 text is not read. {_SAVE_AS_UTF8}")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].decode(encoding, "replace").count("\n") + 1
        raise InputError(f"{file}, line {line}: the text is damaged, it is not {encoding.upper()}. {_SAVE_AS_UTF8}") from None


def _western(content: bytes, at: int, file: Path) -> str:
    """The text as Windows-1252, which Excel writes in Western Europe, if every character of it is usual in such text."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        text, at = "", error.start
    for position, letter in enumerate(text):
        if letter.isascii():
            continue
        inside = text[position - 1 : position].isalpha() and text[position + 1 : position + 2].isalpha()
        if letter not in _WESTERN or (inside and not letter.isalpha() and letter not in _AMONG_LETTERS):
            text, at = "", position
            break
    if text:
        return text
    line = content[:at].count(b"\n") + 1
    raise InputError(f"{file}, line {line}: not UTF-8, and not Windows-1252 either. {_SAVE_AS_UTF8}")


_SAVE_AS_UTF8 = "Save the file as UTF-8 (in Excel: Save as, CSV UTF-8) and import it again."
