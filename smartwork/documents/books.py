"""The head of the books in a document: which head came before it, for whoever proves the books with it."""

from smartwork.domain.billing.invoice import Invoice
from smartwork.translations.catalogue import texts

_SHORT = 12
"""Digits of the hash in the footer."""


def head(invoice: Invoice) -> str | None:
    """The head of the books before the document, whole; None for one that was issued before documents stated it."""
    if invoice.book_head is None:
        return None
    return texts(invoice.language)["book_head"].format(entry=invoice.book_head.entry, head=invoice.book_head.head)


def short_head(invoice: Invoice) -> str | None:
    """The head of the books before the document, as the footer of every page has it."""
    if invoice.book_head is None:
        return None
    shown = f"{invoice.book_head.entry}:{invoice.book_head.head[:_SHORT]}"
    return texts(invoice.language)["book_head_short"].format(head=shown)
