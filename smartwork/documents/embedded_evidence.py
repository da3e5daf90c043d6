"""The snapshot as it travels inside a document: JSON attached to the PDF, CSV within the XML, where JSON is not allowed.

Peppol admits PDF, pictures, spreadsheets and CSV as embedded objects. So the XML carries a CSV of two columns, `part` and
`snapshot`: first the document without its lines, then one row for each line, each as canonical JSON. The header row tells
the version of this format; another layout needs another header, and this one must still be read.
"""

import csv
import json
from collections.abc import Sequence
from io import BytesIO, TextIOWrapper
from itertools import islice

from smartwork.domain.billing.canonical_json import canonical_text
from smartwork.errors import InputError

MAX_LINES = 4_000
"""Of a document. What is larger is refused before it is read."""
_MAX_VALUES = 500_000
"""JSON values in a snapshot; a line with its visits has about a hundred."""
_MAX_ROW = 4 * 2**20
"""Characters of a line with its visits, or of the document without its lines."""
_MAX_TEXT = 10_000
"""Characters of a value."""
HEADER = ("part", "snapshot")
"""Of the only version so far."""
_DOCUMENT = "document"
_LINES = "\0lines"
"""Stands for the lines in the text of a document. NUL is in no other value: the database stores none."""
_UNREADABLE = (
    "The evidence embedded in the XML cannot be read: it was altered or is not smartwork's. "
    "Ask the sender for the document again."
)
_UNKNOWN_VERSION = (
    "The evidence embedded in the XML has the columns {columns}, which this version of smartwork does not know. "
    "Verify the document with a newer version."
)


class TooMuch(ValueError):  # noqa: N818 - a state, as others of its kind
    """A snapshot is larger than a document may be. The text says in what."""


def as_csv(canonical: str) -> bytes:
    """A snapshot's canonical text as the CSV that the XML embeds; nothing is lost."""
    snapshot = json.loads(canonical)
    rows = [(_DOCUMENT, {**snapshot, "lines": []}), *enumerate(snapshot["lines"], start=1)]
    written = [f"{_quoted(str(part))},{_quoted(canonical_text(content))}" for part, content in rows]
    return "\r\n".join([",".join(HEADER), *written, ""]).encode()


def from_csv(content: bytes) -> str:
    """The snapshot's canonical text that `content` holds; raises InputError if it holds none, or more than a document may."""
    csv.field_size_limit(_MAX_ROW)
    try:
        columns = content[:200].partition(b"\r\n")[0].decode(errors="replace").split(",")
        if tuple(columns) != HEADER:
            raise InputError(_UNKNOWN_VERSION.format(columns=", ".join(columns)))
        if sum(map(content.count, (b",", b"[", b"{"))) > _MAX_VALUES:
            raise TooMuch(f"it has more than {_MAX_VALUES} values")
        rows = csv.reader(TextIOWrapper(BytesIO(content), "utf-8", newline=""), strict=True)
        next(rows)
        return _snapshot(list(islice(rows, MAX_LINES + 2)))
    except (ValueError, TypeError, IndexError, RecursionError, StopIteration, csv.Error) as error:
        raise InputError(f"{_UNREADABLE} ({error})" if isinstance(error, TooMuch) else _UNREADABLE) from error


def _snapshot(rows: Sequence[Sequence[str]]) -> str:
    """The canonical text of all rows below the header: line by line, as values take ten times the room of their text."""
    (part, document), *lines = rows
    if part != _DOCUMENT:
        raise InputError(_UNREADABLE)
    texts = [document, *(text for _, text in lines)]
    check_size(texts)
    around = canonical_text({**json.loads(document), "lines": _LINES}).split(canonical_text(_LINES))
    if len(around) != 2:
        raise InputError(_UNREADABLE)
    written = ",".join(canonical_text(json.loads(text)) for text in texts[1:])
    return f"{around[0]}[{written}]{around[1]}"


def check_size(texts: Sequence[str]) -> None:
    """Raise TooMuch if JSON texts hold more lines, values or characters in one value than a document may."""
    if len(texts) > MAX_LINES + 1:
        raise TooMuch(f"it has more than {MAX_LINES} lines")
    values = 0
    for text in texts:
        values += sum(map(text.count, ",[{"))
        if values > _MAX_VALUES:
            raise TooMuch(f"it has more than {_MAX_VALUES} values")
        if len(text) > _MAX_TEXT and (text.count("\\") > _MAX_TEXT or _has_long_value(text)):
            raise TooMuch(f"it has a value of more than {_MAX_TEXT} characters")


def _has_long_value(text: str) -> bool:
    """Whether more than the most characters lie between two quotes; no value without escapes is longer than that."""
    at = 0
    while at + _MAX_TEXT < len(text):
        quote = text.rfind('"', at, at + _MAX_TEXT + 1)
        if quote < 0:
            return True
        at = quote + 1
    return False


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
