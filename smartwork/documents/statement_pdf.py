"""The statements of centres as PDF, drawn from what was stored with their self-billed documents."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from smartwork.documents.files import NotWritable
from smartwork.documents.pdf import drawn
from smartwork.documents.statement_pages import statement_pages
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.settlement.statements import Statement


def render_statements(documents: Sequence[Invoice], statements: Mapping[str, Statement], folder: Path) -> dict[str, Path]:
    """Write `<number>-<centre>-statement.pdf` for each document that has a statement; returns the paths by document number.

    The same bytes every time. Raises NotWritable if the folder refuses.
    """
    paths = {}
    for invoice in documents:
        if (statement := statements.get(invoice.number)) is None:
            continue
        path = folder / f"{invoice.number}-{invoice.account}-statement.pdf"
        try:
            part = path.with_suffix(".part")
            part.write_bytes(statement_pdf(statement, invoice))
            part.replace(path)
        except OSError as error:
            raise NotWritable(
                f"Cannot write {path}: {error.strerror}. Choose another folder; settling again writes it."
            ) from error
        paths[invoice.number] = path
    return paths


def statement_pdf(statement: Statement, invoice: Invoice) -> bytes:
    """The PDF/A-3b of the statement that goes with `invoice`, its data attached as JSON; the same bytes every time."""
    canonical = statement.canonical()
    pages = statement_pages(statement, invoice, digest(canonical).hex())
    return drawn(pages, {"evidence": canonical}, invoice.issued_on)
