"""Parties and VAT in an agreements file: who a company is, in Belgium or abroad, and how it is taxed."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from stdnum import iban

from smartwork.domain.billing.countries import COUNTRIES
from smartwork.domain.billing.parties import STANDARD_VAT, WITHOUT_VAT, Party, Vat, VatCategory
from smartwork.domain.billing.party_numbers import BELGIAN_SCHEME, endpoint_fault
from smartwork.domain.billing.permitted_text import fault
from smartwork.domain.billing.vat_exemptions import CODES

_URL = re.compile(r"https://[\w-]+(\.[\w-]+)+(:\d{1,5})?([/?#][\w./?#\[\]@!$&'()*+,;=:%~-]*)?", re.ASCII)
"""Host, port and path in the characters of RFC 3986: whole on every page, and the same wherever it is copied."""


def _printable(text: str) -> str:
    if reason := fault(text):
        raise ValueError(reason)
    return text


def _without_blanks(number: str) -> str:
    """A number as it is compared: without blanks and dots, in capitals."""
    return re.sub(r"[\s.]", "", number).upper()


def _https(url: str) -> str:
    if not _URL.fullmatch(url):
        raise ValueError(f"{url!r} is no address of a page such as https://www.example.be/terms.pdf; it begins with https://")
    return url


Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 1, 1))]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
ShortText = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_printable)]


class Entry(BaseModel):
    """A table of the file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LegalEntry(Entry):
    """What the law has a company print on its documents, of a party: all optional."""

    legal_form: Text | None = None
    court: Text | None = None
    email: Annotated[Text, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    website: Text | None = None


class PartyEntry(LegalEntry):
    """The `payee` of a centre contract, and what `seller` has in common with it."""

    name: Text
    enterprise_number: Annotated[str, Field(pattern=r"^\d{10}$")]
    street: Text
    postcode: Text
    town: Text
    iban: Annotated[Text, AfterValidator(iban.compact)]

    def party(self) -> Party:
        """The party."""
        return Party(**self.model_dump())


class SellerEntry(PartyEntry):
    """`seller`, with version and address of its general terms; both are optional."""

    terms_version: ShortText | None = None
    terms_url: Annotated[Text, AfterValidator(_https)] | None = None


class VatEntry(Entry):
    """A VAT treatment. S has a rate in percent; AE (reverse charge), E (exempt) and O (outside the scope of VAT) have a code
    and a reason.
    """

    category: VatCategory
    rate: Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)] | None = None
    code: str | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.category == "S":
            if self.rate == 0:
                raise ValueError("S needs a rate above 0; if no VAT is due, use AE (reverse charge) or E (exempt)")
            if self.code or self.reason:
                raise ValueError("S has a rate, so it takes no code or reason")
        elif self.rate:
            raise ValueError(f"{self.category} takes no rate: no VAT is due")
        elif self.code is not None and self.code not in CODES[self.category]:
            known = "a code such as VATEX-EU-132-1G" if self.category == "E" else ", ".join(sorted(CODES[self.category]))
            raise ValueError(f"{self.code!r} is not a VATEX code for {self.category}; use {known}")
        return self

    def to_vat(self) -> Vat:
        """The VAT treatment; code and reason of AE, E and O have defaults."""
        if self.category == "S":
            return Vat("S", STANDARD_VAT.rate if self.rate is None else self.rate)
        known = WITHOUT_VAT[self.category]
        return Vat(self.category, Decimal(0), self.code or known.code, self.reason or known.reason)


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError(f"{code!r} is no code of a country in ISO 3166-1, such as BE, LU or FR")
    return code


def _endpoint(text: str) -> str:
    scheme, colon, identifier = text.partition(":")
    if not colon:
        raise ValueError(f"{text!r} has no scheme: write it as 9938:LU26375245")
    if fault := endpoint_fault(scheme, identifier):
        raise ValueError(fault)
    return text


class CustomerEntry(LegalEntry):
    """Who a company is: a Belgian one, one abroad (`country`), or a private person (`private`).

    `endpoint` is the electronic address in Peppol, as scheme and identifier. A Belgian company has that of its enterprise
    number; one abroad without `endpoint`, and a private person, get no e-invoice.
    """

    name: Text
    private: bool = False
    enterprise_number: Annotated[Text, AfterValidator(_without_blanks)] | None = None
    vat_number: Annotated[Text, AfterValidator(_without_blanks)] | None = None
    endpoint: Annotated[Text, AfterValidator(_endpoint)] | None = None
    street: Text
    postcode: Text
    town: Text
    country: Annotated[str, AfterValidator(_country)] = "BE"

    @model_validator(mode="after")
    def _has_its_numbers(self) -> Self:
        own = f"BE{self.enterprise_number}"
        if self.private:
            for field in ("enterprise_number", "vat_number", "endpoint"):
                if getattr(self, field) is not None:
                    raise ValueError(f"{field} is of a company; a private person (private = true) has none")
        elif self.country != "BE":
            if self.enterprise_number is None and self.vat_number is None:
                raise ValueError("vat_number or enterprise_number is missing; only a private person has none: private = true")
        elif self.enterprise_number is None:
            raise ValueError("enterprise_number is missing; only a private person has none: private = true")
        elif not re.fullmatch(r"\d{10}", self.enterprise_number):
            raise ValueError(f"enterprise_number is {self.enterprise_number!r}, not ten digits; abroad, give the country")
        elif self.vat_number not in (None, own):
            raise ValueError(f"vat_number is {self.vat_number!r}, but that of a Belgian company is {own}; leave it out")
        return self

    def to_party(self) -> Party:
        """The party."""
        scheme, _, identifier = (self.endpoint or "").partition(":")
        has_own = self.country == "BE" and not self.private
        if has_own and (self.endpoint is None or identifier == self.enterprise_number):
            scheme, identifier = BELGIAN_SCHEME, ""
        return Party(
            self.name,
            self.enterprise_number,
            self.street,
            self.postcode,
            self.town,
            self.country,
            scheme or None,
            foreign_vat_number=None if has_own else self.vat_number,
            endpoint_id=identifier or None,
            **{field: getattr(self, field) for field in LegalEntry.model_fields},
        )


class LaterCustomerEntry(CustomerEntry):
    """Who a company is from a day on: the whole of it, not only what differs."""

    valid_from: Day


class LaterVatEntry(VatEntry):
    """A VAT treatment of a company from a day on; the first of them may hold from the beginning."""

    valid_from: Day | None = None


VAT_FORMS = ("one treatment", "several treatments")
"""The forms of `vat`, as pydantic names them in the place of a mistake."""


def _form(vat: object) -> str:
    return VAT_FORMS[isinstance(vat, list)]


OneOrSeveralVats = Annotated[
    Annotated[VatEntry, Tag(VAT_FORMS[0])] | Annotated[list[LaterVatEntry], Field(min_length=1), Tag(VAT_FORMS[1])],
    Discriminator(_form),
]
