"""Compare an XML with the one written again from its snapshot, element by element."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any, TypeVar

from lxml import etree

from smartwork.documents.ubl import ubl
from smartwork.documents.xml_outline import Outline, outline
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.recomputation import Difference

_LINES = ("InvoiceLine", "CreditNoteLine")
_WORDS = frozenset({"Note", "PaymentTerms/Note", "AdditionalDocumentReference/DocumentDescription"})
_LINE_WORDS = frozenset({"Note", "Item/Description", "Item/Name"})
_BRIEF = 64
"""Characters of a text that a difference quotes: a digest is whole."""
_MOST = 1000
"""Differences that are named."""
_MOST_CHILDREN = 100
"""Children of the root of which differences are named: what is wrong throughout is not compared any further."""
T = TypeVar("T")

_PARTIES = {
    f"{path}/Party/{field}": f"{role}'s {what}"
    for role, path in (("supplier", "AccountingSupplierParty"), ("customer", "AccountingCustomerParty"))
    for field, what in (
        ("EndpointID", "enterprise number"),
        ("PartyName/Name", "name"),
        ("PartyTaxScheme/CompanyID", "VAT number"),
        ("PartyLegalEntity/RegistrationName", "name"),
        ("PartyLegalEntity/CompanyID", "enterprise number"),
    )
}
_NAMES = {
    "ID": "number",
    "IssueDate": "date of issue",
    "DueDate": "due date",
    "InvoiceTypeCode": "type",
    "CreditNoteTypeCode": "type",
    "DocumentCurrencyCode": "currency",
    "BuyerReference": "buyer's reference",
    "InvoicePeriod/StartDate": "start of the period",
    "InvoicePeriod/EndDate": "end of the period",
    "BillingReference/InvoiceDocumentReference/ID": "documents it corrects",
    "AdditionalDocumentReference/ID": "SHA-256",
    "AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject": "evidence file",
    **_PARTIES,
    "PaymentMeans/PayeeFinancialAccount/ID": "account to pay to",
    "PaymentMeans/PaymentID": "payment reference",
    "PaymentTerms/Note": "terms of payment",
    "TaxTotal/TaxAmount": "VAT",
    "LegalMonetaryTotal/LineExtensionAmount": "net",
    "LegalMonetaryTotal/TaxExclusiveAmount": "net",
    "LegalMonetaryTotal/TaxInclusiveAmount": "gross",
    "LegalMonetaryTotal/PayableAmount": "amount to pay",
}
_LINE_NAMES = {
    "ID": "line number",
    "Note": "note",
    "InvoicedQuantity": "quantity",
    "CreditedQuantity": "quantity",
    "InvoicedQuantity/@unitCode": "unit",
    "CreditedQuantity/@unitCode": "unit",
    "LineExtensionAmount": "net",
    "InvoicePeriod/StartDate": "start of the period",
    "InvoicePeriod/EndDate": "end of the period",
    "Item/Description": "description",
    "Item/Name": "name",
    "Item/ClassifiedTaxCategory/ID": "VAT category",
    "Item/ClassifiedTaxCategory/Percent": "VAT rate",
    "Price/PriceAmount": "price",
}
"""Names of elements by path; an element without a name here is named by its path."""


@dataclass(frozen=True, slots=True)
class _At:
    """A place in the document: the line's number, 0 outside of lines, and the path from the line or from the root."""

    line: int
    path: str

    def under(self, node: etree._Element) -> "_At":
        """The place of a child element."""
        name = etree.QName(node).localname
        if name in _LINES and not self.line and not self.path:
            number = node.findtext("{*}ID") or ""
            return _At(int(number), "") if number.isdecimal() else _At(0, name)
        return _At(self.line, f"{self.path}/{name}" if self.path else name)

    @property
    def what(self) -> str:
        """The name of what stands there."""
        names = _LINE_NAMES if self.line else _NAMES
        return names.get(self.path, self.path or ("line" if self.line else "document"))

    @property
    def is_words(self) -> bool:
        """Whether it is a text for readers, whose content stands elsewhere in figures and codes."""
        return self.path in (_LINE_WORDS if self.line else _WORDS)


def against(
    content: bytes, found: Outline, invoice: Invoice, canonical: str, pages: bytes | None = None
) -> tuple[list[Difference], bool]:
    """Where the XML differs from the one written from `invoice`, and whether its words were compared.

    `found` is the outline of the XML, `canonical` the text of the snapshot in it, `pages` the PDF that it must embed, whose
    content is not checked. A difference's `stated` is from the XML, `computed` from the snapshot. Blanks between elements and
    comments there do not matter. An older version had other words: in its documents, names, descriptions and notes may
    differ. Only the first children of the root that differ are named.
    """
    written = ubl(invoice, canonical, pages)
    if content == written:
        return [], True
    differences = list(islice(_of_roots(content, found, written, outline(written)), _MOST))
    if not is_older(invoice):
        return [difference for _, difference in differences], True
    kept = [difference for at, difference in differences if not at.is_words]
    return kept, len(kept) == len(differences)


