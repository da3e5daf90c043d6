"""The snapshot as it travels inside a document: JSON beside the PDF, CSV within the XML, where JSON is not allowed.

Peppol admits PDF, pictures, spreadsheets and CSV as embedded objects. So the XML carries a CSV of two columns, `part` and
`snapshot`: first the document without its lines, then one row a line, each as canonical JSON.
"""

import csv
import json
from io import StringIO
from typing import Any

from smartwork.domain.invoice import canonical_text
from smartwork.errors import InputError

HEAD = ("part", "snapshot")
_DOCUMENT = "document"
_UNREADABLE = (
    "The evidence embedded in the XML cannot be read: it was altered or is not smartwork's. "
    "Ask the sender for the document again."
)


def as_csv(canonical: str) -> bytes:
    """A snapshot's canonical text as the CSV that the XML embeds; nothing is lost."""
    snapshot = json.loads(canonical)
    lines = snapshot.pop("lines")
    out = StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEAD)
    rows.writerow((_DOCUMENT, canonical_text(snapshot)))
    rows.writerows((line["line"], canonical_text(line)) for line in lines)
    return out.getvalue().encode()


def from_csv(content: bytes) -> str:
    """The snapshot's canonical text that `content` holds; raises InputError where it holds none."""
    csv.field_size_limit(len(content) + 1)
    try:
        head, first, *rest = csv.reader(StringIO(content.decode(), newline=""), strict=True)
        snapshot: dict[str, Any] = {**json.loads(first[1]), "lines": [json.loads(text) for _, text in rest]}
    except (ValueError, TypeError, IndexError, csv.Error) as error:
        raise InputError(_UNREADABLE) from error
    if (*head, first[0]) != (*HEAD, _DOCUMENT):
        raise InputError(_UNREADABLE)
    return canonical_text(snapshot)
