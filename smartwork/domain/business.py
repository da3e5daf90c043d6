"""The parties and agreements: companies, members, contracts, tariffs, hours bought ahead, bookings and check-ins."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from smartwork.domain.network import Centre, Operator

Language = Literal["fr", "nl", "en"]
PlaceKind = Literal["desk", "room"]
ChargeMode = Literal["as_booked", "as_measured", "the_greater", "cheapest"]
BookingStatus = Literal["booked", "cancelled"]
CheckInMethod = Literal["badge", "qr", "wifi"]
VatCategory = Literal["S", "AE", "E"]
SettlementMode = Literal["share", "fixed", "per_seat"]


@dataclass(frozen=True, slots=True)
class Vat:
    """How supplies to (or by) a party are taxed, as EN 16931 codes it: standard rate, reverse charge, or exempt.

    `rate` is in percent; AE and E have 0 and say why: `code` from the VATEX list where there is one, and `reason`.
    """

    category: VatCategory
    rate: Decimal
    code: str | None = None
    reason: str | None = None


STANDARD_VAT = Vat("S", Decimal(21))
"""Belgium's standard rate."""
REVERSE_CHARGE = Vat("AE", Decimal(0), "VATEX-EU-AE", "Reverse charge")
"""The customer accounts for the VAT."""


@dataclass(frozen=True, slots=True)
class Party:
    """A side of an invoice; `enterprise_number` is the Belgian one (10 digits, mod 97), Peppol scheme 0208."""

    name: str
    enterprise_number: str
    street: str
    postcode: str
    town: str
    country: str = "BE"
    scheme: str = "0208"
    iban: str | None = None

    @property
    def vat_number(self) -> str:
        """The VAT number: country and enterprise number."""
        return f"{self.country}{self.enterprise_number}"


@dataclass(frozen=True, slots=True)
class Contract:
    """What a company is charged; holds over [valid_from, valid_until) of local days.

    A contract that names a centre or a kind of place wins there over a more general one. `grace_min`, `step_min` and
    `minimum_min` are minutes; `no_show_share` is a share of what was booked, and `no_show_fee` (EUR) stands in its place
    where it is set.
    """

    valid_from: date
    valid_until: date | None
    charge: ChargeMode
    grace_min: int
    step_min: int
    no_show_share: Decimal
    give_back: bool
    payment_days: int
    minimum_min: int = 0
    no_show_fee: Decimal | None = None
    centre: str | None = None
    kind: PlaceKind | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """How a company may spend hours that it bought ahead, in any centre, on places of one kind.

    Beyond the balance `overdraft_hours` a month are sold at `per_hour` (EUR, net); what goes further is charged as if
    there were no pool. `expires_months` after the day of purchase what is left is lost; None: never.
    """

    kind: PlaceKind
    per_hour: Decimal
    overdraft_hours: Decimal
    expires_months: int | None


@dataclass(frozen=True, slots=True)
class Company:
    """A customer of the network with all its contracts, oldest first."""

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

    @property
    def payment_days(self) -> int:
        """Days that the latest contract gives to pay."""
        return self.contracts[-1].payment_days


@dataclass(frozen=True, slots=True)
class Purchase:
    """Hours that a company bought ahead on a day; `external_id` is the order's."""

    external_id: str
    company: str
    kind: PlaceKind
    bought_on: date
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Member:
    """A person who works in centres, known to us by a pseudonym only."""

    pseudonym: str
    company: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """Net prices in EUR over [valid_from, valid_until); without a centre they hold wherever none is named.

    A half-day pass covers `half_day_hours` of a member's day, a day pass all of it; None: there is no such pass.
    """

    centre: str | None
    kind: PlaceKind
    valid_from: date
    per_hour: Decimal
    valid_until: date | None = None
    half_day: Decimal | None = None
    half_day_hours: Decimal = Decimal(5)
    day: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CentreContract:
    """What the network pays a centre a month, over [valid_from, valid_until), and to whom.

    By `mode`, `rate` is the share (0 to 1) of what companies were charged for the centre, EUR a month, or EUR a month
    for each desk.
    """

    centre: str
    valid_from: date
    valid_until: date | None
    mode: SettlementMode
    rate: Decimal
    payee: Party
    language: Language
    vat: Vat = STANDARD_VAT


@dataclass(frozen=True, slots=True)
class Booking:
    """A member's claim on a resource over [starts_at, ends_at)."""

    external_id: str
    centre: str
    resource: str
    member: str
    starts_at: datetime
    ends_at: datetime
    status: BookingStatus


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Who is at a resource: a badge, a QR code on the desk, or a Wi-Fi sign-in."""

    external_id: str
    centre: str
    resource: str
    member: str
    at: datetime
    method: CheckInMethod


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network as one value, to be installed at once; `is_demo` marks it as made up.

    `seller` is who bills the companies and pays the centres.
    """

    seller: Party
    operators: tuple[Operator, ...]
    centres: tuple[Centre, ...]
    companies: tuple[Company, ...]
    members: tuple[Member, ...]
    tariffs: tuple[Tariff, ...]
    is_demo: bool
    centre_contracts: tuple[CentreContract, ...] = ()
    purchases: tuple[Purchase, ...] = ()
