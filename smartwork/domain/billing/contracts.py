"""Contracts with companies and with centres, and hours bought ahead."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from smartwork.domain.billing.parties import STANDARD_VAT, Language, Party, Vat
from smartwork.domain.network.places import PlaceKind
from smartwork.domain.time import days_of_month

ChargeMode = Literal["as_booked", "as_measured", "the_greater", "cheapest"]

SettlementMode = Literal["share", "fixed", "per_seat"]


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
    early_leave_refund: bool
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
class PrepaidOrder:
    """Hours that a company bought ahead on a day; `external_id` is the order's."""

    external_id: str
    company: str
    kind: PlaceKind
    bought_on: date
    hours: Decimal


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


def contract_on(contracts: Iterable[CentreContract], centre: str, month: date) -> CentreContract | None:
    """The contract of a centre in force on the last day of the month, or None."""
    day = days_of_month(month)[-1]
    holding = (
        c for c in contracts if c.centre == centre and c.valid_from <= day and (c.valid_until is None or day < c.valid_until)
    )
    return next(holding, None)
