"""Prices: which tariff holds for a kind of place, in a centre, on a day."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from smartwork.domain.business import Tariff
from smartwork.errors import SmartworkError


class RateMissing(SmartworkError):  # noqa: N818 - says what is missing
    """No tariff covers this kind of place, in this centre, on this day."""

    def __init__(self, centre: str, kind: str, day: date) -> None:
        self.centre, self.kind, self.day = centre, kind, day
        super().__init__(
            f"No tariff gives the price of a {kind} in centre {centre} on {day.isoformat()}: "
            "add one for that centre, or one for all centres, and bill again."
        )


def price_at(tariffs: Iterable[Tariff], centre: str, kind: str, day: date) -> Decimal:
    """Net EUR per hour; a tariff that names the centre wins over a general one, then the newer over the older.

    Raises RateMissing where no tariff holds.
    """
    holding = [
        tariff
        for tariff in tariffs
        if tariff.kind == kind
        and tariff.centre in (centre, None)
        and tariff.valid_from <= day
        and (tariff.valid_until is None or day < tariff.valid_until)
    ]
    if not holding:
        raise RateMissing(centre, kind, day)
    return max(holding, key=lambda tariff: (tariff.centre is not None, tariff.valid_from)).per_hour
