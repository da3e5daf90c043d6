"""Write examples of documents of today's drawing version into `tests/unit/documents/issued`, where earlier ones are, too.

`python -m tests.support.issued_documents` is for a version under which nothing was issued yet. Once something was, a change
of its pages or texts needs another number: `make drawer`, raise `DRAWING`, and then write the examples of the new version.
"""

from pathlib import Path

from smartwork.documents.pdf import pdf
from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import DRAWING
from tests.support.documents import credit_note, mixed_invoice, self_billed
from tests.support.project import ROOT

FOLDER = ROOT / "tests" / "unit" / "documents" / "issued"


def write_examples() -> list[Path]:
    """Write an invoice, a credit note and a self-billed invoice, each in another language, and return their paths."""
    examples = {
        "invoice": mixed_invoice("en"),
        "credit-note": credit_note("fr"),
        "self-billed-invoice": self_billed("nl", 12),
    }
    paths = []
    for name, example in examples.items():
        text = example.canonical()
        paths.append(FOLDER / f"{DRAWING}-{name}.pdf")
        paths[-1].write_bytes(pdf(example, text, ubl(example, text)))
    return paths


if __name__ == "__main__":
    print(*write_examples(), sep="\n")
