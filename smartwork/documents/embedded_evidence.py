"""The snapshot as it travels inside a document: JSON attached to the PDF, CSV within the XML, where JSON is not allowed.

Peppol admits PDF, pictures, spreadsheets and CSV as embedded objects. So the XML carries a CSV of two columns, `part` and
`snapshot`: first the document without its lines, then one row for each line, each as canonical JSON. The header row tells
the version of this format; another layout needs another header, and this one must still be read.
"""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

from smartwork.domain.billing.canonical_json import canonical_text
from smartwork.errors import InputError

HEADER = ("part", "snapshot")
"""Of the only version so far."""
_DOCUMENT = "document"
_UNREADABLE = (
    "The evidence embedded in the XML cannot be read: it was altered or is not smartwork's. "
    "Ask the sender for the document again."
)
_UNKNOWN_VERSION = (
    "The evidence embedded in the XML has the columns {columns}, which this version of smartwork does not know. "
    "Verify the document with a newer version."
)


def as_csv(canonical: str) -> bytes:
    """A snapshot's canonical text as the CSV that the XML embeds; nothing is lost."""
    snapshot = json.loads(canonical)
    rows = [(_DOCUMENT, {**snapshot, "lines": []}), *enumerate(snapshot["lines"], start=1)]
    written = [f"{_quoted(str(part))},{_quoted(canonical_text(content))}" for part, content in rows]
    return "\r\n".join([",".join(HEADER), *written, ""]).encode()


def from_csv(content: bytes) -> str:
    """The snapshot's canonical text that `content` holds; raises InputError if it holds none."""
    csv.field_size_limit(len(content) + 1)
    try:
        header, *rows = csv.reader(StringIO(content.decode(), newline=""), strict=True)
        if tuple(header) != HEADER:
            raise InputError(_UNKNOWN_VERSION.format(columns=", ".join(header)))
        return canonical_text(_snapshot(rows))
    except (ValueError, TypeError, IndexError, RecursionError, csv.Error) as error:
        raise InputError(_UNREADABLE) from error


def _snapshot(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The snapshot of all rows below the header."""
    (part, document), *lines = rows
    if part != _DOCUMENT:
        raise InputError(_UNREADABLE)
    return {**json.loads(document), "lines": [json.loads(text) for _, text in lines]}


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
