"""The schema of an agreements file (format 1): its tables, their keys and limits, and the agreements that they give."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from smartwork.contracts.topics import SLUG
from smartwork.domain.accounting.account_numbers import PARTS
from smartwork.domain.billing.account_number import AccountNumber
from smartwork.domain.billing.agreements import Agreements
from smartwork.domain.billing.companies import Company
from smartwork.domain.billing.contracts import (
    CentreContract,
    ChargeMode,
    Contract,
    Pool,
    PrepaidOrder,
    SelfBillingAgreement,
    SettlementMode,
)
from smartwork.domain.billing.orders import Item, ItemUnit, Subscription, SubscriptionUnit
from smartwork.domain.billing.parties import STANDARD_VAT, Language, PartyPeriod, Vat, VatPeriod
from smartwork.domain.billing.tariffs import Tariff
from smartwork.domain.network.places import PlaceKind
from smartwork.jobs.billing.party_entries import (
    CustomerEntry,
    Day,
    Entry,
    LaterCustomerEntry,
    LaterVatEntry,
    OneOrSeveralVats,
    PartyEntry,
    SellerEntry,
    Text,
    VatEntry,
)


def _not_a_part(product: str) -> str:
    if product in PARTS:
        raise ValueError(f"{product!r} is a part of the books, with an account of its own; name the product otherwise")
    return product


Slug = Annotated[str, Field(pattern=rf"^{SLUG}$")]
Product = Annotated[Slug, AfterValidator(_not_a_part)]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=3)]
Price = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=4)]
Rate = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=4)]
Amount = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=2)]
Hours = Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=2)]
HoursOfDay = Annotated[Decimal, Field(gt=0, le=24, decimal_places=2)]
Minutes = Annotated[int, Field(ge=0, le=1440)]


class ContractEntry(Entry):
    """A contract of a company. The key `give_back` stands for the early-leave refund."""

    valid_from: Day
    valid_until: Day | None = None
    kind: PlaceKind | None = None
    centre: Slug | None = None
    charge: ChargeMode
    grace_min: Minutes
    step_min: Annotated[int, Field(ge=1, le=1440)]
    minimum_min: Minutes = 0
    no_show_share: Share
    no_show_fee: Amount | None = None
    cancellation_hours: Annotated[int, Field(ge=1, le=2160)] | None = None
    cancellation_share: Share | None = None
    cancellation_fee: Amount | None = None
    early_leave_refund: bool = Field(alias="give_back")
    payment_days: Annotated[int, Field(ge=0, le=365)]

    @model_validator(mode="after")
    def _has_whole_terms_of_cancellation(self) -> Self:
        price = self.cancellation_share is not None or self.cancellation_fee is not None
        if self.cancellation_hours is None and price:
            raise ValueError("cancellation_share and cancellation_fee need cancellation_hours, the notice before the start")
        if self.cancellation_hours is not None and not price:
            raise ValueError("cancellation_hours needs a price: cancellation_share or cancellation_fee")
        return self


class PoolEntry(Entry):
    """A pool of prepaid hours of a company."""

    kind: PlaceKind
    per_hour: Price
    overdraft_hours: Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2)] = Decimal(0)
    expires_months: Annotated[int, Field(ge=1, le=120)] | None = None


class OrderEntry(Entry):
    """An order of prepaid hours of a company."""

    order: Text
    kind: PlaceKind
    bought_on: Day
    hours: Hours


class ItemEntry(Entry):
    """An item that a company ordered, supplied on one day."""

    order: Text
    product: Product
    description: Text
    supplied_on: Day
    quantity: Annotated[Decimal, Field(gt=0, le=100_000, decimal_places=2)]
    unit: ItemUnit = "piece"
    price: Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=4)]
    centre: Slug | None = None
    cancelled_on: Day | None = None

    def item(self) -> Item:
        """The item."""
        return Item(external_id=self.order, **self.model_dump(exclude={"order"}))


class SubscriptionEntry(Entry):
    """A subscription of a company: its price a month while it is valid."""

    order: Text
    product: Product
    description: Text
    valid_from: Day
    valid_until: Day | None = None
    quantity: Annotated[int, Field(ge=1, le=10_000)]
    unit: SubscriptionUnit = "month"
    price: Annotated[Decimal, Field(gt=0, le=1_000_000, decimal_places=2)]
    centre: Slug | None = None
    cancelled_on: Day | None = None

    def subscription(self) -> Subscription:
        """The subscription."""
        return Subscription(external_id=self.order, **self.model_dump(exclude={"order"}))


class CompanyEntry(CustomerEntry):
    """A company with its contracts, pools and orders. Its own fields hold until the first `party`.

    `vat` is one treatment, or a list of which each holds from its day on. With `pdf_in_xml` the XML of its documents embeds
    their pages.
    """

    slug: Slug
    language: Language
    buyer_reference: Text
    pdf_in_xml: bool = False
    vat: OneOrSeveralVats | None = None
    party: tuple[LaterCustomerEntry, ...] = ()
    contract: tuple[ContractEntry, ...] = ()
    pool: tuple[PoolEntry, ...] = ()
    order: tuple[OrderEntry, ...] = ()
    item: tuple[ItemEntry, ...] = ()
    subscription: tuple[SubscriptionEntry, ...] = ()

    @field_validator("vat")
    @classmethod
    def _days_are_given(cls, vat: VatEntry | list[LaterVatEntry] | None) -> VatEntry | list[LaterVatEntry] | None:
        if isinstance(vat, list) and sum(entry.valid_from is None for entry in vat) > 1:
            raise ValueError("valid_from is missing: only the first treatment holds without one, from the beginning")
        return vat

    @model_validator(mode="after")
    def _states_its_vat_abroad(self) -> Self:
        customers: tuple[CustomerEntry, ...] = (self, *self.party)
        if self.vat is None and any(each.country != "BE" and not each.private for each in customers):
            raise ValueError(
                "vat is missing: of a company abroad it must be said. S, where the use of a place in Belgium is taxed there "
                "(Directive 2006/112/EC, article 47); AE, the reverse charge, for other services to a company in the EU "
                "(articles 44 and 196); O, outside the scope of VAT, for them to a company outside the EU"
            )
        return self

    def to_company(self) -> Company:
        """The company with its contracts, pools, items and subscriptions; its orders of prepaid hours are separate."""
        vat, later_vat = self._vats()
        return Company(
            slug=self.slug,
            party=self.to_party(),
            language=self.language,
            buyer_reference=self.buyer_reference,
            contracts=tuple(Contract(**entry.model_dump()) for entry in self.contract),
            vat=vat,
            pools=tuple(Pool(**entry.model_dump()) for entry in self.pool),
            items=tuple(entry.item() for entry in self.item),
            subscriptions=tuple(entry.subscription() for entry in self.subscription),
            later_parties=tuple(
                PartyPeriod(entry.valid_from, entry.to_party())
                for entry in sorted(self.party, key=lambda entry: entry.valid_from)
            ),
            later_vat=later_vat,
            pdf_in_xml=self.pdf_in_xml,
        )

    def _vats(self) -> tuple[Vat, tuple[VatPeriod, ...]]:
        """The first treatment, and those from a day on. If each has a day, the first holds before its day, too."""
        if not isinstance(self.vat, list):
            return self.vat.to_vat() if self.vat else STANDARD_VAT, ()
        given = ((entry.valid_from, entry.to_vat()) for entry in self.vat if entry.valid_from)
        dated = sorted(given, key=lambda each: each[0])
        first = next((entry.to_vat() for entry in self.vat if entry.valid_from is None), None)
        return first or dated[0][1], tuple(VatPeriod(day, vat) for day, vat in dated)


class TariffEntry(Entry):
    """The net prices of a kind of place, in EUR."""

    kind: PlaceKind
    centre: Slug | None = None
    valid_from: Day
    valid_until: Day | None = None
    per_hour: Price
    half_day: Amount | None = None
    half_day_hours: HoursOfDay = Decimal(5)
    day: Amount | None = None


class SelfBillingEntry(Entry):
    """The agreement on self-billing with the payee: without it no document of the centre is issued."""

    version: Text
    signed_on: Day
    signed_by: Text
    valid_until: Day | None = None
    silent_after_days: Annotated[int, Field(ge=1, le=365)] | None = None


class CentreContractEntry(Entry):
    """What the network pays a centre."""

    centre: Slug
    valid_from: Day
    valid_until: Day | None = None
    mode: SettlementMode
    rate: Rate
    language: Language
    vat: VatEntry = VatEntry(category="S")
    payee: PartyEntry
    self_billing: SelfBillingEntry | None = None

    @field_validator("vat")
    @classmethod
    def _is_of_belgium(cls, vat: VatEntry) -> VatEntry:
        if vat.category == "O":
            raise ValueError("O, outside the scope of VAT, is for companies outside the EU; a centre's payee is Belgian")
        return vat

    def contract(self) -> CentreContract:
        """The contract with the centre."""
        return CentreContract(
            centre=self.centre,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            mode=self.mode,
            rate=self.rate,
            payee=self.payee.party(),
            language=self.language,
            vat=self.vat.to_vat(),
            self_billing=SelfBillingAgreement(**self.self_billing.model_dump()) if self.self_billing else None,
        )


class AccountEntry(Entry):
    """An account number of the export for accounting."""

    used_for: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,47}$")]
    vat_code: Annotated[str, Field(pattern=r"^(S\d{1,2}(\.\d{1,2})?|[A-Z]{1,2})$")] | None = None
    number: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,19}$")]
    name: Text

    def account(self) -> AccountNumber:
        """The account number."""
        return AccountNumber(self.used_for, self.number, self.name, self.vat_code or "")


class AgreementsEntry(Entry):
    """The whole file."""

    seller: SellerEntry
    tariff: tuple[TariffEntry, ...] = ()
    company: tuple[CompanyEntry, ...] = ()
    centre_contract: tuple[CentreContractEntry, ...] = ()
    account: tuple[AccountEntry, ...] = ()

    def agreements(self) -> Agreements:
        """The agreements of the file."""
        return Agreements(
            seller=self.seller.party(),
            companies=tuple(entry.to_company() for entry in self.company),
            tariffs=tuple(Tariff(**entry.model_dump()) for entry in self.tariff),
            centre_contracts=tuple(entry.contract() for entry in self.centre_contract),
            orders=tuple(
                PrepaidOrder(entry.order, company.slug, entry.kind, entry.bought_on, entry.hours)
                for company in self.company
                for entry in company.order
            ),
            account_numbers=tuple(entry.account() for entry in self.account),
        )
