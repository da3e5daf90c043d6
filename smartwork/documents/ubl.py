"""A document as Peppol BIS Billing 3.0 (UBL 2.1), written from its snapshot, amounts as Decimal text."""

import base64
import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from smartwork.documents import books, earlier_texts, legal_mentions, line_texts
from smartwork.documents.embedded_evidence import as_csv
from smartwork.documents.first_page import terms
from smartwork.documents.line_explanations import IndexedInvoice, indexed
from smartwork.domain.billing.canonical_json import digest
from smartwork.domain.billing.countries import SEPA
from smartwork.domain.billing.invoice import DocumentKind, Invoice, Line, Unit, VatTotal
from smartwork.domain.billing.parties import Party
from smartwork.domain.billing.party_numbers import register_of
from smartwork.translations.catalogue import texts

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_ROOT = "urn:oasis:names:specification:ubl:schema:xsd:{name}-2"
_CEN = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc"
_PROFILE = "urn:fdc:peppol.eu:2017:poacc"
_SEPA_CREDIT_TRANSFER = "58"
_CREDIT_TRANSFER = "30"
_NOTE = """
    <cbc:Note>{}</cbc:Note>"""
_PERIOD = """
    <cac:InvoicePeriod>
      <cbc:StartDate>{}</cbc:StartDate>
      <cbc:EndDate>{}</cbc:EndDate>
    </cac:InvoicePeriod>"""
_PERCENT = """
        <cbc:Percent>{}</cbc:Percent>"""
"""Lines and totals outside the scope of VAT have no rate (EN 16931, BR-O-05)."""
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

TYPES: dict[DocumentKind, str] = {
    "invoice": "380",
    "credit_note": "381",
    "self_billed_invoice": "389",
    "self_billed_credit_note": "261",
}
"""UNTDID 1001 codes of the document kinds."""
UNITS: dict[Unit, str] = {
    "hour": "HUR",
    "half_day": "C62",
    "day": "DAY",
    "piece": "H87",
    "month": "MON",
    "seat": "C62",
    "share": "C62",
}
"""UN/ECE Recommendation 20 codes; C62 is a count of units without a code of their own."""


def ubl(invoice: Invoice, canonical: str, pages: bytes | None = None) -> bytes:
    """The XML of `invoice` in UTF-8, with its snapshot's `canonical` text embedded; the same bytes for the same invoice.

    `pages` is the PDF of its pages that the XML embeds, too, or None.
    """
    name = "CreditNote" if invoice.is_credit else "Invoice"
    namespace = _ROOT.format(name=name)
    prefixes = {None: namespace, "cac": _CAC, "cbc": _CBC}
    root = etree.Element(f"{{{namespace}}}{name}", nsmap=prefixes)  # type: ignore[arg-type]  # stubs forget None
    billing = "selfbilling" if invoice.is_self_billed else "billing"
    _text(root, "CustomizationID", f"{_CEN}:{billing}:3.0")
    _text(root, "ProfileID", f"{_PROFILE}:{billing}:01:1.0")
    _text(root, "ID", invoice.number)
    _text(root, "IssueDate", invoice.issued_on.isoformat())
    if not invoice.is_credit:
        _text(root, "DueDate", invoice.due_on.isoformat())
    _text(root, f"{name}TypeCode", TYPES[invoice.kind])
    if notes := _notes(invoice):
        _text(root, "Note", " – ".join(notes))
    _text(root, "DocumentCurrencyCode", invoice.currency)
    _text(root, "BuyerReference", invoice.buyer_reference)
    _period(root, invoice.starts_on, invoice.ends_on)
    for earlier in invoice.corrects:
        reference = _group(_group(root, "BillingReference"), "InvoiceDocumentReference")
        _text(reference, "ID", earlier.number)
        _text(reference, "IssueDate", earlier.issued_on.isoformat())
    _evidence(root, invoice, canonical)
    if pages is not None:
        _pages(root, invoice, pages)
    supplier = _party(_group(root, "AccountingSupplierParty"), invoice.seller, invoice)
    if form := legal_mentions.legal_form(invoice.seller, invoice.language):
        _text(supplier, "CompanyLegalForm", form)
    _contact(supplier, invoice.seller)
    _contact(_party(_group(root, "AccountingCustomerParty"), invoice.buyer, invoice), invoice.buyer)
    _payment(root, invoice)
    _totals(root, invoice)
    document = indexed(invoice)
    head, end, rest = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True).rpartition(b"</")
    written = BytesIO()
    written.write(head)
    for line in invoice.lines:
        written.write(_line(document, line).encode())
    written.write(end + rest)
    return written.getvalue()


