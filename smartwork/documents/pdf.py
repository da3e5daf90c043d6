"""The document as PDF/A-3b, its UBL and its evidence attached: typst lays out what `view` says."""

import json
from datetime import UTC, date, datetime, time
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from threading import local

import typst

from smartwork.documents.character_set import showable_document
from smartwork.documents.view import view
from smartwork.domain.billing.canonical_json import digest as digest_of
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import SmartworkError

_OWN = local()


class NotDrawable(SmartworkError):  # noqa: N818 - what came of it
    """The typesetter refuses a document."""


def pdf(invoice: Invoice, canonical: str, xml: bytes) -> bytes:
    """The PDF of `invoice` with `xml` and its snapshot's `canonical` text attached; the same bytes for the same invoice."""
    return drawn(inputs(invoice, canonical, xml), invoice.issued_on)


def drawn(read: dict[str, str], on: date) -> bytes:
    """The PDF/A-3b of that day that the template makes of what it reads: `view`, `evidence` and, for a document, `xml`.

    Raises NotDrawable, naming the document, where the typesetter refuses.
    """
    try:
        made = _compiler().compile(
            template(),
            format="pdf",
            sys_inputs={**read, "drawing": drawing()},
            pdf_standards=["a-3b"],
            # Tags would quadruple the file and cost a third of the time; machines have the XML.
            pdf_tags=False,
            timestamp=datetime.combine(on, time(), UTC),
        )
    except typst.TypstError as error:
        raise NotDrawable(
            f"{json.loads(read['view'])['number']} cannot be drawn as PDF/A: {error}. What is issued stays issued; "
            "please report it with the XML beside it."
        ) from error
    return _pages(made)[0]


def inputs(invoice: Invoice, canonical: str, xml: bytes) -> dict[str, str]:
    """What the template reads."""
    shown = view(showable_document(invoice, canonical), digest_of(canonical).hex())
    return {"view": json.dumps(shown, ensure_ascii=False), "xml": xml.decode(), "evidence": canonical}


def _compiler() -> typst.Compiler:
    """One a thread: it keeps the fonts and what two invoices have in common. The system's own fonts stay out."""
    if not hasattr(_OWN, "compiler"):
        _OWN.compiler = typst.Compiler(ignore_system_fonts=True)
    compiler: typst.Compiler = _OWN.compiler
    return compiler


@cache
def template() -> bytes:
    """The source that typst compiles."""
    return files("smartwork.documents").joinpath("invoice.typ").read_bytes()


@cache
def drawing() -> str:
    """Which version draws, as a PDF states it: what sources and libraries give the same bytes; 16 hex digits."""
    sources = sorted((one.name, one.read_bytes()) for one in files("smartwork.documents").iterdir() if one.is_file())
    known = [f"{name} {version(name)}".encode() for name in ("segno", "typst")]
    return sha256(b"\0".join([*known, *(part for name, text in sources for part in (name.encode(), text))])).hexdigest()[:16]


def _pages(made: bytes | list[bytes] | None) -> list[bytes]:
    if made is None:
        raise TypeError("typst gave no document")
    return made if isinstance(made, list) else [made]
