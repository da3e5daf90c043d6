"""The statements of centres as PDF: drawn from what was kept beside their self-billed documents."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from smartwork.documents.character_set import showable_document, showable_statement
from smartwork.documents.files import NotWritable
from smartwork.documents.pdf import drawn
from smartwork.documents.statement_view import statement_view
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.statements import Statement


def render_statements(documents: Sequence[Invoice], kept: Mapping[str, Statement], folder: Path) -> dict[str, Path]:
    """Write `<number>-<centre>-statement.pdf` for each document that has a statement; the paths by the document's number.

    The same bytes every time. Raises NotWritable where the folder refuses.
    """
    found = {}
    for invoice in documents:
        if (one := kept.get(invoice.number)) is None:
            continue
        path = folder / f"{invoice.number}-{invoice.account}-statement.pdf"
        try:
            part = path.with_suffix(".part")
            part.write_bytes(statement_pdf(one, invoice))
            part.replace(path)
        except OSError as error:
            raise NotWritable(
                f"Cannot write {path}: {error.strerror}. Choose another folder; settling again writes it."
            ) from error
        found[invoice.number] = path
    return found


def statement_pdf(one: Statement, invoice: Invoice) -> bytes:
    """The PDF/A-3b of the statement beside `invoice`, its data attached as JSON; the same bytes for the same statement."""
    canonical = one.canonical()
    shown = showable_statement(one, canonical), showable_document(invoice, invoice.canonical())
    view = statement_view(*shown, digest(canonical).hex())
    return drawn({"view": json.dumps(view, ensure_ascii=False), "evidence": canonical}, invoice.issued_on)