def _notes(invoice: Invoice) -> list[str]:
    """The parts of the one note that Peppol allows; reasons for no VAT have an element of their own."""
    words = texts(invoice.language)
    notes = [words["demo"]] if invoice.is_demo else []
    if invoice.reason:
        notes.append(invoice.reason)
    if invoice.drawing is not None and invoice.is_self_billed:
        notes.append(words["self_billing"])
    if legal_mentions.pays_vat_back(invoice):
        notes.append(words["vat_paid_back"])
    if general_terms := legal_mentions.general_terms(invoice):
        notes.append(general_terms)
    if head := books.head(invoice):
        notes.append(head)
    return notes


def _evidence(root: etree._Element, invoice: Invoice, canonical: str) -> None:
    """Embed the snapshot as CSV under its SHA-256 digest."""
    reference = _group(root, "AdditionalDocumentReference")
    _text(reference, "ID", digest(canonical).hex())
    _text(reference, "DocumentDescription", texts(invoice.language)["evidence_file"])
    embedded = base64.b64encode(as_csv(canonical)).decode()
    name = f"{invoice.number}-evidence.csv"
    _text(_group(reference, "Attachment"), "EmbeddedDocumentBinaryObject", embedded, mimeCode="text/csv", filename=name)


def _pages(root: etree._Element, invoice: Invoice, pages: bytes) -> None:
    """Embed the pages as PDF under the document's number."""
    reference = _group(root, "AdditionalDocumentReference")
    _text(reference, "ID", invoice.number)
    _text(reference, "DocumentDescription", texts(invoice.language)["pages_file"])
    embedded, name = base64.b64encode(pages).decode(), f"{invoice.number}.pdf"
    _text(
        _group(reference, "Attachment"), "EmbeddedDocumentBinaryObject", embedded, mimeCode="application/pdf", filename=name
    )


def _line(document: IndexedInvoice, line: Line) -> str:
    """A line as XML text. Building each element of hundreds of lines would take most of the time."""
    invoice, language = document.invoice, document.invoice.language
    kind, count = ("CreditNote", "Credited") if invoice.is_credit else ("Invoice", "Invoiced")
    title = line_texts.title(line, invoice)
    if invoice.drawing is None:
        note, description = earlier_texts.note(line, language), earlier_texts.description(line, language)
    else:
        note, description = _note(document, line), _description(line, title)
    period = stated_period(invoice, line)
    currency = quoteattr(allowed(invoice.currency))
    return f"""  <cac:{kind}Line>
    <cbc:ID>{line.line}</cbc:ID>{_NOTE.format(_escaped(note)) if note else ""}
    <cbc:{count}Quantity unitCode="{UNITS[line.unit]}">{_plain(line.quantity)}</cbc:{count}Quantity>
    <cbc:LineExtensionAmount currencyID={currency}>{line.net:.2f}</cbc:LineExtensionAmount>\
{_PERIOD.format(*period) if period else ""}
    <cac:Item>
      <cbc:Description>{_escaped(description)}</cbc:Description>
      <cbc:Name>{_escaped(f"{title}, {line.centre_name}" if line.centre_name else title)}</cbc:Name>
      <cac:ClassifiedTaxCategory>
        <cbc:ID>{line.vat_category}</cbc:ID>{"" if line.vat_category == "O" else _PERCENT.format(_plain(line.vat_rate))}
        <cac:TaxScheme>
          <cbc:ID>VAT</cbc:ID>
        </cac:TaxScheme>
      </cac:ClassifiedTaxCategory>
    </cac:Item>
    <cac:Price>
      <cbc:PriceAmount currencyID={currency}>{_plain(line.price)}</cbc:PriceAmount>
    </cac:Price>
  </cac:{kind}Line>
"""


def _note(document: IndexedInvoice, line: Line) -> str:
    """What explains the line, and the evidence of each visit."""
    language = document.invoice.language
    own = " · ".join(text for text in (line_texts.verdict(line, language), *line_texts.details(line, document)) if text)
    return " | ".join(text for text in (own, *(line_texts.evidence(billed, language) for billed in line.visits)) if text)


def _description(line: Line, title: str) -> str:
    """The bookings or check-ins, or the order, and the members; the name where there is none."""
    references = [line_texts.named(each) for each in line.visits] or [line_texts.reference(line)]
    return " · ".join(part for part in dict.fromkeys([*references, *line_texts.members(line)]) if part) or title


def stated_period(invoice: Invoice, line: Line) -> tuple[date, date] | None:
    """The first and last day that the XML states for a line; Peppol requires them within the document's period.

    A visit that ends after midnight of the last day ends on that day; a line about an earlier month has no period.
    """
    if not invoice.starts_on <= line.starts_on <= invoice.ends_on:
        return None
    return line.starts_on, min(line.ends_on, invoice.ends_on)


