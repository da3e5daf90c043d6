"""The yearly listing of clients as the XML that Intervat, the portal of the Belgian tax administration, takes."""

from lxml import etree

from smartwork.documents.ubl import allowed
from smartwork.domain.accounting.client_listing import ClientListing
from smartwork.domain.billing.parties import Party

_LISTING = "http://www.minfin.fgov.be/ClientListingConsignment"
_COMMON = "http://www.minfin.fgov.be/InputCommon"


def client_listing_xml(listing: ClientListing, declarant: Party, phone: str) -> bytes:
    """The listing as ClientListingConsignment in UTF-8; amounts in EUR. `phone` is a field that the form requires."""
    root = etree.Element(
        f"{{{_LISTING}}}ClientListingConsignment",
        nsmap={None: _COMMON, "ns2": _LISTING},  # type: ignore[dict-item]  # stubs forget None
        attrib={"ClientListingsNbr": "1"},
    )
    totals = {
        "SequenceNumber": "1",
        "ClientsNbr": str(len(listing.clients)),
        "TurnOverSum": f"{listing.turnover:.2f}",
        "VATAmountSum": f"{listing.vat:.2f}",
    }
    declared = etree.SubElement(root, f"{{{_LISTING}}}ClientListing", attrib=totals)
    who = etree.SubElement(declared, f"{{{_LISTING}}}Declarant")
    for name, text in (
        ("VATNumber", (declarant.vat_number or "")[2:]),
        ("Name", declarant.name),
        ("Street", declarant.street),
        ("PostCode", declarant.postcode),
        ("City", declarant.town),
        ("CountryCode", declarant.country),
        ("EmailAddress", declarant.email or ""),
        ("Phone", phone),
    ):
        etree.SubElement(who, f"{{{_COMMON}}}{name}").text = allowed(text)
    etree.SubElement(declared, f"{{{_LISTING}}}Period").text = str(listing.year)
    for number, client in enumerate(listing.clients, start=1):
        node = etree.SubElement(declared, f"{{{_LISTING}}}Client", attrib={"SequenceNumber": str(number)})
        vat_number = etree.SubElement(node, f"{{{_LISTING}}}CompanyVATNumber", attrib={"issuedBy": client.vat_number[:2]})
        vat_number.text = client.vat_number[2:]
        etree.SubElement(node, f"{{{_LISTING}}}TurnOver").text = f"{client.turnover:.2f}"
        etree.SubElement(node, f"{{{_LISTING}}}VATAmount").text = f"{client.vat:.2f}"
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
