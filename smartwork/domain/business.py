"""The parties and agreements: companies, members, contracts, tariffs, bookings and check-ins."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from smartwork.domain.network import Centre, Operator

Language = Literal["fr", "nl", "en"]
Charge = Literal["as_booked", "as_measured", "the_greater"]
BookingStatus = Literal["booked", "cancelled"]
CheckInMethod = Literal["badge", "qr", "wifi"]


@dataclass(frozen=True, slots=True)
class Contract:
    """What a company is charged; holds over [valid_from, valid_until) of local days."""

    valid_from: date
    valid_until: date | None
    charge: Charge
    grace_min: int
    step_min: int
    no_show_share: Decimal
    give_back: bool
    payment_days: int


@dataclass(frozen=True, slots=True)
class Company:
    """A customer of the network, with the contract in force."""

    slug: str
    name: str
    enterprise_number: str
    street: str
    postcode: str
    town: str
    language: Language
    buyer_reference: str
    contract: Contract


@dataclass(frozen=True, slots=True)
class Member:
    """A person who works in centres, known to us by a pseudonym only."""

    pseudonym: str
    company: str


@dataclass(frozen=True, slots=True)
class Tariff:
    """Net price of an hour in EUR over [valid_from, valid_until); without a centre it holds wherever none is named."""

    centre: str | None
    kind: Literal["desk", "room"]
    valid_from: date
    per_hour: Decimal
    valid_until: date | None = None


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
    """A whole network as one value, to be installed at once; `is_demo` marks it as made up."""

    operators: tuple[Operator, ...]
    centres: tuple[Centre, ...]
    companies: tuple[Company, ...]
    members: tuple[Member, ...]
    tariffs: tuple[Tariff, ...]
    is_demo: bool
