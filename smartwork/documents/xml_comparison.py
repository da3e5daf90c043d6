"""Whether an XML is the one that its snapshot gives: drawn again from it, and compared element by element."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from smartwork.documents.ubl import ubl
from smartwork.domain.billing.invoice import Invoice
from smartwork.domain.billing.recomputation import Difference

_LINES = ("InvoiceLine", "CreditNoteLine")
_WORDS = frozenset({"Note", "PaymentTerms/Note", "AdditionalDocumentReference/DocumentDescription"})
_LINE_WORDS = frozenset({"Note", "Item/Description", "Item/Name"})
_CHECKED_APART = "AdditionalDocumentReference/ID"
"""The digest, which is checked against the evidence itself."""
_BRIEF = 60

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
"""As people name what stands under a path; what has no name here goes by its path."""


@dataclass(frozen=True, slots=True)
class _At:
    """Where in the document: the line's number, 0 outside of lines, and the path from there or from the root."""

    line: int
    path: str

    def under(self, node: etree._Element) -> "_At":
        """Where its child is."""
        name = etree.QName(node).localname
        if name in _LINES and not self.line and not self.path:
            number = node.findtext("{*}ID") or ""
            return _At(int(number), "") if number.isdecimal() else _At(0, name)
        return _At(self.line, f"{self.path}/{name}" if self.path else name)

    @property
    def what(self) -> str:
        """What stands there, in words where there are some."""
        names = _LINE_NAMES if self.line else _NAMES
        return names.get(self.path, self.path or ("line" if self.line else "document"))

    @property
    def is_words(self) -> bool:
        """Whether it tells a reader what figures and codes say elsewhere."""
        return self.path in (_LINE_WORDS if self.line else _WORDS)


def against(root: etree._Element, invoice: Invoice, canonical: str) -> tuple[list[Difference], bool]:
    """What the XML states otherwise than the one drawn from `invoice`, and whether its words were compared.

    `canonical` is the text of the snapshot in the XML. `stated` is the XML's, `computed` what the snapshot gives. Blanks
    between elements and comments say nothing. An older version used other words: of what it wrote, names, descriptions and
    notes are left out where they differ.
    """
    found = list(_differences(root, etree.fromstring(ubl(invoice, canonical), etree.XMLParser(huge_tree=True)), _At(0, "")))
    told = [(at, one) for at, one in found if at.path != _CHECKED_APART or at.line]
    if not is_older(invoice):
        return [one for _, one in told], True
    kept = [one for at, one in told if not at.is_words]
    return kept, len(kept) == len(told)


def is_older(invoice: Invoice) -> bool:
    """Whether it was issued before the ledger was recorded; the digest keeps that from being claimed afterwards."""
    return any(proof.ledger is None for line in invoice.lines for proof in line.proofs)


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
    """Equal ones go together wherever they stand; of the others those of one name and id, then those of one name."""
    prints, computed = [_print(node) for node in stated], [_print(node) for node in expected]
    if prints == computed:
        return
    kept = Counter(prints) & Counter(computed)
    more, less = _beyond(stated, prints, kept), _beyond(expected, computed, kept)
    if not more and not less:
        yield at, Difference(at.line, f"order of {at.what}", "another", "that of the evidence")
    pairs, extra, missing = _paired(more, less)
    for one, other in pairs:
        yield from _differences(one, other, at.under(other))
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
            if its := waiting[key(node)]:
                pairs.append((node, its.pop()))
            else:
                alone.append(node)
        more, less = alone, [node for node in less if any(node is one for one in waiting[key(node)])]
    return pairs, list(more), list(less)


def _named(node: etree._Element) -> tuple[str, str]:
    return str(node.tag), node.findtext("{*}ID") or ""


def _tagged(node: etree._Element) -> tuple[str, str]:
    return str(node.tag), ""


def _beyond(nodes: Sequence[etree._Element], prints: Sequence[object], kept: Counter[object]) -> list[etree._Element]:
    """Those that are more than `kept` has of the same."""
    left, more = Counter(kept), []
    for node, one in zip(nodes, prints, strict=True):
        if left[one]:
            left[one] -= 1
        else:
            more.append(node)
    return more


def _print(node: etree._Element) -> object:
    """All that an element says, prefixes and blanks between elements left out."""
    return node.tag, tuple(sorted(node.attrib.items())), _text(node), tuple(_print(child) for child in _elements(node))


def _elements(node: etree._Element) -> list[etree._Element]:
    return [child for child in node if isinstance(child.tag, str)]


def _text(node: etree._Element) -> str:
    """Its own text, to the blank; between elements only what is no blank."""
    text = (node.text or "") + "".join(child.tail or "" for child in node)
    return text if text.strip() or not _elements(node) else ""


def _brief(text: str) -> str:
    text = text or "nothing"
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"
