"""Read an XML once, strictly, before anything else reads it: refuse whatever two programs could read as two things.

The documents that smartwork writes need none of it: they are UTF-8 with elements of three namespaces, and every element
holds either text or elements. So a document type (whose entities may add or hide elements), a processing instruction, a CDATA
section, a comment within a value, an XInclude, another encoding or a prefix that changes its meaning is no matter of taste:
a reader that follows it sees another invoice than one that does not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NoReturn
from xml.parsers import expat

NS = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
ROOTS = ("Invoice", "CreditNote")
MAX_XML_BYTES = 32 * 2**20
_ROOT_NS = tuple(f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2" for name in ROOTS)
_NAMESPACES = {*NS.values(), *_ROOT_NS}
_XML_BLANKS = " \t\r\n"
_MAX_DEPTH = 16
"""Of elements; UBL as smartwork writes it has eight levels."""
_MAX_ATTRIBUTES = 8
_MAX_ATTRIBUTE = 1000
"""Characters of an attribute's value."""
_MAX_ELEMENTS = 150_000
_MAX_MARKUP = 2**18
"""Bytes of a tag, a comment or a declaration."""
_CHUNK = 65536
_EMBEDDED = ("AdditionalDocumentReference", "Attachment", "EmbeddedDocumentBinaryObject")
_EMBEDDED_DEPTH = len(_EMBEDDED) + 1


class NotOneReading(ValueError):  # noqa: N818 - a state, as others of its kind
    """An XML that cannot be read, or not by every program as the same. The text says what is in it, and on which line."""


class ForeignXml(ValueError):  # noqa: N818 - a state, as others of its kind
    """An XML about something else than an invoice. The text names its root element."""


@dataclass(slots=True)
class _Open:
    """An element that is open: its local name, and what it held until now."""

    name: str
    has_text: bool = False
    has_elements: bool = False
    has_comment: bool = False


@dataclass(slots=True)
class Outline:
    """An XML in short: its root with its attributes, the number of its elements, and the texts of two files that it embeds:
    the first, which is its evidence, and the first PDF after it, which is its pages; "" where there is none.

    `children` are the names of the root's children, each with the SHA-256 of what is in it: elements, attributes and texts,
    without blanks and comments between elements and without prefixes. Equal children are equal to every reader.
    """

    root: tuple[str, tuple[tuple[str, str], ...]] = ("", ())
    children: list[tuple[str, bytes]] = field(default_factory=list)
    elements: int = 0
    evidence: str = ""
    pages: str = ""


def outline(content: bytes) -> Outline:
    """The outline of an invoice or credit note in UBL. Raises NotOneReading or ForeignXml, at the first thing found."""
    if len(content) > MAX_XML_BYTES:
        raise NotOneReading(f"it is larger than {MAX_XML_BYTES // 2**20} MB")
    if content.startswith(b"\xef\xbb\xbf"):
        raise NotOneReading("it begins with a byte order mark")
    reader = _Reader()
    try:
        for start in range(0, len(content), _CHUNK):
            reader.parser.Parse(content[start : start + _CHUNK], False)
            # Text is handed over as it comes. What is kept back is markup without an end.
            if start + _CHUNK - max(reader.parser.CurrentByteIndex, 0) > _MAX_MARKUP:
                raise NotOneReading(
                    f"line {reader.parser.CurrentLineNumber} has markup of more than {_MAX_MARKUP // 2**10} kB"
                )
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise NotOneReading(f"it is no well-formed XML in UTF-8 ({error})") from error
    return reader.found


