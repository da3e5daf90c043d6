"""Read a document's file: its XML and its snapshots. What it may hold is bounded before it is read."""

import binascii
from dataclasses import dataclass
from pathlib import Path

from smartwork.documents.embedded_evidence import check_size, from_csv
from smartwork.documents.pdf_file import MAX_PDF_BYTES, NotAsDrawn, PdfFile, read_pdf
from smartwork.documents.xml_outline import MAX_XML_BYTES, ForeignXml, NotOneReading, Outline, outline
from smartwork.domain.billing.invoice import Invoice
from smartwork.errors import InputError

_ELEMENTS, _CHARACTERS_PER_ELEMENT = 1000, 10
_BYTES, _TIMES = 2**18, 5
_MAX_PAGES_BYTES = 8 * 2**20
"""Of a PDF that an XML embeds. Pages of 1,000 lines take about one."""
"""An XML may have so many elements, and one more for so many characters of evidence; and so many bytes, and so many times
those of its evidence. That is twice what smartwork writes."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The parts of a document. `snapshots` has the keys `pdf` and `xml` for where they were found.

    `pdf` is None for an XML file, `xml` for the PDF of a document that is no e-invoice.
    """

    xml: "Xml | None"
    snapshots: dict[str, str]
    pdf: "Pdf | None"


@dataclass(frozen=True, slots=True)
class Xml:
    """An XML's bytes, its outline, and the PDF of its pages that it embeds."""

    content: bytes
    outline: Outline
    pages: "Pdf | None" = None


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF's bytes, and the parts of it."""

    content: bytes
    file: PdfFile


def read(path: Path) -> Carried:
    """The parts of the document at `path`; raises InputError if there is no document of smartwork."""
    most = max(MAX_PDF_BYTES, MAX_XML_BYTES)
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}. Name an invoice of smartwork, .pdf or .xml.") from error
    if len(content) > most:
        raise _foreign(path, f"it is larger than {most // 2**20} MB")
    if content.startswith(b"%PDF-"):
        return _pdf(path, content)
    text, found = _embedded(path, content)
    pages = _pages(path, found)
    return Carried(Xml(content, found, pages), {"xml": text}, None)


def _pdf(path: Path, content: bytes) -> Carried:
    try:
        file = read_pdf(content)
    except NotAsDrawn as error:
        raise InputError(
            f"{path} is no PDF as it was issued: {error}. It was saved again, changed or cut by another program. "
            "Ask the sender for the document again."
        ) from error
    xml, evidence = file.attached.get("xml"), file.attached.get("json")
    if evidence is None:
        raise _foreign(path, "it carries no e-invoice and no evidence")
    try:
        attached = evidence.decode()
        # Its lines are not apart, as they are in the XML: one text holds all values.
        check_size([attached])
    except ValueError as error:
        raise _foreign(path, f"its evidence cannot be read ({error})") from error
    if xml is None:
        _require_no_e_invoice(path, attached)
        return Carried(None, {"pdf": attached}, Pdf(content, file))
    embedded, found = _embedded(path, xml)
    if not len(embedded) // 2 <= len(attached) <= len(embedded) * 2:
        raise _foreign(path, "its evidence is not the one in its e-invoice")
    return Carried(Xml(xml, found), {"pdf": attached, "xml": embedded}, Pdf(content, file))


def _require_no_e_invoice(path: Path, attached: str) -> None:
    """Raise InputError unless the snapshot is of a document that has no XML, because a party has no electronic address."""
    try:
        invoice = Invoice.read(attached)
    except ValueError as error:
        raise InputError(
            f"{path} is a statement, and carries no e-invoice to check. Verify the self-billed document that it names."
        ) from error
    if invoice.is_electronic:
        raise _foreign(path, "it carries no e-invoice, which its evidence says that it has")


def _pages(path: Path, found: Outline) -> Pdf | None:
    """The PDF that an XML embeds besides its evidence."""
    encoded, found.pages = found.pages, ""
    if not encoded:
        return None
    try:
        content = binascii.a2b_base64(encoded, strict_mode=True)
        return Pdf(content, read_pdf(content, only_pages=True))
    except NotAsDrawn as error:
        raise _foreign(path, f"the second file that it embeds is no PDF as it was issued: {error}") from error
    except ValueError as error:
        raise _foreign(path, "the second file that it embeds is no base64") from error


def _embedded(path: Path, content: bytes) -> tuple[str, Outline]:
    """The canonical text of the snapshot that an XML embeds, and the outline of the XML."""
    try:
        found = outline(content)
    except ForeignXml as error:
        raise _foreign(path, f"it is an XML file about {str(error)[:60]}") from error
    except NotOneReading as error:
        if not content.lstrip().startswith(b"<"):
            raise _foreign(path, f"it is neither PDF nor XML ({error})") from error
        raise InputError(
            f"{path} is no XML that every program reads as the same: {error}. No document of smartwork has that; "
            "ask the sender for the document as it was issued."
        ) from error
    embedded = len(found.pages)
    if embedded > _MAX_PAGES_BYTES * 4 // 3:
        raise _foreign(path, f"the second file that it embeds is larger than {_MAX_PAGES_BYTES // 2**20} MB")
    encoded, found.evidence = found.evidence, ""
    if not encoded:
        raise _foreign(path, "it embeds no evidence")
    try:
        table = binascii.a2b_base64(encoded, strict_mode=True)
    except ValueError as error:
        raise _foreign(path, "what it embeds is no base64") from error
    del encoded  # as large as the table
    text = from_csv(table)
    del table
    if (
        found.elements > _ELEMENTS + len(text) // _CHARACTERS_PER_ELEMENT
        or len(content) - embedded > _BYTES + len(text) * _TIMES
    ):
        raise _foreign(path, f"it has {found.elements} elements in {len(content)} bytes, more than its evidence gives")
    return text, found


def _foreign(path: Path, why: str) -> InputError:
    return InputError(f"{path} is no document of smartwork: {why}. Name an invoice of smartwork, .pdf or .xml.")
