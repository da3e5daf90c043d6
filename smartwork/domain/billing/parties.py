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
    """The seller or buyer of a document; `enterprise_number` is the Belgian one (10 digits, mod 97), Peppol scheme 0208.

    `legal_form` (SRL, BV), the `court` of the register of legal persons, `email` and `website` are printed where given.
    """

    name: str
    enterprise_number: str
    street: str
    postcode: str
    town: str
    country: str = "BE"
    scheme: str = "0208"
    iban: str | None = None
    legal_form: str | None = None
    court: str | None = None
    email: str | None = None
    website: str | None = None

    @property
    def vat_number(self) -> str:
        """The VAT number: country and enterprise number."""
        return f"{self.country}{self.enterprise_number}"


@dataclass(frozen=True, slots=True)
class PartyPeriod:
    """Name, address and numbers of a company from the local day `valid_from` on, until the next period begins."""

    valid_from: date
    party: Party
