"""Read a document's file: its XML, its snapshots, the digests it states, and the text of its first page."""

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from lxml import etree
from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError

from smartwork.documents.character_set import BREAK_HERE
from smartwork.documents.embedded_evidence import from_csv
from smartwork.errors import InputError

NS = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_DRAWING = re.compile("drawing:([0-9a-f]{16})")
_FIRST_PAGES = 4
"""The most pages that a first page may flow over."""
_ROOTS = ("Invoice", "CreditNote")
_STREAM = re.compile(rb"(?s)(<<[^\n]*>>\nstream\n)(.*?)\nendstream")
_LENGTH = re.compile(rb"/Length (\d+)")
_OBJECT = re.compile(rb"(?<=\n)(\d+) 0 obj\n")
_OFFSET = re.compile(rb"(\d{10}) 00000 n")
_START = re.compile(rb"startxref\n\d+")
_UNREADABLE = (
    PyPdfError,
    NotImplementedError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    RecursionError,
    OSError,
)
"""What pypdf raises for a PDF that is truncated or made to mislead."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The parts of a document. `snapshots` and `digests` have the keys `pdf` and `xml` for where they were found.

    `pdf` is None for an XML file.
    """

    xml: etree._Element
    snapshots: dict[str, str]
    digests: dict[str, str | None]
    pdf: "Pdf | None"


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF's bytes, the text of its first page without blanks, and the drawing version that it states ("": none)."""

    content: bytes
    printed: str
    drawing: str


