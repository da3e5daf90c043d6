"""Contracts with companies and with centres, pools of prepaid hours, and orders of them."""

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
    """How a company is charged, valid on the local days of [valid_from, valid_until).

    A contract that names a centre or a kind of place takes precedence there over a more general one. `grace_min`, `step_min`
    and `minimum_min` are minutes. A no-show is charged `no_show_share` of the booked time or, where it is set, `no_show_fee`
    (EUR). With `early_leave_refund`, a contract that charges as booked does not charge the booked time after the member left.
    A cancellation less than `cancellation_hours` before the start is charged `cancellation_share` of the booked time or,
    where it is set, `cancellation_fee` (EUR); without them a booking is cancelled free of charge up to its start.
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
    cancellation_hours: int | None = None
    cancellation_share: Decimal | None = None
    cancellation_fee: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The terms of a company's prepaid hours for one kind of place, in any centre.

    When no hours are left, up to `overdraft_hours` a month are sold at `per_hour` (EUR, net); further hours are charged as if
    there were no pool. Hours that are left expire `expires_months` after the day of purchase; None: never.
    """

    kind: PlaceKind
    per_hour: Decimal
    overdraft_hours: Decimal
    expires_months: int | None


@dataclass(frozen=True, slots=True)
class PrepaidOrder:
    """An order of prepaid hours; `external_id` is its id in the system that took the order."""

    external_id: str
    company: str
    kind: PlaceKind
    bought_on: date
    hours: Decimal


@dataclass(frozen=True, slots=True)
class SelfBillingAgreement:
    """The payee's consent that the network writes its invoices: signed by a person, valid on [signed_on, valid_until).

    So many days after its issue a document to which the centre has not replied is accepted; None: never by silence.
    """

    version: str
    signed_on: date
    signed_by: str
    valid_until: date | None = None
    silent_after_days: int | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the agreement is in force on a day."""
        return self.signed_on <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class CentreContract:
    """What the network pays a centre for a month, and to whom; valid on the local days of [valid_from, valid_until).

    `rate` depends on `mode`: for `share` the share (0 to 1) of what companies were charged for the centre, for `fixed` EUR a
    month, for `per_seat` EUR a month for each desk.
    """

    centre: str
    valid_from: date
    valid_until: date | None
    mode: SettlementMode
    rate: Decimal
    payee: Party
    language: Language
    vat: Vat = STANDARD_VAT
    self_billing: SelfBillingAgreement | None = None


def contract_on(contracts: Iterable[CentreContract], centre: str, month: date) -> CentreContract | None:
    """The contract of a centre that is valid on the last day of the month, or None."""
    day = days_of_month(month)[-1]
    holding = (
        c for c in contracts if c.centre == centre and c.valid_from <= day and (c.valid_until is None or day < c.valid_until)
    )
    return next(holding, None)
