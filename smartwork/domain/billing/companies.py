"""Companies, the customers of the network, and their members."""

from dataclasses import dataclass
from datetime import date

from smartwork.domain.billing.contracts import Contract, Pool
from smartwork.domain.billing.orders import Item, Subscription
from smartwork.domain.billing.parties import STANDARD_VAT, Language, Party, PartyPeriod, Vat, VatPeriod


@dataclass(frozen=True, slots=True)
class Company:
    """A customer of the network. `contracts` are sorted by validity; the last one is the general one that began last.

    `party` and `vat` hold until the first of `later_parties` and `later_vat`, which are sorted by the day they begin. With
    `pdf_in_xml` the pages of its documents are embedded in their XML as PDF.
    """

    slug: str
    party: Party
    language: Language
    buyer_reference: str
    contracts: tuple[Contract, ...]
    vat: Vat = STANDARD_VAT
    pools: tuple[Pool, ...] = ()
    later_parties: tuple[PartyPeriod, ...] = ()
    later_vat: tuple[VatPeriod, ...] = ()
    items: tuple[Item, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    pdf_in_xml: bool = False

    def vat_on(self, day: date) -> Vat:
        """How what is supplied on that local day is taxed."""
        begun = [period.vat for period in self.later_vat if period.valid_from <= day]
        return begun[-1] if begun else self.vat

    def party_on(self, day: date) -> Party:
        """Who the company is on that local day."""
        begun = [period.party for period in self.later_parties if period.valid_from <= day]
        return begun[-1] if begun else self.party

    @property
    def taxed_anew_on(self) -> frozenset[date]:
        """The days from which another VAT, or another legal person, holds."""
        persons = [self.party, *(period.party for period in self.later_parties)]
        changed = [
            period.valid_from
            for before, period in zip(persons, self.later_parties, strict=False)
            if before.identity != period.party.identity
        ]
        return frozenset([*changed, *(period.valid_from for period in self.later_vat)])

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
