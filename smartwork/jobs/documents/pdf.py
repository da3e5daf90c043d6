"""The invoice as PDF/A-3b, its UBL attached: typst lays out what `view` says."""

import json
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files

import typst

from smartwork.domain.invoice import Invoice
from smartwork.jobs.documents.view import view


def pdf(invoice: Invoice, xml: bytes) -> bytes:
    """The PDF of `invoice` with `xml` attached; the same bytes for the same invoice."""
    made = _compiler().compile(
        _template(),
        format="pdf",
        sys_inputs=_inputs(invoice, xml),
        pdf_standards=["a-3b"],
        pdf_tags=False,
        timestamp=datetime.combine(invoice.issued_on, time(), UTC),
    )
    return _one(made)


def _inputs(invoice: Invoice, xml: bytes) -> dict[str, str]:
    canonical = invoice.canonical()
    shown = json.dumps(view(invoice, canonical), ensure_ascii=False)
    return {"view": shown, "xml": xml.decode(), "evidence": canonical}


@cache
def _compiler() -> typst.Compiler:
    """One a process: it keeps the fonts and what two invoices have in common. The system's own fonts stay out."""
    return typst.Compiler(ignore_system_fonts=True)


@cache
def _template() -> bytes:
    return files("smartwork.jobs.documents").joinpath("invoice.typ").read_bytes()


def _one(made: bytes | list[bytes] | None) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("typst gave no document")
    return made
