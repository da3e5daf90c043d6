"""Money: Decimal amounts in EUR, and rounding that has a name."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """`amount` to the cent, halves away from zero (ROUND_HALF_UP), as Belgian VAT law rounds; nothing is never below zero."""
    return amount.quantize(CENT, ROUND_HALF_UP) + 0


def spread(total: Decimal, weights: Sequence[Decimal], step: Decimal = CENT) -> list[Decimal]:
    """`total` split by `weights` into multiples of `step` that add up exactly; the largest remainders get the rest.

    Of equal remainders the earlier one comes first. Raises ValueError where `total` or a weight is negative,
    where all weights are zero, or where `total` is no multiple of `step`.
    """
    whole = sum(weights, Decimal(0))
    if total < 0 or any(weight < 0 for weight in weights) or whole <= 0:
        raise ValueError("spread needs a total of at least zero and weights of which one is positive")
    if total % step:
        raise ValueError(f"{total} is no multiple of {step}")
    exact = [total * weight / whole for weight in weights]
    parts = [(share / step).to_integral_value(ROUND_FLOOR) * step for share in exact]
    left = int((total - sum(parts)) / step)
    for index in sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])[:left]:
        parts[index] += step
    return parts