def _of_roots(content: bytes, found: Outline, written: bytes, expected: Outline) -> Iterator[tuple[_At, Difference]]:
    """The differences of two documents, by the digests of the children of their roots. Trees are built of what differs."""
    top = _At(0, "")
    if found.root != expected.root:
        yield top, Difference(0, top.what, *(_brief(f"{name} {dict(pairs)}") for name, pairs in (found.root, expected.root)))
        return
    if found.children == expected.children:
        return
    kept = Counter(found.children) & Counter(expected.children)
    more, less = (_beyond(range(len(prints)), prints, kept) for prints in (found.children, expected.children))
    if not more and not less:
        yield top, Difference(0, f"order of {top.what}", "another", "that of the evidence")
    yield from _between(_picked(content, more[:_MOST_CHILDREN]), _picked(written, less[:_MOST_CHILDREN]), top)


def _picked(content: bytes, wanted: Sequence[int]) -> list[etree._Element]:
    """The children of the root of these numbers. All others are dropped as soon as they are read."""
    numbers, found, depth, number = set(wanted), [], 0, -1
    options: dict[str, bool] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True}
    for event, node in etree.iterparse(BytesIO(content), ("start", "end"), **options):
        depth += 1 if event == "start" else -1
        if event == "end" and depth == 1:
            number += 1
            if number in numbers:
                found.append(deepcopy(node))
                if len(found) == len(numbers):
                    break
            node.clear()
            while node.getprevious() is not None:
                del node.getparent()[0]
    return found


def is_older(invoice: Invoice) -> bool:
    """Whether it was issued before the ledger was recorded. The digest prevents claiming this afterwards."""
    return any(billed.visit.ledger is None for line in invoice.lines for billed in line.visits)


def _differences(stated: etree._Element, expected: etree._Element, at: _At) -> Iterator[tuple[_At, Difference]]:
    if stated.tag != expected.tag:
        yield at, Difference(at.line, at.what, str(etree.QName(stated).localname), str(etree.QName(expected).localname))
        return
    for name in sorted({*map(str, stated.attrib), *map(str, expected.attrib)}):
        if stated.get(name) != expected.get(name):
            there = _At(at.line, f"{at.path}/@{name}")
            yield there, Difference(at.line, there.what, stated.get(name) or "nothing", expected.get(name) or "nothing")
    if (text := _text(stated)) != (computed := _text(expected)):
        yield at, Difference(at.line, at.what, _brief(text), _brief(computed))
    yield from _children(_elements(stated), _elements(expected), at)


def _children(
    stated: Sequence[etree._Element], expected: Sequence[etree._Element], at: _At
) -> Iterator[tuple[_At, Difference]]:
    """Compare children: equal ones wherever they stand, then the rest in pairs."""
    prints, computed = [_print(node) for node in stated], [_print(node) for node in expected]
    if prints == computed:
        return
    kept = Counter(prints) & Counter(computed)
    more, less = _beyond(stated, prints, kept), _beyond(expected, computed, kept)
    if not more and not less:
        yield at, Difference(at.line, f"order of {at.what}", "another", "that of the evidence")
    yield from _between(more, less, at)


def _between(more: Sequence[etree._Element], less: Sequence[etree._Element], at: _At) -> Iterator[tuple[_At, Difference]]:
    """Compare children that differ in pairs: those of one name and id, then those of one name."""
    pairs, extra, missing = _paired(more, less)
    for node, counterpart in pairs:
        yield from _differences(node, counterpart, at.under(counterpart))
    for nodes, is_extra in ((extra, True), (missing, False)):
        for node in nodes:
            there = at.under(node)
            text = _brief(" ".join(" ".join(map(str, node.itertext())).split()) or "empty")
            yield there, Difference(there.line, there.what, *((text, "nothing") if is_extra else ("nothing", text)))


def _paired(
    more: Sequence[etree._Element], less: Sequence[etree._Element]
) -> tuple[list[tuple[etree._Element, etree._Element]], list[etree._Element], list[etree._Element]]:
    pairs: list[tuple[etree._Element, etree._Element]] = []
    for key in (_named, _tagged):
        waiting: dict[tuple[str, str], list[etree._Element]] = defaultdict(list)
        for node in reversed(less):
            waiting[key(node)].append(node)
        alone = []
        for node in more:
            if candidates := waiting[key(node)]:
                pairs.append((node, candidates.pop()))
            else:
                alone.append(node)
        unpaired = {id(node) for nodes in waiting.values() for node in nodes}
        more, less = alone, [node for node in less if id(node) in unpaired]
    return pairs, list(more), list(less)


def _named(node: etree._Element) -> tuple[str, str]:
    return str(node.tag), node.findtext("{*}ID") or ""


def _tagged(node: etree._Element) -> tuple[str, str]:
    return str(node.tag), ""


def _beyond(nodes: Iterable[T], prints: Iterable[Hashable], kept: Mapping[Any, int]) -> list[T]:
    """The nodes beyond those that `kept` counts."""
    left, more = Counter(kept), []
    for node, fingerprint in zip(nodes, prints, strict=True):
        if left[fingerprint]:
            left[fingerprint] -= 1
        else:
            more.append(node)
    return more


def _print(node: etree._Element) -> Hashable:
    """The content of an element without prefixes and blanks between elements, for comparison."""
    return node.tag, tuple(sorted(node.attrib.items())), _text(node), tuple(_print(child) for child in _elements(node))


def _elements(node: etree._Element) -> list[etree._Element]:
    return [child for child in node if isinstance(child.tag, str)]


def _text(node: etree._Element) -> str:
    """The element's own text; blanks between elements are left out."""
    text = (node.text or "") + "".join(child.tail or "" for child in node)
    return text if text.strip(" \t\r\n") or not _elements(node) else ""


def _brief(text: str) -> str:
    text = text or "nothing"
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"