class _Reader:
    """Handlers of an expat parser."""

    def __init__(self) -> None:
        self.found = Outline()
        self._open: list[_Open] = []
        self._embedded: list[str] | None = None
        self._digest = sha256()
        self._blanks: list[str] = []
        # The encoding is forced: a declaration of another one is refused, and bytes that are no UTF-8 are an error.
        self.parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.buffer_size = _CHUNK
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartNamespaceDeclHandler = self._prefix
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = self._comment
        self.parser.StartDoctypeDeclHandler = self._refusal("a document type declaration (DTD)")
        self.parser.EntityDeclHandler = self._refusal("an entity declaration")
        self.parser.SkippedEntityHandler = self._refusal("an entity that is declared nowhere")
        self.parser.ProcessingInstructionHandler = self._refusal("a processing instruction")
        self.parser.StartCdataSectionHandler = self._refusal("a CDATA section")

    def _refuse(self, what: str) -> NoReturn:
        raise NotOneReading(f"line {self.parser.CurrentLineNumber} has {what}")

    def _refusal(self, what: str) -> Callable[..., None]:
        def refuse(*_: object) -> None:
            self._refuse(what)

        return refuse

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if version != "1.0":
            self._refuse(f"XML version {version}, not 1.0")
        if encoding is not None and encoding.upper() != "UTF-8":
            self._refuse(f"the encoding {encoding}, not UTF-8")
        if standalone == 0:
            self._refuse("standalone='no', which announces a DTD")

    def _prefix(self, prefix: str | None, _: str | None) -> None:
        if self._open:
            self._refuse(f"another meaning of the prefix {prefix!r}" if prefix else "another default namespace")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        opened = self._open
        self.found.elements += 1
        if not opened and local not in ROOTS:
            raise ForeignXml(local)
        if namespace not in _NAMESPACES and (opened or namespace):
            self._refuse(f"the element {local} of {namespace or 'no namespace'}, which no document of smartwork has")
        if self.found.elements > _MAX_ELEMENTS:
            self._refuse(f"more than {_MAX_ELEMENTS} elements until here")
        if len(opened) >= _MAX_DEPTH:
            self._refuse(f"elements nested more than {_MAX_DEPTH} deep")
        if attributes:
            self._check_attributes(local, attributes)
        if opened:
            opened[-1].has_elements = True
            self._unmixed(opened[-1])
        self._enter(name, local, attributes)
        opened.append(_Open(local))
        if (
            len(opened) == _EMBEDDED_DEPTH
            and not self.found.pages
            and (not self.found.evidence or attributes.get("mimeCode") == "application/pdf")
            and tuple(each.name for each in opened[1:]) == _EMBEDDED
        ):
            self._embedded = []

    def _check_attributes(self, local: str, attributes: dict[str, str]) -> None:
        if len(attributes) > _MAX_ATTRIBUTES or any(len(value) > _MAX_ATTRIBUTE for value in attributes.values()):
            self._refuse(f"an element {local} with more or longer attributes than any document of smartwork")
        for attribute in attributes:
            if " " in attribute:
                self._refuse(f"the attribute {attribute.rpartition(' ')[2]} of {attribute.rpartition(' ')[0]}")

    def _enter(self, name: str, local: str, attributes: dict[str, str]) -> None:
        """Begin the digest of a child of the root, or add an element to it. NUL, which XML cannot contain, separates."""
        if not self._open:
            self.found.root = local, tuple(sorted(attributes.items()))
            return
        if len(self._open) == 1:
            self._digest = sha256()
        self._blanks.clear()
        if attributes:
            parts = [name, *(part for pair in sorted(attributes.items()) for part in pair)]
            self._digest.update("\0<{}\0>".format("\0".join(parts)).encode())
        else:
            self._digest.update(b"\0<%b\0>" % name.encode())

    def _leave(self, element: _Open) -> None:
        if self._blanks:
            if not element.has_elements:
                self._digest.update("".join(self._blanks).encode())
            self._blanks.clear()
        self._digest.update(b"\0/")
        if len(self._open) == 1:
            self.found.children.append((element.name, self._digest.digest()))

    def _end(self, _: str) -> None:
        self._leave(self._open.pop())
        if self._embedded is not None:
            text = "".join(self._embedded)
            if self.found.evidence:
                self.found.pages = text
            else:
                self.found.evidence = text
            self._embedded = None

    def _text(self, text: str) -> None:
        if self._embedded is not None:
            self._embedded.append(text)
        element = self._open[-1]
        if element.has_text:
            self._digest.update(text.encode())
        elif text.strip(_XML_BLANKS):
            element.has_text = True
            self._unmixed(element)
            self._digest.update("".join([*self._blanks, text]).encode())
            self._blanks.clear()
        elif not element.has_elements:
            self._blanks.append(text)

    def _comment(self, _: str) -> None:
        if self._open:
            element = self._open[-1]
            element.has_comment = True
            self._unmixed(element)

    def _unmixed(self, element: _Open) -> None:
        if element.has_text and element.has_comment:
            self._refuse(f"a comment within the text of {element.name}")
        if element.has_text and element.has_elements:
            self._refuse(f"text between the elements of {element.name}")
