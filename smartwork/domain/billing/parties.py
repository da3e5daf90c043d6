"""The parties of a document: name, address, enterprise number, and how supplies to or by them are taxed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Language = Literal["fr", "nl", "en"]

VatCategory = Literal["S", "AE", "E", "O"]


@dataclass(frozen=True, slots=True)
class Vat:
    """How supplies to (or by) a party are taxed, as EN 16931 codes it: standard rate, reverse charge, exempt, or outside the
    scope of VAT.

    `rate` is in percent. AE, E and O have rate 0 and give a `reason` and, where the VATEX list has one, a `code`.
    """

    category: VatCategory
    rate: Decimal
    code: str | None = None
    reason: str | None = None


STANDARD_VAT = Vat("S", Decimal(21))
"""Belgium's standard rate."""

REVERSE_CHARGE = Vat("AE", Decimal(0), "VATEX-EU-AE", "Reverse charge")
"""The customer accounts for the VAT."""

WITHOUT_VAT: dict[VatCategory, Vat] = {
    "AE": REVERSE_CHARGE,
    "E": Vat("E", Decimal(0), None, "Exempt"),
    "O": Vat("O", Decimal(0), "VATEX-EU-O", "Not subject to VAT"),
}
"""The usual code and reason of each category without VAT."""


@dataclass(frozen=True, slots=True)
class VatPeriod:
    """How a company's supplies are taxed from the local day `valid_from` on, until the next period begins."""

    valid_from: date
    vat: Vat


@dataclass(frozen=True, slots=True)
class Party:
    """The seller or buyer of a document.

    `enterprise_number` is that of the register of companies: in Belgium 10 digits, mod 97; None for a private person, and for
    a company abroad that is known by its VAT number. `country` is a code of ISO 3166-1. A VAT number is stated where it does
    not follow from a Belgian enterprise number (`foreign_vat_number`). The electronic address in Peppol is `endpoint_id`, or
    else the enterprise number, in `scheme`; without a scheme there is none, and documents are not electronic.

    `legal_form` (SRL, BV), the `court` of the register of legal persons, `email` and `website` are printed where given. So
    are the version and the address (https) of a seller's general terms: `terms_version`, `terms_url`.
    """

    name: str
    enterprise_number: str | None
    street: str
    postcode: str
    town: str
    country: str = "BE"
    scheme: str | None = "0208"
    iban: str | None = None
    legal_form: str | None = None
    court: str | None = None
    email: str | None = None
    website: str | None = None
    foreign_vat_number: str | None = None
    endpoint_id: str | None = None
    terms_version: str | None = None
    terms_url: str | None = None

    @property
    def vat_number(self) -> str | None:
        """The VAT number: in Belgium country and enterprise number."""
        if self.foreign_vat_number is None and self.country == "BE" and self.enterprise_number is not None:
            return f"BE{self.enterprise_number}"
        return self.foreign_vat_number

    @property
    def endpoint(self) -> tuple[str, str] | None:
        """Scheme and identifier of the electronic address, or None."""
        identifier = self.endpoint_id or self.enterprise_number
        return None if self.scheme is None or identifier is None else (self.scheme, identifier)

    @property
    def identity(self) -> tuple[str, str]:
        """Who the party is in law: country and number. Name and address may change."""
        return self.country, self.enterprise_number or self.vat_number or ""

    @property
    def is_private(self) -> bool:
        """Whether it is a private person."""
        return self.enterprise_number is None and self.vat_number is None


@dataclass(frozen=True, slots=True)
class PartyPeriod:
    """Name, address and numbers of a company from the local day `valid_from` on, until the next period begins."""

    valid_from: date
    party: Party
