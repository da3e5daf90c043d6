"""Draw a document again as the version drew it that issued it.

The snapshot states that version (`drawing`), so the digest covers it: nobody can choose another one afterwards. A version
whose pages differ from those of today keeps its drawer; see decision 32.
"""

from importlib.metadata import version

from smartwork.documents.drawer_archive import drawn_by, is_kept
from smartwork.documents.limited_drawing import MANY_LINES, drawn_within_limits
from smartwork.documents.pdf import pages_pdf, pdf
from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import DRAWING, Invoice

_LIBRARIES = {"babel": "2.19.0", "segno": "1.6.6", "typst": "0.15.2"}
"""The libraries that draw, in the versions that documents are issued with. Another typesetter gives other bytes."""


_BEFORE_NUMBERS = "afd846b6f12abbcd"
"""The last drawer of the time before snapshots stated a version."""


def drawn_as_issued(invoice: Invoice, canonical: str, xml: bytes) -> bytes:
    """The PDF of an issued document, to be written again: by the drawer of its version. Raises NotDrawable, DrawerFailed."""
    kept = _BEFORE_NUMBERS if invoice.drawing is None else f"{invoice.drawing}"
    if invoice.drawing != DRAWING and is_kept(kept):
        return drawn_by(kept, canonical)
    return pdf(invoice, canonical, xml)


def pages_of(invoice: Invoice, canonical: str) -> bytes | None:
    """The PDF that the XML of an issued document embeds, by the drawer of its version; None if a later version drew it.

    Raises NotDrawable, DrawerFailed, TakesTooMuch.
    """
    if invoice.drawing is not None and invoice.drawing > DRAWING:
        return None
    if invoice.drawing is not None and invoice.drawing != DRAWING and is_kept(f"{invoice.drawing}"):
        return drawn_by(f"{invoice.drawing}", canonical, only_pages=True)
    if len(invoice.lines) > MANY_LINES:
        return drawn_within_limits(invoice, canonical, only_pages=True)
    return pages_pdf(invoice, canonical)


def drawn_again(invoice: Invoice, canonical: str, stated: str) -> bytes | None:
    """The PDF of an issued document, drawn again; None if a later version drew it than this program knows.

    `stated` is the drawing version in the PDF itself. It counts only for documents that were issued before snapshots stated
    one: it chooses among drawers of that time, and each compares everything.
    """
    if invoice.drawing is not None and invoice.drawing > DRAWING:
        return None
    kept = stated if invoice.drawing is None else f"{invoice.drawing}"
    if invoice.drawing != DRAWING and is_kept(kept):
        return drawn_by(kept, canonical)
    if len(invoice.lines) > MANY_LINES and invoice.drawing is not None:
        return drawn_within_limits(invoice, canonical)
    return pdf(invoice, canonical, ubl(invoice, canonical), stated)


def other_libraries() -> str:
    """The libraries that draw, where they are not of the versions that documents are issued with: "typst 0.16.0"."""
    return ", ".join(f"{name} {version(name)}" for name, known in _LIBRARIES.items() if version(name) != known)
