"""The snapshot as it travels inside a document: JSON beside the PDF, CSV within the XML, where JSON is not allowed.

Peppol admits PDF, pictures, spreadsheets and CSV as embedded objects. So the XML carries a CSV of two columns, `part` and
`snapshot`: first the document without its lines, then one row a line, each as canonical JSON.
"""

import csv
import json
from io import StringIO
from typing import Any

from smartwork.domain.billing.canonical_json import canonical_text
from smartwork.errors import InputError

HEAD = ("part", "snapshot")
_DOCUMENT = "document"
_LINES = '"lines":['
"""Where a snapshot's lines begin: no key before it holds one of that name, and in a string the quotes are escaped."""
_AFTER_LINES = '],"month":'
_BETWEEN_LINES = '},{"centre":'
"""Keys are sorted, so that a line begins with its centre, and nothing within a line does; quotes in texts are escaped."""
_LINES_APART = _BETWEEN_LINES.replace(",", "\n")
_QUOTE = '"'
_UNREADABLE = (
    "The evidence embedded in the XML cannot be read: it was altered or is not smartwork's. "
    "Ask the sender for the document again."
)


def as_csv(canonical: str) -> bytes:
    """A snapshot's canonical text as the CSV that the XML embeds; nothing is lost."""
    start = canonical.index(_LINES) + len(_LINES)
    end = canonical.rindex(_AFTER_LINES)
    lines = canonical[start:end].replace(_BETWEEN_LINES, _LINES_APART).split("\n") if end > start else []
    rows = [(_DOCUMENT, canonical[:start] + canonical[end:]), *enumerate(lines, start=1)]
    written = [f'"{part}","{text.replace(_QUOTE, _QUOTE * 2)}"' for part, text in rows]
    return "\r\n".join([",".join(HEAD), *written, ""]).encode()


def from_csv(content: bytes) -> str:
    """The snapshot's canonical text that `content` holds; raises InputError where it holds none."""
    csv.field_size_limit(len(content) + 1)
    try:
        head, first, *rest = csv.reader(StringIO(content.decode(), newline=""), strict=True)
        snapshot: dict[str, Any] = {**json.loads(first[1]), "lines": [json.loads(text) for _, text in rest]}
        canonical = canonical_text(snapshot)
    except (ValueError, TypeError, IndexError, RecursionError, csv.Error) as error:
        raise InputError(_UNREADABLE) from error
    if (*head, first[0]) != (*HEAD, _DOCUMENT):
        raise InputError(_UNREADABLE)
    return canonical
