"""What Belgian law has a document say in the reader's language: why it has no VAT, and what becomes of VAT credited.

Sources: royal decree no. 1, art. 5 (reverse charge, exemption, self-billing, special scheme for small enterprises); VAT
Code, art. 21 § 2, and Directive 2006/112/EC, art. 44 and 196 (services to companies abroad); royal
decree no. 4, art. 4 (credit notes); Companies Code, art. 2:20 (legal form, register and court).
"""

from smartwork.domain.billing.invoice import Invoice, VatTotal
from smartwork.domain.billing.parties import Language, Party
from smartwork.domain.billing.vat_exemptions import article
from smartwork.translations.catalogue import texts

_FRANCHISE = "56bis"
"""The article of the VAT Code with the special scheme for small enterprises."""
_STANDARD = ("Reverse charge", "Exempt", "Not subject to VAT", None)
"""Reasons that say no more than the category."""


def mentions(invoice: Invoice) -> list[str]:
    """The mentions of a document, each a sentence or two; none for one that was issued before they were printed."""
    if invoice.drawing is None:
        return []
    words = texts(invoice.language)
    reasons = (exemption(total, invoice.language, abroad=to_abroad(invoice)) for total in invoice.vat_totals)
    found = [f"{reason}." for reason in reasons if reason]
    if pays_vat_back(invoice):
        found.append(f"{words['vat_paid_back']}.")
    return list(dict.fromkeys(found))


def pays_vat_back(invoice: Invoice) -> bool:
    """Whether the receiver pays VAT back to the State that it deducted: a credit note with VAT."""
    return invoice.drawing is not None and invoice.is_credit and any(total.vat for total in invoice.vat_totals)


def to_abroad(invoice: Invoice) -> bool:
    """Whether the customer of the network is in another country."""
    return not invoice.is_self_billed and invoice.buyer.country != "BE"


def exemption(total: VatTotal, language: Language, *, abroad: bool = False) -> str | None:
    """Why there is no VAT, with the article of the law where it is known; None if there is VAT.

    For a customer `abroad` the reason is usually the place of supply, which is where the customer is.
    """
    words = texts(language)
    if total.category == "S":
        return None
    if total.category in ("AE", "O"):
        word = words[f"vat_{total.category}"]
        law = words[f"vat_{total.category}_law"] if abroad else None
        return " – ".join(part for part in (word, total.reason if total.reason not in _STANDARD else law) if part)
    named = article(total.code, total.reason)
    if named == _FRANCHISE:
        return words["franchise"]
    if named is not None:
        return words["exempt_by_article"].format(article=named)
    return words["vat_E"] if total.reason in _STANDARD else f"{words['vat_E']} – {total.reason}"


def legal_form(party: Party, language: Language) -> str:
    """The legal form, and the register of legal persons with the court; empty where neither is given."""
    register = texts(language)["register"].format(court=party.court) if party.court else None
    return " · ".join(part for part in (party.legal_form, register) if part)


def contact(party: Party) -> str:
    """The e-mail address and the site; empty where neither is given."""
    return " · ".join(part for part in (party.email, party.website) if part)


def general_terms(invoice: Invoice) -> str:
    """Version and address of the seller's general terms; empty where neither is given."""
    words, seller = texts(invoice.language), invoice.seller
    if seller.terms_version:
        named = words["general_terms_version"].format(version=seller.terms_version)
    elif seller.terms_url:
        named = words["general_terms"]
    else:
        return ""
    return words["general_terms_at"].format(terms=named, url=seller.terms_url) if seller.terms_url else named
