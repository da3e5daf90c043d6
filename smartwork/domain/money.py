"""Money: Decimal amounts in EUR, and how they are rounded."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def round_to_cent(amount: Decimal) -> Decimal:
    """`amount` rounded to the cent, halves away from zero (ROUND_HALF_UP), as Belgian VAT law requires. Never minus zero."""
    return amount.quantize(CENT, ROUND_HALF_UP) + 0
