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
    """Net prices in EUR, valid on the local days of [valid_from, valid_until).

    A tariff without a centre holds in every centre that has none of its own. A half-day pass covers `half_day_hours` of a
    member's day, a day pass the whole day; None: there is no such pass.
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
    """No tariff gives the price of a kind of place, in a centre, on a day."""

    def __init__(self, centre: str, kind: str, day: date) -> None:
        self.centre, self.kind, self.day = centre, kind, day
        super().__init__(
            f"No tariff gives the price of a {kind} in centre {centre} on {day.isoformat()}: "
            "add one for that centre, or one for all centres, and bill again."
        )


class ContractMissing(SmartworkError):  # noqa: N818 - says what is missing
    """No contract of a company, or with a centre, is valid on a day on which one is needed."""

    def __init__(self, message: str, centre: str) -> None:
        self.centre = centre
        super().__init__(message)


def tariff_at(tariffs: Iterable[Tariff], centre: str, kind: str, day: date) -> Tariff:
    """The tariff that is valid; one that names the centre takes precedence over a general one, then the newer over the older.

    Raises RateMissing if none is valid.
    """
    valid = [t for t in tariffs if t.kind == kind and t.centre in (centre, None) and _is_valid(t, day)]
    if not valid:
        raise RateMissing(centre, kind, day)
    return max(valid, key=lambda tariff: (tariff.centre is not None, tariff.valid_from))


def contract_at(contracts: Iterable[Contract], centre: str, kind: str, day: date) -> Contract | None:
    """The contract that is valid, or None; one for the centre takes precedence, then one for the kind, then the newer one."""
    valid = [c for c in contracts if c.kind in (kind, None) and c.centre in (centre, None) and _is_valid(c, day)]
    return max(valid, key=lambda c: (c.centre is not None, c.kind is not None, c.valid_from), default=None)


def _is_valid(terms: Tariff | Contract, day: date) -> bool:
    return terms.valid_from <= day and (terms.valid_until is None or day < terms.valid_until)
