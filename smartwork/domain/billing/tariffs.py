"""Tariffs, and which tariff and which contract hold for a kind of place, in a centre, on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from smartwork.domain.billing.contracts import Contract
from smartwork.domain.network.places import PlaceKind
from smartwork.errors import SmartworkError


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


class RateMissing(SmartworkError):  # noqa: N818 - says what is missing
    """No tariff covers this kind of place, in this centre, on this day."""

    def __init__(self, centre: str, kind: str, day: date) -> None:
        self.centre, self.kind, self.day = centre, kind, day
        super().__init__(
            f"No tariff gives the price of a {kind} in centre {centre} on {day.isoformat()}: "
            "add one for that centre, or one for all centres, and bill again."
        )


class ContractMissing(SmartworkError):  # noqa: N818 - says what is missing
    """A company used the network on a day on which no contract of its holds."""


def tariff_at(tariffs: Iterable[Tariff], centre: str, kind: str, day: date) -> Tariff:
    """The prices in force; a tariff that names the centre wins over a general one, then the newer over the older.

    Raises RateMissing where no tariff holds.
    """
    holding = [t for t in tariffs if t.kind == kind and t.centre in (centre, None) and _holds(t, day)]
    if not holding:
        raise RateMissing(centre, kind, day)
    return max(holding, key=lambda tariff: (tariff.centre is not None, tariff.valid_from))


def contract_at(contracts: Iterable[Contract], centre: str, kind: str, day: date) -> Contract | None:
    """The contract in force, or None: one that names the centre wins, then one that names the kind, then the newer."""
    holding = [c for c in contracts if c.kind in (kind, None) and c.centre in (centre, None) and _holds(c, day)]
    return max(holding, key=lambda c: (c.centre is not None, c.kind is not None, c.valid_from), default=None)


def _holds(agreed: Tariff | Contract, day: date) -> bool:
    return agreed.valid_from <= day and (agreed.valid_until is None or day < agreed.valid_until)
