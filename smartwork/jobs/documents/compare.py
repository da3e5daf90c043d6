"""Whether an XML says what its snapshot says: every figure, date, party and type that a bookkeeper acts on."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from lxml import etree

from smartwork.domain.business import Party
from smartwork.domain.invoice import Invoice, Line
from smartwork.domain.recompute import Difference
from smartwork.jobs.documents.reader import NS
from smartwork.jobs.documents.ubl import TYPES, UNITS, allowed, stated_period

_TOTAL = "cac:LegalMonetaryTotal/cbc:"


def against(root: etree._Element, invoice: Invoice) -> list[Difference]:
    """What the XML states otherwise than `invoice`; `stated` is the XML's, `computed` the snapshot's."""
    return [*_head(root, invoice), *_totals(root, invoice), *_lines(root, invoice)]


def _head(root: etree._Element, invoice: Invoice) -> Iterator[Difference]:
    name = "CreditNote" if invoice.is_credit else "Invoice"
    texts = [
        ("number", "cbc:ID", invoice.number),
        ("date of issue", "cbc:IssueDate", invoice.issued_on.isoformat()),
        ("type", f"cbc:{name}TypeCode", TYPES[invoice.kind]),
        ("currency", "cbc:DocumentCurrencyCode", invoice.currency),
        ("buyer's reference", "cbc:BuyerReference", invoice.buyer_reference),
        ("start of the period", "cac:InvoicePeriod/cbc:StartDate", invoice.starts_on.isoformat()),
        ("end of the period", "cac:InvoicePeriod/cbc:EndDate", invoice.ends_on.isoformat()),
        *_party("supplier", "cac:AccountingSupplierParty", invoice.seller),
        *_party("customer", "cac:AccountingCustomerParty", invoice.buyer),
    ]
    if not invoice.is_credit:
        texts.append(("due date", "cbc:DueDate", invoice.due_on.isoformat()))
    means = "cac:PaymentMeans/"
    paid = invoice.payment
    texts.append(("account to pay to", f"{means}cac:PayeeFinancialAccount/cbc:ID", paid.iban if paid else ""))
    texts.append(("payment reference", f"{means}cbc:PaymentID", (paid.reference if paid else None) or ""))
    for what, path, expected in texts:
        yield from _text(root, 0, what, path, expected)
    found = root.findall("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID", NS)
    stated, expected = ", ".join(node.text or "" for node in found), ", ".join(one.number for one in invoice.corrects)
    if stated != expected:
        yield Difference(0, "documents it corrects", stated or "none", expected or "none")


def _party(role: str, path: str, party: Party) -> list[tuple[str, str, str]]:
    return [
        (f"{role}'s name", f"{path}/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName", party.name),
        (f"{role}'s enterprise number", f"{path}/cac:Party/cbc:EndpointID", party.enterprise_number),
        (f"{role}'s VAT number", f"{path}/cac:Party/cac:PartyTaxScheme/cbc:CompanyID", party.vat_number),
    ]


def _totals(root: etree._Element, invoice: Invoice) -> Iterator[Difference]:
    for what, path, expected in (
        ("net", f"{_TOTAL}LineExtensionAmount", invoice.net),
        ("net", f"{_TOTAL}TaxExclusiveAmount", invoice.net),
        ("gross", f"{_TOTAL}TaxInclusiveAmount", invoice.gross),
        ("amount to pay", f"{_TOTAL}PayableAmount", invoice.gross),
        ("VAT", "cac:TaxTotal/cbc:TaxAmount", invoice.vat),
    ):
        yield from _figure(root, 0, what, path, expected)
    parts = root.findall("cac:TaxTotal/cac:TaxSubtotal", NS)
    if len(parts) != len(invoice.vat_totals):
        yield Difference(0, "rates of VAT", str(len(parts)), str(len(invoice.vat_totals)))
    for part, total in zip(parts, invoice.vat_totals, strict=False):
        yield from _text(part, 0, "VAT category", "cac:TaxCategory/cbc:ID", total.category)
        yield from _figure(part, 0, f"VAT rate of {total.category}", "cac:TaxCategory/cbc:Percent", total.rate)
        yield from _figure(part, 0, f"base of {total.category}", "cbc:TaxableAmount", total.base)
        yield from _figure(part, 0, f"VAT of {total.category}", "cbc:TaxAmount", total.vat)


def _lines(root: etree._Element, invoice: Invoice) -> Iterator[Difference]:
    nodes = root.findall("cac:CreditNoteLine" if invoice.is_credit else "cac:InvoiceLine", NS)
    if len(nodes) != len(invoice.lines):
        yield Difference(0, "lines", str(len(nodes)), str(len(invoice.lines)))
    for node, line in zip(nodes, invoice.lines, strict=False):
        yield from _line(node, invoice, line)


def _line(node: etree._Element, invoice: Invoice, line: Line) -> Iterator[Difference]:
    quantity = "cbc:CreditedQuantity" if invoice.is_credit else "cbc:InvoicedQuantity"
    yield from _text(node, line.line, "line number", "cbc:ID", str(line.line))
    yield from _figure(node, line.line, "quantity", quantity, line.quantity)
    found = node.find(quantity, NS)
    if found is not None and found.get("unitCode") != UNITS[line.unit]:
        yield Difference(line.line, "unit", found.get("unitCode") or "none", UNITS[line.unit])
    yield from _figure(node, line.line, "price", "cac:Price/cbc:PriceAmount", line.price)
    yield from _figure(node, line.line, "net", "cbc:LineExtensionAmount", line.net)
    category = "cac:Item/cac:ClassifiedTaxCategory/cbc:"
    yield from _text(node, line.line, "VAT category", f"{category}ID", line.vat_category)
    yield from _figure(node, line.line, "VAT rate", f"{category}Percent", line.vat_rate)
    period = stated_period(invoice, line)
    start, end = (day.isoformat() for day in period) if period else ("", "")
    yield from _text(node, line.line, "start of the period", "cac:InvoicePeriod/cbc:StartDate", start)
    yield from _text(node, line.line, "end of the period", "cac:InvoicePeriod/cbc:EndDate", end)


def _text(root: etree._Element, line: int, what: str, path: str, expected: str) -> Iterator[Difference]:
    stated = root.findtext(path, namespaces=NS) or ""
    if stated != allowed(expected):
        yield Difference(line, what, stated or "nothing", expected or "nothing")


def _figure(root: etree._Element, line: int, what: str, path: str, expected: Decimal) -> Iterator[Difference]:
    stated = root.findtext(path, namespaces=NS) or ""
    try:
        same = Decimal(stated) == expected
    except InvalidOperation:
        same = False
    if not same:
        yield Difference(line, what, stated or "nothing", f"{expected:f}")
