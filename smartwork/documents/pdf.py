"""A document as PDF/A-3b with its UBL and its evidence attached. Typst lays out what `pages` gives it."""

import json
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from threading import local

import typst

from smartwork.documents.pages import Pages, document_pages
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.invoice import DRAWING, Invoice
from smartwork.errors import SmartworkError

TEMPLATES = Path(str(files("smartwork.documents").joinpath("templates")))
_THREAD = local()


class NotDrawable(SmartworkError):  # noqa: N818 - a state, as others of its kind
    """The typesetter refuses a document."""


def pdf(invoice: Invoice, canonical: str, xml: bytes, stated: str = "") -> bytes:
    """The PDF of `invoice` with its snapshot's `canonical` text attached; the same bytes for the same invoice.

    `xml` is attached if the invoice is electronic.
    Its keywords state the drawing version of the snapshot, or `stated` for a snapshot that has none. Raises NotDrawable.
    """
    pages = document_pages(invoice, digest(canonical).hex())
    drawing = stated if invoice.drawing is None else f"{invoice.drawing}"
    attached = {"xml": xml.decode(), "evidence": canonical} if invoice.is_electronic else {"evidence": canonical}
    return drawn(pages, attached, invoice.issued_on, drawing=drawing)


def pages_pdf(invoice: Invoice, canonical: str) -> bytes:
    """The PDF of `invoice` without anything attached, as its XML embeds it: both attach the evidence. Raises NotDrawable."""
    return drawn(document_pages(invoice, digest(canonical).hex()), {}, invoice.issued_on, drawing=f"{invoice.drawing}")


def drawn(
    pages: Pages, attachments: dict[str, str], on: date, templates: Path = TEMPLATES, *, drawing: str = f"{DRAWING}"
) -> bytes:
    """The PDF/A-3b of `pages`, dated `on`, with the attachments `evidence` and `xml` where they are given.

    Raises NotDrawable, naming the document, where the typesetter refuses.
    """
    inputs = {"pages": json.dumps(pages, ensure_ascii=False), "drawing": drawing, **attachments}
    try:
        made = compiler().compile(
            str(templates / "document.typ"),
            root=str(templates),
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=["a-3b"],
            # Tags make the file four times as large and the drawing much slower; machines read the XML.
            pdf_tags=False,
            timestamp=datetime.combine(on, time(), UTC),
        )
    except typst.TypstError as error:
        raise NotDrawable(
            f"{pages['number']} cannot be drawn as PDF/A: {error}. What is issued stays issued; please report it with the "
            "XML of the document."
        ) from error
    if not isinstance(made, bytes):
        raise TypeError("The typesetter returned no single PDF.")
    return made


def compiler() -> typst.Compiler:
    """The compiler of this thread. It keeps fonts and parsed templates; fonts of the system are not used."""
    if not hasattr(_THREAD, "compiler"):
        _THREAD.compiler = typst.Compiler(ignore_system_fonts=True)
    compiler: typst.Compiler = _THREAD.compiler
    return compiler
