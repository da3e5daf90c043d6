"""The invoice as Peppol BIS Billing 3.0 (UBL 2.1): written from the snapshot, amounts as Decimal text."""

from datetime import date
from decimal import Decimal

from lxml import etree

from smartwork.domain.business import Language, Party
from smartwork.domain.invoice import Invoice, Line, Proof
from smartwork.jobs.documents import labels

_INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_PREFIXES = {None: _INVOICE, "cac": _CAC, "cbc": _CBC}
_CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_COMMERCIAL_INVOICE = "380"
_SEPA_CREDIT_TRANSFER = "58"
_HOUR = "HUR"


def ubl(invoice: Invoice) -> bytes:
    """The XML of `invoice`, UTF-8 with a declaration; the same bytes for the same invoice."""
    say = labels.words(invoice.language)
    root = etree.Element(f"{{{_INVOICE}}}Invoice", nsmap=_PREFIXES)  # type: ignore[arg-type]  # stubs forget None
    _text(root, "CustomizationID", _CUSTOMIZATION)
    _text(root, "ProfileID", _PROFILE)
    _text(root, "ID", invoice.number)
    _text(root, "IssueDate", invoice.issued_on.isoformat())
    _text(root, "DueDate", invoice.due_on.isoformat())
    _text(root, "InvoiceTypeCode", _COMMERCIAL_INVOICE)
    if invoice.is_demo:
        _text(root, "Note", say["demo"])
    _text(root, "DocumentCurrencyCode", invoice.currency)
    _text(root, "BuyerReference", invoice.buyer_reference)
    _period(root, invoice.starts_on, invoice.ends_on)
    _party(_group(root, "AccountingSupplierParty"), invoice.seller)
    _party(_group(root, "AccountingCustomerParty"), invoice.buyer)
    _payment(root, invoice, say["terms"])
    _totals(root, invoice)
    for line in invoice.lines:
        _line(root, invoice, line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def line_note(line: Proof, language: Language) -> str:
    """A proof in one sentence: verdict, rule, minutes, coverage, and the ledger's numbers."""
    say = labels.words(language)
    parts = [f"{say[f'verdict_{line.verdict}']}, {say[f'basis_{line.basis}']}"]
    if line.booked_s:
        parts.append(f"{say['booked']} {labels.minutes(line.booked_s)} min")
    parts.append(f"{say['measured']} {labels.minutes(line.occupied_s + line.over_s)} min")
    if line.unknown_s:
        parts.append(f"{say['unknown']} {labels.minutes(line.unknown_s)} min")
    parts.append(f"{say['coverage']} {labels.number(line.coverage * 100, language, 1)} %")
    runs = ", ".join(f"{b.edge}/{b.epoch} {b.first}–{b.last}" for b in line.batches)
    parts.append(f"{say['ledger'].lower()} {runs or say['no_readings']}")
    return "; ".join(parts)


def _line(root: etree._Element, invoice: Invoice, line: Line) -> None:
    say = labels.words(invoice.language)
    proof = line.proofs[0]
    node = _group(root, "InvoiceLine")
    _text(node, "ID", str(line.line))
    _text(node, "Note", line_note(proof, invoice.language))
    _text(node, "InvoicedQuantity", _plain(line.quantity), unitCode=_HOUR)
    _amount(node, "LineExtensionAmount", invoice, line.net)
    # A line's period must lie inside the document's: what ends after midnight of the last day is shown as that day.
    _period(node, line.starts_on, min(line.ends_on, invoice.ends_on))
    item = _group(node, "Item")
    named = proof.booking or proof.check_in
    _text(item, "Description", " · ".join(part for part in (named, proof.member) if part) or proof.resource)
    _text(item, "Name", f"{say[f'item_{proof.kind}']} {proof.resource_name}, {proof.centre_name}")
    _tax_category(_group(item, "ClassifiedTaxCategory"), line.vat_category, line.vat_rate)
    price = _group(node, "Price")
    _text(price, "PriceAmount", _plain(line.price), currencyID=invoice.currency)


def _party(root: etree._Element, party: Party) -> None:
    node = _group(root, "Party")
    _text(node, "EndpointID", party.enterprise_number, schemeID=party.scheme)
    _text(_group(node, "PartyName"), "Name", party.name)
    address = _group(node, "PostalAddress")
    _text(address, "StreetName", party.street)
    _text(address, "CityName", party.town)
    _text(address, "PostalZone", party.postcode)
    _text(_group(address, "Country"), "IdentificationCode", party.country)
    tax = _group(node, "PartyTaxScheme")
    _text(tax, "CompanyID", party.vat_number)
    _text(_group(tax, "TaxScheme"), "ID", "VAT")
    legal = _group(node, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.name)
    _text(legal, "CompanyID", party.enterprise_number, schemeID=party.scheme)


def _payment(root: etree._Element, invoice: Invoice, terms: str) -> None:
    if invoice.payment:
        means = _group(root, "PaymentMeans")
        _text(means, "PaymentMeansCode", _SEPA_CREDIT_TRANSFER)
        _text(means, "PaymentID", invoice.payment.reference or invoice.number)
        account = _group(means, "PayeeFinancialAccount")
        _text(account, "ID", invoice.payment.iban)
        _text(account, "Name", invoice.payment.holder)
    due = labels.day(invoice.due_on, invoice.language)
    _text(_group(root, "PaymentTerms"), "Note", terms.format(days=invoice.payment_days, due=due))


def _totals(root: etree._Element, invoice: Invoice) -> None:
    tax = _group(root, "TaxTotal")
    _amount(tax, "TaxAmount", invoice, invoice.vat)
    for total in invoice.vat_totals:
        part = _group(tax, "TaxSubtotal")
        _amount(part, "TaxableAmount", invoice, total.base)
        _amount(part, "TaxAmount", invoice, total.vat)
        _tax_category(_group(part, "TaxCategory"), total.category, total.rate)
    money = _group(root, "LegalMonetaryTotal")
    _amount(money, "LineExtensionAmount", invoice, invoice.net)
    _amount(money, "TaxExclusiveAmount", invoice, invoice.net)
    _amount(money, "TaxInclusiveAmount", invoice, invoice.gross)
    _amount(money, "PayableAmount", invoice, invoice.gross)


def _tax_category(node: etree._Element, category: str, rate: Decimal) -> None:
    _text(node, "ID", category)
    _text(node, "Percent", _plain(rate))
    _text(_group(node, "TaxScheme"), "ID", "VAT")


def _period(root: etree._Element, start: date, end: date) -> None:
    node = _group(root, "InvoicePeriod")
    _text(node, "StartDate", start.isoformat())
    _text(node, "EndDate", end.isoformat())


def _amount(root: etree._Element, name: str, invoice: Invoice, value: Decimal) -> None:
    _text(root, name, f"{value:.2f}", currencyID=invoice.currency)


def _plain(value: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _group(root: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(root, f"{{{_CAC}}}{name}")


def _text(root: etree._Element, name: str, value: str, **attributes: str) -> None:
    node = etree.SubElement(root, f"{{{_CBC}}}{name}", attrib=attributes)
    node.text = value