def read(path: Path) -> Carried:
    """The parts of the document at `path`; raises InputError if there is no document of smartwork."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}. Name an invoice of smartwork, .pdf or .xml.") from error
    if content.startswith(b"%PDF-"):
        return _pdf(path, content)
    return _xml(path, content)


def _xml(path: Path, content: bytes) -> Carried:
    root = _root(path, content)
    digest, snapshot = _embedded(path, root)
    return Carried(root, {"xml": snapshot}, {"xml": digest}, None)


def changed_texts(content: bytes, other: bytes, most: int) -> tuple[int, int, list[tuple[int, list[str], list[str]]]]:
    """The numbers of pages of two PDFs, and up to `most` pages whose text differs: number and lines of both.

    Only pages with other drawing instructions are read. Raises InputError.
    """
    try:
        ones, others = PdfReader(BytesIO(content)).pages, PdfReader(BytesIO(other)).pages
        changes = []
        for number in range(min(len(ones), len(others))):
            pair = ones[number], others[number]
            if _drawn(pair[0]) != _drawn(pair[1]):
                left, right = (page.extract_text().splitlines() for page in pair)
                if left != right:
                    changes.append((number + 1, left, right))
            if len(changes) == most:
                break
        return len(ones), len(others), changes
    except _UNREADABLE as error:
        raise _torn(error) from error


def _drawn(page: PageObject) -> bytes:
    contents = page.get_contents()
    return b"" if contents is None else contents.get_data()


def skeleton(content: bytes) -> tuple[list[bytes], list[bytes]] | None:
    """A PDF as our typesetter writes it: everything outside of streams, and the streams unpacked.

    Compression differs between machines, so lengths and offsets are checked and left out. None for a file that is structured
    in another way.
    """
    rest, bodies, end = [], [], 0
    for match in _STREAM.finditer(content):
        body = match[2]
        if _LENGTH.findall(match[1]) != [str(len(body)).encode()]:
            return None
        unpacked = _unpacked(body) if b"/FlateDecode" in match[1] else body
        if unpacked is None:
            return None
        rest.append(_LENGTH.sub(b"/Length", content[end : match.start(2)]))
        bodies.append(unpacked)
        end = match.end(2)
    tail = content[end:]
    at = content.rfind(b"xref\n0 ")
    begins = {int(match[1]): match.start(1) for match in _OBJECT.finditer(content)}
    stated = [int(offset) for offset in _OFFSET.findall(content, at)]
    if at < 0 or [begins[number] for number in sorted(begins)] != stated or not content.endswith(_closing(content)):
        return None
    rest.append(_START.sub(b"startxref", _OFFSET.sub(b"offset", tail)))
    return rest, bodies


def _closing(content: bytes) -> bytes:
    return b"startxref\n%d\n%%%%EOF" % content.rfind(b"xref\n0 ", 0, content.rfind(b"startxref"))


def _unpacked(body: bytes) -> bytes | None:
    stream = zlib.decompressobj()
    try:
        unpacked = stream.decompress(body)
    except zlib.error:
        return None
    return unpacked if stream.eof and not stream.unused_data else None


def _torn(error: Exception) -> InputError:
    return InputError(f"The PDF's pages cannot be read ({error}). Ask the sender for the document again.")


def _pdf(path: Path, content: bytes) -> Carried:
    try:
        document = PdfReader(BytesIO(content))
        files = {str(name): parts[0] for name, parts in document.attachments.items()}
        printed, shown = _first_page(document)
        drawing = _DRAWING.search(document.metadata.keywords or "") if document.metadata else None
    except _UNREADABLE as error:
        raise InputError(f"{path} is no PDF that can be read ({error}). Ask the sender for the document again.") from error
    xml = next((data for name, data in files.items() if name.endswith(".xml")), None)
    evidence = next((data for name, data in files.items() if name.endswith(".json")), None)
    if xml is None and evidence is not None:
        raise InputError(
            f"{path} is a statement, and carries no e-invoice to check. Verify the self-billed document that it names."
        )
    if xml is None or evidence is None:
        raise _foreign(path, "it carries no e-invoice and no evidence")
    root = _root(path, xml)
    digest, snapshot = _embedded(path, root)
    try:
        snapshots = {"pdf": evidence.decode(), "xml": snapshot}
    except UnicodeDecodeError as error:
        raise _foreign(path, "its evidence is no text") from error
    pdf = Pdf(content, printed, drawing.group(1) if drawing else "")
    return Carried(root, snapshots, {"pdf": shown, "xml": digest}, pdf)


def _first_page(document: PdfReader) -> tuple[str, str | None]:
    """The text of the first page without blanks, and the digest in it.

    The digest ends the first page. Where names are so long that it flows on, the text of the pages up to the digest counts,
    as far as a document may need.
    """
    texts: list[str] = []
    for page in document.pages[:_FIRST_PAGES]:
        # A place to break a line may be read back anywhere: it shares the glyph of a letter before it.
        lines = [re.sub(rf"[\s{BREAK_HERE}]", "", line) for line in page.extract_text().splitlines()]
        texts.append("".join(lines))
        if shown := next((match.group() for line in lines if (match := _DIGEST.search(line))), None):
            return "".join(texts), shown
    return texts[0] if texts else "", None


def _root(path: Path, content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise _foreign(path, f"it is neither PDF nor XML ({error})") from error
    if etree.QName(root).localname not in _ROOTS:
        raise _foreign(path, f"it is an XML file about {etree.QName(root).localname}")
    return root


def _embedded(path: Path, root: etree._Element) -> tuple[str | None, str]:
    """The digest that the XML states, and the canonical text of the snapshot that it embeds."""
    for reference in root.iterfind("cac:AdditionalDocumentReference", NS):
        encoded = reference.findtext("cac:Attachment/cbc:EmbeddedDocumentBinaryObject", namespaces=NS)
        if encoded:
            try:
                return reference.findtext("cbc:ID", namespaces=NS), from_csv(base64.b64decode(encoded, validate=True))
            except binascii.Error as error:
                raise _foreign(path, "what it embeds is no base64") from error
    raise _foreign(path, "it embeds no evidence")


def _foreign(path: Path, why: str) -> InputError:
    return InputError(f"{path} is no document of smartwork: {why}. Name an invoice of smartwork, .pdf or .xml.")