def _party(root: etree._Element, party: Party, invoice: Invoice) -> etree._Element:
    """Write a party, and return its legal entity, which is the last part of it.

    A document outside the scope of VAT has no VAT number (EN 16931, BR-O-02).
    """
    node = _group(root, "Party")
    if party.endpoint is not None:
        scheme, identifier = party.endpoint
        _text(node, "EndpointID", identifier, schemeID=scheme)
    _text(_group(node, "PartyName"), "Name", party.name)
    address = _group(node, "PostalAddress")
    _text(address, "StreetName", party.street)
    _text(address, "CityName", party.town)
    _text(address, "PostalZone", party.postcode)
    _text(_group(address, "Country"), "IdentificationCode", party.country)
    if party.vat_number is not None and not any(total.category == "O" for total in invoice.vat_totals):
        tax = _group(node, "PartyTaxScheme")
        _text(tax, "CompanyID", party.vat_number)
        _text(_group(tax, "TaxScheme"), "ID", "VAT")
    legal = _group(node, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.name)
    if party.enterprise_number is not None:
        register = register_of(party.country, party.enterprise_number)
        _text(legal, "CompanyID", party.enterprise_number, **({"schemeID": register} if register else {}))
    return legal


def _contact(legal: etree._Element, party: Party) -> None:
    """The e-mail address of a party, after its legal entity. EN 16931 has no element for a site."""
    if party.email is not None:
        contact = etree.Element(f"{{{_CAC}}}Contact")
        legal.addnext(contact)
        _text(contact, "ElectronicMail", party.email)


def _payment(root: etree._Element, invoice: Invoice) -> None:
    if invoice.payment is not None:
        means = _group(root, "PaymentMeans")
        _text(means, "PaymentMeansCode", _SEPA_CREDIT_TRANSFER if invoice.buyer.country in SEPA else _CREDIT_TRANSFER)
        if invoice.payment.reference is not None:
            _text(means, "PaymentID", invoice.payment.reference)
        account = _group(means, "PayeeFinancialAccount")
        _text(account, "ID", invoice.payment.iban)
        _text(account, "Name", invoice.payment.holder)
    _text(_group(root, "PaymentTerms"), "Note", terms(invoice))


def _totals(root: etree._Element, invoice: Invoice) -> None:
    tax = _group(root, "TaxTotal")
    _amount(tax, "TaxAmount", invoice, invoice.vat)
    for total in invoice.vat_totals:
        part = _group(tax, "TaxSubtotal")
        _amount(part, "TaxableAmount", invoice, total.base)
        _amount(part, "TaxAmount", invoice, total.vat)
        _tax_category(_group(part, "TaxCategory"), invoice, total)
    money = _group(root, "LegalMonetaryTotal")
    _amount(money, "LineExtensionAmount", invoice, invoice.net)
    _amount(money, "TaxExclusiveAmount", invoice, invoice.net)
    _amount(money, "TaxInclusiveAmount", invoice, invoice.gross)
    _amount(money, "PayableAmount", invoice, invoice.gross)


def _tax_category(node: etree._Element, invoice: Invoice, total: VatTotal) -> None:
    _text(node, "ID", total.category)
    if total.category != "O":
        _text(node, "Percent", _plain(total.rate))
    if total.code:
        _text(node, "TaxExemptionReasonCode", total.code)
    # Documents without a drawing version have the reason as it was agreed, in any language.
    reason = (
        total.reason
        if invoice.drawing is None
        else legal_mentions.exemption(total, invoice.language, abroad=legal_mentions.to_abroad(invoice))
    )
    if reason:
        _text(node, "TaxExemptionReason", reason)
    _text(_group(node, "TaxScheme"), "ID", "VAT")


def _period(root: etree._Element, start: date, end: date) -> None:
    node = _group(root, "InvoicePeriod")
    _text(node, "StartDate", start.isoformat())
    _text(node, "EndDate", end.isoformat())


def _amount(root: etree._Element, name: str, invoice: Invoice, value: Decimal) -> None:
    _text(root, name, f"{value:.2f}", currencyID=invoice.currency)


def _plain(value: Decimal) -> str:
    """A decimal as text without exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _group(root: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(root, f"{{{_CAC}}}{name}")


def _text(root: etree._Element, name: str, value: str, **attributes: str) -> None:
    node = etree.SubElement(root, f"{{{_CBC}}}{name}", attrib=attributes)
    node.text = allowed(value)


def allowed(text: str) -> str:
    """`text` with U+FFFD for each character that XML 1.0 cannot contain."""
    return text if text.isprintable() else _FORBIDDEN.sub("\ufffd", text)


def _escaped(text: str) -> str:
    return escape(allowed(text), {"\r": "&#13;"})
