"""Companies, the customers of the network, and their members."""

from dataclasses import dataclass

from smartwork.domain.billing.contracts import Contract, Pool
from smartwork.domain.billing.parties import STANDARD_VAT, Language, Party, Vat


@dataclass(frozen=True, slots=True)
class Company:
    """A customer of the network. `contracts` are sorted by validity; the last one is the general one that began last."""

    slug: str
    name: str
    enterprise_number: str
    street: str
    postcode: str
    town: str
    language: Language
    buyer_reference: str
    contracts: tuple[Contract, ...]
    vat: Vat = STANDARD_VAT
    pools: tuple[Pool, ...] = ()
    legal_form: str | None = None
    court: str | None = None
    email: str | None = None
    website: str | None = None

    @property
    def party(self) -> Party:
        """The company as the buyer of a document."""
        return Party(
            name=self.name,
            enterprise_number=self.enterprise_number,
            street=self.street,
            postcode=self.postcode,
            town=self.town,
            legal_form=self.legal_form,
            court=self.court,
            email=self.email,
            website=self.website,
        )

    @property
    def payment_days(self) -> int:
        """Days to pay, by the latest contract."""
        return self.contracts[-1].payment_days


@dataclass(frozen=True, slots=True)
class Customer:
    """A company with its key in the database; `is_demo` marks it as made up."""

    company_id: int
    company: Company
    is_demo: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A person who works in centres, known by a pseudonym only."""

    pseudonym: str
    company: str
