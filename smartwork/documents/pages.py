"""What the pages of a document show: JSON values in the reader's language, which the templates lay out."""

from collections.abc import Sequence
from typing import Any

from smartwork.documents import books
from smartwork.documents.annex import ledger_section, visits_section
from smartwork.documents.character_set import printable, shortened
from smartwork.documents.computation import computation_section
from smartwork.documents.first_page import FirstPage, first_page
from smartwork.documents.line_pages import lines_on_first_page, lines_section, places_section
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.parties import Language
from smartwork.translations import formats
from smartwork.translations.catalogue import texts

Pages = dict[str, Any]
Section = dict[str, Any]

_IN_FRAME = 60
"""The most characters of a name in the running header and in the footer."""


def document_pages(invoice: Invoice, digest: str) -> Pages:
    """The pages of a document; `digest` is that of its snapshot, in hex."""
    words = texts(invoice.language)
    running = f"{words[f'short_{invoice.kind}']} {invoice.number} · {formats.month(invoice.month, invoice.language)}"
    sections = [
        lines_section(invoice) if not lines_on_first_page(invoice) else None,
        places_section(invoice),
        computation_section(invoice),
        visits_section(invoice),
        ledger_section(invoice),
    ]
    pages = framed(
        first_page(invoice), sections, running, invoice.language,
        number=invoice.number, digest=digest, file=words["evidence_file"],
    )  # fmt: skip
    if invoice.book_head is None:
        return pages
    return {**pages, "books": {"head": books.head(invoice), "short": books.short_head(invoice)}}


def framed(
    first: FirstPage,
    sections: Sequence[Section | None],
    running: str,
    language: Language,
    *,
    number: str,
    digest: str,
    file: str,
) -> Pages:
    """The first page and the sections that there are, with what stands on every page; `file` describes the attachment."""
    words = texts(language)
    front = first.data()
    code = front["payment"].pop("code")
    shown = {
        "title": first.title,
        "author": first.sender.name,
        "running": running,
        "sender": shortened(first.sender.name, _IN_FRAME),
        "imprint": imprint(first),
        "mark": first.mark,
        "page": words["page"],
        "of": words["of"],
        "first": front,
        "sections": [section for section in sections if section is not None],
    }
    plain = {"language": language, "number": number, "digest": digest, "evidence_file": file, "code": code}
    return {**printable(shown), **plain}


def imprint(first: FirstPage) -> str:
    """The footer's text: the issuer's name, address and VAT number."""
    sender = first.sender
    name, street, town = (shortened(text, _IN_FRAME) for text in (sender.name, sender.street, sender.town))
    return f"{name} · {street}, {town} · {sender.vat}"
